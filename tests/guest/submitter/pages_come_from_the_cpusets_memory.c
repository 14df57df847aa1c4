// SPDX-License-Identifier: GPL-2.0
/*
 * The pages of a file that a transfer brings into the page cache come from the memory nodes
 * of the submitter's cpuset, as with sendfile(2), whichever thread reads them.  Afterwards
 * workers use all memory again.
 *
 * needs: zcopy nl
 * guest: timeout=90 skip-on=debug
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cached.h"
#include "cgroups.h"
#include "counters.h"
#include "fixture.h"
#include "ktap.h"
#include "users.h"
#include "ways.h"

#define PEN	"pen"
#define SIZE	(2 * MIB)
#define PAGE	4096
#define PAGES	(SIZE / PAGE)
#define ROUNDS	5
#define FAR	1		/* a node without CPUs: no page comes from there by itself */

static int file;

/* How many pages of the file, all of them cached, are on the node */
static unsigned int pages_on(int node)
{
	static void *pages[PAGES];
	static int where[PAGES];
	unsigned int nr = 0;
	char *map;

	if (cached_bytes(file, 0, SIZE) != SIZE)
		die("the file is not in the cache");
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
	if (map == MAP_FAILED)
		die("mmap");
	for (unsigned int i = 0; i < PAGES; i++)
		pages[i] = map + i * PAGE;
	if (syscall(SYS_move_pages, 0, PAGES, pages, NULL, where, 0))
		die("move_pages");
	for (unsigned int i = 0; i < PAGES; i++)
		nr += where[i] == node;
	munmap(map, SIZE);
	return nr;
}

struct job {
	const struct way *way;		/* NULL: sendfile(2) */
	bool in;			/* the cpuset */
};

static int plain(const struct pair *p)
{
	off_t at = 0;

	while (at < (off_t)SIZE && sendfile(p->near, file, &at, SIZE - at) > 0)
		;
	return at == (off_t)SIZE ? 0 : -1;
}

static void sends(struct user *me, void *arg)
{
	const struct job *job = arg;
	struct zcopy_elem e = elem_file(file, 0, SIZE);
	struct request list = { .elems = &e, .nr = 1 };
	unsigned int socks = job->way ? job->way->socks : 1;
	struct reader readers[WAY_SOCKETS];
	struct pair p[WAY_SOCKETS];
	long go, err;

	if (!user_hear(me, &go, -1))
		return;
	for (unsigned int i = 0; i < socks; i++) {
		p[i] = pair_loopback(AF_INET);
		reader_expect(&readers[i], p[i].far, SIZE);
	}
	err = job->way ? way_run(job->way, &list, p) : plain(p);
	for (unsigned int i = 0; i < socks; i++) {
		reader_join(&readers[i]);
		pair_close(&p[i]);
	}
	user_say(me, err);
}

static void one(struct job job)
{
	const char *name = job.way ? job.way->name : "sendfile(2)";
	struct user u;
	long err = -1;

	cached_drop(file);
	user_start(&u, 0, sends, &job);
	if (job.in && !cgroup_put(PEN, "cgroup.procs", "%d", u.pid))
		die("joining the cpuset");
	user_say(&u, 0);
	ktap_ok(user_hear(&u, &err, 20000 * guest_scale()) && !err, "%s: sends a cold file", name);
	user_ends(&u, 5000);
	if (job.in)
		ktap_eq(pages_on(FAR), PAGES, "%s: from the cpuset's memory", name);
	else
		ktap_eq(pages_on(FAR), 0, "%s: outside, from the memory that is near", name);
}

/* Idle workers end after 5 s: a slow machine may see none of them. */
static void come_home(const struct way *w)
{
	bool home = users_workers_come_home("zcopy/", 20000 * guest_scale());

	for (unsigned int i = 0; i < ROUNDS && !home && !users_workers(); i++) {
		one((struct job){ .way = w, .in = true });
		home = users_workers_come_home("zcopy/", 20000 * guest_scale());
	}
	ktap_ok(home, "%s: the workers may use all memory again", w->name);
}

int main(void)
{
	char path[300];
	const char *dir;

	if (access("/sys/devices/system/node/node1", F_OK))
		ktap_skip_all("one memory node");
	if (!cgroups_open("+cpuset") || !cgroup_make(PEN) ||
	    !cgroup_put(PEN, "cpuset.mems", "%d", FAR))
		ktap_skip_all("no cpusets in this kernel");
	dir = fs_mount(FS_EXT4);
	if (!dir)
		ktap_skip_all("%s", fs_why());
	snprintf(path, sizeof(path), "%s/file", dir);
	file = file_to_read(path, SIZE);
	one((struct job){ .in = true });
	for (unsigned int i = 0; i < WAYS; i++) {
		if (!way_possible(&ways[i]))
			continue;
		one((struct job){ .way = &ways[i], .in = true });
		if (!ways[i].here)
			come_home(&ways[i]);
		one((struct job){ .way = &ways[i] });
	}
	close(file);
	ktap_ok(cgroup_remove(PEN), "the cpuset can be removed");
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
