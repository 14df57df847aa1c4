// SPDX-License-Identifier: GPL-2.0
/*
 * The device's verbs, and checks of results; see doors.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "doors.h"

struct zcopy_elem elem_file(int fd, uint64_t off, uint64_t len)
{
	return (struct zcopy_elem){
		.kind = ZCOPY_ELEM_FILE, .fd = fd, .off = off, .len = len,
	};
}

struct zcopy_elem elem_memory(const void *bytes, uint64_t len)
{
	return (struct zcopy_elem){
		.kind = ZCOPY_ELEM_MEMORY, .off = (uintptr_t)bytes, .len = len,
	};
}

int dev_open(int flags)
{
	int fd = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0)
		die("opening " ZCOPY_DEVICE);
	return fd;
}

void request_fill(struct zcopy_send *s, struct zcopy_sink *sink,
		  const struct request *q)
{
	*sink = (struct zcopy_sink){ .fd = q->sock, .rate = q->sock_rate };
	*s = (struct zcopy_send){
		.size = sizeof(*s), .flags = q->flags, .cookie = q->cookie,
		.elems = (uintptr_t)q->elems, .nr_elems = q->nr,
		.elem_size = sizeof(*q->elems),
		.sinks = (uintptr_t)sink, .nr_sinks = 1,
		.sink_size = sizeof(*sink),
		.until = q->until, .end = q->end, .rate = q->rate,
		.deadline_ns = q->deadline_ns, .idle_ns = q->idle_ns,
	};
}

int dev_send(int dev, const struct request *q, struct zcopy_result *res)
{
	struct zcopy_sink sink;
	struct zcopy_send s;

	request_fill(&s, &sink, q);
	s.results = (uintptr_t)res;
	s.result_size = sizeof(*res);
	return ioctl(dev, ZCOPY_IOC_SEND, &s) ? -errno : 0;
}

int dev_submit(int dev, const struct request *q, uint64_t *id)
{
	struct zcopy_sink sink;
	struct zcopy_send s;

	request_fill(&s, &sink, q);
	if (ioctl(dev, ZCOPY_IOC_SUBMIT, &s))
		return -errno;
	if (id)
		*id = s.id;
	return 0;
}

int dev_wait(int dev, uint64_t id, struct zcopy_result *res, unsigned int nr,
	     unsigned int min, uint64_t timeout_ns)
{
	struct zcopy_wait w = {
		.size = sizeof(w), .id = id, .results = (uintptr_t)res,
		.nr_results = nr, .result_size = sizeof(*res), .min = min,
		.timeout_ns = timeout_ns,
	};

	return ioctl(dev, ZCOPY_IOC_WAIT, &w) ? -errno : (int)w.got;
}

int dev_read(int dev, struct zcopy_result *res, unsigned int nr, int timeout_ms)
{
	struct pollfd p = { .fd = dev, .events = POLLIN };
	char raw[64 * ZCOPY_RESULT_SIZE_VER0];
	ssize_t n;
	int ret;

	if (nr > 64)
		nr = 64;
	ret = poll(&p, 1, timeout_ms);
	if (ret <= 0)
		return ret ? -errno : 0;
	n = read(dev, raw, nr * ZCOPY_RESULT_SIZE_VER0);
	if (n < 0)
		return -errno;
	if (n % ZCOPY_RESULT_SIZE_VER0)
		die("read(2) gave %zd bytes", n);
	n /= ZCOPY_RESULT_SIZE_VER0;
	for (ssize_t i = 0; i < n; i++) {
		memset(&res[i], 0, sizeof(res[i]));
		memcpy(&res[i], raw + i * ZCOPY_RESULT_SIZE_VER0,
		       ZCOPY_RESULT_SIZE_VER0);
	}
	return n;
}

int dev_set_rate(int dev, uint64_t id, uint64_t rate)
{
	struct zcopy_rate r = { .size = sizeof(r), .id = id, .rate = rate };

	return ioctl(dev, ZCOPY_IOC_RATE, &r) ? -errno : 0;
}

int dev_query(int dev, struct zcopy_query *q)
{
	memset(q, 0, sizeof(*q));
	q->size = sizeof(*q);
	return ioctl(dev, ZCOPY_IOC_QUERY, q) ? -errno : 0;
}

bool dev_has(uint64_t features)
{
	struct zcopy_query q;
	int dev = dev_open(0);

	if (dev_query(dev, &q))
		die("ZCOPY_IOC_QUERY");
	close(dev);
	return (q.features & features) == features;
}

/* ---- results ---- */

bool result_adds_up(const struct zcopy_result *r)
{
	uint64_t copied = 0;

	for (unsigned int i = 0; i < ZCOPY_COPY_NR; i++)
		copied += r->copied[i];
	return copied == r->bytes_copied &&
	       r->bytes_by_ref + r->bytes_copied == r->bytes &&
	       r->cache_hit_bytes + r->cache_miss_bytes <= r->bytes;
}

bool result_copied_for(const struct zcopy_result *r, unsigned int why)
{
	return r->copied[why] == r->bytes_copied;
}

void result_note(const struct zcopy_result *r)
{
	char copied[200] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < ZCOPY_COPY_NR; i++)
		if (r->copied[i])
			n += snprintf(copied + n, sizeof(copied) - n, " %u:%llu",
				      i, (unsigned long long)r->copied[i]);
	note("status %u error %u asked %llu bytes %llu by_ref %llu copied %llu (%s ) hit %llu miss %llu waits %u/%u",
	     r->status, r->error, r->bytes_asked, r->bytes, r->bytes_by_ref,
	     r->bytes_copied, copied, r->cache_hit_bytes, r->cache_miss_bytes,
	     r->socket_waits, r->disk_waits);
}

void result_sum(struct zcopy_result *to, const struct zcopy_result *from)
{
	to->status = from->status;
	to->error = from->error;
	to->bytes += from->bytes;
	to->bytes_by_ref += from->bytes_by_ref;
	to->bytes_copied += from->bytes_copied;
	to->cache_hit_bytes += from->cache_hit_bytes;
	to->cache_miss_bytes += from->cache_miss_bytes;
	for (unsigned int i = 0; i < ZCOPY_COPY_NR; i++)
		to->copied[i] += from->copied[i];
}

/* What the list of live transfers says */
struct live {
	unsigned int lines;
	uint64_t newest;		/* ID, 0: none */
	uint64_t first;			/* bytes that the first one has sent */
	uint64_t all;			/* bytes that all have sent */
	uint64_t one;			/* bytes that @id has sent */
};

static struct live live_look(uint64_t id)
{
	struct live live = { 0 };
	char line[256];
	FILE *f;

	f = fopen("/proc/net/zcopy/transfers", "re");
	if (!f)
		die("/proc/net/zcopy/transfers");
	while (fgets(line, sizeof(line), f)) {
		unsigned long long at, sent;

		if (line[0] < '0' || line[0] > '9')
			continue;
		if (sscanf(line, "%llu %*u %*d %*s %*u %llu", &at, &sent) != 2)
			die("a line of /proc/net/zcopy/transfers");
		if (!live.lines++)
			live.first = sent;
		if (at > live.newest)
			live.newest = at;
		if (at == id)
			live.one = sent;
		live.all += sent;
	}
	fclose(f);
	return live;
}

unsigned int live_count(void)
{
	return live_look(0).lines;
}

uint64_t live_sent(void)
{
	return live_look(0).first;
}

uint64_t live_newest(void)
{
	return live_look(0).newest;
}

uint64_t live_sent_by(uint64_t id)
{
	return live_look(id).one;
}

/* Looks for 700 ms: a window probe after 200 ms may make the peer take some more. */
static struct live live_settled(bool all)
{
	struct live live = live_look(0);
	unsigned int same = 0;

	while (same < 7) {
		struct live last = live;

		sleep_ms(100);
		live = live_look(0);
		same = live.first == last.first && (!all || live.all == last.all) ?
			same + 1 : 0;
	}
	return live;
}

uint64_t live_stalled(void)
{
	return live_settled(false).first;
}

void live_all_stalled(void)
{
	live_settled(true);
}

/* A look is dear in a slow guest, so it looks less often the longer that takes. */
bool live_becomes(unsigned int nr, unsigned int ms)
{
	uint64_t end = now_ns() + ms * 1000000ULL;
	unsigned int looks = 0;

	while (live_count() != nr) {
		if (now_ns() > end)
			return false;
		sleep_ms(looks < 64 ? 1 + looks++ / 8 : 9);
	}
	return true;
}
