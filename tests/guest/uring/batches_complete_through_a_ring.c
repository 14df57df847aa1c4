// SPDX-License-Identifier: GPL-2.0
/*
 * One io_uring command starts many transfers, and its CQE comes when the last of them has
 * ended.  Responses to the same socket share segments.  The first transfer that is
 * refused ends the batch, and those before it run.  Batches end with their ring, and each
 * of their transfers can be cancelled.
 * guest: timeout=120
 */
#include "ktap.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "quota.h"
#include "response.h"
#include "ring.h"

#define NR	16
#define MANY	40		/* more than the module keeps together */
#define PAGE	4096ULL
#define TRIES	3		/* guests are slow */
#define BIG	(256 << 10)	/* several times what small buffers take */

static int dev, file;
static struct raw q[ZCOPY_BATCH_MAX];
static struct zcopy_send sends[ZCOPY_BATCH_MAX];

static struct zcopy_batch batch_of(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		memset(&q[i].r, 0, sizeof(q[i].r));
		q[i].s.results = (uintptr_t)&q[i].r;
		q[i].s.result_size = sizeof(q[i].r);
		sends[i] = q[i].s;
	}
	return (struct zcopy_batch){
		.size = sizeof(struct zcopy_batch), .sends = (uintptr_t)sends,
		.nr_sends = nr, .send_size = sizeof(sends[0]),
	};
}

static void put(struct ring *r, const struct zcopy_batch *b, unsigned int flags)
{
	struct io_uring_sqe *sqe = ring_sqe(r);

	ring_batch(sqe, dev, b, 5);
	sqe->flags = flags;
	if (ring_submit(r) != 1)
		die("submitting");
}

/* A worker gives back the memory of a transfer a moment after its end. */
static void no_memory_used(void)
{
	ktap_eq(quota_rest("max_pinned_bytes", 0), 0, "no memory is held before");
}

/* The result of the CQE; -ETIME: none came. */
static int result(struct ring *r, unsigned int ms)
{
	struct io_uring_cqe cqe;

	if (!ring_wait(r, &cqe, ms))
		return -ETIME;
	return cqe.user_data == 5 && !cqe.flags ? cqe.res : -EPROTO;
}

static unsigned int ended(unsigned int nr, uint32_t status, uint64_t bytes)
{
	unsigned int good = 0;

	for (unsigned int i = 0; i < nr; i++)
		good += q[i].r.size == sizeof(q[i].r) && q[i].r.status == status &&
			q[i].r.bytes >= bytes && q[i].r.id && result_adds_up(&q[i].r);
	return good;
}

static void responses(const struct ring_kind *k)
{
	struct pair p = pair_loopback(AF_INET);
	unsigned int used, right = 0;
	struct zcopy_batch b;
	struct ring r;
	int err;

	err = ring_open(&r, 4, k->setup);
	if (err) {
		ktap_skip("%s: %s", k->name, strerror(-err));
		pair_close(&p);
		return;
	}
	for (unsigned int i = 0; i < NR; i++)
		response_fill(&q[i], i, p.near, file);
	b = batch_of(NR);
	used = tcp_segments(p.near);
	put(&r, &b, k->flags);
	ktap_eq(result(&r, 20000), NR, "%s: %d responses", k->name, NR);
	ktap_eq(b.started, NR, "%s: all were started", k->name);
	ktap_eq(ended(NR, ZCOPY_STATUS_DONE, RESPONSE_BYTES), NR, "%s: all results",
		k->name);
	for (unsigned int i = 0; i < NR; i++)
		right += response_comes(p.far, i);
	used = tcp_segments(p.near) - used;
	ktap_eq(right, NR, "%s: they come in order", k->name);
	ktap_ok(used <= NR / 4, "%s: in few segments (%u)", k->name, used);
	ring_close(&r);
	pair_close(&p);
}

static void linked(void)
{
	struct pair p = pair_loopback(AF_INET);
	struct io_uring_sqe *sqe;
	struct io_uring_cqe cqe;
	struct zcopy_batch b;
	struct ring r;

	if (ring_open(&r, 4, 0))
		die("ring");
	for (unsigned int i = 0; i < NR; i++)
		response_fill(&q[i], i, p.near, file);
	b = batch_of(NR);
	sqe = ring_sqe(&r);
	ring_batch(sqe, dev, &b, 5);
	sqe->flags = IOSQE_IO_LINK;
	sqe = ring_sqe(&r);
	sqe->opcode = IORING_OP_NOP;
	sqe->user_data = 6;
	ring_submit(&r);
	ktap_eq(result(&r, 20000), NR, "a batch at the head of a link");
	ktap_ok(ring_wait(&r, &cqe, 20000) && cqe.user_data == 6 && !cqe.res,
		"a count is no failure: the next command runs");
	ring_close(&r);
	pair_close(&p);
}

/* ---- waits ---- */

static void waits(void)
{
	struct reader reader[NR];
	struct pair s[NR];
	struct zcopy_batch b;
	unsigned int exact = 0, numbers = 0;
	struct ring r;

	if (ring_open(&r, 4, 0))
		die("ring");
	for (unsigned int i = 0; i < NR; i++) {
		s[i] = pair_open(true);
		raw_fill(&q[i], s[i].near, file, 0, i ? BIG : 100);
	}
	b = batch_of(NR);
	put(&r, &b, 0);
	ktap_ok(live_becomes(NR - 1, 20000), "all but one wait for their peers");
	live_all_stalled();
	ktap_eq(result(&r, 0), -ETIME, "no CQE comes before the last ends");
	for (unsigned int i = 1; i < NR; i++)
		numbers += q[i].r.id && !q[i].r.size;
	ktap_ok(b.started == NR && numbers == NR - 1,
		"the number of each is known at once");
	for (unsigned int i = 0; i < NR; i++) {
		reader_expect(&reader[i], s[i].far, i ? BIG : 100);
	}
	ktap_eq(result(&r, 20000), NR, "then the CQE comes");
	ktap_eq(ended(NR, ZCOPY_STATUS_DONE, 100), NR, "with all results");
	for (unsigned int i = 0; i < NR; i++) {
		exact += reader_got(&reader[i]) == (i ? BIG : 100);
		pair_close(&s[i]);
	}
	ktap_eq(exact, NR, "and all bytes");
	ring_close(&r);
}

static void cancelled(void)
{
	struct pair s[2] = { pair_open(true), pair_open(true) };
	struct reader reader;
	struct zcopy_batch b;
	struct ring r;

	if (ring_open(&r, 4, 0))
		die("ring");
	for (unsigned int i = 0; i < 2; i++)
		raw_fill(&q[i], s[i].near, file, 0, BIG);
	b = batch_of(2);
	put(&r, &b, 0);
	ktap_ok(live_becomes(2, 20000), "two wait");
	ktap_eq(dev_cancel(dev, q[0].r.id), 1, "the first is cancelled");
	ktap_eq(result(&r, 100), -ETIME, "the command waits for the second");
	reader_expect(&reader, s[1].far, BIG);
	ktap_eq(result(&r, 20000), 2, "the CQE counts both");
	ktap_ok(q[0].r.status == ZCOPY_STATUS_CANCELLED && !q[1].r.status &&
		reader_got(&reader) == BIG, "the results say how each ended");
	for (unsigned int i = 0; i < 2; i++)
		pair_close(&s[i]);
	ring_close(&r);
}

/* More than are told to stop under one lock, one behind the other */
static void ring_ends(void)
{
	uint64_t before = counter_of("transfers_cancelled");
	struct pair s = pair_open(true);
	struct zcopy_batch b;
	struct ring r;

	if (ring_open(&r, 4, 0))
		die("ring");
	for (unsigned int i = 0; i < ZCOPY_BATCH_MAX; i++)
		raw_fill(&q[i], s.near, file, 0, BIG);
	b = batch_of(ZCOPY_BATCH_MAX);
	put(&r, &b, 0);
	ktap_ok(b.started > NR && live_becomes(b.started, 20000), "%u wait", b.started);
	ring_close(&r);
	ktap_ok(live_becomes(0, 20000), "they end with their ring");
	ktap_ok(counters_rest() &&
		counter_of("transfers_cancelled") - before == b.started,
		"all were cancelled");
	pair_close(&s);
}

/* ---- refusals ---- */

static void refused(void)
{
	struct pair s = pair_loopback(AF_INET);
	struct zcopy_batch b, *page;
	struct ring r;
	char byte;

	if (ring_open(&r, 4, 0))
		die("ring");
#define TRY(change, errno_, word, ...) do {				\
	uint64_t no = counter_of("reject_" word);			\
	for (unsigned int i = 0; i < 3; i++)				\
		response_fill(&q[i], i, s.near, file);			\
	b = batch_of(3);						\
	change;								\
	put(&r, &b, 0);							\
	ktap_ok(result(&r, 20000) == -(errno_) &&			\
		counter_of("reject_" word) == no + 1, __VA_ARGS__);	\
} while (0)
	TRY(b.flags = 1, EINVAL, "flag_unknown", "a flag is refused");
	TRY(b.reserved[1] = 1, EINVAL, "reserved_set", "reserved fields are 0");
	TRY(b.nr_sends = 0, EINVAL, "batch_wrong", "none is refused");
	TRY(b.nr_sends = ZCOPY_BATCH_MAX + 1, EINVAL, "batch_wrong", "so are too many");
	TRY(sends[0].size -= 8, EINVAL, "batch_wrong", "so is a size unlike the stride");
	TRY(sends[0].results = 0, EINVAL, "results_wrong", "so is one without results");
	TRY(sends[0].flags = ZCOPY_F_DETACHED, EOPNOTSUPP, "flag_unsupported",
	    "so is DETACHED");
	TRY(b.sends = 8, EFAULT, "bad_pointer", "so is a list that cannot be read");
	TRY(q[0].k.fd = -1, EBADF, "sink_bad_fd", "so is a bad socket in the first");
#undef TRY
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*page = batch_of(3);
	mprotect(page, 4096, PROT_READ);
	put(&r, page, 0);
	ktap_eq(result(&r, 20000), -EFAULT, "a count that cannot be written is refused");
	ktap_eq(recv(s.far, &byte, 1, MSG_DONTWAIT), -1, "nothing was sent");
	ktap_eq(ended(3, 0, 0), 0, "there are no results");
	for (unsigned int i = 0; i < 3; i++)
		response_fill(&q[i], i, s.near, file);
	b = batch_of(3);
	q[2].k.fd = -1;
	put(&r, &b, 0);
	ktap_eq(result(&r, 20000), 2, "a bad one in the third place ends the batch");
	ktap_ok(b.started == 2 && ended(3, ZCOPY_STATUS_DONE, RESPONSE_BYTES) == 2 &&
		response_comes(s.far, 0) && response_comes(s.far, 1), "those before it are sent");
	ktap_eq(recv(s.far, &byte, 1, MSG_DONTWAIT), -1, "no byte more");
	munmap(page, 4096);
	ring_close(&r);
	pair_close(&s);
}

/* A limit that is met after the send was built */
static void limited(void)
{
	uint64_t limit = quota_value("max_pinned_bytes"), each;
	struct pair s = pair_open(true);
	struct zcopy_batch b;
	struct raw first;
	struct ring r;

	if (ring_open(&r, 4, 0))
		die("ring");
	no_memory_used();
	raw_fill(&first, s.near, file, 0, BIG);
	if (raw_submit(dev, &first))
		die("submit");
	each = quota_used("max_pinned_bytes");
	for (unsigned int i = 0; i < 8; i++)
		raw_fill(&q[i], s.near, file, 0, BIG);
	ktap_eq(quota_set("max_pinned_bytes", each, NULL, 0), 0, "room for no more");
	b = batch_of(8);
	put(&r, &b, 0);
	ktap_eq(result(&r, 20000), -EAGAIN, "a first one above a limit is refused");
	quota_set("max_pinned_bytes", 3 * each + each / 2, NULL, 0);
	b = batch_of(8);
	put(&r, &b, 0);
	ktap_ok(b.started == 2 && live_becomes(3, 20000), "room for two: two are started");
	for (unsigned int i = 2; i--;)
		dev_cancel(dev, q[i].r.id);
	ktap_eq(result(&r, 20000), 2, "they can be cancelled");
	ktap_eq(ended(8, ZCOPY_STATUS_CANCELLED, 0), 2, "only they have results");
	dev_cancel(dev, first.s.id);
	quota_set("max_pinned_bytes", limit, NULL, 0);
	ring_close(&r);
	pair_close(&s);
}

/* The bytes of each are as many as its number, so that no result can be another's. */
static void many(void)
{
	struct pair s = pair_loopback(AF_INET), other = pair_loopback(AF_INET);
	struct zcopy_sink both[2] = { { .fd = s.near }, { .fd = other.near } };
	struct zcopy_result two[2] = { 0 };
	unsigned int own = 0, rising = 0, sum = 0, at = 0;
	static char got[MANY * (MANY + 1) / 2];
	struct zcopy_batch b;
	struct ring r;

	if (ring_open(&r, 4, 0))
		die("ring");
	for (unsigned int i = 0; i < MANY; i++) {
		raw_fill(&q[i], s.near, file, i, i + 1);
		sum += i + 1;
	}
	b = batch_of(MANY);
	/* It makes the parts of the module's list and its rests fall apart. */
	sends[2].sinks = (uintptr_t)both;
	sends[2].nr_sinks = 2;
	sends[2].results = (uintptr_t)two;
	put(&r, &b, 0);
	ktap_eq(result(&r, 20000), MANY, "%d of different lengths", MANY);
	q[2].r = two[0];
	for (unsigned int i = 0; i < MANY; i++) {
		own += !q[i].r.status && q[i].r.bytes == i + 1;
		rising += !i || q[i].r.id > q[i - 1].r.id;
	}
	ktap_ok(own == MANY && rising == MANY && two[1].bytes == 3,
		"each has its own result");
	own = 0;
	if (recv(s.far, got, sum, MSG_WAITALL) == (ssize_t)sum)
		for (unsigned int i = 0; i < MANY; at += ++i)
			own += pattern_holds(got + at, 0, i, i + 1);
	ktap_eq(own, MANY, "and its bytes, in order");
	ktap_eq(recv(s.far, got, 1, MSG_DONTWAIT), -1, "no byte more");
	ring_close(&r);
	pair_close(&s);
	pair_close(&other);
}

static bool comes_at_once(int fd)
{
	char got[RESPONSE_BYTES];

	for (unsigned int i = 0; i < 50 * guest_scale(); i++) {
		if (recv(fd, got, sizeof(got), MSG_DONTWAIT | MSG_PEEK) ==
		    (ssize_t)sizeof(got))
			return response_comes(fd, 0);
		sleep_ms(2);
	}
	return false;
}

/*
 * The second is built, so that TCP holds back the end of the first for it, and is then
 * refused: the first must go all the same, before TCP's own 200 ms.
 */
static void refused_behind(bool two)
{
	uint64_t limit = quota_value("max_pinned_bytes");
	struct zcopy_sink both[2] = { 0 };
	struct zcopy_result res[2];
	unsigned int prompt = 0;
	struct pair s[2];
	struct ring r;

	if (ring_open(&r, 4, 0))
		die("ring");
	for (unsigned int i = 0; i < TRIES && !prompt; i++) {
		struct zcopy_batch b;
		int got;

		for (unsigned int k = 0; k < 2; k++) {
			s[k] = pair_loopback(AF_INET);
			both[k].fd = s[k].near;
			response_fill(&q[k], k, s[0].near, file);
		}
		/* More than the limit leaves, or for one of two sockets too much */
		q[1].e[1].len = two ? 5 * PAGE : 15 * PAGE;
		no_memory_used();
		b = batch_of(2);
		memset(res, 0, sizeof(res));
		if (two) {
			sends[1].sinks = (uintptr_t)both;
			sends[1].nr_sinks = 2;
			sends[1].results = (uintptr_t)res;
		}
		quota_set("max_pinned_bytes", 10 * PAGE, NULL, 0);
		put(&r, &b, 0);
		got = result(&r, 20000);
		quota_set("max_pinned_bytes", limit, NULL, 0);
		if (got != 1)
			note("the batch: %d", got);
		prompt += got == 1 && comes_at_once(s[0].far) && !q[1].r.size && !res[0].size;
		for (unsigned int k = 0; k < 2; k++)
			pair_close(&s[k]);
	}
	ktap_ok(prompt, "%s refused when it is its turn: the first is sent at once, alone",
		two ? "a send to two sockets is" : "the second is");
	ktap_ok(live_becomes(0, 20000), "nothing is left of it");
	ring_close(&r);
}

/* Short ones beside a send to two sockets and one that sends nothing */
static void mixed(void)
{
	struct pair s[2] = { pair_loopback(AF_INET), pair_loopback(AF_INET) };
	struct zcopy_sink both[2] = { { .fd = s[0].near }, { .fd = s[1].near } };
	struct zcopy_result res[2] = { 0 };
	struct zcopy_batch b;
	struct ring r;

	if (ring_open(&r, 4, 0))
		die("ring");
	for (unsigned int i = 0; i < 4; i++)
		response_fill(&q[i], i, s[0].near, file);
	b = batch_of(4);
	sends[1].sinks = (uintptr_t)both;
	sends[1].nr_sinks = 2;
	sends[1].results = (uintptr_t)res;
	raw_fill(&q[2], -1, file, 0, RESPONSE_FILE);
	sends[2] = q[2].s;
	sends[2].nr_sinks = 0;
	sends[2].sinks = 0;
	sends[2].flags = ZCOPY_F_WARM;
	sends[2].results = (uintptr_t)&q[2].r;
	sends[2].result_size = sizeof(q[2].r);
	put(&r, &b, 0);
	ktap_eq(result(&r, 20000), 4, "a send to two sockets and one to none, between others");
	ktap_ok(!res[0].status && !res[1].status && res[1].bytes == RESPONSE_BYTES &&
		!q[2].r.status && !q[3].r.status, "each result is there");
	ktap_ok(response_comes(s[0].far, 0) && response_comes(s[0].far, 1) &&
		response_comes(s[0].far, 3) && response_comes(s[1].far, 1), "each socket has its bytes in order");
	ring_close(&r);
	for (unsigned int i = 0; i < 2; i++)
		pair_close(&s[i]);
}

int main(void)
{
	dev = dev_open(0);
	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	file = file_to_read("source", BIG);
	for (unsigned int k = 0; k < RING_KINDS; k++)
		responses(&ring_kinds[k]);
	linked();
	waits();
	cancelled();
	ring_ends();
	refused();
	limited();
	many();
	refused_behind(false);
	refused_behind(true);
	mixed();
	ktap_ok(counters_rest(), "all is given back");
	return ktap_done();
}
