// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that sleep for users are limited, per user and in total, and so is
 * memory.  Many users with many transfers each, of files whose server does not
 * answer, leave another user the threads it needs.  Half of the users are killed
 * meanwhile.  Once the server is gone, all transfers end and the threads exit.
 *
 * guest: timeout=180 only-on=6.12 alone=yes
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "mutefs.h"
#include "sleepers.h"

#define USERS	40
#define FIRST	1101
#define EACH	24		/* transfers of each */
#define MANY	128		/* of one */
/* The first read gets no answer; later the server answers each page by itself. */
#define LENGTH	(256 << 10)
/* Threads at most: of one user, and in all */
#define OF_ONE	32
#define IN_ALL	600
#define KIB_OF_ONE (40 * 1024)
#define KIB_IN_ALL (128 * 1024)
#define GONE_MS	15000		/* after the last transfer */

static struct mutefs fs;
static struct user users[USERS];

/*
 * Submits transfers, reports their count, and on request the count of the ended
 * ones.
 */
static void get_stuck(struct user *me, void *arg)
{
	unsigned int nr = *(unsigned int *)arg;
	long unused;
	int file;

	sleeper_dev = dev_open(0);
	for (unsigned int i = 0; i < nr; i++) {
		struct flight *f = &sleeper_flights[i];

		f->s = pair_open(false);
		file = mutefs_file("mnt", me->uid * 1000 + i);
		sleeper_submit(f, file, 0, LENGTH);
		close(file);
	}
	user_say(me, nr);
	user_hear(me, &unused, -1);
	sleeper_drain(nr);
	user_say(me, dev_gather(sleeper_dev, nr, 20000 * guest_scale()));
	user_hear(me, &unused, -1);
}

static unsigned int start(unsigned int nr, unsigned int each)
{
	unsigned int stuck = 0;
	long said = 0;

	for (unsigned int i = 0; i < nr; i++)
		user_start(&users[i], FIRST + i, get_stuck, &each);
	for (unsigned int i = 0; i < nr; i++)
		stuck += user_hear(&users[i], &said, 30000 * guest_scale()) ? said : 0;
	sleep_ms(1000 * guest_scale());
	return stuck;
}

static unsigned int end(unsigned int first, unsigned int nr)
{
	unsigned int ended = 0;
	long said = 0;

	for (unsigned int i = first; i < nr; i++)
		user_say(&users[i], 0);
	for (unsigned int i = first; i < nr; i++) {
		ended += user_hear(&users[i], &said, 40000 * guest_scale()) ? said : 0;
		user_say(&users[i], 0);
	}
	return ended;
}

static bool all_end(unsigned int nr)
{
	bool good = true;

	for (unsigned int i = 0; i < nr; i++)
		good &= user_ends(&users[i], 10000 * guest_scale());
	return good;
}

static void beside(const char *what)
{
	sleeper_beside(&(struct sleeper){ .name = what });
}

static void mount_mute(void)
{
	if (!mutefs_start(&fs, "mnt", 0))
		ktap_skip_all("no FUSE here");
	mutefs_mute(&fs, MUTE_READ);
}

static void gone(unsigned int before, const char *what)
{
	uint64_t then = now_ms();
	unsigned int left;

	ktap_ok(counters_rest(), "%s: at rest", what);
	left = users_workers_rest(before, GONE_MS * guest_scale());
	ktap_ok(left <= before, "%s: %u threads are left, %u were there, after %llu ms",
		what, left, before, (unsigned long long)(now_ms() - then));
}

static void one_user(unsigned int before)
{
	uint64_t memory = users_kernel_memory(), more;
	unsigned int workers;

	mount_mute();
	ktap_eq(start(1, MANY), MANY, "one user: %d transfers are submitted", MANY);
	workers = users_workers() - before;
	more = users_kernel_memory();
	ktap_ok(workers <= OF_ONE, "one user: %u threads", workers);
	ktap_ok(more < memory + KIB_OF_ONE, "one user: %lld KiB",
		(long long)(more - memory));
	beside("one user");
	mutefs_mute(&fs, 0);
	ktap_eq(end(0, 1), MANY, "one user: all end");
	ktap_ok(all_end(1), "one user: and its process");
	mutefs_end(&fs);
	gone(before, "one user");
}

static void many_users(unsigned int before)
{
	uint64_t memory = users_kernel_memory(), more;
	unsigned int workers;

	mount_mute();
	ktap_eq(start(USERS, EACH), USERS * EACH, "%d users: %d transfers each", USERS, EACH);
	workers = users_workers() - before;
	more = users_kernel_memory();
	ktap_ok(workers <= IN_ALL, "%d users: %u threads", USERS, workers);
	ktap_ok(more < memory + KIB_IN_ALL, "%d users: %lld KiB", USERS,
		(long long)(more - memory));
	beside("many users");
	for (unsigned int i = 0; i < USERS / 2; i++)
		user_kill(&users[i]);
	sleep_ms(500 * guest_scale());
	beside("half of them killed");
	umount2("mnt", MNT_FORCE);
	ktap_eq(end(USERS / 2, USERS), USERS / 2 * EACH, "all of the others end");
	ktap_ok(all_end(USERS), "and all processes");
	mutefs_end(&fs);
	gone(before, "many users");
}

int main(void)
{
	unsigned int before;

	before = users_workers();
	sleepers_begin();
	one_user(before);
	many_users(before);
	return sleepers_end();
}

