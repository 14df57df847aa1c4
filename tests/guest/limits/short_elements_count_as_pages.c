// SPDX-License-Identifier: GPL-2.0
/*
 * One byte of a page holds the whole page.  Elements of files and of memory
 * therefore count as whole pages, and many short pieces of memory hold no more than
 * that.
 * guest: timeout=60 only-on=6.12
 */
#include "ktap.h"

#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"
#include "quota.h"

#define PAGE	4096UL
#define MANY	1000
#define TIMES	400

static int dev, file;
static struct pair s;
static struct zcopy_elem e[MANY];
static char bytes[65536];

static uint64_t used(void)
{
	return quota_used("max_user_pinned_bytes");
}

/* What @nr elements add to what is used; they stay in line. */
static uint64_t claim(unsigned int nr, uint64_t *id)
{
	uint64_t before = used();
	struct raw q;

	raw_fill(&q, s.near, 0, 0, 0);
	q.s.elems = (uintptr_t)e;
	q.s.nr_elems = nr;
	ktap_eq(raw_submit(dev, &q), 0, "%u elements", nr);
	if (id)
		*id = q.s.id;
	return used() - before;
}

static void of_file(unsigned int i, uint64_t off, uint64_t len)
{
	e[i] = (struct zcopy_elem) { .kind = ZCOPY_ELEM_FILE, .fd = file,
				     .off = off, .len = len };
}

static void of_memory(unsigned int i, uint64_t len)
{
	e[i] = (struct zcopy_elem) { .kind = ZCOPY_ELEM_MEMORY,
				     .off = (uintptr_t)bytes, .len = len };
}

static void files(void)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		of_file(i, i * PAGE, 1);
	ktap_eq(claim(MANY, NULL), MANY * PAGE, "a byte of a page each is a page each");
	for (i = 0; i < MANY; i++)
		of_file(i, (i + 1) * PAGE - 1, 2);
	ktap_eq(claim(MANY, NULL), 2 * MANY * PAGE, "a byte of two pages is two");
	of_file(0, PAGE + 1, PAGE - 1);
	ktap_eq(claim(1, NULL), PAGE, "the rest of a page is a page");
	of_file(0, 100, 0);
	ktap_eq(claim(1, NULL), 0, "nothing is nothing");
}

static void memory(void)
{
	uint64_t c;
	unsigned int i;

	of_memory(0, 1);
	ktap_eq(claim(1, NULL), PAGE, "a byte of memory is a page");
	for (i = 0; i < 31; i++)
		of_memory(i, 2000);
	c = claim(31, NULL);
	ktap_ok(c >= 31 * 2000 && c <= 17 * PAGE, "pieces that share pages: %lu",
		(unsigned long)c);
	of_memory(0, 3000);
	ktap_eq(claim(1, NULL), PAGE, "more than half a page is a page");
	of_memory(0, 65536);
	ktap_eq(claim(1, NULL), 65536, "as much as there may be is as much");
	for (i = 0; i < 64; i++)
		of_memory(i, i & 1 ? 1 : 2047);
	c = claim(64, NULL);
	ktap_ok(c >= 64 * 1024 && c <= 33 * PAGE, "long and short ones: %lu",
		(unsigned long)c);
	of_memory(0, 0);
	ktap_eq(claim(1, NULL), 0, "nothing is nothing");
}

static void memory_transfer(unsigned int nr, uint64_t len, bool stays)
{
	struct zcopy_result res;
	struct raw q;
	unsigned int i;

	raw_fill(&q, s.near, 0, 0, 0);
	for (i = 0; i < nr; i++)
		of_memory(i, len);
	q.s.elems = (uintptr_t)e;
	q.s.nr_elems = nr;
	if (raw_submit(dev, &q))
		die("submit");
	if (stays)
		return;
	dev_cancel(dev, q.s.id);
	if (dev_wait(dev, q.s.id, &res, 1, 1, RESULT_MS) != 1)
		die("the end of a transfer");
}

/* Starts transfers of one byte, which live on if @stay, between transfers that end. */
static void bytes_between_others(bool stay)
{
	unsigned int i;

	for (i = 0; i < TIMES; i++) {
		memory_transfer(1, 1, stay);
		memory_transfer(32, 2000, false);
	}
}

/* What is held is what was counted. */
static void one_stays(void)
{
	/* A transfer has some memory besides. */
	const uint64_t room = TIMES * 2048 + (4 << 20);
	uint64_t before, counted, held;

	/* Fills the kernel's own caches first. */
	bytes_between_others(false);
	before = quota_free();
	counted = used();
	bytes_between_others(true);
	counted = used() - counted;
	held = quota_free_rest(before + 1 - counted - room);
	held = held < before ? before - held : 0;
	ktap_eq(counted, TIMES * PAGE, "%u transfers of one byte are counted", TIMES);
	ktap_ok(held < counted + room,
		"%lu KiB are held, %lu KiB counted", (unsigned long)held >> 10,
		(unsigned long)counted >> 10);
}

int main(void)
{
	dev = dev_open(0);
	file = file_to_read("source", (MANY + 2) * PAGE);
	s = pair_open(false);
	quota_stuff(s.near);
	memset(bytes, 'm', sizeof(bytes));
	of_memory(0, 100);
	claim(1, NULL);
	files();
	memory();
	one_stays();
	close(s.far);
	close(s.near);
	close(dev);
	ktap_ok(counters_rest(), "all end");
	return ktap_done();
}

