// SPDX-License-Identifier: GPL-2.0
/*
 * One list goes to up to 64 sockets.  Each socket gets the whole list in order, at
 * its own pace, with its own completion, rate and failure.  For peers that keep up
 * with each other, each page is looked up only once.  The test uses send, submit
 * and netlink.
 *
 * needs: zcopy
 * guest: timeout=120
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zcopy.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define FOREVER	(30000 * guest_scale())
#define MOST	64
#define SEED	11

static int file;
static const char head[] = "what all of them get first\n";

struct many {
	struct pair p[MOST];
	struct zcopy_sink sinks[MOST];
	struct zcopy_result res[MOST];
	struct reader r[MOST];
	struct stream want;
	struct zcopy_elem e[2];
	struct zcopy_send s;
	unsigned int nr;
};

static void many_open(struct many *m, unsigned int nr, uint64_t len, bool results)
{
	struct stream body = {0};

	memset(m, 0, sizeof(*m));
	m->nr = nr;
	m->e[0] = elem_memory(head, sizeof(head));
	m->e[1] = elem_file(file, 1, len);
	stream_bytes(&m->want, head, sizeof(head));
	stream_pattern(&body, SEED, 1, len);
	stream_append(&m->want, &body);
	stream_free(&body);
	for (unsigned int i = 0; i < nr; i++) {
		m->p[i] = pair_loopback(i & 1 ? AF_INET6 : AF_INET);
		m->sinks[i].fd = m->p[i].near;
	}
	m->s = (struct zcopy_send) {
		.size = sizeof(m->s),
		.elems = (uintptr_t)m->e, .nr_elems = 2,
		.elem_size = sizeof(m->e[0]),
		.sinks = (uintptr_t)m->sinks, .nr_sinks = nr,
		.sink_size = sizeof(m->sinks[0]), .cookie = 99,
	};
	if (results) {
		m->s.results = (uintptr_t)m->res;
		m->s.result_size = sizeof(m->res[0]);
	}
}

static void many_read(struct many *m, unsigned int i)
{
	m->r[i] = (struct reader) { .fd = m->p[i].far, .want = &m->want,
				    .enough = m->want.len };
	reader_start(&m->r[i]);
}

static void tighten(struct many *m, unsigned int i)
{
	pair_close(&m->p[i]);
	m->p[i] = pair_tight(AF_INET);
	m->sinks[i].fd = m->p[i].near;
}

static void many_close(struct many *m)
{
	for (unsigned int i = 0; i < m->nr; i++)
		pair_close(&m->p[i]);
	stream_free(&m->want);
}

/* All peers read; returns how many got everything. */
static unsigned int many_join(struct many *m, unsigned int from)
{
	unsigned int good = 0;

	for (unsigned int i = from; i < m->nr; i++) {
		reader_join(&m->r[i]);
		good += reader_happy(&m->r[i]);
	}
	return good;
}

static void all_by_send(unsigned int nr, uint64_t len)
{
	static struct many m;
	unsigned int right = 0;
	uint64_t looked_up = 0;
	int dev = dev_open(0);

	many_open(&m, nr, len, true);
	for (unsigned int i = 0; i < nr; i++)
		many_read(&m, i);
	ktap_eq(ioctl(dev, ZCOPY_IOC_SEND, &m.s), 0, "send to %u", nr);
	ktap_eq(many_join(&m, 0), nr, "all %u get all of it", nr);
	for (unsigned int i = 0; i < nr; i++) {
		struct zcopy_result *r = &m.res[i];

		right += r->sink == i && r->cookie == 99 && !r->status &&
			 r->bytes == m.want.len && r->bytes_by_ref == len;
		looked_up += r->cache_hit_bytes + r->cache_miss_bytes;
	}
	ktap_eq(right, nr, "each of %u has its own result", nr);
	note("%llu bytes looked up for %llu sent",
	     (unsigned long long)looked_up, (unsigned long long)len * nr);
	if (len <= MIB)
		ktap_ok(looked_up >= len && looked_up < 2 * len + 64 * KIB,
			"and the file was looked up about once");
	many_close(&m);
	close(dev);
}

/* One peer does not read, one is slow, one goes away: all other peers get the list. */
static void each_at_its_own_pace(void)
{
	static struct many m;
	struct zcopy_result res[8];
	unsigned int got = 0, right = 0, slow = 0;
	struct zcopy_cancel c = { .size = sizeof(c), .flags = ZCOPY_CANCEL_ALL };
	int dev = dev_open(0);

	many_open(&m, 8, 3 * MIB, false);
	/* Sockets of peers that do not read hold less than the list. */
	tighten(&m, 0);
	tighten(&m, 2);
	m.sinks[1].rate = MIB / (guest_is_debug() ? 2 : 1);
	for (unsigned int i = 1; i < 8; i++)
		if (i != 2)
			many_read(&m, i);
	ktap_eq(ioctl(dev, ZCOPY_IOC_SUBMIT, &m.s), 0, "submit to 8");
	close(m.p[2].far);
	m.p[2].far = -1;
	while (got < 7) {
		int n = dev_wait(dev, 0, res + got, 8 - got, 1, FOREVER);

		if (n <= 0)
			break;
		got += n;
	}
	ktap_eq(got, 7, "seven end while one does not read");
	for (unsigned int i = 0; i < got; i++)
		right += res[i].sink == 2 ? res[i].status == ZCOPY_STATUS_SOCKET_ERROR :
			 res[i].sink != 0 && !res[i].status &&
			 res[i].bytes == m.want.len;
	ktap_eq(right, 7, "one of them because its peer went, six with all");
	for (unsigned int i = 0; i < got; i++)
		slow += res[i].sink == 1 && res[i].duration_ns > 2000 * MS;
	ktap_eq(slow, 1, "the one with a rate takes its time");
	ktap_eq(dev_wait(dev, 0, res, 8, 1, 300), 0, "the eighth waits");
	ktap_eq(ioctl(dev, ZCOPY_IOC_CANCEL, &c), 0, "and is cancelled");
	ktap_ok(dev_wait(dev, 0, res, 8, 1, FOREVER) == 1 && res->sink == 0 &&
		res->status == ZCOPY_STATUS_CANCELLED, "which ends it");
	for (unsigned int i = 1; i < 8; i++)
		if (i != 2)
			reader_join(&m.r[i]);
	many_close(&m);
	close(dev);
}

/* With one bad socket no peer gets a byte. */
static void all_or_none(void)
{
	static struct many m;
	char byte;
	int dev = dev_open(0);

	many_open(&m, 3, 1000, true);
	m.sinks[2].fd = file;
	ktap_ok(ioctl(dev, ZCOPY_IOC_SEND, &m.s) && errno == ENOTSOCK,
		"one that is no socket is refused");
	ktap_ok(recv(m.p[0].far, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN,
		"and the others got nothing");
	ktap_eq(live_count(), 0, "nor is anything left");
	many_close(&m);
	close(dev);
}

int main(void)
{
	file = file_make("file", 0, SEED, 7 * MIB);
	all_by_send(2, 100 * KIB);
	/* More than the 4 MiB that sockets of one list share at a time */
	all_by_send(8, 6 * MIB);
	all_by_send(MOST, MIB);
	each_at_its_own_pace();
	all_or_none();
	close(file);
	return ktap_done();
}
