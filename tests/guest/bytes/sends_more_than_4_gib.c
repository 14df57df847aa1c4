// SPDX-License-Identifier: GPL-2.0
/*
 * More than 4 GiB of a sparse file arrive whole: data at the start, around and beyond
 * 2 GiB and 4 GiB, and at the end, with zeros between.  The test sends the whole file
 * from memory, but from a disk only the part around 4 GiB, because more takes
 * minutes in an emulated machine.
 *
 * needs: zcopy
 * guest: timeout=400 skip-on=debug takes=11
 */
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define TOTAL (4 * GIB + 40 * MIB + 4097)
#define ISLAND 10000ULL
#define SEED 5

static const uint64_t islands[] = {
	0, 2 * GIB - 5001, 2 * GIB + 30 * MIB, 4 * GIB - 4999,
	4 * GIB + 5 * MIB + 1, 4 * GIB + 20 * MIB, TOTAL - ISLAND,
};
#define ISLANDS (sizeof(islands) / sizeof(islands[0]))

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A stream piece for what of [at, end) is wanted, which starts at @from. */
static void want_range(struct stream *want, uint64_t from, uint64_t at,
			   uint64_t end, uint64_t total, bool data)
{
	at = later(at, from);
	if (end > from + total)
		end = from + total;
	if (end <= at)
		return;
	if (data)
		stream_pattern(want, SEED, at, end - at);
	else
		stream_zero(want, end - at);
}

static int make_file(const char *dir, struct stream *want, uint64_t from,
		     uint64_t total)
{
	char path[128];
	uint64_t at = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/sparse", dir);
	fd = file_make(path, 0, 0, 0);
	unlink(path);
	for (unsigned int i = 0; i < ISLANDS; i++) {
		file_write(fd, SEED, islands[i], ISLAND);
		want_range(want, from, at, islands[i], total, false);
		at = islands[i] + ISLAND;
		want_range(want, from, islands[i], at, total, true);
	}
	return fd;
}

static void send_from(enum fs_kind fs, enum door_kind kind, int family,
		      uint64_t from, uint64_t total)
{
	struct stream want = {0};
	struct reader r = { .kind = READER_FAST, .want = &want };
	uint64_t start = now_ns(), id;
	struct zcopy_result res;
	struct zcopy_elem elem;
	struct request q = { .elems = &elem, .nr = 1 };
	struct door d;
	int fd, err, least = 256 * KIB;
	struct pair p;

	if (!fs_mount(fs)) {
		ktap_skip("%s: %s", fs_name(fs), fs_why());
		return;
	}
	fd = make_file(fs_mount(fs), &want, from, total);
	p = pair_loopback(family);
	/* So many bytes need not wake the reader for each segment. */
	if (setsockopt(p.far, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof(least)))
		die("SO_RCVLOWAT");
	elem = elem_file(fd, from, total);
	q.sock = p.near;
	r.fd = p.far;
	reader_start(&r);
	door_open(&d, kind);
	if (kind == DOOR_SEND) {
		err = door_run(&d, &q, &res);
	} else {
		err = door_start(&d, &q, &id);
		while (!err && live_count() && now_ns() - start < 360000000000ULL)
			sleep_ms(100);
		if (!err)
			err = door_finish(&d, id, &res);
	}
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	ktap_ok(!err && res.status == ZCOPY_STATUS_DONE && res.bytes == total &&
		res.bytes_asked == total && result_adds_up(&res),
		"%s: the result tells of %llu MiB", fs_name(fs),
		(unsigned long long)(total / MIB));
	ktap_ok(reader_happy(&r) && r.eof, "%s: they arrive as they are", fs_name(fs));
	result_note(&res);
	note("%llu ms", (unsigned long long)(now_ns() - start) / 1000000);
	door_close(&d);
	pair_close(&p);
	close(fd);
	stream_free(&want);
}

int main(void)
{
	if (guest_is_debug())
		ktap_skip_all("more than 4 GiB are left to the faster guests");
	send_from(FS_TMPFS, DOOR_WAIT, AF_INET6, 0, TOTAL);
	send_from(FS_EXT4, DOOR_SEND, AF_INET, 4 * GIB - 10 * MIB - 1, 40 * MIB);
	return ktap_done();
}
