// SPDX-License-Identifier: GPL-2.0
/*
 * An ended transfer is freed even if the workers that should look at it are all
 * stuck.  It no longer counts once its completion was read, so a user could
 * otherwise make the kernel keep any number of ended transfers.
 *
 * Some workers wait for socket locks that a program holds.  Others, in their own
 * queue, wait for a file server, so that a cancel of their transfers needs only the
 * stuck workers.  Each transfer holds the module, whose use count tells how many
 * there are.
 * guest: timeout=240
 */
#include "ktap.h"

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "held.h"
#include "mutefs.h"
#include "peers.h"
#include "users.h"

#define EACH	(1 * MIB)
#define SHORT	(64 * KIB)
#define MORE	14		/* workers for stuck transfers, in addition to one per CPU */
#define NR	12		/* transfers of a round */
#define ROUNDS	5
#define NEVER	30000		/* ms */

static struct mutefs fs;
static struct held held;
static unsigned int stuck;
static int stuck_dev;
static struct pair socks[HELD_MOST];

static long module_users(void)
{
	FILE *f = fopen("/sys/module/zcopy/refcnt", "re");
	long n = -1;

	if (!f || fscanf(f, "%ld", &n) != 1)
		die("the users of the module");
	fclose(f);
	return n;
}

/* A worker lets go of a transfer right after its completion. */
static long module_users_rest(long most)
{
	uint64_t end = now_ms() + NEVER;
	long n;

	while ((n = module_users()) > most && now_ms() < end)
		sleep_ms(10);
	return n;
}

/* The last one may start a moment after its transfer was cancelled. */
static unsigned int workers_come(unsigned int least)
{
	uint64_t end = now_ms() + NEVER;
	unsigned int n;

	while ((n = users_workers()) < least && now_ms() < end)
		sleep_ms(100);
	return n;
}

static void get_stuck(void)
{
	int file = file_to_read("file", EACH);
	uint64_t id[HELD_MOST];
	struct raw q;
	unsigned int n;

	stuck = sysconf(_SC_NPROCESSORS_ONLN) + MORE;
	if (stuck > HELD_MOST)
		ktap_skip_all("too many CPUs");
	if (!held_begin(&held))
		ktap_skip_all("no userfaultfd here");
	stuck_dev = dev_open(0);
	for (unsigned int i = 0; i < stuck; i++) {
		socks[i] = pair_open(true);
		raw_fill(&q, socks[i].near, file, 0, EACH);
		if (raw_submit(stuck_dev, &q))
			die("submit");
		id[i] = q.s.id;
		held_lock(&held, &socks[i]);
	}
	ktap_ok(held_all(&held, NEVER), "%u sockets are locked", stuck);
	/* One after the other, so that each gets its own worker */
	for (unsigned int i = 0; i < stuck; i++) {
		dev_cancel(stuck_dev, id[i]);
		sleep_ms(150 * guest_scale());
	}
	n = workers_come(stuck);
	ktap_ok(n >= stuck, "%u workers wait for them", n);
}

static void start(int dev, unsigned int round, struct pair s[NR])
{
	struct raw q;
	int file;

	for (unsigned int i = 0; i < NR; i++) {
		file = mutefs_file("mnt", round * NR + i);
		s[i] = pair_open(false);
		raw_fill(&q, s[i].near, file, 0, SHORT);
		q.s.flags |= ZCOPY_F_STABLE;
		if (raw_submit(dev, &q))
			die("submit");
		close(file);
	}
}

static void try_round(unsigned int round)
{
	unsigned int asked = fs.unanswered;
	struct zcopy_result res[NR];
	int dev = dev_open(0);
	struct pair s[NR];
	long before, after;

	before = module_users();
	mutefs_mute(&fs, MUTE_READ);
	start(dev, round, s);
	ktap_ok(mutefs_silent(&fs, asked + NR, NEVER),
		"round %u: all wait for the server", round);
	ktap_eq(dev_cancel(dev, 0), NR, "round %u: all are cancelled", round);
	mutefs_mute(&fs, 0);
	ktap_eq(dev_wait(dev, 0, res, NR, NR, NEVER), NR,
		"round %u: all end", round);
	for (unsigned int i = 0; i < NR; i++) {
		close(s[i].near);
		close(s[i].far);
	}
	after = module_users_rest(before);
	ktap_ok(after <= before, "round %u: %ld use the module, %ld did before", round,
		after, before);
	close(dev);
}

int main(void)
{
	struct zcopy_result res[HELD_MOST];

	if (!mutefs_start(&fs, "mnt", 0))
		ktap_skip_all("no FUSE here");
	get_stuck();
	for (unsigned int i = 0; i < ROUNDS; i++)
		try_round(i);
	ktap_eq(dev_wait(stuck_dev, 0, res, 1, 1, 0), 0, "the workers are stuck still");
	held_end(&held);
	ktap_eq(dev_wait(stuck_dev, 0, res, stuck, stuck, NEVER), stuck,
		"then all end");
	for (unsigned int i = 0; i < stuck; i++) {
		close(socks[i].near);
		close(socks[i].far);
	}
	close(stuck_dev);
	mutefs_end(&fs);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

