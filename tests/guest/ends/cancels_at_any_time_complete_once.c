// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers that run, wait in the queue of a socket, or have ended are cancelled at
 * random moments.  Each has one completion, and the peer sees exactly the bytes
 * that the completions report, in the order of submission.
 * guest: timeout=60
 */
#include "ktap.h"

#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "life.h"

#define SIZE	(512 << 10)
#define NR	16
#define LINE	100
#define PIECE	20000		/* bytes of one transfer in the line */

static int dev, file;

/* Compares a stream that is made of the starts of files. */
static bool stream_is(int sock, const struct zcopy_result *res, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (life_check(sock, 0, res[i].bytes) != (long)res[i].bytes)
			return false;
	}
	return true;
}

/* Sorts by the order of submission, which is in the cookie. */
static void sort(struct zcopy_result *res, unsigned int nr)
{
	struct zcopy_result swap;
	unsigned int i, j;

	for (i = 1; i < nr; i++) {
		for (j = i; j && res[j].cookie < res[j - 1].cookie; j--) {
			swap = res[j];
			res[j] = res[j - 1];
			res[j - 1] = swap;
		}
	}
}

struct heap {
	int sock;
	pthread_t thread;
	uint8_t *bytes;
	size_t got;
};

/* Reads all bytes into memory, because only later it is known what they should be. */
static void *swallow(void *arg)
{
	struct heap *st = arg;
	ssize_t n;

	while ((n = recv(st->sock, st->bytes + st->got,
			 (size_t)NR * SIZE - st->got, 0)) > 0)
		st->got += n;
	return NULL;
}

static const char *compare(const struct heap *st,
			   const struct zcopy_result *res)
{
	unsigned int i;
	size_t at = 0;

	for (i = 0; i < NR; i++) {
		if (res[i].bytes > st->got - at)
			return "fewer bytes than told";
		if (!life_same(st->bytes + at, 0, res[i].bytes))
			return "wrong bytes";
		at += res[i].bytes;
	}
	return at < st->got ? "more bytes than told" : NULL;
}

static const char *random_moments(unsigned int seed, unsigned int *cancelled)
{
	struct heap st = { 0 };
	struct zcopy_result res[NR];
	uint64_t id[NR];
	struct life_req q;
	const char *wrong;
	unsigned int i;
	int s[2], ret;

	srandom(seed);
	life_pair(s, true);
	st.sock = s[1];
	st.bytes = malloc((size_t)NR * SIZE);
	for (i = 0; i < NR; i++) {
		life_req(&q, s[0], file, 0, SIZE);
		q.s.cookie = i;
		if (life_submit(dev, &q))
			return "submit";
		id[i] = q.s.id;
	}
	pthread_create(&st.thread, NULL, swallow, &st);
	for (i = 0; i < NR; i++) {
		usleep(random() % 3000);
		ret = life_cancel(dev, id[random() % NR]);
		if (ret != 1 && ret != -ENOENT)
			return "cancel says something else";
	}
	wrong = life_collect(dev, res, NR);
	close(s[0]);
	pthread_join(st.thread, NULL);
	close(s[1]);
	for (i = 0; i < NR; i++) {
		*cancelled += res[i].status == ZCOPY_STATUS_CANCELLED;
		if (life_cancel(dev, id[i]) != -ENOENT)
			wrong = "what was collected can be cancelled";
		if (res[i].status != ZCOPY_STATUS_CANCELLED &&
		    (res[i].status != ZCOPY_STATUS_DONE || res[i].bytes != SIZE))
			wrong = "neither done nor cancelled";
	}
	sort(res, NR);
	if (!wrong)
		wrong = compare(&st, res);
	free(st.bytes);
	return wrong;
}

static void in_the_middle(void)
{
	static struct zcopy_result res[LINE];
	static uint64_t id[LINE];
	struct life_req q;
	unsigned int i, done = 0;
	const char *wrong;
	int s[2];

	life_pair(s, true);
	for (i = 0; i < LINE; i++) {
		life_req(&q, s[0], file, 0, PIECE + i);
		q.s.cookie = i;
		if (life_submit(dev, &q))
			ktap_bail("submit");
		id[i] = q.s.id;
	}
	ktap_eq(life_cancel(dev, id[50]), 1, "one in the middle of a line is told");
	ktap_eq(life_wait(dev, id[50], res, 1, 1, 10000), 1,
		"it ends while the others wait");
	ktap_eq(res[0].status, ZCOPY_STATUS_CANCELLED, "as cancelled");
	ktap_eq(res[0].bytes, 0, "without a byte");
	ktap_eq(life_cancel(dev, id[50]), -ENOENT, "it is gone then");
	for (i = 0; i < LINE; i++) {
		if (i != 50 && life_check(s[1], 0, PIECE + i) == PIECE + i)
			done++;
	}
	ktap_eq(done, LINE - 1, "the others arrive in order");
	wrong = life_collect(dev, res, LINE - 1);
	if (!ktap_ok(!wrong, "each ends once"))
		ktap_note("%s", wrong);
	sort(res, LINE - 1);
	for (i = 0, done = 0; i < LINE - 1; i++)
		done += res[i].status == ZCOPY_STATUS_DONE &&
			res[i].cookie == i + (i >= 50);
	ktap_eq(done, LINE - 1, "all of them done");
	close(s[0]);
	close(s[1]);
}

static void head_of_the_line(void)
{
	struct zcopy_result res[3];
	struct life_req q;
	unsigned int i;
	uint64_t first = 0;
	int s[2];

	life_pair(s, true);
	for (i = 0; i < 3; i++) {
		life_req(&q, s[0], file, 0, SIZE);
		if (life_submit(dev, &q))
			ktap_bail("submit");
		if (!i)
			first = q.s.id;
	}
	life_nap(50);
	ktap_eq(life_cancel(dev, first), 1, "the running one is told");
	ktap_eq(life_wait(dev, first, res, 1, 1, 10000), 1, "it ends");
	ktap_eq(life_cancel(dev, 0), 2, "all others are told");
	ktap_ok(!life_collect(dev, res + 1, 2), "and end");
	close(s[0]);
	ktap_ok(stream_is(s[1], res, 3), "the peer has what was told");
	ktap_eq(life_check(s[1], 0, 1), 0, "and no more");
	close(s[1]);
}

int main(void)
{
	unsigned int seed, seeds = guest_is_debug() ? 3 : 10, cancelled = 0;
	const char *wrong = NULL;

	dev = life_open();
	file = life_file("source", SIZE);
	for (seed = 1; seed <= seeds && !wrong; seed++)
		wrong = random_moments(seed, &cancelled);
	if (!ktap_ok(!wrong, "at random moments"))
		ktap_note("seed %u: %s", seed - 1, wrong);
	ktap_ok(cancelled, "%u of %u were cancelled", cancelled, NR * (seed - 1));
	in_the_middle();
	head_of_the_line();
	ktap_ok(life_rest(), "at rest");
	return ktap_done();
}
