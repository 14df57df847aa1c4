// SPDX-License-Identifier: GPL-2.0
/*
 * A result has only what it says: reserved fields, the reasons that no byte was copied
 * for, and what only the caller knows of it are 0, whatever was there before and
 * whatever lies on the kernel's stack; and nothing is written beyond it.
 * guest: timeout=60
 */
#include "ktap.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dev.h"
#include "peers.h"

#define ROUNDS	20
#define NR	3	/* results of a call */
#define LONGER	24	/* bytes that only the caller knows */
#define OLD	0xa5

static int dev, file;

/* Room for all results, and one place more; begins at an odd address if @odd. */
static unsigned char room[8 + NR * (sizeof(struct zcopy_result) + LONGER) + 256];

static bool bytes_are(const unsigned char *at, int value, size_t n)
{
	while (n && *at == value) {
		at++;
		n--;
	}
	return !n;
}

static bool result_is_clean(const unsigned char *at, size_t size)
{
	struct zcopy_result r;

	memcpy(&r, at, sizeof(r));
	for (unsigned int i = 0; i < ZCOPY_COPY_NR; i++)
		if (r.copied[i] && i != ZCOPY_COPY_MEMORY && i != ZCOPY_COPY_STABLE)
			return false;
	return r.size == sizeof(r) && r.cookie == 77 && !r.error && r.id &&
	       r.sink < NR && r.status == ZCOPY_STATUS_DONE && !r.retrans &&
	       !r.reserved0 && !r.copied_small && !r.copied_policy &&
	       result_adds_up(&r) && r.bytes == r.bytes_asked &&
	       r.first_byte_ns <= r.last_byte_ns && r.last_byte_ns <= r.duration_ns &&
	       bytes_are(at + sizeof(r), 0, size - sizeof(r));
}

/* All @nr results at @at, and nothing behind them, were written. */
static bool results_are_clean(const unsigned char *at, unsigned int nr, size_t size)
{
	bool clean = bytes_are(at + nr * size, OLD, 64);

	for (unsigned int i = 0; i < nr; i++)
		clean &= result_is_clean(at + i * size, size);
	return clean;
}

static int sends(struct pair *s, unsigned int nr, unsigned char *at, size_t size,
		 bool header)
{
	static const char bytes[200];
	struct zcopy_elem e[2] = {
		elem_memory(bytes, sizeof(bytes)), elem_file(file, 0, 4096),
	};
	struct zcopy_sink k[NR] = { };
	struct zcopy_send q = {
		.size = sizeof(q), .cookie = 77,
		.elems = (uintptr_t)(header ? e : e + 1), .nr_elems = header ? 2 : 1,
		.elem_size = sizeof(e[0]), .sinks = (uintptr_t)k, .nr_sinks = nr,
		.sink_size = sizeof(k[0]), .results = (uintptr_t)at, .result_size = size,
	};

	for (unsigned int i = 0; i < nr; i++)
		k[i].fd = s[i].near;
	return ioctl(dev, ZCOPY_IOC_SEND, &q);
}

static void by_send(struct pair *s, unsigned int nr, size_t size, bool odd)
{
	bool clean = true;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		memset(room, OLD, sizeof(room));
		clean &= !sends(s, nr, room + odd, size, round % 2) &&
			 results_are_clean(room + odd, nr, size);
		for (unsigned int i = 0; i < nr; i++)
			recv(s[i].far, (char[8192]){ 0 }, 4096 + round % 2 * 200,
			     MSG_WAITALL);
	}
	ktap_ok(clean, "SEND to %u, results of %zu bytes%s", nr, size,
		odd ? ", at an odd address" : "");
}

/* @how: collects one completion to @at; returns how many */
static void collected(struct pair *s, const char *what, size_t size,
		      int (*how)(unsigned char *at, size_t size))
{
	struct raw q;
	bool clean = true;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		memset(room, OLD, sizeof(room));
		raw_fill(&q, s->near, file, 0, 4096);
		q.s.cookie = 77;
		clean &= !raw_submit(dev, &q) && how(room, size) == 1 &&
			 results_are_clean(room, 1, size);
		recv(s->far, (char[8192]){ 0 }, 4096, MSG_WAITALL);
	}
	ktap_ok(clean, "%s, results of %zu bytes", what, size);
}

static int by_wait(unsigned char *at, size_t size)
{
	struct zcopy_wait w = {
		.size = sizeof(w), .results = (uintptr_t)at, .nr_results = 1,
		.result_size = size, .min = 1, .timeout_ns = ZCOPY_WAIT_FOREVER,
	};

	return ioctl(dev, ZCOPY_IOC_WAIT, &w) ? -1 : (int)w.got;
}

static int by_read(unsigned char *at, size_t size)
{
	return read(dev, at, size) / (long)size;
}

int main(void)
{
	const size_t size = sizeof(struct zcopy_result);
	struct pair s[NR];

	ktap_plan(8);
	dev = dev_open(0);
	file = file_to_read("f", 64 * KIB);
	for (unsigned int i = 0; i < NR; i++)
		s[i] = pair_open(false);
	by_send(s, 1, size, false);
	by_send(s, 1, size, true);
	by_send(s, 1, size + LONGER, false);
	by_send(s, NR, size, false);
	by_send(s, NR, size + LONGER, true);
	collected(s, "WAIT", size, by_wait);
	collected(s, "WAIT", size + LONGER, by_wait);
	collected(s, "read(2)", size, by_read);
	return ktap_done();
}
