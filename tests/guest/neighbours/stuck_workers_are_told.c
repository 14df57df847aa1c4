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

#include "life.h"
#include "mutefs.h"
#include "nlraw.h"

#define TURNS	300	/* turns of a submitter that the test must see */
#define LOOK_MS	8000

static char words[8192];

/* The output of a command, standard error included */
static const char *said(const char *verb, uint64_t id)
{
	char cmd[100];
	size_t n;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "zcctl %s %llu 2>&1", verb, (unsigned long long)id);
	f = popen(cmd, "r");
	if (!f)
		ktap_bail("%s", cmd);
	n = fread(words, 1, sizeof(words) - 1, f);
	words[n] = 0;
	pclose(f);
	return words;
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
	int s[2], dev = life_open(), file = life_file("short", 60000);
	static char bytes[60000];
	struct life_req q;

	submitter = syscall(SYS_gettid);
	life_pair(s, false);
	while (!enough) {
		life_req(&q, s[0], file, 0, sizeof(bytes));
		if (life_submit(dev, &q) || life_wait(dev, 0, &q.r, 1, 1, 10000) != 1 ||
		    recv(s[1], bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes))
			ktap_bail("a short transfer");
	}
	close(s[0]);
	close(s[1]);
	close(file);
	close(dev);
	return unused;
}

/* Lists again and again, because a turn of a submitter is short. */
static void a_submitter_is_none(void)
{
	uint64_t end = life_ms() + LOOK_MS;
	unsigned int turns = 0, named = 0;
	pthread_t thread;
	struct nlraw nl;

	nlraw_open(&nl);
	if (pthread_create(&thread, NULL, submit_on, NULL))
		ktap_bail("a thread");
	while (turns < TURNS && life_ms() < end) {
		if (nlraw_dump(&nl, 0))
			ktap_bail("a listing");
		if (!(nl.told & 1ULL << ZCOPY_A_X_WORKER))
			continue;
		turns++;
		named += nl.worker && nl.worker == (uint32_t)submitter;
	}
	enough = true;
	pthread_join(thread, NULL);
	ktap_note("%u turns were seen", turns);
	ktap_eq(named, 0, "no submitter is told as a worker");
	close(nl.fd);
}

int main(void)
{
	static struct mutefs m;
	uint64_t stuck = life_counter("workers_stuck");
	struct zcopy_result res;
	struct life_req q;
	char name[64];
	int s[2], dev, file;

	if (!mutefs_start(&m, "mnt", 0))
		ktap_skip_all("no FUSE here");
	dev = life_open();
	file = open("mnt/silent", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		ktap_bail("its file");
	mutefs_mute(&m, MUTE_READ);
	life_pair(s, false);
	life_req(&q, s[0], file, 0, MUTEFS_SIZE);
	if (life_submit(dev, &q))
		ktap_bail("submit");
	ktap_ok(mutefs_silent(&m, 1, 10000), "a read is not answered");
	life_nap(2500);

	said("show", q.s.id);
	ktap_ok(!!strstr(words, "has been reading for"), "show: %s",
		strstr(words, "worker ") ?: words);
	thread_of(words, name, sizeof(name));
	ktap_ok(!strncmp(name, "zcopy/0-", 8), "it is a worker of the user's: %s", name);
	ktap_ok(life_counter("workers_stuck") > stuck, "it is counted");
	said("cancel", q.s.id);
	ktap_ok(!!strstr(words, "worker "), "cancel: %s", words);
	ktap_eq(life_wait(dev, q.s.id, &res, 1, 1, 300), 0, "it does not end before");

	mutefs_mute(&m, 0);
	ktap_eq(life_wait(dev, q.s.id, &res, 1, 1, 10000), 1, "it ends when the read does");
	ktap_eq(res.status, ZCOPY_STATUS_CANCELLED, "as cancelled");
	close(s[0]);
	close(s[1]);
	close(file);
	mutefs_end(&m);
	close(dev);
	a_submitter_is_none();
	return ktap_done();
}
