// SPDX-License-Identifier: GPL-2.0
/*
 * Each end of a transfer is counted once, according to whether the transfer did what
 * its caller asked for: see the table in kmod/README.md.  There is a row for each way
 * to end, run through each door.
 *
 * needs: zcopy
 * guest: timeout=120 takes=10
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/zcopy_netlink.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "mutefs.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(256 << 10)	/* several times what small buffers take */

enum way { SEND, SEND_MANY, SUBMIT, BATCH, NETLINK, URING, WAYS };

static const char *const ways[WAYS] = {
	"SEND", "SEND to two", "SUBMIT", "BATCH", "netlink", "io_uring",
};

enum act { NOTHING, TOUCH, CUT, CANCEL, SIGNAL, RESET };

enum counter { COMPLETED, FAILED, CANCELLED, TRUNCATED, CHANGED, AGAIN, COUNTERS };

static const char *const counters[COUNTERS] = {
	"transfers_completed", "transfers_failed", "transfers_cancelled",
	"transfers_truncated", "transfers_changed", "transfers_again",
};

#define ONLY_SEND	(1U << SEND)
#define ANY		(~0U)

/* Settings of a row: a full socket, a dead file, SO_SNDTIMEO, O_NONBLOCK */
enum { FULL = 1, DEAD = 2, TIMEO = 4, NONBLOCK = 8 };

static const struct row {
	const char *name;
	uint64_t off, len;
	uint32_t flags;
	uint64_t deadline_ns, idle_ns;
	enum act act;
	unsigned int setting;
	unsigned int by;		/* ways */
	uint32_t status;
	enum counter send, others;	/* the counters of SEND and of the other doors */
	int also;			/* a further counter, or -1 */
} rows[] = {
	{ "all is sent", 0, 4096, .by = ANY, .status = ZCOPY_STATUS_DONE, .also = -1 },
	{ "nothing is asked for", 0, 0, .by = ANY, .status = ZCOPY_STATUS_DONE,
	  .also = -1 },
	{ "its file changes", 0, SIZE, .act = TOUCH, .by = ANY,
	  .status = ZCOPY_STATUS_CHANGED, .also = CHANGED },
	{ "from the end of the file", SIZE, 100, .by = ANY,
	  .status = ZCOPY_STATUS_TRUNCATED, .others = FAILED, .also = TRUNCATED },
	{ "over the end of the file", SIZE - 10, 100, .by = ANY,
	  .status = ZCOPY_STATUS_TRUNCATED, .others = FAILED, .also = TRUNCATED },
	{ "its file is cut", 0, SIZE, .act = CUT, .by = ANY,
	  .status = ZCOPY_STATUS_TRUNCATED, .others = FAILED, .also = TRUNCATED },
	{ "NOWAIT, not cached", 0, 4096, .flags = ZCOPY_F_NOWAIT | ZCOPY_F_STABLE,
	  .by = ANY, .status = ZCOPY_STATUS_AGAIN, .also = AGAIN },
	{ "DONTWAIT, room for a part", 0, SIZE, .flags = ZCOPY_F_DONTWAIT,
	  .by = ONLY_SEND, .status = ZCOPY_STATUS_AGAIN, .also = AGAIN },
	{ "DONTWAIT, no room", 0, SIZE, .flags = ZCOPY_F_DONTWAIT, .setting = FULL,
	  .by = ONLY_SEND, .status = ZCOPY_STATUS_AGAIN, .also = AGAIN },
	{ "O_NONBLOCK, no room", 0, SIZE, .setting = FULL | NONBLOCK,
	  .by = ONLY_SEND, .status = ZCOPY_STATUS_AGAIN, .also = AGAIN },
	{ "SO_SNDTIMEO, no room", 0, SIZE, .setting = FULL | TIMEO,
	  .by = ONLY_SEND, .status = ZCOPY_STATUS_AGAIN, .also = AGAIN },
	{ "cancelled", 0, SIZE, .act = CANCEL, .by = ANY,
	  .status = ZCOPY_STATUS_CANCELLED, .send = CANCELLED, .others = CANCELLED,
	  .also = -1 },
	{ "a signal after a part", 0, SIZE, .act = SIGNAL, .by = ONLY_SEND,
	  .status = ZCOPY_STATUS_CANCELLED, .send = CANCELLED, .also = -1 },
	{ "its peer goes away", 0, SIZE, .act = RESET, .by = ANY,
	  .status = ZCOPY_STATUS_SOCKET_ERROR, .send = FAILED, .others = FAILED,
	  .also = -1 },
	{ "its file cannot be read", 0, 4096, .setting = DEAD, .by = ANY,
	  .status = ZCOPY_STATUS_FILE_ERROR, .send = FAILED, .others = FAILED,
	  .also = -1 },
	{ "deadline", 0, SIZE, .deadline_ns = 200 * MS, .by = ANY,
	  .status = ZCOPY_STATUS_DEADLINE, .send = FAILED, .others = FAILED,
	  .also = -1 },
	{ "idle", 0, SIZE, .idle_ns = 200 * MS, .by = ANY,
	  .status = ZCOPY_STATUS_IDLE, .send = FAILED, .others = FAILED,
	  .also = -1 },
};

static int source, dead;

/* One run of a row */
struct run {
	const struct row *row;
	enum way way;
	unsigned int nr;
	struct pair s[2];
	struct zcopy_elem elem;
	struct request q;
	struct door door;
	struct zcopy_result res[2];
	pthread_t sender;
	uint64_t id;
};

static void *send_all(void *arg)
{
	struct run *r = arg;
	struct zcopy_sink sinks[2];
	struct zcopy_send s;

	request_fill(&s, sinks, &r->q);
	sinks[1] = (struct zcopy_sink){ .fd = r->s[1].near };
	s.nr_sinks = r->nr;
	s.results = (uintptr_t)r->res;
	s.result_size = sizeof(r->res[0]);
	if (ioctl(r->door.dev, ZCOPY_IOC_SEND, &s))
		note("ZCOPY_IOC_SEND: %s", strerror(errno));
	return NULL;
}

static int start_batch(struct run *r)
{
	struct zcopy_sink sink;
	struct zcopy_send s;
	struct zcopy_batch b = {
		.size = sizeof(b), .sends = (uintptr_t)&s, .nr_sends = 1,
		.send_size = sizeof(s),
	};

	request_fill(&s, &sink, &r->q);
	if (ioctl(r->door.dev, ZCOPY_IOC_BATCH, &b))
		return -errno;
	r->id = s.id;
	return 0;
}

static void start(struct run *r)
{
	int err = 0;

	if (r->way <= SEND_MANY)
		err = -pthread_create(&r->sender, NULL, send_all, r);
	else if (r->way == BATCH)
		err = start_batch(r);
	else
		err = door_start(&r->door, &r->q, &r->id);
	/* With a ring, the answer may already be that of the end. */
	if (err && r->way != URING)
		note("start: %s", strerror(-err));
}

static void finish(struct run *r)
{
	if (r->way <= SEND_MANY)
		pthread_join(r->sender, NULL);
	else
		door_finish(&r->door, r->id, &r->res[0]);
	if (r->way == URING && !r->res[0].size)
		r->res[0] = r->door.slots[0].res;
}

static void swallow(int sock)
{
	static char buf[65536];

	while (recv(sock, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* Once a part is sent, the rest cannot be: no peer reads. */
static void await_part(void)
{
	for (int tries = 0; tries < 1000 && !live_sent(); tries++)
		sleep_ms(10);
	sleep_ms(50 * guest_scale());
}

static void act(struct run *r)
{
	struct nlraw nl;
	char byte = 'x';

	if (!r->row->act)
		return;
	live_becomes(r->nr, 10000);
	await_part();
	switch (r->row->act) {
	case TOUCH:
		if (pwrite(source, &byte, 1, SIZE - 1) != 1)
			note("no write");
		break;
	case CUT:
		if (ftruncate(source, SIZE - 1))
			note("no cut");
		break;
	case CANCEL:
		nlraw_open(&nl);
		nlraw_cancel_all(&nl);
		close(nl.fd);
		return;
	case SIGNAL:
		pthread_kill(r->sender, SIGUSR1);
		return;
	default:
		for (unsigned int i = 0; i < r->nr; i++)
			sock_reset(r->s[i].far);
		return;
	}
	for (int tries = 0; tries < 2000 && live_count(); tries++) {
		for (unsigned int i = 0; i < r->nr; i++)
			swallow(r->s[i].far);
		sleep_ms(5);
	}
}

static void set_up(struct run *r)
{
	const struct row *row = r->row;
	struct timeval little = { .tv_usec = 50000 };
	static char full[SIZE];

	if (ftruncate(source, 0) || ftruncate(source, SIZE))
		die("the file");
	r->nr = r->way == SEND_MANY ? 2 : 1;
	for (unsigned int i = 0; i < r->nr; i++) {
		r->s[i] = pair_open(true);
		if (row->setting & FULL)
			while (send(r->s[i].near, full, sizeof(full), MSG_DONTWAIT) > 0)
				;
		if (row->setting & TIMEO)
			setsockopt(r->s[i].near, SOL_SOCKET, SO_SNDTIMEO, &little,
				   sizeof(little));
		if (row->setting & NONBLOCK)
			fcntl(r->s[i].near, F_SETFL, O_NONBLOCK);
	}
	r->elem = elem_file(row->setting & DEAD ? dead : source, row->off, row->len);
	r->q = (struct request){
		.elems = &r->elem, .nr = 1, .sock = r->s[0].near, .flags = row->flags,
		.deadline_ns = row->deadline_ns, .idle_ns = row->idle_ns,
	};
	door_open(&r->door, r->way == NETLINK ? DOOR_NETLINK :
		  r->way == URING ? DOOR_URING : DOOR_WAIT);
}

static void once(const struct row *row, enum way way)
{
	uint64_t was[COUNTERS], submitted = counter_of("transfers_submitted");
	struct run r = { .row = row, .way = way };
	bool right = true;

	for (int i = 0; i < COUNTERS; i++)
		was[i] = counter_of(counters[i]);
	set_up(&r);
	start(&r);
	act(&r);
	finish(&r);
	counters_rest();
	for (unsigned int i = 0; i < r.nr; i++)
		right &= r.res[i].status == row->status;
	if (!ktap_ok(right, "%s, %s: its status", row->name, ways[way]))
		note("got %u, want %u", r.res[0].status, row->status);
	right = counter_of("transfers_submitted") == submitted + r.nr;
	for (int i = 0; i < COUNTERS; i++) {
		uint64_t got = counter_of(counters[i]) - was[i];
		unsigned int want = (i == (int)(way <= SEND_MANY ? row->send : row->others) ||
				     i == row->also) ? r.nr : 0;

		if (got != want)
			note("%s: %llu, want %u", counters[i],
			     (unsigned long long)got, want);
		right &= got == want;
	}
	ktap_ok(right, "%s, %s: counted so", row->name, ways[way]);
	door_close(&r.door);
	for (unsigned int i = 0; i < r.nr; i++) {
		close(r.s[i].near);
		close(r.s[i].far);
	}
}

static void on_signal(int sig)
{
	(void)sig;
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	static struct mutefs fs;

	sigaction(SIGUSR1, &sa, NULL);
	source = file_make("source", O_RDWR, 1, SIZE);
	if (mutefs_start(&fs, "mute", 0)) {
		dead = open("mute/file", O_RDONLY | O_CLOEXEC);
		mutefs_end(&fs);
	}
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int way = 0; way < WAYS; way++) {
			if (!(rows[i].by & 1U << way))
				continue;
			if (way == URING && !dev_has(ZCOPY_FEAT_URING))
				continue;
			once(&rows[i], way);
		}
	}
	close(dead);
	close(source);
	return ktap_done();
}

