// SPDX-License-Identifier: GPL-2.0
/*
 * With ZCOPY_F_STABLE all bytes are copied and count as copied, on every file
 * system.  Overwriting the file while a stopped reader holds up the transfer
 * changes nothing that the socket has already taken: before that position all bytes
 * are old, after it all are new.  These transfers wait at the same time.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define LEN (MIB + 4097)
#define OFF 4095ULL
#define HELD (64 * KIB)

static int make_file(enum fs_kind fs)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/stable", fs_mount(fs));
	fd = file_make(path, 0, 21, OFF + LEN);
	unlink(path);
	return fd;
}

static void is_copied(enum fs_kind fs, enum door_kind kind, uint64_t len)
{
	int fd = make_file(fs);
	struct zcopy_elem elem = elem_file(fd, OFF, len);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near,
			     .flags = ZCOPY_F_STABLE };
	uint64_t gets = len < LEN ? len : LEN;
	struct stream want = {0};
	struct reader r = { .fd = p.far, .want = &want };
	struct zcopy_result res = {0};
	struct door d;
	int err;

	stream_pattern(&want, 21, OFF, gets);
	reader_start(&r);
	door_open(&d, kind);
	err = door_run(&d, &q, &res);
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	if (!ktap_ok(!err && res.bytes == gets && result_adds_up(&res) &&
		     res.status == (len == LEN + 5 ? ZCOPY_STATUS_TRUNCATED :
				    ZCOPY_STATUS_DONE) &&
		     res.copied[ZCOPY_COPY_STABLE] == gets && reader_happy(&r) &&
		     r.eof, "%s: %lld bytes are copied, door %d", fs_name(fs),
		     (long long)len, kind))
		result_note(&res);
	door_close(&d);
	pair_close(&p);
	close(fd);
	stream_free(&want);
}

/* A transfer that a stopped reader holds up */
struct held {
	int file, dev;
	struct zcopy_elem elem;
	struct pair p;
	struct stream want;
	struct reader r;
	uint64_t id;
};

static struct held held[FS_NR];

static void hold(enum fs_kind fs)
{
	struct held *h = &held[fs];
	struct request q = { .elems = &h->elem, .nr = 1, .flags = ZCOPY_F_STABLE };

	h->file = make_file(fs);
	h->dev = dev_open(0);
	h->elem = elem_file(h->file, OFF, LEN);
	h->p = pair_tight(AF_INET);
	h->r = (struct reader){ .fd = h->p.far, .kind = READER_GATED,
				.stop_at = HELD, .want = &h->want };
	q.sock = h->p.near;
	/* What comes before the reader stops; the rest is not known yet. */
	stream_pattern(&h->want, 21, OFF, HELD);
	if (dev_submit(h->dev, &q, &h->id))
		die("submit");
	reader_start(&h->r);
	if (!reader_has(&h->r, HELD, 5000))
		die("the reader got nothing");
}

static void is_stable(enum fs_kind fs)
{
	struct held *h = &held[fs];
	struct zcopy_result res;
	uint64_t sent = live_sent_by(h->id);

	file_write(h->file, 22, 0, OFF + LEN);
	stream_pattern(&h->want, 21, OFF + HELD, sent - HELD);
	stream_pattern(&h->want, 22, OFF + sent, LEN - sent);
	reader_go(&h->r);
	if (dev_wait(h->dev, h->id, &res, 1, 1, RESULT_MS) != 1)
		die("no completion");
	shutdown(h->p.near, SHUT_WR);
	reader_join(&h->r);
	if (!ktap_ok(res.status == ZCOPY_STATUS_CHANGED && res.bytes == LEN &&
		     reader_happy(&h->r) && h->r.eof && sent < LEN / 2,
		     "%s: old up to %llu, where the socket was full, new from there on",
		     fs_name(fs), (unsigned long long)sent))
		result_note(&res);
	close(h->dev);
	pair_close(&h->p);
	close(h->file);
	stream_free(&h->want);
}

int main(void)
{
	bool here[FS_NR];

	for (enum fs_kind fs = 0; fs < FS_NR; fs++) {
		here[fs] = fs_mount(fs);
		if (!here[fs]) {
			ktap_skip("%s: %s", fs_name(fs), fs_why());
			continue;
		}
		is_copied(fs, DOOR_SEND, 1);
		is_copied(fs, DOOR_WAIT, 4097);
		is_copied(fs, DOOR_READ, LEN);
		is_copied(fs, DOOR_NETLINK, ZCOPY_LEN_EOF);
		is_copied(fs, DOOR_SEND, LEN + 5);
	}
	for (enum fs_kind fs = 0; fs < FS_NR; fs++)
		if (here[fs])
			hold(fs);
	live_all_stalled();
	for (enum fs_kind fs = 0; fs < FS_NR; fs++)
		if (here[fs])
			is_stable(fs);
	return ktap_done();
}
