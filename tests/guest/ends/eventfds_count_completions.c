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
#include "life.h"
#include "refuse.h"

#define NR	50

static int dev, file, s[2];
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
	uint64_t end = life_ms() + 30000, sum;

	for (sum = count(fd); sum < nr && life_ms() < end; sum += count(fd))
		life_nap(10);
	life_nap(200);
	return sum + count(fd);
}

/* Runs NR transfers and collects them. */
static void run(void)
{
	struct life_req q;
	unsigned int i;

	for (i = 0; i < NR; i++) {
		life_req(&q, s[0], file, i * 100, 100);
		if (life_submit(dev, &q))
			die("submission");
	}
	if (life_check(s[1], 0, NR * 100) != NR * 100 || life_collect(dev, res, NR) ||
	    !life_rest())
		die("completions");
}

static void refused(int fd, int err, const char *why)
{
	struct refuse before;
	const char *wrong;
	int ret;

	refuse_before(&before, s[1]);
	ret = set(fd);
	wrong = refuse_after(&before, why);
	ktap_ok(ret == -err && !wrong, "%s", why);
	if (ret != -err || wrong)
		ktap_note("%d; %s", ret, wrong ? wrong : "");
}

int main(void)
{
	int a = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int b = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct pollfd p = { .fd = a, .events = POLLIN };
	struct life_req q;

	dev = life_open();
	life_pair(s, false);
	file = life_file("source", NR * 100);
	ktap_eq(set(a), 0, "an eventfd is taken");
	run();
	ktap_eq(counted(a, NR), NR, "it counts each completion");
	life_req(&q, s[0], file, 0, 100);
	ktap_ok(!life_send(dev, &q) && life_check(s[1], 0, 100) == 100 &&
		!count(a), "a synchronous send is none");
	life_req(&q, s[0], file, 0, 100);
	life_submit(dev, &q);
	ktap_ok(poll(&p, 1, 20000) == 1 && count(a) == 1, "it can be polled");
	ktap_eq(life_wait(dev, 0, res, 1, 1, 20000), 1, "and there is one then");
	life_check(s[1], 0, 100);
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
	life_req(&q, s[0], file, 0, 100);
	life_submit(dev, &q);
	close(dev);
	ktap_ok(life_rest() && count(a) <= 1, "the device is closed with it");
	return ktap_done();
}
