// SPDX-License-Identifier: GPL-2.0
/*
 * Every pointer of every verb is tried with a bad address: unmapped, in the kernel,
 * not readable, read-only where the kernel has to write, or only half mapped.  The
 * call fails with EFAULT, the refusal is counted, and nothing is done; a completion
 * that could not be delivered stays available.
 * guest: timeout=30
 */
#include "ktap.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "refuse.h"

#define PAGE	4096

static int dev, file;
static struct pair pair;
static char *none, *readonly, *edge;	/* edge: the last bytes of a mapping */

static void *kernel_address(void)
{
	return (void *)0xffff888000001000ULL;
}

/* Puts a copy half on the last page, half beyond. */
static void *half(const void *what, size_t len)
{
	memcpy(edge - len / 2, what, len / 2);
	return edge - len / 2;
}

/* The same where the size can be read, but cannot be written to. */
static void *fixed(const void *what, size_t len)
{
	mprotect(readonly, PAGE, PROT_READ | PROT_WRITE);
	memcpy(readonly, what, len);
	mprotect(readonly, PAGE, PROT_READ);
	return readonly;
}

static void judge(const struct refuse *before, int ret, const char *verb,
		  const char *what)
{
	const char *wrong = refuse_after(before, "bad_pointer");

	if (!ktap_ok(ret == -EFAULT && !wrong, "%s: %s", verb, what))
		note("returned %d; %s", ret, wrong ? wrong : "as it should");
}

static void try_struct(const char *verb, unsigned long cmd, const void *good,
		       size_t len)
{
	const char *what[] = { "null", "of the kernel", "unmapped", "half there",
			       "read-only" };
	struct refuse before;
	unsigned int i;
	char words[64];
	void *arg;
	int ret;

	for (i = 0; i < 5; i++) {
		arg = i == 0 ? NULL : i == 1 ? kernel_address() : i == 2 ? none :
		      i == 3 ? half(good, len) : fixed(good, len);
		snprintf(words, sizeof(words), "struct %s", what[i]);
		refuse_before(&before, pair.far);
		ret = ioctl(dev, cmd, arg) ? -errno : 0;
		judge(&before, ret, verb, words);
	}
}

static void good_send(struct raw *q, bool sync)
{
	raw_fill(q, pair.near, file, 0, 8192);
	if (!sync)
		return;
	q->s.results = (uintptr_t)&q->r;
	q->s.result_size = sizeof(q->r);
}

static void *nowhere(unsigned int which, const void *good, size_t len)
{
	switch (which) {
	case 0: return kernel_address();
	case 1: return none;
	case 2: return half(good, len);
	default: return NULL;
	}
}

/* What the struct points to, for both verbs */
static void try_lists(bool sync)
{
	const char *part[] = { "elements", "socket", "memory", "second memory" };
	const char *what[] = { "of the kernel", "unmapped", "half there", "null" };
	const char *verb = sync ? "SEND" : "SUBMIT";
	unsigned int p, w;
	char words[64];

	for (p = 0; p < 4; p++) {
		for (w = 0; w < 4; w++) {
			struct refuse before;
			struct raw q;
			uint64_t to;
			int ret;

			good_send(&q, sync);
			to = (uintptr_t)nowhere(w, p ? (void *)&q.k : q.e, 32);
			if (p == 0)
				q.s.elems = to;
			else if (p == 1)
				q.s.sinks = to;
			if (p >= 2) {
				struct zcopy_elem *e = &q.e[p - 2];

				q.e[1] = q.e[0];
				e->kind = ZCOPY_ELEM_MEMORY;
				e->fd = 0;
				e->off = to;
				e->len = 9000;
				q.s.nr_elems = 2;
			}
			snprintf(words, sizeof(words), "%s %s", part[p], what[w]);
			refuse_before(&before, pair.far);
			ret = ioctl(dev, sync ? ZCOPY_IOC_SEND : ZCOPY_IOC_SUBMIT,
				    &q.s) ? -errno : 0;
			judge(&before, ret, verb, words);
		}
	}
}

static void try_results(void)
{
	const char *what[] = { "of the kernel", "unmapped", "half there",
			       "read-only" };
	struct zcopy_result res = { 0 };
	struct refuse before;
	struct raw q;
	unsigned int w;
	char words[64];
	int ret;

	for (w = 0; w < 4; w++) {
		void *to = w == 3 ? readonly : nowhere(w, &res, sizeof(res));

		snprintf(words, sizeof(words), "results %s", what[w]);
		good_send(&q, true);
		q.s.results = (uintptr_t)to;
		refuse_before(&before, pair.far);
		ret = ioctl(dev, ZCOPY_IOC_SEND, &q.s) ? -errno : 0;
		judge(&before, ret, "SEND", words);

		good_send(&q, false);
		q.s.nr_elems = 0;
		q.s.cookie = 77;
		ktap_eq(raw_submit(dev, &q), 0, "an empty transfer is submitted");
		counters_rest();
		refuse_before(&before, pair.far);
		ret = dev_wait(dev, w & 1 ? q.s.id : 0, to, 1, 1, 5000);
		judge(&before, ret, "WAIT", words);
		if (w != 2) {
			ret = read(dev, to, sizeof(res)) < 0 ? -errno : 0;
			ktap_eq(ret, -EFAULT, "read: %s", words);
		}
		ktap_eq(dev_wait(dev, 0, &res, 1, 1, 5000), 1,
			"the completion is still there");
		ktap_eq(res.cookie, 77, "and is the right one");
	}
}

int main(void)
{
	struct zcopy_cancel cancel = { .size = sizeof(cancel),
				       .flags = ZCOPY_CANCEL_ALL };
	struct zcopy_query query = { .size = sizeof(query) };
	struct zcopy_result res;
	struct zcopy_wait wait = {
		.size = sizeof(wait),
		.results = (uintptr_t)&res,
		.nr_results = 1,
		.result_size = sizeof(res),
	};
	struct raw q;

	none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	readonly = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (none == MAP_FAILED || readonly == MAP_FAILED || edge == MAP_FAILED)
		die("mmap");
	edge += PAGE;
	mprotect(edge, PAGE, PROT_NONE);

	dev = dev_open(0);
	pair = pair_open(false);
	file = file_to_read("source", 65536);

	good_send(&q, true);
	try_struct("SEND", ZCOPY_IOC_SEND, &q.s, sizeof(q.s));
	good_send(&q, false);
	try_struct("SUBMIT", ZCOPY_IOC_SUBMIT, &q.s, sizeof(q.s));
	try_struct("WAIT", ZCOPY_IOC_WAIT, &wait, sizeof(wait));
	try_struct("CANCEL", ZCOPY_IOC_CANCEL, &cancel, sizeof(cancel));
	try_struct("QUERY", ZCOPY_IOC_QUERY, &query, sizeof(query));
	try_lists(true);
	try_lists(false);
	try_results();
	return ktap_done();
}

