// SPDX-License-Identifier: GPL-2.0
/*
 * A file is truncated, extended, overwritten or punched while a stopped reader
 * holds up its transfer.  The result says so, no bytes beyond the end of the file
 * at that time arrive, every byte is old, new or zero where it may be, and no
 * thread spins meanwhile.
 *
 * needs: zcopy
 * guest: timeout=180
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define LEN	(4 * MIB)
#define SURE	(2 * MIB)	/* further than a stopped socket has taken */
#define HELD	(64 * KIB)	/* where the reader stops */
#define CUT	(SURE + 123)
#define LOW_CUT	10001ULL
#define HOLE	(768 * KIB + 55)
#define HOLE_END (3 * MIB + 77)
#define LOOK_MS	300
#define IDLE_NS	150000000ULL	/* a spin uses twice as much in a look */
#define OLD	11
#define NEW	12

enum change { CUT_AHEAD, CUT_BEHIND, EXTEND, OVERWRITE, PUNCH, CUT_AND_GROW, CHANGES };

static const char *const change_names[CHANGES] = {
	"truncated ahead of the transfer", "truncated behind the transfer",
	"extended", "overwritten", "punched", "truncated and grown again",
};

struct run {
	enum fs_kind fs;
	enum change change;
	struct door door;
	int file;
	struct pair pair;
	struct zcopy_elem elem;
	struct request q;
	struct zcopy_result res;
	int err;
	uint64_t id, sent_before, spent;
	pthread_t thread;
};

/* True if other content than the old may be at @pos; @must: it has to be. */
static bool other_at(enum change c, uint64_t pos, bool *must)
{
	*must = false;
	switch (c) {
	case CUT_BEHIND:
		return pos >= LOW_CUT;
	case OVERWRITE:
		*must = pos >= SURE;
		return true;
	case PUNCH:
		if (pos < HOLE || pos >= HOLE_END)
			return false;
		*must = pos >= SURE;
		return true;
	case CUT_AND_GROW:
		*must = pos >= SURE;
		return pos >= LOW_CUT;
	default:
		return false;
	}
}

static long check_bytes(void *arg, uint64_t at, const char *buf, size_t len)
{
	static __thread char old[4096], other[4096];
	const struct run *run = arg;
	size_t done = 0;

	while (done < len) {
		size_t n = len - done < sizeof(old) ? len - done : sizeof(old);

		pattern_fill(old, OLD, at + done, n);
		memset(other, 0, n);
		if (run->change == OVERWRITE)
			pattern_fill(other, NEW, at + done, n);
		for (size_t i = 0; i < n; i++) {
			char c = buf[done + i];
			bool must, may = other_at(run->change, at + done + i, &must);

			if (!(c == old[i] && !must) && !(c == other[i] && may))
				return done + i;
		}
		done += n;
	}
	return -1;
}

static void change_file(struct run *run)
{
	int err = 0;

	switch (run->change) {
	case CUT_AHEAD:
		err = ftruncate(run->file, CUT);
		break;
	case CUT_BEHIND:
		err = ftruncate(run->file, LOW_CUT);
		break;
	case EXTEND:
		file_write(run->file, NEW, LEN, MIB);
		break;
	case OVERWRITE:
		file_write(run->file, NEW, 0, LEN);
		break;
	case PUNCH:
		err = fallocate(run->file, FALLOC_FL_PUNCH_HOLE |
				FALLOC_FL_KEEP_SIZE, HOLE, HOLE_END - HOLE);
		break;
	case CUT_AND_GROW:
		err = ftruncate(run->file, LOW_CUT) || ftruncate(run->file, LEN);
		break;
	default:
		break;
	}
	if (err)
		die("%s: %s", fs_name(run->fs), change_names[run->change]);
}

static bool right_result(const struct run *run)
{
	const struct zcopy_result *r = &run->res;
	unsigned int status = ZCOPY_STATUS_CHANGED;
	uint64_t bytes = LEN;

	if (run->change == CUT_AHEAD) {
		status = ZCOPY_STATUS_TRUNCATED;
		bytes = CUT;
	} else if (run->change == CUT_BEHIND ||
		   (run->change == CUT_AND_GROW &&
		    r->status == ZCOPY_STATUS_TRUNCATED)) {
		/* TRUNCATED if the transfer looked before the file grew again. */
		status = ZCOPY_STATUS_TRUNCATED;
		bytes = run->sent_before;
	}
	if (!run->err && r->status == status && r->bytes == bytes &&
	    result_adds_up(r))
		return true;
	note("error %d, want status %u bytes %llu", run->err, status,
	     (unsigned long long)bytes);
	result_note(r);
	return false;
}

static void *run_send(void *arg)
{
	struct run *run = arg;

	run->err = dev_send(run->door.dev, &run->q, &run->res);
	return NULL;
}

static void start(struct run *run)
{
	if (run->door.kind != DOOR_SEND)
		run->err = door_start(&run->door, &run->q, &run->id);
	else if (pthread_create(&run->thread, NULL, run_send, run))
		die("a thread");
}

static void finish(struct run *run)
{
	if (run->door.kind == DOOR_SEND)
		pthread_join(run->thread, NULL);
	else if (!run->err)
		run->err = door_finish(&run->door, run->id, &run->res);
}

/* CPU time while all wait: the least of three, because other tasks run too. */
static uint64_t spent_waiting(void)
{
	uint64_t least = ~0ULL;

	for (int i = 0; i < 3 && least >= IDLE_NS; i++) {
		uint64_t spent = cpu_ns();

		sleep_ms(LOOK_MS);
		spent = cpu_ns() - spent;
		if (spent < least)
			least = spent;
	}
	return least;
}

static void one_change(enum fs_kind fs, enum change change, enum door_kind kind)
{
	struct run run = { .fs = fs, .change = change, .pair = pair_tight(AF_INET) };
	struct reader r = {
		.fd = run.pair.far, .kind = READER_GATED, .stop_at = HELD,
		.check = check_bytes, .arg = &run,
	};
	char path[128];

	snprintf(path, sizeof(path), "%s/changing", fs_mount(fs));
	run.file = file_make(path, 0, OLD, LEN);
	unlink(path);
	run.elem = elem_file(run.file, 0, LEN);
	run.q = (struct request){ .elems = &run.elem, .nr = 1, .sock = run.pair.near };
	door_open(&run.door, kind);
	reader_start(&r);
	start(&run);
	if (!reader_has(&r, HELD, 5000))
		die("the reader got nothing");
	run.sent_before = live_stalled();
	change_file(&run);
	run.spent = spent_waiting();
	reader_go(&r);
	finish(&run);
	shutdown(run.pair.near, SHUT_WR);
	reader_join(&r);
	ktap_ok(right_result(&run) && reader_happy(&r) && r.eof &&
		r.bytes == run.res.bytes && run.sent_before < MIB &&
		run.spent < IDLE_NS,
		"%s: %s, by %s (%llu of %llu KiB at that time, %llu ms of CPU in %d)",
		fs_name(fs), change_names[change],
		kind == DOOR_SEND ? "send" : kind == DOOR_NETLINK ? "netlink" : "submit",
		(unsigned long long)run.sent_before / KIB, LEN / KIB,
		(unsigned long long)run.spent / 1000000, LOOK_MS);
	door_close(&run.door);
	pair_close(&run.pair);
	close(run.file);
}

int main(void)
{
	static const enum fs_kind kinds[] = { FS_EXT4, FS_XFS, FS_BTRFS, FS_TMPFS };

	for (unsigned int i = 0; i < 4; i++) {
		if (!fs_mount(kinds[i])) {
			ktap_skip("%s: %s", fs_name(kinds[i]), fs_why());
			continue;
		}
		for (enum change c = 0; c < CHANGES; c++) {
			one_change(kinds[i], c, DOOR_SEND);
			one_change(kinds[i], c, c % 2 ? DOOR_WAIT : DOOR_NETLINK);
		}
	}
	return ktap_done();
}
