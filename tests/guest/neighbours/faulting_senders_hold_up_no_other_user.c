// SPDX-License-Identifier: GPL-2.0
/*
 * A program's own send(2) faults on memory whose server does not answer, and holds
 * the lock of its socket meanwhile.  Whatever in the module needs that lock waits,
 * but no other user does.  A submission that faults while the kernel reads its
 * request does not delay other users either.
 *
 * guest: timeout=180 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "mutefs.h"
#include "sleepers.h"

#define EACH	(1 << 20)
#define SHORT	(16 << 10)	/* small enough to be sent in the submission */
#define PAGE	4096
#define APART	65536		/* of the file: more than is read ahead */

static struct mutefs fs;
static int file;
static uint32_t until;
static size_t len;

static bool mount_mute(void)
{
	if (!mutefs_start(&fs, "mnt", 0))
		return false;
	mutefs_mute(&fs, MUTE_READ);
	until = ZCOPY_UNTIL_QUEUED;
	len = EACH;
	return true;
}

static bool short_ones(void)
{
	bool here = mount_mute();

	len = SHORT;
	return here;
}

static bool until_acked(void)
{
	bool here = mount_mute();

	until = ZCOPY_UNTIL_ACKED;
	return here;
}

static bool until_released(void)
{
	bool here = mount_mute();

	until = ZCOPY_UNTIL_RELEASED;
	return here;
}

static void *send_fault(void *arg)
{
	struct flight *f = arg;

	send(f->s.near, f->map, PAGE, MSG_NOSIGNAL);
	return NULL;
}

static void submit(struct flight *f)
{
	struct raw q;

	raw_fill(&q, f->s.near, file, 0, len);
	q.s.until = until;
	if (raw_submit(sleeper_dev, &q))
		die("submit");
	f->id = q.s.id;
}

static void *submit_run(void *arg)
{
	submit(arg);
	return NULL;
}

static void hold_lock(struct flight *f, unsigned int i)
{
	char path[64];
	int map;

	snprintf(path, sizeof(path), "mnt/file%u", i);
	map = open(path, O_RDONLY | O_CLOEXEC);
	f->map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, map, 0);
	if (map < 0 || f->map == MAP_FAILED)
		die("%s", path);
	close(map);
	if (pthread_create(&f->thread, NULL, send_fault, f))
		die("a thread");
}

static void prepare_files(void)
{
	file = file_to_read("file1001", EACH);
}

/* The lock is held when the transfer is submitted. */
static void lock_first(unsigned int nr)
{
	pthread_t thread;

	prepare_files();
	for (unsigned int i = 0; i < nr; i++) {
		sleeper_flights[i].s = pair_open(false);
		hold_lock(&sleeper_flights[i], i);
	}
	sleep_ms(1000);
	for (unsigned int i = 0; i < nr; i++)
		if (pthread_create(&thread, NULL, submit_run, &sleeper_flights[i]))
			die("a thread");
	sleep_ms(500);
}

/*
 * The transfer and the send wait for room; then the send takes the lock and keeps
 * it.
 */
static void lock_later(unsigned int nr)
{
	prepare_files();
	for (unsigned int i = 0; i < nr; i++) {
		sleeper_flights[i].s = pair_open(true);
		submit(&sleeper_flights[i]);
	}
	sleep_ms(500);
	for (unsigned int i = 0; i < nr; i++)
		hold_lock(&sleeper_flights[i], i);
	sleep_ms(500);
	sleeper_drain(nr);
	sleep_ms(500);
}

static void until_silent(unsigned int nr)
{
	mutefs_silent(&fs, 1, 20000 * guest_scale());
	mutefs_silent(&fs, nr, 2000 * guest_scale());
	ktap_ok(fs.unanswered, "%u page faults are not answered", fs.unanswered);
	sleep_ms(500 * guest_scale());
}

static void vanish(void)
{
	umount2("mnt", MNT_FORCE);
}

static void end_senders(unsigned int nr)
{
	sleeper_drain(nr);
	for (unsigned int i = 0; i < nr; i++)
		pthread_join(sleeper_flights[i].thread, NULL);
}

static void unmount(void)
{
	mutefs_end(&fs);
}

/* ---- a request in memory that nobody fills ---- */

static int uffd;

static bool allow_userfaults(void)
{
	int fd = open("/proc/sys/vm/unprivileged_userfaultfd", O_WRONLY | O_CLOEXEC);
	bool here = fd >= 0 && write(fd, "1", 1) == 1;

	if (fd >= 0)
		close(fd);
	return here;
}

static void *submit_unfilled(void *arg)
{
	struct flight *f = arg;
	struct zcopy_send *s = (void *)f->map;

	if (ioctl(sleeper_dev, ZCOPY_IOC_SUBMIT, s))
		die("submit");
	return NULL;
}

/* Each submission faults on its own page, which later gets the request. */
static void fault_in_requests(unsigned int nr)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *area = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	prepare_files();
	len = SHORT;
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	reg.range.start = (uintptr_t)area;
	reg.range.len = nr * PAGE;
	if (area == MAP_FAILED || uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("userfaultfd");
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		f->s = pair_open(false);
		f->map = area + i * PAGE;
		if (pthread_create(&f->thread, NULL, submit_unfilled, f))
			die("a thread");
	}
	sleep_ms(500);
}

static void fill_requests(unsigned int nr)
{
	static char page[PAGE] __attribute__((aligned(PAGE)));
	static struct raw q[SLEEPERS_MOST];

	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];
		struct uffdio_copy copy = {
			.dst = (uintptr_t)f->map, .src = (uintptr_t)page, .len = PAGE,
		};

		raw_fill(&q[i], f->s.near, file, 0, len);
		memcpy(page, &q[i].s, sizeof(q[i].s));
		if (ioctl(uffd, UFFDIO_COPY, &copy))
			die("filling a page");
		pthread_join(f->thread, NULL);
	}
	sleeper_drain(nr);
}

static const struct sleeper rows[] = {
	{ .name = "locked sockets", .nr = 32, .prepare = mount_mute,
	  .attack = lock_first, .asleep = until_silent, .wake = vanish,
	  .finish = end_senders, .clean = unmount },
	{ .name = "locked sockets, short transfers", .nr = 32, .prepare = short_ones,
	  .attack = lock_first, .asleep = until_silent, .wake = vanish,
	  .finish = end_senders, .clean = unmount },
	{ .name = "sockets locked later", .nr = 32, .prepare = mount_mute,
	  .attack = lock_later, .asleep = until_silent, .wake = vanish,
	  .finish = end_senders, .clean = unmount },
	{ .name = "sockets locked later, until acknowledged", .nr = 32,
	  .prepare = until_acked, .attack = lock_later, .asleep = until_silent,
	  .wake = vanish, .finish = end_senders, .clean = unmount },
	{ .name = "locked sockets, until released", .nr = 32,
	  .prepare = until_released, .attack = lock_first, .asleep = until_silent,
	  .wake = vanish, .finish = end_senders, .clean = unmount },
	{ .name = "requests that fault", .nr = 64, .prepare = allow_userfaults,
	  .attack = fault_in_requests, .finish = fill_requests },
};

int main(void)
{
	sleepers_begin();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sleeper_row(&rows[i]);
	return sleepers_end();
}

