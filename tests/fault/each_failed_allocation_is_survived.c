// SPDX-License-Identifier: GPL-2.0
/*
 * Runs every verb and message again and again, with the first, second, ... n-th
 * allocation (or copy from or to user memory) failing, until no allocation is left
 * to fail.  Each time: a refusal has changed nothing, a success has exactly one
 * completion, the peer has what the completion reports, and nothing is left over.
 * guest: timeout=70
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "light.h"
#include "nlraw.h"
#include "nth.h"
#include "peers.h"

#define SIZE	(256 << 10)
#define MOST	600

static int dev, file;
static struct pair s;
static uint64_t parked;
static struct nlraw nl;
static struct nlraw_msg msg;
static char memory[20000];

/* A verb to run while an allocation fails; @run returns 0 or a negative errno. */
struct op {
	const char *name;
	void (*prepare)(void);
	int (*run)(void);
	/* After a success: collects, and returns the reported bytes, -1: none reported. */
	long (*after)(void);
};

static struct raw q;

static int op_open(void)
{
	int fd = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void one_file(void)
{
	raw_fill(&q, s.near, file, 0, 65536);
}

static void stable_file(void)
{
	one_file();
	q.s.flags = ZCOPY_F_STABLE;
}

/* A list of elements that together send the pattern without a gap */
static void list(void)
{
	raw_fill(&q, s.near, file, 0, 30000);
	pattern_fill(memory, 0, 30000, sizeof(memory));
	q.e[1] = (struct zcopy_elem){ .kind = ZCOPY_ELEM_MEMORY,
		.off = (uintptr_t)memory, .len = sizeof(memory) };
	q.e[2] = q.e[0];
	q.e[2].off = 50000;
	q.e[2].len = SIZE - 50000;
	q.s.nr_elems = 3;
}

/* A header and a file, which may go light */
static void short_list(void)
{
	raw_fill(&q, s.near, file, 0, 0);
	pattern_fill(memory, 0, 0, 200);
	q.e[1] = q.e[0];
	q.e[0] = (struct zcopy_elem){ .kind = ZCOPY_ELEM_MEMORY,
		.off = (uintptr_t)memory, .len = 200 };
	q.e[1].off = 200;
	q.e[1].len = 8000;
	q.s.nr_elems = 2;
}

static void short_list_known(void)
{
	short_list();
	light_set(LIGHT_A_PART);
}

static int op_send(void)
{
	return raw_send(dev, &q);
}

static int op_submit(void)
{
	return raw_submit(dev, &q);
}

/* A result that the kernel could not write has size 0 and reports no bytes. */
static long after_send(void)
{
	return q.r.size ? (long)q.r.bytes : -1;
}

static long after_submit(void)
{
	const char *wrong = dev_collect(dev, &q.r, 1);

	if (wrong)
		note("%s", wrong);
	return wrong ? -2 : (long)q.r.bytes;
}

static bool all_ended(void)
{
	unsigned int tries;

	/* One transfer stays parked all the time. */
	for (tries = 0; tries < 400; tries++) {
		if (counter_of("transfers_active") == 1)
			return true;
		sleep_ms(20);
	}
	return false;
}

static void submit_small(void)
{
	one_file();
	if (raw_submit(dev, &q))
		die("submit");
	all_ended();
}

/* Even a call that failed to write its count may have collected a completion. */
static int op_wait(void)
{
	int ret = dev_wait(dev, 0, &q.r, 1, 1, 5000);

	return ret < 0 ? ret : 0;
}

static long after_wait(void)
{
	struct zcopy_result res;

	while (dev_wait(dev, 0, &res, 1, 1, 100) == 1)
		;
	return -1;
}

static void by_netlink(void)
{
	nlraw_open(&nl);
	nlraw_submit(&nl, &msg, dev, s.near, file, 0, 65536);
}

static void ask(uint8_t cmd, uint16_t flags, bool id)
{
	nlraw_open(&nl);
	nlraw_begin(&nl, &msg, cmd, flags);
	if (id)
		nlraw_u64(&msg, ZCOPY_A_ID, parked);
}

static void ask_get(void) { ask(ZCOPY_CMD_GET, 0, true); }
static void ask_dump(void) { ask(ZCOPY_CMD_GET, NLM_F_DUMP, false); }
static void ask_stats(void) { ask(ZCOPY_CMD_STATS, 0, false); }
static void ask_query(void) { ask(ZCOPY_CMD_QUERY, 0, false); }
static void ask_nonsense(void) { ask(ZCOPY_CMD_STATS, 0, true); }

static int op_talk(void)
{
	return nlraw_talk(&nl, &msg);
}

static int op_nonsense(void)
{
	return nlraw_talk(&nl, &msg) == -EINVAL ? 0 : -EIO;
}

static long after_talk(void)
{
	close(nl.fd);
	return -1;
}

static int op_proc(void)
{
	static const char *const paths[] = { "/proc/net/zcopy/stats",
					     "/proc/net/zcopy/transfers" };
	char buf[8192];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 2; i++) {
		int fd = open(paths[i], O_RDONLY);

		if (fd < 0)
			return -errno;
		if (read(fd, buf, sizeof(buf)) < 0)
			ret = -errno;
		close(fd);
	}
	return ret;
}

static void nothing(void)
{
}

static long tells_nothing(void)
{
	return -1;
}

static const struct op ops[] = {
	{ "open", nothing, op_open, tells_nothing },
	{ "SEND of a file", one_file, op_send, after_send },
	{ "SEND of a file, stable", stable_file, op_send, after_send },
	{ "SEND of a list with memory", list, op_send, after_send },
	{ "SEND of a short list", short_list, op_send, after_send },
	{ "SEND of one that becomes known after a part", short_list_known, op_send,
	  after_send },
	{ "SUBMIT of a file", one_file, op_submit, after_submit },
	{ "SUBMIT of a list with memory", list, op_submit, after_submit },
	{ "WAIT", submit_small, op_wait, after_wait },
	{ "netlink SUBMIT", by_netlink, op_talk, after_talk },
	{ "netlink GET", ask_get, op_talk, after_talk },
	{ "netlink dump", ask_dump, op_talk, after_talk },
	{ "netlink STATS", ask_stats, op_talk, after_talk },
	{ "netlink QUERY", ask_query, op_talk, after_talk },
	{ "netlink, refused", ask_nonsense, op_nonsense, after_talk },
	{ "files under /proc", nothing, op_proc, tells_nothing },
};

/* Returns 1 if no allocation was left to fail, 0 to go on, -1 if something is wrong. */
static int once(const struct op *op, unsigned int n)
{
	uint64_t before;
	long told, got;
	bool failed;
	int ret;

	s = pair_open(false);
	op->prepare();
	before = counter_of("transfers_submitted");
	nth_begin(n);
	ret = op->run();
	failed = nth_end();
	told = ret && op->after != after_talk ? -1 : op->after();
	if (ret && op->run == op_wait)
		after_wait();
	close(s.near);
	got = sock_check(s.far, 0, SIZE + 1);
	close(s.far);
	if (got < 0 || told == -2 || (told >= 0 && told != got)) {
		note("n %u: told %ld, got %ld", n, told, got);
		return -1;
	}
	if (ret && (op->run == op_send || op->run == op_submit) &&
	    (got || counter_of("transfers_submitted") != before)) {
		note("n %u: refused with %d, but something was done", n, ret);
		return -1;
	}
	if (!all_ended()) {
		note("n %u: a transfer is left", n);
		return -1;
	}
	if (failed)
		return 0;
	if (ret)
		note("n %u: nothing failed, but %d", n, ret);
	return ret ? -1 : 1;
}

int main(void)
{
	unsigned int i, n;
	struct pair sink;

	if (!nth_setup())
		ktap_skip_all("no fault injection in this kernel");
	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	sink = pair_open(true);
	nlraw_open(&nl);
	nlraw_submit(&nl, &msg, dev, sink.near, file, 0, SIZE);
	if (nlraw_talk(&nl, &msg))
		die("parking a transfer");
	parked = nl.id;
	close(nl.fd);

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		uint64_t start = now_ms();
		int ret = 0;

		for (n = 1; n < MOST && !ret; n++)
			ret = once(&ops[i], n);
		light_set(LIGHT_FITS);
		ktap_ok(ret == 1, "%s, with each of %u failing", ops[i].name,
			n - 2);
		note("%s: %u ms", ops[i].name,
		     (unsigned int)(now_ms() - start));
	}
	close(sink.near);
	close(sink.far);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

