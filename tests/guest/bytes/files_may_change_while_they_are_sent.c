// SPDX-License-Identifier: GPL-2.0
/*
 * A file is truncated, extended, overwritten or punched while a stopped reader
 * holds up its transfer.  The result says so, no bytes beyond the end of the file
 * at that time arrive, every byte is old, new or zero where it may be, and no
 * thread spins meanwhile.  All transfers from one file system wait at the same time.
 *
 * needs: zcopy
 * guest: timeout=180 takes=27
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define LEN	(2 * MIB)
#define SURE	MIB		/* further than a stopped socket has taken */
#define HELD	(64 * KIB)	/* where the reader stops */
#define CUT	(SURE + 123)
#define LOW_CUT	10001ULL
#define HOLE	(512 * KIB + 55)
#define HOLE_END (LEN - 256 * KIB + 77)
#define LOOK_MS	300
#define IDLE_NS	150000000ULL	/* a spin uses twice as much in a look */
#define LOOKS	20		/* one is enough: a spin is seen in each */
#define PIECE	4096		/* compared at once */
#define OLD	11
#define NEW	12

enum change { CUT_AHEAD, CUT_BEHIND, EXTEND, OVERWRITE, PUNCH, CUT_AND_GROW, CHANGES };

static const char *const change_names[CHANGES] = {
	"truncated ahead of the transfer", "truncated behind the transfer",
	"extended", "overwritten", "punched", "truncated and grown again",
};

struct row {
	enum fs_kind fs;
	enum change change;
	struct door door;
	int file;
	struct pair pair;
	struct reader r;
	struct zcopy_elem elem;
	struct request q;
	struct zcopy_result res;
	int err;
	uint64_t id, sent_before;
	pthread_t thread;
};

/* What bytes up to @end may be after a change; the new content may be zeros. */
struct span {
	uint64_t end;
	bool old, new;
};

static const struct span spans[CHANGES][4] = {
	[CUT_AHEAD] = { { ~0ULL, true, false } },
	[CUT_BEHIND] = { { LOW_CUT, true, false }, { ~0ULL, true, true } },
	[EXTEND] = { { ~0ULL, true, false } },
	[OVERWRITE] = { { SURE, true, true }, { ~0ULL, false, true } },
	[PUNCH] = { { HOLE, true, false }, { SURE, true, true },
		    { HOLE_END, false, true }, { ~0ULL, true, false } },
	[CUT_AND_GROW] = { { LOW_CUT, true, false }, { SURE, true, true },
			   { ~0ULL, false, true } },
};

static struct row rows[2 * CHANGES];

/* Index of the first byte that is wrong, or -1 */
static long check_span(const struct span *span, enum change change, uint64_t at,
		       const char *got, size_t len)
{
	char old[PIECE], new[PIECE];

	if (span->old) {
		pattern_fill(old, OLD, at, len);
		if (!memcmp(got, old, len))
			return -1;
	}
	if (span->new) {
		memset(new, 0, len);
		if (change == OVERWRITE)
			pattern_fill(new, NEW, at, len);
		if (!memcmp(got, new, len))
			return -1;
	}
	for (size_t i = 0; i < len; i++)
		if (!(span->old && got[i] == old[i]) && !(span->new && got[i] == new[i]))
			return i;
	return -1;
}

static long check_bytes(void *arg, uint64_t at, const char *buf, size_t len)
{
	const struct row *row = arg;
	const struct span *span = spans[row->change];

	for (size_t done = 0, n; done < len; done += n) {
		long bad;

		while (at + done >= span->end)
			span++;
		n = len - done < PIECE ? len - done : PIECE;
		if (n > span->end - at - done)
			n = span->end - at - done;
		bad = check_span(span, row->change, at + done, buf + done, n);
		if (bad >= 0)
			return done + bad;
	}
	return -1;
}

static void change_file(struct row *row)
{
	int err = 0;

	switch (row->change) {
	case CUT_AHEAD:
		err = ftruncate(row->file, CUT);
		break;
	case CUT_BEHIND:
		err = ftruncate(row->file, LOW_CUT);
		break;
	case EXTEND:
		file_write(row->file, NEW, LEN, 256 * KIB);
		break;
	case OVERWRITE:
		file_write(row->file, NEW, 0, LEN);
		break;
	case PUNCH:
		err = fallocate(row->file, FALLOC_FL_PUNCH_HOLE |
				FALLOC_FL_KEEP_SIZE, HOLE, HOLE_END - HOLE);
		break;
	case CUT_AND_GROW:
		err = ftruncate(row->file, LOW_CUT) || ftruncate(row->file, LEN);
		break;
	default:
		break;
	}
	if (err)
		die("%s: %s", fs_name(row->fs), change_names[row->change]);
}

static bool right_result(const struct row *row)
{
	const struct zcopy_result *r = &row->res;
	unsigned int status = ZCOPY_STATUS_CHANGED;
	uint64_t bytes = LEN;

	if (row->change == CUT_AHEAD) {
		status = ZCOPY_STATUS_TRUNCATED;
		bytes = CUT;
	} else if (row->change == CUT_BEHIND ||
		   (row->change == CUT_AND_GROW &&
		    r->status == ZCOPY_STATUS_TRUNCATED)) {
		/* TRUNCATED if the transfer looked before the file grew again. */
		status = ZCOPY_STATUS_TRUNCATED;
		bytes = row->sent_before;
	}
	if (!row->err && r->status == status && r->bytes == bytes &&
	    result_adds_up(r))
		return true;
	note("error %d, want status %u bytes %llu", row->err, status,
	     (unsigned long long)bytes);
	result_note(r);
	return false;
}

static void *run_send(void *arg)
{
	struct row *row = arg;

	row->err = dev_send(row->door.dev, &row->q, &row->res);
	return NULL;
}

static void start(struct row *row)
{
	if (row->door.kind != DOOR_SEND)
		row->err = door_start(&row->door, &row->q, &row->id);
	else if (pthread_create(&row->thread, NULL, run_send, row))
		die("a thread");
}

static void finish(struct row *row)
{
	if (row->door.kind == DOOR_SEND)
		pthread_join(row->thread, NULL);
	else if (!row->err)
		row->err = door_finish(&row->door, row->id, &row->res);
}

/* CPU time while all wait: the least of some looks, because other tasks run, too. */
static uint64_t spent_waiting(void)
{
	uint64_t least = ~0ULL;

	/* Else the kernel may write the changes to the disk during the looks. */
	sync();
	for (int i = 0; i < LOOKS && least >= IDLE_NS; i++) {
		uint64_t spent = cpu_ns();

		sleep_ms(LOOK_MS);
		spent = cpu_ns() - spent;
		if (spent < least)
			least = spent;
	}
	return least;
}

static void begin(struct row *row, enum fs_kind fs, enum change change,
		  enum door_kind kind)
{
	char path[128];

	*row = (struct row){ .fs = fs, .change = change, .pair = pair_tight(AF_INET) };
	row->r = (struct reader){
		.fd = row->pair.far, .kind = READER_GATED, .stop_at = HELD,
		.check = check_bytes, .arg = row,
	};
	snprintf(path, sizeof(path), "%s/changing", fs_mount(fs));
	row->file = file_make(path, 0, OLD, LEN);
	unlink(path);
	row->elem = elem_file(row->file, 0, LEN);
	row->q = (struct request){ .elems = &row->elem, .nr = 1, .sock = row->pair.near };
	door_open(&row->door, kind);
	reader_start(&row->r);
	start(row);
	if (!reader_has(&row->r, HELD, 30000))
		die("the reader got nothing");
	if (kind == DOOR_SEND)
		row->id = live_newest();
}

static void end(struct row *row, uint64_t spent)
{
	enum door_kind kind = row->door.kind;

	reader_go(&row->r);
	finish(row);
	shutdown(row->pair.near, SHUT_WR);
	reader_join(&row->r);
	ktap_ok(right_result(row) && reader_happy(&row->r) && row->r.eof &&
		row->r.bytes == row->res.bytes && row->sent_before >= HELD &&
		row->sent_before < SURE / 2 && spent < IDLE_NS,
		"%s: %s, by %s (%llu of %llu KiB at that time, %llu ms of CPU in %d)",
		fs_name(row->fs), change_names[row->change],
		kind == DOOR_SEND ? "send" : kind == DOOR_NETLINK ? "netlink" : "submit",
		(unsigned long long)row->sent_before / KIB, LEN / KIB,
		(unsigned long long)spent / 1000000, LOOK_MS);
	door_close(&row->door);
	pair_close(&row->pair);
	close(row->file);
}

static void all_changes(enum fs_kind fs)
{
	struct row *row = rows;
	uint64_t spent;

	for (enum change c = 0; c < CHANGES; c++) {
		begin(row++, fs, c, DOOR_SEND);
		begin(row++, fs, c, c % 2 ? DOOR_WAIT : DOOR_NETLINK);
	}
	live_all_stalled();
	for (row = rows; row < rows + 2 * CHANGES; row++) {
		row->sent_before = live_sent_by(row->id);
		change_file(row);
	}
	spent = spent_waiting();
	for (row = rows; row < rows + 2 * CHANGES; row++)
		end(row, spent);
}

int main(void)
{
	static const enum fs_kind kinds[] = { FS_EXT4, FS_XFS, FS_BTRFS, FS_TMPFS };

	for (unsigned int i = 0; i < 4; i++) {
		if (!fs_mount(kinds[i]))
			ktap_skip("%s: %s", fs_name(kinds[i]), fs_why());
		else
			all_changes(kinds[i]);
	}
	return ktap_done();
}
