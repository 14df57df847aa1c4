// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer whose deadline or idle time has passed ends with the status for that,
 * with ETIMEDOUT and the count of bytes sent before: in front of a peer that does
 * not read, in the queue behind another transfer, held back by its rate, or waiting
 * for its acknowledgement, through every door.  A transfer that moves is not idle,
 * and a transfer within its time is left alone.
 *
 * needs: zcopy
 * guest: timeout=120 takes=15
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define LIMIT	(400 * MS)
#define LATE	(3000 * MS)	/* guests are slow */
#define IDLE	(1500 * MS)	/* for one that moves */
#define LEN	(4 * MIB)
#define TRIES	5		/* where the machine may have paused */
#define MOST_CPUS 8

static int file;

enum place { STUCK, IN_LINE, PACED, UNACKED };

static const char *const place_names[] = {
	"a peer that does not read", "in line", "a low rate", "no acknowledgement",
};

static uint64_t failed(void)
{
	FILE *f = fopen("/proc/zcopy/stats", "r");
	unsigned long long v = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "transfers_failed %llu", &v);
	if (f)
		fclose(f);
	return v;
}

static bool in_time(const struct zcopy_result *r)
{
	return r->duration_ns < LIMIT + LATE * guest_scale();
}

static void check(const char *what, const char *where, const struct zcopy_result *r,
		  unsigned int status, const struct pair *p, uint64_t before)
{
	struct reader rd = { .fd = p->far };
	struct stream want = {0};

	if (!ktap_ok(r->status == status && r->error == ETIMEDOUT &&
		     failed() == before + 1, "%s, %s: ends as that", what, where))
		result_note(r);
	ktap_ok(r->duration_ns >= LIMIT && in_time(r),
		"%s, %s: when it should (%llu ms)", what, where,
		(unsigned long long)(r->duration_ns / MS));
	stream_pattern(&want, 3, 0, r->bytes);
	rd.want = &want;
	shutdown(p->near, SHUT_WR);
	reader_start(&rd);
	reader_join(&rd);
	ktap_ok(reader_happy(&rd) && rd.eof && result_adds_up(r),
		"%s, %s: what it says was sent was", what, where);
	stream_free(&want);
}

/* False: the machine may have paused, and nothing was judged.  The last try is judged. */
static bool ends(enum place place, enum door_kind kind, bool idle, bool last)
{
	struct pair p = pair_tight(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, LEN), first = e;
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct request q1 = { .elems = &first, .nr = 1, .sock = p.near };
	const char *what = idle ? "idle time" : "deadline";
	struct zcopy_result res;
	int dev = dev_open(0), err, big = 1 << 20;
	uint64_t before = failed(), id1;
	bool judged;
	struct door d;

	q.deadline_ns = idle ? 0 : LIMIT;
	q.idle_ns = idle ? LIMIT : 0;
	if (place == PACED)
		q.rate = 1;
	if (place == UNACKED) {
		q.until = ZCOPY_UNTIL_ACKED;
		setsockopt(p.near, SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
		e.len = 300 * KIB;
	}
	if (place == IN_LINE && dev_submit(dev, &q1, &id1))
		die("submit");
	door_open(&d, kind);
	err = door_run(&d, &q, &res);
	/* It ended late, or had too little time for bytes that take a moment. */
	judged = err || last ||
		 (in_time(&res) && (place != UNACKED || res.bytes == e.len));
	if (!judged)
		goto out;
	if (err == -EOPNOTSUPP) {
		ktap_skip("%s, %s: the library has no attribute", what,
			  place_names[place]);
		goto out;
	}
	if (!ktap_ok(!err, "%s, %s: it is accepted (door %d)", what,
		     place_names[place], kind))
		goto out;
	if (place == UNACKED)
		ktap_eq(res.bytes, e.len, "%s: all bytes are with the socket", what);
	if (place != IN_LINE) {
		check(what, place_names[place], &res, idle ? ZCOPY_STATUS_IDLE :
		      ZCOPY_STATUS_DEADLINE, &p, before);
		goto out;
	}
	ktap_eq(res.bytes, 0, "%s, in line: nothing was sent", what);
	close(dev);
	dev = dev_open(0);
	ktap_ok(res.status == (idle ? ZCOPY_STATUS_IDLE : ZCOPY_STATUS_DEADLINE) &&
		res.error == ETIMEDOUT && res.duration_ns >= LIMIT && in_time(&res),
		"%s, in line: ends when it should (%llu ms)", what,
		(unsigned long long)(res.duration_ns / MS));
out:
	door_close(&d);
	close(dev);
	pair_close(&p);
	/* The one in front may still end; the next row counts those that failed. */
	if (!counters_rest())
		die("a transfer stays");
	return judged;
}

static void each(enum place place, enum door_kind kind, bool idle)
{
	for (unsigned int i = 1; !ends(place, kind, idle, i == TRIES); i++)
		note("once more");
}

/*
 * Threads that nap, one on each CPU, and note how long the machine did not run them: it
 * may stop the CPU of a worker and no other.
 */
struct watch {
	unsigned int nr;
	bool over;
	struct watch_one {
		struct watch *all;
		pthread_t thread;
		int cpu;
		uint64_t longest;	/* ns */
	} one[MOST_CPUS];
};

static void *watch_run(void *arg)
{
	struct watch_one *w = arg;
	uint64_t then = now_ns(), now;
	cpu_set_t own;

	CPU_ZERO(&own);
	CPU_SET(w->cpu, &own);
	if (sched_setaffinity(0, sizeof(own), &own))
		die("sched_setaffinity");
	while (!__atomic_load_n(&w->all->over, __ATOMIC_SEQ_CST)) {
		sleep_ms(50);
		now = now_ns();
		if (now - then > w->longest)
			w->longest = now - then;
		then = now;
	}
	return NULL;
}

static void watch_start(struct watch *w)
{
	cpu_set_t all;

	*w = (struct watch){0};
	if (sched_getaffinity(0, sizeof(all), &all))
		die("sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE && w->nr < MOST_CPUS; cpu++) {
		struct watch_one *one = &w->one[w->nr];

		if (!CPU_ISSET(cpu, &all))
			continue;
		one->all = w;
		one->cpu = cpu;
		if (pthread_create(&one->thread, NULL, watch_run, one))
			die("a thread");
		w->nr++;
	}
}

static uint64_t watch_end(struct watch *w)
{
	uint64_t longest = 0;

	__atomic_store_n(&w->over, true, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < w->nr; i++) {
		pthread_join(w->one[i].thread, NULL);
		if (w->one[i].longest > longest)
			longest = w->one[i].longest;
	}
	return longest;
}

/*
 * A reader that takes a little now and then, for longer than the idle time.  False:
 * the machine paused for so long that the transfer was idle.
 */
static bool moves(enum door_kind kind, bool last)
{
	struct pair p = pair_tight(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near, .rate = 2 * MIB,
			     .idle_ns = IDLE, .deadline_ns = 60000 * MS };
	struct reader r = { .fd = p.far, .enough = LEN };
	struct stream want = {0};
	struct zcopy_result res = {0};
	struct watch w;
	struct door d;
	bool good, paused;

	stream_pattern(&want, 3, 0, LEN);
	r.want = &want;
	door_open(&d, kind);
	reader_start(&r);
	watch_start(&w);
	good = !door_run(&d, &q, &res) && !res.status && res.duration_ns > 1600 * MS;
	paused = watch_end(&w) > IDLE / 2 && res.status == ZCOPY_STATUS_IDLE && !last;
	if (!good)
		shutdown(p.near, SHUT_WR);
	reader_join(&r);
	if (!paused) {
		ktap_ok(good, "one that moves is not idle");
		ktap_ok(reader_happy(&r), "and arrives");
	}
	door_close(&d);
	pair_close(&p);
	stream_free(&want);
	return !paused;
}

static void moves_on(enum door_kind kind)
{
	for (unsigned int i = 1; !moves(kind, i == TRIES); i++)
		note("the machine paused: once more");
}

/* A time limit that was not reached leaves nothing behind. */
static void leaves_nothing(void)
{
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, 1000);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near, .idle_ns = ~0ULL,
			     .deadline_ns = 3600000 * MS };
	int dev = dev_open(0);
	struct zcopy_result res;
	uint64_t id;

	ktap_ok(!dev_submit(dev, &q, &id) &&
		dev_wait(dev, id, &res, 1, 1, RESULT_MS) == 1 && !res.status,
		"an hour's deadline does not matter to a moment's transfer");
	q.deadline_ns = 1;
	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_DEADLINE &&
		!res.bytes, "one that is past at once sends nothing");
	close(dev);
	pair_close(&p);
}

int main(void)
{
	static const enum door_kind kinds[] = { DOOR_SEND, DOOR_WAIT, DOOR_NETLINK };

	file = file_make("source", 0, 3, LEN);
	for (unsigned int k = 0; k < 3; k++) {
		for (int place = STUCK; place <= UNACKED; place++) {
			each(place, kinds[k], false);
			each(place, kinds[k], true);
		}
	}
	moves_on(DOOR_SEND);
	moves_on(DOOR_WAIT);
	leaves_nothing();
	return ktap_done();
}
