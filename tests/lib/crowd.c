// SPDX-License-Identifier: GPL-2.0
/*
 * Very many transfers of one open device.  See crowd.h.
 */
#include "crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define STUCK	(1 << 20)	/* more than a pair of sockets with small buffers takes */

void crowd_limits(void)
{
	struct nlraw_msg m;
	struct nlraw nl;

	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_LIMITS_SET, 0);
	nlraw_limit(&m, "max_transfers", 10 * CROWD_MOST);
	nlraw_limit(&m, "max_user_transfers", 8 * CROWD_MOST);
	nlraw_limit(&m, "max_pinned_bytes", 1ULL << 50);
	nlraw_limit(&m, "max_user_pinned_bytes", 1ULL << 49);
	if (nlraw_talk(&nl, &m))
		die("limits of a crowd");
	close(nl.fd);
}

void crowd_open(struct crowd *c, bool live)
{
	static int file = -1;
	struct raw q;

	memset(c, 0, sizeof(*c));
	c->dev = dev_open(0);
	c->ids = calloc(CROWD_MOST, sizeof(*c->ids));
	if (!c->ids)
		die("memory");
	c->s = pair_open(live);
	if (!live)
		return;
	if (file < 0)
		file = file_to_read("crowd", STUCK);
	raw_fill(&q, c->s.near, file, 0, STUCK);
	if (raw_submit(c->dev, &q))
		die("submit");
	c->ids[c->nr++] = q.s.id;
}

unsigned int crowd_start(int dev, int sock, unsigned int nr, uint64_t *ids)
{
	struct zcopy_send s[ZCOPY_BATCH_MAX];
	struct zcopy_sink k = { .fd = sock };
	struct zcopy_batch b = {
		.size = sizeof(b),
		.sends = (uintptr_t)s,
		.send_size = sizeof(s[0]),
	};
	unsigned int i, done;

	memset(s, 0, sizeof(s));
	for (i = 0; i < ZCOPY_BATCH_MAX; i++) {
		s[i].size = sizeof(s[0]);
		s[i].sinks = (uintptr_t)&k;
		s[i].nr_sinks = 1;
		s[i].sink_size = sizeof(k);
	}
	for (done = 0; done < nr; done += b.started) {
		b.nr_sends = nr - done < ZCOPY_BATCH_MAX ? nr - done : ZCOPY_BATCH_MAX;
		if (ioctl(dev, ZCOPY_IOC_BATCH, &b))
			break;
		for (i = 0; ids && i < b.started; i++)
			ids[done + i] = s[i].id;
	}
	return done;
}

void crowd_add(struct crowd *c, unsigned int nr)
{
	if (crowd_start(c->dev, c->s.near, nr, c->ids + c->nr) != nr)
		die("a batch");
	c->nr += nr;
}

unsigned int crowd_listed(void)
{
	static char buf[65536];
	int fd = open("/proc/zcopy/transfers", O_RDONLY);
	unsigned int lines = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	}
	close(fd);
	return lines ? lines - 1 : 0;
}

uint64_t crowd_cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

uint64_t crowd_close(struct crowd *c)
{
	uint64_t start = now_ms();

	close(c->dev);
	start = now_ms() - start;
	close(c->s.near);
	close(c->s.far);
	free(c->ids);
	return start;
}

