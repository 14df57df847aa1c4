// SPDX-License-Identifier: GPL-2.0
/*
 * The device's verbs, and checks of results; see dev.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dev.h"

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

unsigned int elem_crumbs(struct zcopy_elem *e, int fd, uint64_t off, uint64_t len)
{
	uint64_t each = len / CRUMBS;

	for (unsigned int i = 0; i < CRUMBS; i++)
		e[i] = elem_file(fd, off + i * each, i + 1 < CRUMBS ? each :
				 len - i * each);
	return CRUMBS;
}

int dev_open(int flags)
{
	int fd = open(ZCOPY_DEVICE, O_RDWR | O_CLOEXEC | flags);

	if (fd < 0)
		die("opening " ZCOPY_DEVICE);
	return fd;
}

uint32_t request_flags;

void request_fill(struct zcopy_send *s, struct zcopy_sink *sink,
		  const struct request *q)
{
	*sink = (struct zcopy_sink){ .fd = q->sock, .rate = q->sock_rate };
	*s = (struct zcopy_send){
		.size = sizeof(*s), .flags = q->flags | request_flags, .cookie = q->cookie,
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
	     unsigned int min, int ms)
{
	struct zcopy_wait w = {
		.size = sizeof(w), .id = id, .results = (uintptr_t)res,
		.nr_results = nr, .result_size = sizeof(*res), .min = min,
		.timeout_ns = ms < 0 ? ZCOPY_WAIT_FOREVER : ms * 1000000ULL,
	};

	return ioctl(dev, ZCOPY_IOC_WAIT, &w) ? -errno : (int)w.got;
}

int dev_read(int dev, struct zcopy_result *res, unsigned int nr, int ms)
{
	struct pollfd p = { .fd = dev, .events = POLLIN };
	char raw[64 * ZCOPY_RESULT_SIZE_VER0];
	ssize_t n;
	int ret;

	if (nr > 64)
		nr = 64;
	ret = poll(&p, 1, ms);
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

const char *dev_collect(int dev, struct zcopy_result *res, unsigned int nr)
{
	struct zcopy_result more;
	unsigned int got, i, j;
	int ret;

	for (got = 0; got < nr; got += ret) {
		ret = dev_wait(dev, 0, res + got, nr - got, nr - got,
			       RESULT_MS * guest_scale());
		if (ret == -EINTR)
			ret = 0;
		else if (ret <= 0)
			return "a completion is missing";
	}
	for (i = 0; i < nr; i++) {
		for (j = 0; j < i; j++) {
			if (res[i].id == res[j].id)
				return "a transfer completed twice";
		}
		if (res[i].status >= ZCOPY_STATUS_RUNNING)
			return "a completion says that it still runs";
		if (res[i].bytes_by_ref + res[i].bytes_copied != res[i].bytes)
			return "bytes by reference and copied do not add up";
	}
	if (dev_wait(dev, 0, &more, 1, 1, 10) != 0)
		return "there is a completion too many";
	return NULL;
}

unsigned int dev_gather(int dev, unsigned int nr, unsigned int ms)
{
	uint64_t end = now_ms() + ms;
	struct zcopy_result res[64];
	unsigned int got = 0;
	int n;

	while (got < nr && now_ms() < end) {
		n = dev_wait(dev, 0, res, 64, 1, 1000);
		if (n < 0 && n != -EINTR)
			die("waiting for completions");
		got += n > 0 ? n : 0;
	}
	return got;
}

int dev_cancel(int dev, uint64_t id)
{
	struct zcopy_cancel c = {
		.size = sizeof(c),
		.flags = id ? 0 : ZCOPY_CANCEL_ALL,
		.id = id,
	};

	return ioctl(dev, ZCOPY_IOC_CANCEL, &c) ? -errno : (int)c.count;
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

/* ---- the structs as they are ---- */

void raw_fill(struct raw *q, int sock, int file, uint64_t off, uint64_t len)
{
	memset(q, 0, sizeof(*q));
	q->e[0].kind = ZCOPY_ELEM_FILE;
	q->e[0].fd = file;
	q->e[0].off = off;
	q->e[0].len = len;
	q->k.fd = sock;
	q->s.size = sizeof(q->s);
	q->s.flags = request_flags;
	q->s.elems = (uintptr_t)q->e;
	q->s.nr_elems = 1;
	q->s.elem_size = sizeof(q->e[0]);
	q->s.sinks = (uintptr_t)&q->k;
	q->s.nr_sinks = 1;
	q->s.sink_size = sizeof(q->k);
}

int raw_submit(int dev, struct raw *q)
{
	q->s.results = 0;
	q->s.result_size = 0;
	q->s.id = 0;
	return ioctl(dev, ZCOPY_IOC_SUBMIT, &q->s) ? -errno : 0;
}

int raw_send(int dev, struct raw *q)
{
	q->s.results = (uintptr_t)&q->r;
	q->s.result_size = sizeof(q->r);
	q->s.id = 0;
	return ioctl(dev, ZCOPY_IOC_SEND, &q->s) ? -errno : 0;
}

/* ---- results ---- */

uint64_t result_copied(const struct zcopy_result *r, unsigned int why)
{
	if (why == ZCOPY_COPY_POLICY)
		return r->copied_policy;
	return why == ZCOPY_COPY_SMALL ? r->copied_small : r->copied[why];
}

bool result_adds_up(const struct zcopy_result *r)
{
	uint64_t copied = r->copied_small + r->copied_policy;

	for (unsigned int i = 0; i < ZCOPY_COPY_NR; i++)
		copied += r->copied[i];
	return copied == r->bytes_copied &&
	       r->bytes_by_ref + r->bytes_copied == r->bytes &&
	       r->cache_hit_bytes + r->cache_miss_bytes <= r->bytes;
}

bool result_copied_for(const struct zcopy_result *r, unsigned int why)
{
	return result_copied(r, why) == r->bytes_copied;
}

void result_note(const struct zcopy_result *r)
{
	char copied[200] = "";
	size_t n = 0;

	for (unsigned int i = 0; i <= ZCOPY_COPY_POLICY; i++)
		if (result_copied(r, i))
			n += snprintf(copied + n, sizeof(copied) - n, " %u:%llu",
				      i, (unsigned long long)result_copied(r, i));
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
	to->copied_small += from->copied_small;
	to->copied_policy += from->copied_policy;
}
