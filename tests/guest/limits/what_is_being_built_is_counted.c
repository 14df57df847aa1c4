// SPDX-License-Identifier: GPL-2.0
/*
 * A submission that waits for the memory of its list already holds files, so it
 * already counts as a transfer with all its elements.  At the limit, the user's
 * next submission is refused by name.  All charges are returned when the submission
 * is refused or ends, or when its process is killed.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"
#include "quota.h"
#include "users.h"

#define USER	4811
#define PAGE	4096
#define NR	9		/* elements; the kernel copies the last one by itself */
#define HANGS	3		/* submissions that hang at a time */
#define SIZE	1000
#define LATE_MS	(40000 * guest_scale())	/* longer than each quota_rest() waits */

enum { ANSWERED, REFUSED, KILLED };

static int dev, file, uffd;
static struct pair s;
static char *area;
static struct raw q[HANGS];

static int allow_userfaults(void)
{
	int fd = open("/proc/sys/vm/unprivileged_userfaultfd", O_WRONLY | O_CLOEXEC);
	int bad = fd < 0 || write(fd, "1", 1) != 1;

	if (fd >= 0)
		close(fd);
	return bad;
}

static void *submit(void *arg)
{
	return (void *)(intptr_t)raw_submit(dev, arg);
}

/* The last element of each list is in a page that faults. */
static void prepare_lists(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	area = mmap(NULL, 2 * HANGS * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (area == MAP_FAILED || uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		die("userfaultfd");
	for (unsigned int i = 0; i < HANGS; i++) {
		char *absent = area + (2 * i + 1) * PAGE;
		struct zcopy_elem *e = (struct zcopy_elem *)absent - (NR - 1);

		reg.range.start = (uintptr_t)absent;
		reg.range.len = PAGE;
		if (ioctl(uffd, UFFDIO_REGISTER, &reg))
			die("userfaultfd");
		for (unsigned int k = 0; k < NR - 1; k++)
			e[k] = (struct zcopy_elem){ .kind = ZCOPY_ELEM_FILE, .fd = file,
						    .len = SIZE };
		raw_fill(&q[i], s.near, file, 0, 0);
		q[i].s.elems = (uintptr_t)e;
		q[i].s.nr_elems = NR;
	}
}

/* Provides the pages, with a last element that is right or wrong. */
static void answer(bool good)
{
	static struct zcopy_elem page[PAGE / sizeof(struct zcopy_elem)]
		__attribute__((aligned(PAGE)));

	page[0] = (struct zcopy_elem){ .kind = ZCOPY_ELEM_FILE, .len = SIZE,
				       .fd = good ? file : -1 };
	for (unsigned int i = 0; i < HANGS; i++) {
		struct uffdio_copy copy = {
			.dst = (uintptr_t)area + (2 * i + 1) * PAGE,
			.src = (uintptr_t)page, .len = PAGE,
		};

		if (ioctl(uffd, UFFDIO_COPY, &copy))
			die("filling a page");
	}
}

/* Runs in the user's process and tells root each count. */
static void hangs(struct user *me, void *arg)
{
	const int *how = arg;
	pthread_t thread[HANGS];
	struct raw one;
	unsigned int ended = 0;
	long unused;
	void *ret;

	dev = dev_open(0);
	s = pair_open(false);
	prepare_lists();
	for (unsigned int i = 0; i < HANGS; i++)
		if (pthread_create(&thread[i], NULL, submit, &q[i]))
			die("a thread");
	user_say(me, quota_rest("max_user_transfers", HANGS));
	user_say(me, quota_rest("max_user_elements", HANGS * NR));
	/* Root sets the limit to the current use plus one. */
	user_hear(me, &unused, -1);
	raw_fill(&one, s.near, file, 0, 1);
	one.s.nr_elems = 1;
	user_say(me, raw_submit(dev, &one));
	one.s.nr_elems = 2;
	one.e[1] = one.e[0];
	user_say(me, raw_submit(dev, &one));
	user_hear(me, &unused, -1);
	if (*how == KILLED)
		for (;;)
			pause();
	answer(*how == ANSWERED);
	for (unsigned int i = 0; i < HANGS; i++) {
		pthread_join(thread[i], &ret);
		ended += (intptr_t)ret == (*how == ANSWERED ? 0 : -EBADF);
	}
	user_say(me, ended);
	user_hear(me, &unused, -1);
	user_say(me, quota_rest("max_user_elements", 0));
	close(dev);
	user_say(me, quota_rest("max_user_transfers", 0));
}

static long heard(struct user *u)
{
	long number = -1000;

	if (!user_hear(u, &number, LATE_MS))
		note("nothing was said");
	return number;
}

static void round_of_it(int how, const char *name)
{
	uint64_t refused = counter_of("reject_user_elements_limit");
	uint64_t was = quota_value("max_user_elements");
	struct user u;

	user_start(&u, USER, hangs, &how);
	ktap_eq(heard(&u), HANGS, "%s: each counts as a transfer", name);
	ktap_eq(heard(&u), HANGS * NR, "%s: and with all its elements", name);
	ktap_eq(quota_used("max_elements"), HANGS * NR, "%s: among those of all", name);
	if (quota_set("max_user_elements", HANGS * NR + 1, NULL, 0))
		die("a limit");
	user_say(&u, 0);
	ktap_eq(heard(&u), 0, "%s: one element more is accepted", name);
	ktap_eq(heard(&u), -EDQUOT, "%s: two are not", name);
	ktap_eq(counter_of("reject_user_elements_limit"), refused + 1,
		"%s: by the name of the limit", name);
	quota_set("max_user_elements", was, NULL, 0);
	user_say(&u, 0);
	if (how == KILLED) {
		user_kill(&u);
	} else {
		ktap_eq(heard(&u), HANGS, "%s: they end as they should", name);
		ktap_ok(counters_rest(), "%s: and so do the transfers", name);
		user_say(&u, 0);
		ktap_eq(heard(&u), 0, "%s: the user's elements are given back", name);
		ktap_eq(heard(&u), 0, "%s: and places", name);
	}
	ktap_ok(user_ends(&u, LATE_MS), "%s: the process ends", name);
	ktap_ok(counters_rest(), "%s: nothing is live", name);
	ktap_eq(quota_rest("max_transfers", 0), 0, "%s: no place is used", name);
	ktap_eq(quota_rest("max_elements", 0), 0, "%s: and no element", name);
}

int main(void)
{
	if (allow_userfaults())
		ktap_skip_all("no userfaultfd in this kernel");
	users_allow();
	file = file_to_read("source", SIZE);
	round_of_it(ANSWERED, "answered");
	round_of_it(REFUSED, "answered wrongly");
	round_of_it(KILLED, "killed");
	return ktap_done();
}

