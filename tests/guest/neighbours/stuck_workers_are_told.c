// SPDX-License-Identifier: GPL-2.0
/*
 * When a worker does not return from a file server, zcctl show reports the thread,
 * what it does and for how long; zcctl cancel reports that the cancel waits for it;
 * and a counter goes up.  A submitter that runs the first turn itself is no worker,
 * and its thread number is not shown.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "mutefs.h"
#include "nlraw.h"
#include "peers.h"

#define TURNS	300	/* turns of a submitter that the test must see */
#define LOOK_MS	8000
#define PATIENCE_MS 40000	/* what is not told by then never is */

static char words[8192];

/* The output of a command about a transfer (0: all), standard error included */
static const char *said(const char *verb, uint64_t id)
{
	char cmd[100], which[24] = "--all";
	size_t n;
	FILE *f;

	if (id)
		snprintf(which, sizeof(which), "%llu", (unsigned long long)id);
	snprintf(cmd, sizeof(cmd), "zcctl %s %s 2>&1", verb, which);
	f = popen(cmd, "r");
	if (!f)
		die("%s", cmd);
	n = fread(words, 1, sizeof(words) - 1, f);
	words[n] = 0;
	pclose(f);
	return words;
}

/* The same, again and again until it has @what */
static bool says(const char *verb, uint64_t id, const char *what)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	while (!strstr(said(verb, id), what)) {
		if (now_ms() > end)
			return false;
		sleep_ms(200);
	}
	return true;
}

static bool counted(uint64_t before)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	while (counter_of("workers_stuck") <= before) {
		if (now_ms() > end)
			return false;
		sleep_ms(50);
	}
	return true;
}

/* The name of the thread that the words name */
static void thread_of(const char *text, char *name, size_t size)
{
	const char *at = strstr(text, "worker ");
	char path[64];
	FILE *f;

	*name = 0;
	if (!at)
		return;
	snprintf(path, sizeof(path), "/proc/%d/comm", atoi(at + strlen("worker ")));
	f = fopen(path, "r");
	if (f && !fgets(name, size, f))
		*name = 0;
	if (f)
		fclose(f);
}

static atomic_bool enough;
static atomic_int submitter;

/* Short transfers, which their submitter sends itself */
static void *submit_on(void *unused)
{
	int dev = dev_open(0), file = file_to_read("short", 60000);
	struct pair s;
	static char bytes[60000];
	struct raw q;

	submitter = syscall(SYS_gettid);
	s = pair_open(false);
	while (!enough) {
		raw_fill(&q, s.near, file, 0, sizeof(bytes));
		if (raw_submit(dev, &q) || dev_wait(dev, 0, &q.r, 1, 1, 10000) != 1 ||
		    recv(s.far, bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes))
			die("a short transfer");
	}
	close(s.near);
	close(s.far);
	close(file);
	close(dev);
	return unused;
}

/* Lists again and again, because a turn of a submitter is short. */
static void a_submitter_is_none(void)
{
	uint64_t end = now_ms() + LOOK_MS;
	unsigned int turns = 0, named = 0;
	pthread_t thread;
	struct nlraw nl;

	nlraw_open(&nl);
	if (pthread_create(&thread, NULL, submit_on, NULL))
		die("a thread");
	while (turns < TURNS && now_ms() < end) {
		if (nlraw_dump(&nl, 0))
			die("a listing");
		if (!(nl.told & 1ULL << ZCOPY_A_X_WORKER))
			continue;
		turns++;
		named += nl.worker && nl.worker == (uint32_t)submitter;
	}
	enough = true;
	pthread_join(thread, NULL);
	note("%u turns were seen", turns);
	ktap_eq(named, 0, "no submitter is told as a worker");
	close(nl.fd);
}

int main(void)
{
	static struct mutefs m;
	uint64_t stuck = counter_of("workers_stuck");
	struct zcopy_result res;
	struct raw q;
	char name[64];
	int dev, file;
	struct pair s;

	if (!mutefs_start(&m, "mnt", 0))
		ktap_skip_all("no FUSE here");
	dev = dev_open(0);
	file = open("mnt/silent", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die("its file");
	mutefs_mute(&m, MUTE_READ);
	s = pair_open(false);
	raw_fill(&q, s.near, file, 0, MUTEFS_SIZE);
	if (raw_submit(dev, &q))
		die("submit");
	ktap_ok(mutefs_silent(&m, 1, PATIENCE_MS), "a read is not answered");
	ktap_ok(says("show", q.s.id, "has been reading for"), "show: %s",
		strstr(words, "worker ") ?: words);
	thread_of(words, name, sizeof(name));
	ktap_ok(!strncmp(name, "zcopy/0-", 8), "it is a worker of the user's: %s", name);
	ktap_ok(counted(stuck), "it is counted");
	said("cancel", q.s.id);
	ktap_ok(!!strstr(words, "worker "), "cancel: %s", words);
	said("cancel", 0);
	ktap_ok(!!strstr(words, "worker "), "cancel --all: %s", strtok(words, "\n"));
	ktap_eq(dev_wait(dev, q.s.id, &res, 1, 1, 300), 0, "it does not end before");

	mutefs_mute(&m, 0);
	ktap_eq(dev_wait(dev, q.s.id, &res, 1, 1, RESULT_MS), 1,
		"it ends when the read does");
	ktap_eq(res.status, ZCOPY_STATUS_CANCELLED, "as cancelled");
	close(s.near);
	close(s.far);
	close(file);
	mutefs_end(&m);
	close(dev);
	a_submitter_is_none();
	return ktap_done();
}

