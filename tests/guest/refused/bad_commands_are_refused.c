// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring commands with a wrong field are refused: the CQE has the right errno,
 * the counter of that refusal goes up, and nothing else changes.
 * guest: timeout=60
 */
#include "ktap.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "doors.h"
#include "peers.h"
#include "refuse.h"
#include "ring.h"

static int dev, file;
static struct pair pair;
static struct raw q;

static void good(void)
{
	raw_fill(&q, pair.near, file, 0, 8192);
	q.s.results = (uintptr_t)&q.r;
	q.s.result_size = sizeof(q.r);
}

/* Submits the entry and checks that it is refused. */
static void judge(struct ring *r, struct io_uring_sqe *sqe, int err,
		  const char *why, const char *what)
{
	struct io_uring_cqe cqe = { 0 };
	struct refuse before;
	const char *wrong;

	sqe->user_data = 5;
	refuse_before(&before, pair.far);
	ring_submit(r);
	ktap_ok(ring_wait(r, &cqe, 20000) && cqe.res == -err &&
		cqe.user_data == 5, "%s: errno %d", what, err);
	wrong = refuse_after(&before, why);
	ktap_ok(!wrong && !q.r.size, "%s: %s", what, why ? why : "by the kernel");
	if (cqe.res != -err || wrong)
		note("%d; %s", cqe.res, wrong ? wrong : "counters as they should");
}

static struct io_uring_sqe *start(struct ring *r)
{
	struct io_uring_sqe *sqe = ring_sqe(r);

	good();
	ring_send(sqe, dev, &q.s, 5);
	return sqe;
}

static void payloads(struct ring *r)
{
	struct io_uring_sqe *sqe;
	struct zcopy_uring *u;

#define TRY(change, err, why) do {					\
		sqe = start(r);						\
		u = (void *)((char *)sqe + 48);				\
		change;							\
		judge(r, sqe, err, why, #change);			\
	} while (0)

	TRY(u->reserved = 1, EINVAL, "reserved_set");
	TRY(u->flags = 1, EINVAL, "flag_unknown");
	TRY(u->flags = 1U << 31, EINVAL, "flag_unknown");
	TRY(u->addr = 0, EFAULT, "bad_pointer");
	TRY(u->addr = 0xffff888000001000ULL, EFAULT, "bad_pointer");
	TRY(u->addr = ~0ULL, EFAULT, "bad_pointer");
	TRY(sqe->off = ZCOPY_IOC_SUBMIT, ENOTTY, "verb_unknown");
	TRY(sqe->off = ZCOPY_IOC_WAIT, ENOTTY, "verb_unknown");
	TRY(sqe->off = 0, ENOTTY, "verb_unknown");
	TRY(q.s.size = 143, EINVAL, "size_too_small");
	TRY(q.s.size = 4097, E2BIG, "tail_not_zero");
	TRY(q.s.flags = ZCOPY_F_DONTWAIT, EOPNOTSUPP, "flag_unsupported");
	TRY(q.s.flags = ZCOPY_F_DETACHED, EOPNOTSUPP, "flag_unsupported");
	TRY(q.s.flags = ZCOPY_F_POSITION, EOPNOTSUPP, "flag_unsupported");
	TRY(q.s.flags = 1U << 31, EINVAL, "flag_unknown");
	TRY(q.s.reserved[3] = 1, EINVAL, "reserved_set");
	TRY(q.s.results = 0, EINVAL, "results_wrong");
	TRY(q.s.result_size = 0, EINVAL, "results_wrong");
	TRY(q.s.result_size = 4097, EINVAL, "results_wrong");
	TRY(q.s.results = 4096, EFAULT, "bad_pointer");
	TRY(q.s.nr_sinks = 0, EINVAL, "no_sink");
	TRY(q.s.nr_sinks = ~0U, E2BIG, "too_many_sinks");
	TRY(q.s.nr_elems = 1025, E2BIG, "too_many_elems");
	TRY(q.e[0].kind = 9, EINVAL, "elem_kind");
	TRY(q.e[0].fd = -1, EBADF, "source_bad_fd");
	TRY(q.k.fd = -1, EBADF, "sink_bad_fd");
	TRY(q.k.fd = file, ENOTSOCK, "sink_not_socket");
}

/* Half of a result is on an unmapped page: nothing is sent. */
static void half_results(struct ring *r)
{
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct io_uring_sqe *sqe = start(r);

	munmap(two + 4096, 4096);
	q.s.results = (uintptr_t)two + 4096 - 100;
	judge(r, sqe, EFAULT, "bad_pointer", "half of the result");
	munmap(two, 4096);
}

static void long_entries(void)
{
	struct io_uring_sqe *sqe;
	struct ring r;

	if (ring_open(&r, 4, IORING_SETUP_SQE128)) {
		ktap_skip("no rings of long entries");
		return;
	}
	sqe = start(&r);
	((char *)sqe)[127] = 1;
	judge(&r, sqe, E2BIG, "tail_not_zero", "the last byte of a long entry");
	sqe = start(&r);
	((char *)sqe)[64] = 1;
	judge(&r, sqe, E2BIG, "tail_not_zero", "the first byte after the payload");
	ring_close(&r);
}

/* Old kernels refuse these commands themselves. */
static void polled(void)
{
	struct io_uring_cqe cqe = { 0 };
	uint64_t before = counter_of("reject_uring_polled");
	struct io_uring_sqe *sqe;
	struct ring r;

	if (ring_open(&r, 4, IORING_SETUP_IOPOLL)) {
		ktap_skip("no polled rings");
		return;
	}
	sqe = start(&r);
	sqe->user_data = 5;
	ring_submit(&r);
	ktap_ok(ring_wait(&r, &cqe, 20000) && cqe.res == -EOPNOTSUPP,
		"a polled ring: errno %d", EOPNOTSUPP);
	note("refused by %s", counter_of("reject_uring_polled") > before ?
	     "us" : "the kernel");
	ring_close(&r);
}

/* Fixed buffers mean nothing here. */
static void sqe_flags(struct ring *r)
{
	struct iovec iov = { .iov_base = &q, .iov_len = sizeof(q) };
	struct io_uring_sqe *sqe;

	if (ring_register_buffer(r, &iov)) {
		ktap_skip("buffers cannot be registered");
		return;
	}
	sqe = start(r);
	sqe->rw_flags = 1;
	judge(r, sqe, EINVAL, "flag_unknown", "IORING_URING_CMD_FIXED");
}

int main(void)
{
	struct io_uring_cqe cqe;
	struct ring r;

	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	dev = dev_open(0);
	pair = pair_open(false);
	file = file_to_read("source", 65536);
	if (ring_open(&r, 8, 0))
		die("a ring");
	start(&r);
	ring_submit(&r);
	ktap_ok(ring_wait(&r, &cqe, 20000) && !cqe.res, "with all fields right");
	sock_check(pair.far, 0, 8192);
	payloads(&r);
	half_results(&r);
	long_entries();
	sqe_flags(&r);
	polled();
	ring_close(&r);
	return ktap_done();
}

