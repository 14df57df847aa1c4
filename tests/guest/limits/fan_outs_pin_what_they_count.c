// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that a fan-out keeps for its slower sockets are charged to its user, and
 * the fan-out never keeps more than it charges.  Of many fan-outs the first ones
 * have a window; the others run without one and are counted.  A page pins its whole
 * folio.
 * guest: timeout=120 only-on=6.12
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "quota.h"

#define FANOUTS	40
#define WINDOWS	4	/* windows of 4 MiB that a user may have */
#define ROOM	(4 * MIB)	/* memory that other users may allocate or free */
#define DRIFT	(512 * KIB)	/* the same, within 300 ms */

static int dev;
static struct pair s[FANOUTS];
static struct pair full;

static int make(const char *dir, const char *options, size_t size)
{
	char path[64], buf[4096] = "x";
	size_t n;
	int fd;

	mkdir(dir, 0700);
	if (mount("tmpfs", dir, "tmpfs", 0, options))
		return -1;
	snprintf(path, sizeof(path), "%s/source", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	for (n = 0; n < size; n += sizeof(buf)) {
		if (pwrite(fd, buf, sizeof(buf), n) != sizeof(buf))
			die("%s", path);
	}
	return fd;
}

/* Sends to a socket that takes all, and to one that takes nothing. */
static int fan_out(unsigned int i, int file, uint64_t off, uint64_t len)
{
	struct zcopy_sink k[2] = { { .fd = s[i].near }, { .fd = full.near } };
	struct raw q;

	raw_fill(&q, 0, file, off, len);
	q.s.sinks = (uintptr_t)k;
	q.s.nr_sinks = 2;
	return raw_submit(dev, &q);
}

static void drain(unsigned int i, uint64_t len)
{
	static char buf[65536];
	ssize_t n;

	for (; len; len -= n) {
		n = recv(s[i].far, buf, len < sizeof(buf) ? len : sizeof(buf), 0);
		if (n <= 0)
			die("recv");
	}
	pair_stir(&s[i]);
}

static void begin(void)
{
	unsigned int i;

	dev = dev_open(0);
	full = pair_open(true);
	quota_stuff(full.near);
	for (i = 0; i < FANOUTS; i++)
		s[i] = pair_open(false);
}

static void end(void)
{
	unsigned int i;

	for (i = 0; i < FANOUTS; i++) {
		close(s[i].near);
		close(s[i].far);
	}
	close(full.far);
	close(full.near);
	close(dev);
	ktap_ok(counters_rest(), "all end");
	ktap_eq(quota_rest("max_window_bytes", 0), 0, "nothing is used in the end");
}

/* Memory of the tests before may still be coming back, and would hide what is held. */
static uint64_t free_settled(void)
{
	uint64_t now = quota_free(), last;
	unsigned int tries = 0;

	do {
		last = now;
		now = quota_free();
	} while (now > last + DRIFT && tries++ < 20);
	return now;
}

/*
 * Sends @len bytes of each @step; returns the memory still held after a truncate, once
 * that is no more than what is counted and some room.
 */
static uint64_t held(const char *dir, const char *options, uint64_t step,
		     uint64_t len)
{
	int file = make(dir, options, FANOUTS * step);
	uint64_t before, after;
	unsigned int i, bad = 0;

	if (file < 0)
		return ~0ULL;
	for (i = 0; i < FANOUTS; i++) {
		bad += fan_out(i, file, i * step, len) != 0;
		drain(i, len);
	}
	ktap_eq(bad, 0, "%u fan-outs", FANOUTS);
	before = free_settled();
	if (ftruncate(file, 0))
		die("ftruncate");
	after = quota_free_rest(before + FANOUTS * step + 1 -
				quota_used("max_user_window_bytes") - ROOM);
	close(file);
	umount(dir);
	return before + FANOUTS * step < after ? 0 :
	       before + FANOUTS * step - after;
}

static void small_pages(void)
{
	uint64_t counted, h, refused = counter_of("windows_refused");

	begin();
	h = held("small", "size=400m,huge=never", 4 * MIB, 4 * MIB);
	counted = quota_used("max_user_window_bytes");
	ktap_eq(counted, WINDOWS * 4 * MIB, "the first have a window");
	ktap_eq(counter_of("windows_refused") - refused, FANOUTS - WINDOWS,
		"the others do without, and are counted");
	ktap_ok(h < counted + ROOM, "%lu KiB are held, %lu KiB counted",
		(unsigned long)h >> 10, (unsigned long)counted >> 10);
	ktap_ok(h + ROOM > counted, "so much is really held");
	end();
}

/* Two pages of each huge page are sent: they keep the whole huge page. */
static void huge_pages(void)
{
	uint64_t counted, h;

	begin();
	h = held("huge", "size=400m,huge=always", 2 * MIB, 8192);
	if (h == ~0ULL) {
		ktap_skip("this kernel has no huge tmpfs");
		end();
		return;
	}
	counted = quota_used("max_user_window_bytes");
	ktap_eq(counted, FANOUTS * 8192, "two pages of each are counted");
	ktap_ok(h < counted + ROOM, "%lu KiB are held, %lu KiB counted",
		(unsigned long)h >> 10, (unsigned long)counted >> 10);
	end();
}

int main(void)
{
	quota_set("max_window_bytes", 64 * MIB, "max_user_window_bytes",
		  WINDOWS * 4 * MIB);
	small_pages();
	huge_pages();
	return ktap_done();
}

