// SPDX-License-Identifier: GPL-2.0
/*
 * For a quarter of a minute, four threads do random operations: they send, submit,
 * wait, cancel, dump, write to one of four files, drop it from the cache, and cancel
 * all transfers of a shared device.  Each stream consists of the pattern as far as the
 * completion says; a transfer that is done has sent all its bytes.
 * guest: timeout=30
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chance.h"
#include "counters.h"
#include "dev.h"
#include "light.h"
#include "nlraw.h"
#include "peers.h"

#define NR	4
#define SIZE	(512 << 10)
#define SHORT	9000	/* short SENDs may be light */
#define LIMIT_MS 15000

/* All files hold the pattern, and every write to them writes the same pattern. */
static int files[NR], dev;
static volatile bool stop;
static unsigned int bad, verified, operations;

static void is_bad(const char *what, long a, long b)
{
	note("%s: %ld, %ld", what, a, b);
	__atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
}

/* Half of the transfers get random conditions and limits. */
static void ask_for(struct chance *luck, struct zcopy_send *s)
{
	s->flags = chance_of(luck, 4) ? 0 : ZCOPY_F_STABLE;
	if (chance_of(luck, 2))
		return;
	s->until = chance_of(luck, 2) ? ZCOPY_UNTIL_ACKED : ZCOPY_UNTIL_QUEUED;
	s->end = chance_of(luck, ZCOPY_END_SHUTDOWN + 1);
	if (!chance_of(luck, 3))
		s->rate = 1ULL << (20 + chance_of(luck, 44));
	if (!chance_of(luck, 4))
		s->deadline_ns = 1ULL << chance_of(luck, 35);
	if (!chance_of(luck, 4))
		s->idle_ns = 1ULL << (20 + chance_of(luck, 15));
}

static void set_rate(int own, uint64_t id, uint64_t rate)
{
	struct zcopy_rate r = { .size = sizeof(r), .id = id, .rate = rate };

	/* ENOENT: the transfer may have ended. */
	if (ioctl(own, ZCOPY_IOC_RATE, &r) && errno != ENOENT)
		is_bad("set rate", errno, 0);
}

/* Sends a transfer on a new socket and checks the stream and the result. */
static void exact(struct chance *luck, int own)
{
	bool sync = chance_of(luck, 2);
	uint64_t size = chance_of(luck, 2) ? SIZE : SHORT;
	struct reader reader;
	struct zcopy_result res;
	uint64_t off = chance_of(luck, size);
	uint64_t len = chance_of(luck, size - off) + 1;
	struct raw q;
	long got;
	int ret;
	struct pair s = pair_open(chance_of(luck, 2));

	/* The pattern from its start, in one piece or in two */
	raw_fill(&q, s.near, files[chance_of(luck, NR)], 0, off + len);
	if (chance_of(luck, 2) && off) {
		q.e[1] = q.e[0];
		q.e[0].len = off;
		q.e[1].off = off;
		q.e[1].len = len;
		q.s.nr_elems = 2;
	}
	ask_for(luck, &q.s);
	reader_expect(&reader, s.far, SIZE + 1);
	if (sync) {
		/* Through the shared device any thread may cancel it. */
		ret = raw_send(chance_of(luck, 2) ? own : dev, &q);
		res = q.r;
	} else {
		ret = raw_submit(own, &q);
		if (!ret && !chance_of(luck, 3))
			set_rate(own, q.s.id, chance_of(luck, 2) << 22);
		if (!ret && !chance_of(luck, 3)) {
			usleep(chance_of(luck, 3000));
			dev_cancel(own, q.s.id);
		}
		if (!ret && dev_wait(own, q.s.id, &res, 1, 1, 60000) != 1)
			is_bad("no completion", 0, 0);
	}
	close(s.near);
	got = reader_got(&reader);
	close(s.far);
	if (ret)
		is_bad("refused", ret, 0);
	else if (got != (long)res.bytes)
		is_bad("the peer has something else than was told", got,
		       res.bytes);
	else if ((res.status == ZCOPY_STATUS_DONE ||
		  res.status == ZCOPY_STATUS_CHANGED) && res.bytes != off + len)
		is_bad("done, but not all", res.bytes, off + len);
	else
		__atomic_add_fetch(&verified, 1, __ATOMIC_RELAXED);
}

/* Dumps, reads counters, rewrites a file with equal bytes, or drops its cache. */
static void disturb(struct chance *luck, struct nlraw *nl)
{
	static __thread struct nlraw_msg m;
	static __thread uint8_t buf[8192];
	uint64_t off = chance_of(luck, SIZE - sizeof(buf));
	unsigned int i = chance_of(luck, NR);
	char name[16];
	int fd;

	switch (chance_of(luck, 5)) {
	case 0:
		nlraw_begin(nl, &m, ZCOPY_CMD_GET, NLM_F_DUMP);
		if (nlraw_talk(nl, &m))
			is_bad("dump", 0, 0);
		break;
	case 1:
		snprintf(name, sizeof(name), "source%u", i);
		fd = open(name, O_WRONLY | O_CLOEXEC);
		pattern_fill(buf, 0, off, sizeof(buf));
		if (fd < 0 || pwrite(fd, buf, sizeof(buf), off) < 0)
			is_bad("write", errno, 0);
		close(fd);
		break;
	case 2:
		posix_fadvise(files[i], 0, 0, POSIX_FADV_DONTNEED);
		break;
	case 3:
		light_set(chance_of(luck, LIGHT_NR));
		break;
	default:
		counter_of("transfers_active");
	}
}

/* Submits to the device that all threads share, where any thread may cancel it. */
static void scatter(struct chance *luck)
{
	unsigned int first = chance_of(luck, 2);
	struct zcopy_result res[4];
	struct raw q;
	struct pair s = pair_open(true);

	raw_fill(&q, s.near, files[chance_of(luck, NR)], 0, SIZE);
	raw_submit(dev, &q);
	ask_for(luck, &q.s);
	raw_submit(dev, &q);
	raw_fill(&q, s.near, files[chance_of(luck, NR)], 0, SHORT);
	q.s.flags = ZCOPY_F_DONTWAIT;
	raw_send(dev, &q);
	if (chance_of(luck, 2))
		dev_cancel(dev, chance_of(luck, 2) ? 0 : q.s.id);
	dev_wait(dev, 0, res, 4, chance_of(luck, 3), 1);
	close(first ? s.far : s.near);
	close(first ? s.near : s.far);
}

static void *player(void *arg)
{
	struct chance luck;
	struct nlraw nl;
	int own = dev_open(0);

	chance_start(&luck, (uintptr_t)arg);
	nlraw_open(&nl);
	while (!stop) {
		switch (chance_of(&luck, 4)) {
		case 0: case 1: exact(&luck, own); break;
		case 2: disturb(&luck, &nl); break;
		default: scatter(&luck);
		}
		__atomic_add_fetch(&operations, 1, __ATOMIC_RELAXED);
	}
	close(nl.fd);
	close(own);
	return NULL;
}

int main(void)
{
	uint64_t seed = chance_seed(), start = now_ms();
	pthread_t threads[NR];
	char name[16];
	unsigned int i;

	for (i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "source%u", i);
		files[i] = file_to_read(name, SIZE);
	}
	dev = dev_open(0);
	for (i = 0; i < NR; i++)
		pthread_create(&threads[i], NULL, player,
			       (void *)(uintptr_t)(seed + i));
	while (now_ms() - start < LIMIT_MS)
		sleep_ms(100);
	stop = true;
	for (i = 0; i < NR; i++)
		pthread_join(threads[i], NULL);
	note("%u operations, %u streams compared", operations, verified);
	ktap_eq(bad, 0, "streams and completions agree");
	ktap_ok(verified > 10, "enough was compared");
	close(dev);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}

