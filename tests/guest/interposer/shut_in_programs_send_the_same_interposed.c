// SPDX-License-Identifier: GPL-2.0
/*
 * Programs restrict themselves: with a seccomp filter that does not allow ioctl(2),
 * in one thread, in all threads while they send, or inherited; with strict mode;
 * with Landlock; or with no descriptor left.  Their sendfile(2) does the same with
 * the interposer, no program is killed, and where a filter may forbid a call the
 * kernel's own sendfile(2) serves it.
 * guest: timeout=120
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "same.h"
#include "sendfiles.h"

/* LANDLOCK_ACCESS_FS_IOCTL_DEV */
#define ON_DEVICES	(1ULL << 15)

static void filtered(enum filter_kind kind, enum filter_way way)
{
	at(tcp.near, file, 0, 1000);
	printf(" filter %d", filter_install(kind, way));
	at(tcp.near, file, 0, SIZE);
	at(tcp.near, file, SIZE, 10);
	at(tcp.near, file, 5, 10);
	arrived();
}

static void s_kills(void)
{
	filtered(FILTER_KILL, FILTER_PRCTL);
}

static void s_kills_by_syscall(void)
{
	filtered(FILTER_KILL, FILTER_SYSCALL);
}

static void s_kills_all_threads(void)
{
	filtered(FILTER_KILL, FILTER_ALL_THREADS);
}

static void s_fails(void)
{
	filtered(FILTER_ERRNO, FILTER_PRCTL);
}

static void s_broken_pipe(void)
{
	filter_install(FILTER_KILL, FILTER_PRCTL);
	close(tcp.far);
	while (sendfile(tcp.near, file, &(off_t){ 0 }, 10) > 0)
		;
	at(tcp.near, file, 0, 10);
	printf(" sigpipe %d", pipes > 0);
}

static void s_children(void)
{
	filter_install(FILTER_KILL, FILTER_PRCTL);
	if (!fork()) {
		at(tcp.near, file, 5, SIZE);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	arrived();
}

static void s_refused(void)
{
	printf(" filter %d", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL));
	at(tcp.near, file, 0, SIZE);
	arrived();
}

static void s_strict(void)
{
	static const char end[] = " strict";

	at(tcp.near, file, 0, 1000);
	fflush(stdout);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	if (write(1, end, sizeof(end) - 1) == sizeof(end) - 1)
		syscall(SYS_exit, 0);
}

/* ---- while others send ---- */

#define SENDERS	3
#define ROUNDS	200
#define ROUNDS_DEBUG 50		/* that kernel has no filters */

static int rounds;

static pthread_barrier_t all_there;

static void *send_many(void *arg)
{
	struct hash h = { 0 };
	struct pair p = pair_loopback(AF_INET);
	unsigned long sent = 0;

	(void)arg;
	hash_start(&h, p.far);
	pthread_barrier_wait(&all_there);
	for (int i = 0; i < rounds; i++) {
		ssize_t n = sendfile(p.near, file, &(off_t){ 0 }, SIZE);

		sent += n > 0 ? n : 0;
	}
	close(p.near);
	pthread_join(h.thread, NULL);
	return (void *)(sent - h.bytes + (sent == rounds * (unsigned long)SIZE));
}

static void s_amid_others(void)
{
	pthread_t t[SENDERS];
	void *ret;

	rounds = guest_is_debug() ? ROUNDS_DEBUG : ROUNDS;
	pthread_barrier_init(&all_there, NULL, SENDERS + 1);
	for (int i = 0; i < SENDERS; i++)
		pthread_create(&t[i], NULL, send_many, NULL);
	pthread_barrier_wait(&all_there);
	sleep_ms(20);
	printf(" filter %d", filter_install(FILTER_KILL, FILTER_ALL_THREADS));
	for (int i = 0; i < SENDERS; i++) {
		pthread_join(t[i], &ret);
		printf(" %ld", (long)ret);
	}
}

/* ---- inherited ---- */

/* Before the filter */
static void keep_descriptors(void)
{
	fcntl(tcp.near, F_SETFD, 0);
	fcntl(tcp.far, F_SETFD, 0);
	fcntl(file, F_SETFD, 0);
}

static void restart(void)
{
	char near[16], far[16], what[16];

	snprintf(near, sizeof(near), "%d", tcp.near);
	snprintf(far, sizeof(far), "%d", tcp.far);
	snprintf(what, sizeof(what), "%d", file);
	fflush(stdout);
	execl("/proc/self/exe", "restarted", "restarted", near, far, what, NULL);
	printf(" not restarted");
}

static int restarted(char **words)
{
	tcp.near = atoi(words[0]);
	tcp.far = atoi(words[1]);
	file = atoi(words[2]);
	at(tcp.near, file, 0, SIZE);
	arrived();
	return 0;
}

static void s_inherited(void)
{
	at(tcp.near, file, 0, 1000);
	keep_descriptors();
	filter_install(FILTER_KILL, FILTER_PRCTL);
	restart();
}

/* ---- without filters ---- */

static bool landlock_knows_devices(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION) >= 5;
}

/* Forbids ioctl(2) on devices that are opened from now on. */
static void landlock(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = landlock_knows_devices() ? ON_DEVICES :
				     LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	int fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	printf(" landlock %ld", fd < 0 ? -1 : syscall(SYS_landlock_restrict_self, fd, 0));
	close(fd);
}

static void s_landlocked(void)
{
	at(tcp.near, file, 0, 1000);
	landlock();
	at(tcp.near, file, 0, SIZE);
	arrived();
}

static void s_landlock_inherited(void)
{
	keep_descriptors();
	landlock();
	restart();
}

static void s_no_descriptors(void)
{
	struct hash h = { 0 };

	hash_start(&h, tcp.far);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 0, 0 });
	at(tcp.near, file, 0, SIZE);
	close(tcp.near);
	hash_end(&h, true);
}

static const struct situation situations[] = {
	S(kills), S(kills_by_syscall), S(kills_all_threads), S(fails), S(broken_pipe),
	S(children), S(refused), S(strict), S(amid_others), S(inherited),
	S(landlocked), S(landlock_inherited), S(no_descriptors),
	{ 0 }
};

/* How many calls the report says were passed on for @why */
static unsigned long passed(const char *why)
{
	FILE *f = fopen("report", "r");
	unsigned long sum = 0;
	char line[4096], *found;

	while (f && fgets(line, sizeof(line), f)) {
		found = strstr(line, why);
		if (found)
			sum += strtoul(found + strlen(why), NULL, 10);
	}
	if (f)
		fclose(f);
	return sum;
}

int main(int argc, char **argv)
{
	struct interposed did;

	if (argc > 1 && !strcmp(argv[1], "restarted"))
		return restarted(argv + 2);
	did = same_interposed(argc, argv, situations, sendfiles_prepare);
	ktap_ok(did.taken >= 10, "what no filter forbids is taken");
	/* The kernel answers EINVAL if it was built without seccomp. */
	if (prctl(PR_GET_SECCOMP) < 0)
		ktap_skip("this kernel has no seccomp");
	else
		ktap_ok(passed("\"seccomp\":") >= 4 * 3 + 4,
			"the others are passed for it");
	ktap_eq(passed("\"no_access\":"), landlock_knows_devices(),
		"Landlock lets a new program have no device");
	return ktap_done();
}
