// SPDX-License-Identifier: GPL-2.0
/*
 * A file under /proc has neither a page cache nor a size.  It is sent up to the
 * point where reading ends, whatever length was asked for, and all of it counts as
 * copied.  STABLE gives the same, although it reads the file in another way.
 *
 * needs: zcopy
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define ROOM (256 * KIB)

static char text[ROOM];
static size_t text_len;

static int open_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	text_len = 0;
	while (fd >= 0 && n > 0 && text_len < ROOM) {
		n = read(fd, text + text_len, ROOM - text_len);
		if (n > 0)
			text_len += n;
	}
	if (!text_len)
		die("%s", path);
	return fd;
}

static void check(const char *path, enum door_kind kind, uint64_t off,
		  uint64_t len, uint32_t flags)
{
	int fd = open_text(path);
	uint64_t rest = off < text_len ? text_len - off : 0;
	uint64_t gets = len < rest ? len : rest;
	unsigned int why = flags ? ZCOPY_COPY_STABLE : ZCOPY_COPY_NO_CACHE;
	unsigned int status = len != ZCOPY_LEN_EOF && len > rest ?
			      ZCOPY_STATUS_TRUNCATED : ZCOPY_STATUS_DONE;
	struct zcopy_elem elem = elem_file(fd, off, len);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near, .flags = flags };
	struct stream want = {0};
	struct reader r = { .fd = p.far, .want = &want };
	struct zcopy_result res;
	struct door d;
	bool right;

	stream_bytes(&want, text + off, gets);
	reader_start(&r);
	door_open(&d, kind);
	right = !door_run(&d, &q, &res);
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	right = right && res.status == status && res.bytes == gets &&
		res.copied[why] == gets && result_adds_up(&res);
	ktap_ok(right && reader_happy(&r) && r.eof,
		"%s from %llu, %lld bytes of %zu%s, door %d", path,
		(unsigned long long)off, (long long)len, text_len,
		flags ? ", stable" : "", kind);
	if (!right)
		result_note(&res);
	door_close(&d);
	pair_close(&p);
	close(fd);
	stream_free(&want);
}

static void check_file(const char *path, uint32_t flags)
{
	for (enum door_kind kind = DOOR_SEND; kind < DOOR_NETLINK; kind++) {
		check(path, kind, 0, ZCOPY_LEN_EOF, flags);
		check(path, kind, 0, 1000000, flags);
	}
	check(path, DOOR_SEND, 7, ZCOPY_LEN_EOF, flags);
	check(path, DOOR_WAIT, 7, 20, flags);
	check(path, DOOR_SEND, 100000, ZCOPY_LEN_EOF, flags);
	check(path, DOOR_WAIT, 100000, 5, flags);
}

int main(void)
{
	check_file("/proc/version", 0);
	check_file("/proc/version", ZCOPY_F_STABLE);
	/* Longer than a page, read in pieces that do not fall on pages. */
	check_file("/proc/crypto", 0);
	check_file("/proc/crypto", ZCOPY_F_STABLE);
	return ktap_done();
}
