// SPDX-License-Identifier: GPL-2.0
/*
 * Very many transfers of one open device.  See crowd.h.
 */
#include "crowd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define STUCK	(1 << 20)	/* more than a pair of sockets with small buffers takes */

static void crowd_bail(const char *what)
{
	printf("Bail out! crowd: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static void crowd_limit(struct nlraw_msg *m, const char *name, uint64_t value)
{
	struct nlattr *nest = nlraw_nest(m, ZCOPY_A_LIMIT);

	nlraw_put(m, ZCOPY_A_L_NAME, name, strlen(name) + 1);
	nlraw_u64(m, ZCOPY_A_L_VALUE, value);
	nlraw_end(m, nest);
}

void crowd_limits(void)
{
	struct nlraw_msg m;
	struct nlraw nl;

	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_LIMITS_SET, 0);
	crowd_limit(&m, "max_transfers", 10 * CROWD_MOST);
	crowd_limit(&m, "max_user_transfers", 8 * CROWD_MOST);
	crowd_limit(&m, "max_pinned_bytes", 1ULL << 50);
	crowd_limit(&m, "max_user_pinned_bytes", 1ULL << 49);
	if (nlraw_talk(&nl, &m))
		crowd_bail("limits");
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
		crowd_bail("calloc");
	c->s = pair_open(live);
	if (!live)
		return;
	if (file < 0)
		file = file_to_read("crowd", STUCK);
	raw_fill(&q, c->s.near, file, 0, STUCK);
	if (raw_submit(c->dev, &q))
		crowd_bail("submit");
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
		crowd_bail("batch");
	c->nr += nr;
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

