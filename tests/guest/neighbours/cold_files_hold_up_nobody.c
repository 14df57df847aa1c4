// SPDX-License-Identifier: GPL-2.0
/*
 * The disk takes a second or more for each request, and the files are not in the
 * page cache.  Submitting transfers of these files takes no disk time, and a
 * hundred transfers of a cached file start and end before the first cold transfer
 * ends.  There are more cold transfers than threads that may wait for disks.  If a
 * cold one ends first, all is tried again, because the host may have had no time for
 * the guest.
 * guest: timeout=200 takes=18
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cached.h"
#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "slowdisk.h"

#define COLD	24
#define HOT	(guest_is_debug() ? 30 : 100)
#define EACH	(768 * KIB)	/* several requests, one after the other */
#define LEN	(68 * KIB)	/* more than a submission sends itself */
#define LATE	(1000 * guest_scale())	/* ms, time of each answer of the disk */
#define ROUNDS	4

static struct {
	struct pair pair;
	struct reader r;
	struct stream want;
} to[COLD];

static int dev, cold;

static bool same(int sock, uint64_t seed)
{
	static char got[LEN], want[LEN];

	pattern_fill(want, seed, 0, LEN);
	return recv(sock, got, LEN, MSG_WAITALL) == LEN && !memcmp(got, want, LEN);
}

/* How often this thread has waited for something */
static long waits(void)
{
	struct rusage used;

	if (getrusage(RUSAGE_THREAD, &used))
		die("getrusage");
	return used.ru_nvcsw;
}

/* A submission that takes long without waiting was held up by a pause of the guest. */
static void submit_cold(void)
{
	uint64_t start, took, longest = 0;
	unsigned int slow = 0;
	long before;

	for (unsigned int i = 0; i < COLD; i++) {
		struct zcopy_elem e = elem_file(cold, i * EACH, EACH);
		struct request q = { .elems = &e, .nr = 1, .cookie = i };

		to[i].pair = pair_loopback(AF_INET);
		stream_pattern(&to[i].want, 0, i * EACH, EACH);
		to[i].r = (struct reader){ .fd = to[i].pair.far,
			.want = &to[i].want, .enough = EACH };
		reader_start(&to[i].r);
		q.sock = to[i].pair.near;
		before = waits();
		start = now_ns();
		if (dev_submit(dev, &q, NULL))
			die("submit");
		took = now_ns() - start;
		longest = took > longest ? took : longest;
		slow += took >= LATE / 2 * MS && waits() > before;
	}
	ktap_ok(!slow, "submission does not wait for the disk: %llu us at most",
		(unsigned long long)longest / 1000);
}

/* All of it arrives, later than the disk can answer.  @ended: a result was collected. */
static void end_cold(const struct zcopy_result *ended)
{
	unsigned int good = 0, late = 0, right = 0;
	struct zcopy_result res;

	for (unsigned int i = 0; i < COLD; i++) {
		if (!i && ended)
			res = *ended;
		else if (dev_wait(dev, 0, &res, 1, 1, 60000 * guest_scale()) != 1)
			break;
		good += res.status == ZCOPY_STATUS_DONE && res.bytes == EACH &&
			result_adds_up(&res);
		late += res.disk_waits && res.duration_ns > 1000 * MS;
	}
	ktap_eq(good, COLD, "each cold one completes");
	ktap_eq(late, COLD, "after it waited for the disk");
	for (unsigned int i = 0; i < COLD; i++) {
		reader_join(&to[i].r);
		right += reader_happy(&to[i].r);
		pair_close(&to[i].pair);
		stream_free(&to[i].want);
	}
	ktap_eq(right, COLD, "and arrives");
}

/* Uses a separate open device, so that no cold transfer completes there. */
static void run_hot(void)
{
	struct pair p = pair_loopback(AF_INET);
	int hot = file_make("hot", 0, 82, LEN), other = dev_open(0);
	struct zcopy_elem e = elem_file(hot, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	uint64_t start = now_ns(), id;
	struct zcopy_result res;
	unsigned int good = 0;

	for (unsigned int i = 0; i < HOT; i++) {
		if (dev_submit(other, &q, &id))
			die("submit");
		good += same(p.far, 82) &&
			dev_wait(other, id, &res, 1, 1, 10000) == 1 &&
			res.status == ZCOPY_STATUS_DONE &&
			res.cache_hit_bytes == LEN;
	}
	ktap_eq(good, HOT, "%d hot transfers complete and arrive", HOT);
	note("in %llu ms", (unsigned long long)(now_ns() - start) / 1000000);
	close(other);
	close(hot);
	pair_close(&p);
}

/* True if the hot transfers ended before the first cold one did. */
static bool try_round(void)
{
	struct zcopy_result res;
	unsigned int live;
	int ended;

	cached_drop(cold);
	ktap_eq(cached_bytes(cold, 0, COLD * EACH), 0, "nothing of the file is cached");
	submit_cold();
	run_hot();
	live = live_count();
	ended = dev_wait(dev, 0, &res, 1, 0, 0);
	note("%u of %u cold ones are still live", live, COLD);
	end_cold(ended == 1 ? &res : NULL);
	return live == COLD && !ended;
}

int main(void)
{
	bool first;

	if (!slowdisk_start("mnt", COLD * EACH, LATE))
		ktap_skip_all("this kernel has no null_blk that can be set up");
	cold = open("mnt/file", O_RDONLY | O_CLOEXEC);
	if (cold < 0)
		die("the cold file");
	dev = dev_open(0);
	first = try_round();
	for (unsigned int i = 1; i < ROUNDS && !first; i++)
		first = try_round();
	ktap_ok(first, "all hot ones end before any cold one does");
	close(dev);
	close(cold);
	ktap_ok(fs_umount_soon("mnt"), "the disk is free");
	ktap_ok(slowdisk_end(), "and goes");
	return ktap_done();
}
