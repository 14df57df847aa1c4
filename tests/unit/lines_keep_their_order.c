// SPDX-License-Identifier: GPL-2.0
/*
 * The line of a socket: first come, first served, whichever leaves.  A place that enters
 * only as the head is in no line where another is.  The second lines, for what comes after
 * the socket has all bytes, are lines of their own.
 * sources: kmod/fifo.c
 */
#include "ktap.h"

#include "../../kmod/fifo.h"

#define SOCKET(n)	((const struct sock *)(uintptr_t)(8 * (n)))

static const struct zc_fifo *told;

static void tell(struct zc_fifo *next)
{
	told = next;
}

/* Leaves, and returns the place that was told. */
static const struct zc_fifo *leave(struct zc_fifo *f)
{
	told = NULL;
	zc_fifo_leave(f, tell);
	return told;
}

static void check_first_come(void)
{
	struct zc_fifo a = { 0 }, b = { 0 }, c = { 0 }, other = { 0 };

	ktap_ok(zc_fifo_enter(&a, SOCKET(1)) && !zc_fifo_enter(&b, SOCKET(1)) &&
		!zc_fifo_enter(&c, SOCKET(1)) && zc_fifo_is_head(&a) &&
		!zc_fifo_is_head(&b), "the first is the head");
	ktap_ok(zc_fifo_enter(&other, SOCKET(2)) && !leave(&other),
		"another socket has a line of its own");
	ktap_ok(leave(&a) == &b && zc_fifo_is_head(&b) && !zc_fifo_is_head(&c),
		"the next is told");
	ktap_ok(leave(&b) == &c && !leave(&c), "so is the last");
	ktap_ok(!leave(&c), "leaving twice does nothing");
}

static void check_leaves_from_behind(void)
{
	struct zc_fifo a = { 0 }, b = { 0 }, c = { 0 };

	zc_fifo_enter(&a, SOCKET(1));
	zc_fifo_enter(&b, SOCKET(1));
	zc_fifo_enter(&c, SOCKET(1));
	ktap_ok(!leave(&b) && leave(&a) == &c && !leave(&c),
		"a place behind the head leaves, and nothing is told");
}

static void check_only_as_head(void)
{
	struct zc_fifo a = { 0 }, b = { 0 }, c = { 0 };

	ktap_ok(zc_fifo_enter_first(&a, SOCKET(1)) && zc_fifo_is_head(&a),
		"the first may enter as the head");
	ktap_ok(!zc_fifo_enter_first(&b, SOCKET(1)) && !b.queued &&
		!zc_fifo_is_head(&b), "a second may not, and is in no line");
	ktap_ok(!leave(&b), "what did not enter need not leave");
	ktap_ok(!zc_fifo_enter(&b, SOCKET(1)) && !zc_fifo_enter(&c, SOCKET(1)),
		"it may queue up behind such a head");
	ktap_ok(leave(&a) == &b && leave(&b) == &c && !leave(&c),
		"which tells it of its turn");
	ktap_ok(zc_fifo_enter_first(&b, SOCKET(1)) &&
		zc_fifo_enter_first(&c, SOCKET(2)) && !leave(&b) && !leave(&c),
		"an empty line, and that of another socket, may be entered");
}

static void check_levels(void)
{
	struct zc_fifo a = { 0 }, sent = { 0 }, acked = { 0 };

	ktap_ok(zc_fifo_enter_sent(&sent, SOCKET(1), ZCOPY_UNTIL_ACKED) &&
		zc_fifo_enter_first(&a, SOCKET(1)) &&
		!zc_fifo_enter_sent(&acked, SOCKET(1), ZCOPY_UNTIL_ACKED),
		"the second line is another line");
	ktap_ok(!leave(&a) && leave(&sent) == &acked && !leave(&acked),
		"and keeps its own order");
}

int main(void)
{
	zc_fifo_init();
	check_first_come();
	check_leaves_from_behind();
	check_only_as_head();
	check_levels();
	return ktap_done();
}
