// SPDX-License-Identifier: GPL-2.0
/*
 * Files that are not in the page cache delay only the user that reads them: on a
 * disk that takes long for each answer, in a cgroup whose reads are limited to a
 * rate, and in a cgroup that has used up its memory.
 *
 * guest: timeout=240 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sleepers.h"
#include "slowdisk.h"

#define GROUP	"/sys/fs/cgroup/slow"
#define NR	40
#define EACH	(512 << 10)
#define HELD	(8 << 20)	/* memory of the process itself */

/* ---- a slow disk ---- */

static bool slow_disk(void)
{
	return slowdisk_start("cold", NR * EACH, 1000 * guest_scale());
}

static void no_slow_disk(void)
{
	slowdisk_end();
}

static void submit_cold(unsigned int nr, bool little)
{
	int file = open("cold/file", O_RDONLY | O_CLOEXEC);

	if (file < 0)
		die("the cold file");
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		f->s = pair_open(little);
		sleeper_submit(f, file, (uint64_t)i * EACH, EACH);
	}
}

static void read_cold(unsigned int nr)
{
	sleeper_drain(nr);
	submit_cold(nr, false);
}

/* ---- control groups ---- */

static bool put(const char *path, const char *words)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, words, strlen(words)) == (ssize_t)strlen(words);

	if (fd >= 0)
		close(fd);
	return good;
}

static bool disk_files(void)
{
	int file;

	mkdir("cold", 0755);
	if (!fs_ext4("/dev/vda 65536") ||
	    mount("/dev/vda", "cold", "ext4", 0, NULL))
		die("a disk");
	file = file_to_read("cold/file", NR * EACH);
	if (fsync(file) || posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED))
		die("to make it cold");
	close(file);
	return true;
}

/* Makes a cgroup that every user may enter. */
static bool group_with(const char *controller, const char *file)
{
	if (!put("/sys/fs/cgroup/cgroup.subtree_control", controller) ||
	    (mkdir(GROUP, 0755) && errno != EEXIST) || access(file, W_OK))
		return false;
	return !chmod(GROUP "/cgroup.procs", 0666) &&
	       !chmod("/sys/fs/cgroup/cgroup.procs", 0666) &&
	       !chmod("/sys/fs/cgroup/test/cgroup.procs", 0666) && disk_files();
}

static void enter_group(void)
{
	if (!put(GROUP "/cgroup.procs", "0"))
		die("entering the group");
}

static void no_group(void)
{
	umount2("cold", MNT_DETACH);
	for (unsigned int i = 0; i < 100 && rmdir(GROUP) && errno == EBUSY; i++)
		sleep_ms(20);
}

static bool set_rate(const char *rate)
{
	char words[80];
	struct stat s;

	if (stat("/dev/vda", &s))
		die("/dev/vda");
	snprintf(words, sizeof(words), "%u:%u rbps=%s", major(s.st_rdev),
		 minor(s.st_rdev), rate);
	return put(GROUP "/io.max", words);
}

static bool rate_of_reads(void)
{
	return group_with("+io", GROUP "/io.max") && set_rate("65536");
}

static void read_at_rate(unsigned int nr)
{
	enter_group();
	sleeper_drain(nr);
	submit_cold(nr, false);
}

static void no_rate(void)
{
	if (!set_rate("max"))
		note("the rate stays");
}

static bool little_memory(void)
{
	return group_with("+memory", GROUP "/memory.high");
}

/* The process has used its memory, and its transfers wait for room in the sockets. */
static void wait_with_memory(unsigned int nr)
{
	char *own;

	enter_group();
	own = mmap(NULL, HELD, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (own == MAP_FAILED)
		die("memory");
	submit_cold(nr, true);
	if (!put("/sys/fs/cgroup/test/cgroup.procs", "0"))
		die("leaving the group");
	sleeper_drain_later(nr);
}

/* The cgroup keeps its charges, so any task that allocates for it has to wait. */
static void lower_memory(unsigned int nr)
{
	(void)nr;
	sleep_ms(500 * guest_scale());
	if (!put(GROUP "/memory.high", "1048576"))
		die("memory.high");
	*sleeper_told = 1;
	sleep_ms(1000 * guest_scale());
	shell("sed 's/^/# /' " GROUP "/memory.current; "
	      "grep high " GROUP "/memory.events | sed 's/^/# /'");
}

static void more_memory(void)
{
	put(GROUP "/memory.high", "max");
}

static const struct sleeper rows[] = {
	{ .name = "a slow disk", .nr = NR, .prepare = slow_disk, .attack = read_cold,
	  .clean = no_slow_disk },
	{ .name = "a rate of reads", .nr = NR, .prepare = rate_of_reads,
	  .attack = read_at_rate, .wake = no_rate, .clean = no_group },
	/* Threads that keep looking for memory use the CPU and do not sleep. */
	{ .name = "little memory", .nr = NR, .busy_ms = 200, .prepare = little_memory,
	  .attack = wait_with_memory, .asleep = lower_memory, .wake = more_memory,
	  .clean = no_group },
};

int main(void)
{
	sleepers_begin();
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sleeper_row(&rows[i]);
	return sleepers_end();
}

