// SPDX-License-Identifier: GPL-2.0
/*
 * One call starts many transfers in order, each with its own number.  The first
 * transfer that is refused ends the batch, and the transfers before it keep
 * running.  Wrong batches are refused by name and start nothing.
 * guest: timeout=60
 */
#include "ktap.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"
#include "refuse.h"

#define NR	200
#define EACH	1000

static int dev, file;
static struct pair s;
static struct raw q[NR];
static struct zcopy_send sends[NR];
static struct zcopy_result res[NR];

static void build(struct zcopy_batch *b, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		raw_fill(&q[i], s.near, file, i * EACH, EACH);
		q[i].s.cookie = i;
		sends[i] = q[i].s;
	}
	*b = (struct zcopy_batch){
		.size = sizeof(*b), .sends = (uintptr_t)sends, .nr_sends = nr,
		.send_size = sizeof(sends[0]),
	};
}

static int run(struct zcopy_batch *b)
{
	return ioctl(dev, ZCOPY_IOC_BATCH, b) ? -errno : 0;
}

/* All started transfers complete once, and in order. */
static bool collected(unsigned int nr)
{
	const char *wrong = dev_collect(dev, res, nr);
	bool right = !wrong;
	unsigned int i;

	for (i = 0; right && i < nr; i++)
		right = res[i].cookie == i && res[i].id == sends[i].id &&
			res[i].bytes == EACH;
	if (!right)
		note("%s, number %u", wrong ? wrong : "a result is wrong", i);
	return right;
}

static void whole(void)
{
	struct zcopy_batch b;

	build(&b, NR);
	ktap_eq(run(&b), 0, "a batch of %d", NR);
	ktap_eq(b.started, NR, "all are started");
	ktap_eq(sock_check(s.far, 0, NR * EACH), NR * EACH, "all bytes, in order");
	ktap_ok(collected(NR), "each completes once");
	ktap_eq(run(&b), 0, "the same struct again");
	ktap_eq(b.started, NR, "all are started");
	ktap_eq(sock_check(s.far, 0, NR * EACH), NR * EACH, "all bytes, in order");
	ktap_ok(collected(NR), "each completes once");
}

static void cut_short(void)
{
	struct zcopy_batch b;

	build(&b, 10);
	q[6].k.fd = -1;
	ktap_eq(run(&b), 0, "the seventh of ten is refused");
	ktap_eq(b.started, 6, "six are started");
	ktap_ok(!sends[6].id && !sends[7].id, "the others have no number");
	ktap_eq(sock_check(s.far, 0, 6 * EACH), 6 * EACH, "six send");
	ktap_ok(collected(6), "six complete");
}

static void judge(struct zcopy_batch *b, int err, const char *why, const char *what)
{
	struct refuse before;
	const char *wrong;
	int ret;

	refuse_before(&before, s.far);
	ret = run(b);
	wrong = refuse_after(&before, why);
	ktap_ok(ret == -err && !wrong && !b->started, "%s: %s", what, why);
	if (ret != -err || wrong)
		note("%d; %s", ret, wrong ? wrong : "counters as they should");
}

static void refused(void)
{
	struct zcopy_batch b;

#define TRY(change, err, why) do {					\
		build(&b, 3);						\
		change;							\
		judge(&b, err, why, #change);				\
	} while (0)

	TRY(b.size = 47, EINVAL, "size_too_small");
	TRY(b.flags = 1, EINVAL, "flag_unknown");
	TRY(b.reserved0 = 1, EINVAL, "reserved_set");
	TRY(b.reserved[1] = 1, EINVAL, "reserved_set");
	TRY(b.nr_sends = 0, EINVAL, "batch_wrong");
	TRY(b.nr_sends = ZCOPY_BATCH_MAX + 1, EINVAL, "batch_wrong");
	TRY(b.send_size = 0, EINVAL, "size_too_small");
	TRY(b.send_size = 4097, E2BIG, "tail_not_zero");
	TRY(b.sends = 0, EFAULT, "bad_pointer");
	TRY(sends[0].size = 152, EINVAL, "batch_wrong");
	TRY(sends[0].results = 4096, EINVAL, "results_wrong");
	TRY(sends[0].flags = ZCOPY_F_DONTWAIT, EOPNOTSUPP, "flag_unsupported");
	TRY(q[0].k.fd = -1, EBADF, "sink_bad_fd");
}

int main(void)
{
	dev = dev_open(0);
	s = pair_open(false);
	file = file_to_read("source", NR * EACH);
	whole();
	cut_short();
	refused();
	whole();
	return ktap_done();
}

