// SPDX-License-Identifier: GPL-2.0
/*
 * A worker that does not come back from a file server is told of: which thread it
 * is, what it does and for how long, by zcctl show; that a cancel waits for it, by
 * zcctl cancel; and that there was one, by a counter.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "life.h"
#include "mutefs.h"

static char words[8192];

/* What a command says, both streams */
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
	return ktap_done();
}
