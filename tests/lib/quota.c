// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and sets the limits by netlink messages; runs functions as other users,
 * also in user namespaces.  See quota.h.
 */
#include "quota.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "nlraw.h"

static void take(struct quota *l, const struct nlattr *nest)
{
	int left = nest->nla_len - NLA_HDRLEN;
	const struct nlattr *a;

	if (l->nr == QUOTA_MOST)
		die("more limits than expected");
	for (a = nest + 1; left >= NLA_HDRLEN;
	     a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len))) {
		if (a->nla_type == ZCOPY_A_L_NAME) {
			snprintf(l->l[l->nr].name, sizeof(l->l[0].name), "%s",
				 (const char *)(a + 1));
		} else if (a->nla_type == ZCOPY_A_L_VALUE) {
			memcpy(&l->l[l->nr].value, a + 1, 8);
		} else if (a->nla_type == ZCOPY_A_L_USED) {
			memcpy(&l->l[l->nr].used, a + 1, 8);
			l->l[l->nr].told = true;
		}
		left -= NLA_ALIGN(a->nla_len);
	}
	l->nr++;
}

void quota_get(struct quota *l)
{
	static _Alignas(8) char buf[16384];
	const struct nlmsghdr *h = (const void *)buf;
	static struct nlraw_msg m;
	const struct nlattr *a;
	struct nlraw nl;
	int len;

	memset(l, 0, sizeof(*l));
	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_LIMITS_GET, 0);
	m.h.nlmsg_flags = NLM_F_REQUEST;
	if (send(nl.fd, &m.h, m.h.nlmsg_len, 0) < 0 ||
	    recv(nl.fd, buf, sizeof(buf), 0) < NLMSG_HDRLEN ||
	    h->nlmsg_type != nl.family)
		die("no limits");
	a = (const void *)((const char *)NLMSG_DATA(h) + GENL_HDRLEN);
	for (len = NLMSG_PAYLOAD(h, GENL_HDRLEN); len >= NLA_HDRLEN;
	     len -= NLA_ALIGN(a->nla_len),
	     a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len))) {
		if ((a->nla_type & NLA_TYPE_MASK) == ZCOPY_A_LIMIT)
			take(l, a);
	}
	close(nl.fd);
}

static uint64_t find(const char *name, bool used)
{
	struct quota l;
	unsigned int i;

	quota_get(&l);
	for (i = 0; i < l.nr; i++) {
		if (!strcmp(l.l[i].name, name))
			return used ? l.l[i].used : l.l[i].value;
	}
	/* This module does not have that limit. */
	return ~0ULL;
}

uint64_t quota_value(const char *name)
{
	return find(name, false);
}

uint64_t quota_used(const char *name)
{
	return find(name, true);
}

uint64_t quota_rest(const char *name, uint64_t used)
{
	uint64_t now = quota_used(name);

	for (unsigned int i = 0; i < 600 && now != used; i++) {
		usleep(50000);
		now = quota_used(name);
	}
	return now;
}

int quota_set(const char *name, uint64_t value, const char *other, uint64_t v2)
{
	static struct nlraw_msg m;
	struct nlraw nl;
	int ret;

	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_LIMITS_SET, 0);
	nlraw_limit(&m, name, value);
	if (other)
		nlraw_limit(&m, other, v2);
	ret = nlraw_talk(&nl, &m);
	close(nl.fd);
	return ret;
}

static void write_map(pid_t pid, const char *file, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, map, strlen(map)) != (ssize_t)strlen(map))
		die("%s", path);
	close(fd);
}

int quota_as(uid_t real, uid_t effective, const char *map, uid_t inside,
	      int (*what)(void *arg), void *arg)
{
	int up[2], down[2], status;
	char c = 0;
	pid_t pid;

	if (pipe(up) || pipe(down))
		die("a pipe");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setresuid(real, effective, effective) ||
		    (map && unshare(CLONE_NEWUSER)) ||
		    write(up[1], &c, 1) != 1 || read(down[0], &c, 1) != 1 ||
		    (inside != (uid_t)-1 && setresuid(inside, inside, inside)))
			_exit(99);
		/* The change of ids gave /proc/self to root; this gives it back. */
		prctl(PR_SET_DUMPABLE, 1);
		_exit(what(arg));
	}
	close(up[1]);
	if (read(up[0], &c, 1) == 1) {
		if (map) {
			write_map(pid, "uid_map", map);
			write_map(pid, "gid_map", "0 0 1");
		}
		if (write(down[1], &c, 1) != 1)
			die("write");
	}
	close(up[0]);
	close(down[0]);
	close(down[1]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* Adds up the numbers that follow @word. */
static uint64_t sum(const char *path, const char *word)
{
	char line[256], *at;
	uint64_t all = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		at = line + strspn(line, " ");
		if (!strncmp(at, word, strlen(word)))
			all += strtoull(at + strlen(word), NULL, 10);
	}
	if (f)
		fclose(f);
	return all;
}

uint64_t quota_free(void)
{
	usleep(300000);
	return sum("/proc/meminfo", "MemFree:") * 1024 +
	       sum("/proc/zoneinfo", "count:") * sysconf(_SC_PAGESIZE);
}

uint64_t quota_free_rest(uint64_t least)
{
	uint64_t end = now_ms() + 30000, now;

	while ((now = quota_free()) < least && now_ms() < end)
		;
	return now;
}

void quota_stuff(int sock)
{
	static char buf[4096];

	unsigned int quiet = 0;

	/*
	 * The other side may still take bytes and make room, for long on a slow kernel,
	 * and more when TCP probes after 200 ms.
	 */
	while (quiet < 35 * guest_scale()) {
		quiet++;
		while (send(sock, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			quiet = 0;
		usleep(20000);
	}
}
