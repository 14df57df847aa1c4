// SPDX-License-Identifier: GPL-2.0
/*
 * A short SEND to one socket may end without ever being known to others, or become known
 * when it has to wait: before its first byte or after a part.  Its stream, its result and
 * the counters do not tell the difference; and if it waits, it can be seen, cancelled and
 * interrupted.
 *
 * needs: zcopy
 * guest: timeout=120
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/zcopy_netlink.h>
#include <zcopy.h>

#include "cached.h"
#include "counters.h"
#include "dev.h"
#include "ktap.h"
#include "light.h"
#include "peers.h"
#include "picky.h"

#define SEED	31
#define SIZE	MIB		/* of the file */
#define HEADER	200
#define TRAILER	12
#define SPARE	3000		/* bytes that a socket still takes, if it takes a part */

/* What makes a SEND light, known, or known on its way */
enum weight {
	COPIED,			/* nothing: 512 bytes */
	SHORT,			/* nothing: 8 KiB */
	FULL,			/* its socket is full after a part */
	COLD,			/* its file must be read */
	BEHIND,			/* another transfer comes first */
	HEARD,			/* a listener wants to know of all transfers */
	WEIGHTS
};

static const char *const weights[WEIGHTS] = {
	[COPIED] = "512 bytes", [SHORT] = "8 KiB", [FULL] = "a full socket",
	[COLD] = "a cold file", [BEHIND] = "another comes first", [HEARD] = "a listener",
};

/* What happens to it */
enum fate { ALL, ENDS_EARLY, NOT_WAITED, CANCELLED, INTERRUPTED, SHUT_DOWN, FATES };

static const char *const fates[FATES] = {
	[ALL] = "all is sent", [ENDS_EARLY] = "its file ends early",
	[NOT_WAITED] = "DONTWAIT", [CANCELLED] = "cancelled",
	[INTERRUPTED] = "interrupted", [SHUT_DOWN] = "and shuts down",
};

struct run {
	enum weight weight;
	enum fate fate;
	uint64_t bytes;		/* that it should send, if it sends all */
	struct pair p;
	int dev, other;		/* devices of the SEND, and of the transfer before it */
	struct zcopy_elem e[3];
	struct request q;
	struct stream want;
	struct reader r;
	struct zcopy_nl *nl;
	struct zcopy_result res, first;
	pthread_t thread;
	uint64_t submitted, ended;
	unsigned int heard;
	volatile bool over;
	int err;
};

static int file;

static bool waits(const struct run *run)
{
	return run->weight == FULL || run->weight == BEHIND;
}

static uint64_t ended(void)
{
	return counter_of("transfers_completed") + counter_of("transfers_failed") +
	       counter_of("transfers_cancelled");
}

static void line_up_behind(struct run *run)
{
	struct zcopy_elem e = elem_file(file, 0, SIZE);
	struct request q = { .elems = &e, .nr = 1, .sock = run->p.near };

	stream_zero(&run->want, zeroes_queue(run->p.near, 64 * MIB));
	if (dev_submit(run->other, &q, NULL) || !live_becomes(1, 20000))
		die("submit");
	stream_pattern(&run->want, SEED, 0, SIZE);
}

static void listen_in(struct run *run)
{
	if (zcopy_nl_open(&run->nl) || zcopy_nl_join(run->nl))
		die("netlink");
}

static void list(struct run *run)
{
	static char header[HEADER], trailer[TRAILER];
	uint64_t len = (run->weight == COPIED ? 512 : 8 * KIB) - HEADER - TRAILER;
	uint64_t off = run->fate == ENDS_EARLY ? SIZE - len / 2 : 4096 + 17;
	uint64_t got = run->fate == ENDS_EARLY ? len / 2 : len;

	memset(header, 'h', HEADER);
	memset(trailer, 't', TRAILER);
	run->e[0] = elem_memory(header, HEADER);
	run->e[1] = elem_file(file, off, len);
	run->e[2] = elem_memory(trailer, TRAILER);
	run->bytes = HEADER + got + (run->fate == ENDS_EARLY ? 0 : TRAILER);
	stream_bytes(&run->want, header, HEADER);
	stream_pattern(&run->want, SEED, off, got);
	if (run->fate != ENDS_EARLY)
		stream_bytes(&run->want, trailer, TRAILER);
}

static void prepare(struct run *run, enum weight weight, enum fate fate)
{
	*run = (struct run){
		.weight = weight, .fate = fate,
		.submitted = counter_of("transfers_submitted"), .ended = ended(),
		.dev = dev_open(0), .other = dev_open(0),
	};
	run->p = weight == FULL ? pair_picky() : pair_tight(AF_INET);
	if (weight == FULL)
		stream_zero(&run->want, picky_fill(&run->p, SPARE));
	if (weight == BEHIND)
		line_up_behind(run);
	if (weight == HEARD)
		listen_in(run);
	if (weight == COLD)
		cached_drop(file);
	else
		cached_read(file, 0, SIZE);
	list(run);
	run->q = (struct request){
		.elems = run->e, .nr = 3, .sock = run->p.near,
		.flags = fate == NOT_WAITED ? ZCOPY_F_DONTWAIT : 0,
		.end = fate == SHUT_DOWN ? ZCOPY_END_SHUTDOWN : ZCOPY_END_KEEP,
	};
	run->r = (struct reader){ .fd = run->p.far, .want = &run->want };
}

static void *send_it(void *arg)
{
	struct run *run = arg;

	run->err = dev_send(run->dev, &run->q, &run->res);
	run->over = true;
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

static int hear(uint32_t event, const struct zcopy_transfer *t, void *arg)
{
	struct run *run = arg;

	if (t->result->id != run->res.id)
		return 0;
	if (event == ZCOPY_EVENT_SUBMITTED || event == ZCOPY_EVENT_COMPLETED)
		run->heard += event == ZCOPY_EVENT_COMPLETED ? 16 : 1;
	return 0;
}

static bool known(unsigned int live)
{
	return live_count() == live && counter_of("transfers_active") == live;
}

/*
 * Waits until it has been known for a while; false: it has ended.  A socket may take the
 * rest a little later, when its peer acknowledges what is under way.
 */
static bool is_stuck(const struct run *run, unsigned int live)
{
	uint64_t now = now_ms(), end = now + 20000 * guest_scale();
	uint64_t since = now;

	while (!run->over && now < end && now < since + 100 * guest_scale()) {
		/* A look costs the debug guest several milliseconds. */
		sleep_ms(5 * guest_scale());
		now = now_ms();
		if (!known(live))
			since = now;
	}
	return !run->over;
}

/*
 * If it waits it must be known.  Then what shall happen to it happens.  Returns false if
 * its socket took more than it should, so that it did not wait.
 */
static bool intervene(struct run *run)
{
	unsigned int live = run->weight == BEHIND ? 2 : 1;
	bool is_known;

	if (!waits(run) || run->fate == NOT_WAITED)
		return true;
	if (!is_stuck(run, live) && run->weight == FULL)
		return false;
	is_known = known(live);
	if (run->weight == FULL && ended() != run->ended)
		return false;
	ktap_ok(is_known, "%s, %s: it is known while it waits", weights[run->weight],
		fates[run->fate]);
	if (run->fate == CANCELLED)
		ktap_ok(dev_cancel(run->dev, 0) == 1, "its device can cancel it");
	if (run->fate == INTERRUPTED) {
		sleep_ms(100);
		pthread_kill(run->thread, SIGUSR1);
	}
	return true;
}

/* How many bytes it should have sent; the stream has no more then. */
static bool sent_right(struct run *run)
{
	const struct zcopy_result *res = &run->res;
	uint32_t status = ZCOPY_STATUS_DONE;

	if (run->fate == INTERRUPTED && run->err == -EINTR)
		return waits(run);
	if (run->err)
		return false;
	if (run->fate == CANCELLED || run->fate == INTERRUPTED)
		status = ZCOPY_STATUS_CANCELLED;
	else if (run->fate == NOT_WAITED && waits(run))
		status = ZCOPY_STATUS_AGAIN;
	else if (run->fate == ENDS_EARLY)
		status = ZCOPY_STATUS_TRUNCATED;
	if (status == ZCOPY_STATUS_DONE || status == ZCOPY_STATUS_TRUNCATED)
		return res->status == status && res->bytes == run->bytes;
	if (run->weight == FULL && res->bytes)
		note("%llu bytes fit", (unsigned long long)res->bytes);
	return res->status == status && res->bytes < run->bytes;
}

/* What was not sent will not come. */
static void shorten(struct run *run)
{
	uint64_t left = run->bytes - (run->err ? 0 : run->res.bytes);

	run->want.len -= left;
	while (left) {
		struct piece *p = &run->want.pieces[run->want.nr - 1];
		uint64_t n = p->len < left ? p->len : left;

		p->len -= n;
		left -= n;
		if (!p->len)
			run->want.nr--;
	}
}

static void check(struct run *run)
{
	const char *w = weights[run->weight], *f = fates[run->fate];
	unsigned int nr = run->weight == BEHIND ? 2 : 1;
	bool right = sent_right(run);

	if (!right)
		note("error %d", run->err);
	if (!right && !run->err)
		result_note(&run->res);
	ktap_ok(right && (run->err || result_adds_up(&run->res)), "%s, %s: the result",
		w, f);
	ktap_ok(reader_happy(&run->r) && run->r.eof, "%s, %s: the stream", w, f);
	ktap_ok(counters_rest() &&
		counter_of("transfers_submitted") == run->submitted + nr &&
		ended() == run->ended + nr, "%s, %s: the counters", w, f);
	if (run->nl) {
		for (int i = 0; i < 5 && run->heard != 17; i++)
			zcopy_nl_events(run->nl, 1000, hear, run);
		ktap_ok(run->heard == 17, "its listener hears of both ends");
	}
}

static bool happens(enum weight weight, enum fate fate)
{
	struct run run = { .weight = weight };

	return waits(&run) || (fate != CANCELLED && fate != INTERRUPTED);
}

static void clean_up(struct run *run)
{
	zcopy_nl_close(run->nl);
	close(run->dev);
	close(run->other);
	pair_close(&run->p);
	stream_free(&run->want);
}

/* Returns false if it did not wait as it should. */
static bool one(enum weight weight, enum fate fate)
{
	bool reads_on;
	struct run run;

	prepare(&run, weight, fate);
	reads_on = !waits(&run) || fate == ALL || fate == ENDS_EARLY || fate == SHUT_DOWN;
	if (pthread_create(&run.thread, NULL, send_it, &run))
		die("thread");
	if (!intervene(&run)) {
		pthread_join(run.thread, NULL);
		clean_up(&run);
		return false;
	}
	if (reads_on)
		reader_start(&run.r);
	pthread_join(run.thread, NULL);
	if (!run.err || run.err == -EINTR)
		shorten(&run);
	if (!reads_on)
		reader_start(&run.r);
	/* The transfer before it ends, too. */
	if (weight == BEHIND &&
	    dev_wait(run.other, 0, &run.first, 1, 1, RESULT_MS * guest_scale()) != 1)
		note("the first transfer does not end");
	shutdown(run.p.near, SHUT_WR);
	reader_join(&run.r);
	check(&run);
	clean_up(&run);
	return true;
}

static void matrix(void)
{
	for (int w = 0; w < WEIGHTS; w++) {
		for (int f = 0; f < FATES; f++) {
			for (int try = 0; happens(w, f) && !one(w, f); try++) {
				if (try == 20)
					die("no socket is full");
			}
		}
	}
}

int main(void)
{
	static const struct sigaction act = { .sa_handler = on_signal };
	const char *dir = fs_mount(FS_EXT4);
	char path[128];

	if (!dir)
		die("ext4: %s", fs_why());
	sigaction(SIGUSR1, &act, NULL);
	snprintf(path, sizeof(path), "%s/file", dir);
	file = file_make(path, 0, SEED, SIZE);
	for (enum light how = LIGHT_FITS; light_set(how); how = light_next(how)) {
		note("%s", light_name(how));
		matrix();
	}
	close(file);
	fs_umount_all();
	return ktap_done();
}
