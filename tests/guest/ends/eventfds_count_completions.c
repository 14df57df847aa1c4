// SPDX-License-Identifier: GPL-2.0
/*
 * An eventfd goes up by one for each completion that can be collected.  It does not
 * for synchronous sends, not after it was replaced or removed, and not after the
 * device was closed.
 * guest: timeout=60
 */
#include "ktap.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"
#include "refuse.h"

#define NR	50

static int dev, file;
static struct pair s;
static struct zcopy_result res[NR];

static int set(int fd)
{
	struct zcopy_eventfd e = { .size = sizeof(e), .fd = fd };

	return ioctl(dev, ZCOPY_IOC_EVENTFD, &e) ? -errno : 0;
}

static uint64_t count(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

/*
 * Adds up what is counted until that is @nr, and for a moment longer.  A completion can
 * be collected before the eventfd counts it.
 */
static uint64_t counted(int fd, uint64_t nr)
{
	uint64_t end = now_ms() + 30000, sum;

	for (sum = count(fd); sum < nr && now_ms() < end; sum += count(fd))
		sleep_ms(10);
	sleep_ms(200);
	return sum + count(fd);
}

/* Runs NR transfers and collects them. */
static void run(void)
{
	struct raw q;
	unsigned int i;

	for (i = 0; i < NR; i++) {
		raw_fill(&q, s.near, file, i * 100, 100);
		if (raw_submit(dev, &q))
			die("submission");
	}
	if (sock_check(s.far, 0, NR * 100) != NR * 100 || dev_collect(dev, res, NR) ||
	    !counters_rest())
		die("completions");
}

static void refused(int fd, int err, const char *why)
{
	struct refuse before;
	const char *wrong;
	int ret;

	refuse_before(&before, s.far);
	ret = set(fd);
	wrong = refuse_after(&before, why);
	ktap_ok(ret == -err && !wrong, "%s", why);
	if (ret != -err || wrong)
		note("%d; %s", ret, wrong ? wrong : "");
}

int main(void)
{
	int a = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int b = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct pollfd p = { .fd = a, .events = POLLIN };
	struct raw q;

	dev = dev_open(0);
	s = pair_open(false);
	file = file_to_read("source", NR * 100);
	ktap_eq(set(a), 0, "an eventfd is taken");
	run();
	ktap_eq(counted(a, NR), NR, "it counts each completion");
	raw_fill(&q, s.near, file, 0, 100);
	ktap_ok(!raw_send(dev, &q) && sock_check(s.far, 0, 100) == 100 &&
		!count(a), "a synchronous send is none");
	raw_fill(&q, s.near, file, 0, 100);
	raw_submit(dev, &q);
	ktap_ok(poll(&p, 1, 20000) == 1 && count(a) == 1, "it can be polled");
	ktap_eq(dev_wait(dev, 0, res, 1, 1, 20000), 1, "and there is one then");
	sock_check(s.far, 0, 100);
	ktap_eq(set(b), 0, "another takes its place");
	run();
	ktap_ok(counted(b, NR) == NR && !count(a), "that one counts now");
	refused(9999, EBADF, "eventfd_bad_fd");
	refused(-2, EBADF, "eventfd_bad_fd");
	refused(file, EINVAL, "eventfd_wrong");
	run();
	ktap_eq(counted(b, NR), NR, "a refusal changes nothing");
	ktap_eq(set(-1), 0, "it is taken away");
	run();
	ktap_ok(!counted(a, 0) && !count(b), "none counts");
	set(a);
	raw_fill(&q, s.near, file, 0, 100);
	raw_submit(dev, &q);
	close(dev);
	ktap_ok(counters_rest() && count(a) <= 1, "the device is closed with it");
	return ktap_done();
}

