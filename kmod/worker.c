// SPDX-License-Identifier: GPL-2.0
/*
 * Which thread runs a transfer, when, and with which credentials.  A transfer has one
 * runner at a time: its submitter (sync; or for its first turn), or a job of its
 * user's workers (crew.c).
 *
 * A turn in the lane "hot" does not wait for a disk.  A turn that must wait goes on
 * in the lane "disk", or in "far" if a file server may have to answer, so that a
 * user's cold files do not hold up the user's other bytes.  A close that may wait
 * for a server or a peer has its own lane, too.  A file that its last close erases
 * is closed in "disk".
 *
 * A transfer that waits for its socket, its place in line, its rate or its peer has
 * no runner and holds no thread.  A kick or its timer makes it go on; the timer is
 * set for the next look, for its deadline or for its idle limit, whichever is first.
 *
 * Workers act with the submitter's credentials, memory cgroup and block cgroup.
 * Takes no lock.
 */
#include <linux/ktime.h>
#include <linux/timer.h>
#include <net/sock.h>

#include "ack.h"
#include "compat/compat.h"
#include "crew.h"
#include "payer.h"
#include "pump.h"
#include "worker.h"
#include "xfer.h"

/* Bytes of one turn: long enough to be cheap, short enough to be fair. */
#define ZC_WORKER_SHARE		(1024 * 1024)

static void zc_worker_give(struct zc_xfer *x, enum zc_lane lane, struct zc_job *job)
{
	zc_crew_queue(x->payer->crew, lane, job, &x->ref);
}

/**
 * zc_worker_queue - have a worker look at an asynchronous transfer
 * @x: the transfer; the caller holds a reference
 *
 * Context: Any, softirq too.
 */
void zc_worker_queue(struct zc_xfer *x)
{
	zc_xfer_get(x);
	zc_worker_give(x, ZC_LANE_HOT, &x->hot);
}

/* REF: the timer's reference becomes the job's. */
static void zc_worker_timer(struct timer_list *timer)
{
	struct zc_xfer *x = container_of(timer, struct zc_xfer, timer);

	zc_worker_give(x, ZC_LANE_HOT, &x->hot);
}

/* REF: a timer may run for hours, and holds a reference. */
static void zc_worker_stop_timer(struct zc_xfer *x)
{
	if (timer_delete(&x->timer))
		zc_xfer_put(x);
}

/**
 * zc_worker_forget - drop the timer and the hot job of a transfer that has ended
 * @x: the transfer, asynchronous
 *
 * A queued hot job holds a reference.  While all hot workers of the user are stuck,
 * that would keep an ended transfer in memory.
 *
 * Context: The runner, for the last time.
 */
void zc_worker_forget(struct zc_xfer *x)
{
	/* RACE: from now on no new kick queues it; a kick under way may, once. */
	set_bit(ZC_XFER_WOKEN, &x->bits);
	zc_worker_stop_timer(x);
	if (!list_empty_careful(&x->hot.link))
		zc_crew_unqueue(x->payer->crew, ZC_LANE_HOT, &x->hot, &x->ref);
}

/*
 * Sets the timer for the next look: in @ns, or at the deadline or the idle limit if
 * that is sooner.  Only the runner sets it, before it lets go, so that an ended
 * transfer leaves no timer behind.
 */
static void zc_worker_set_timer(struct zc_xfer *x, u64 ns)
{
	ns = min(ns, zc_clock_due(&x->clock, ktime_get_ns()));
	if (ns == ZC_CLOCK_NEVER)
		return;
	zc_xfer_get(x);
	/* REF: a timer that was running has a reference already. */
	if (mod_timer(&x->timer, jiffies + zc_worker_jiffies(ns)))
		zc_xfer_put(x);
}

/**
 * zc_worker_park - ask the socket for a wakeup when it has room
 * @x: at the head of its line
 *
 * EPOLLERR without sk_err is a pending error queue, which the program must read.
 *
 * Context: The runner.
 * Return: true if the socket can be tried again at once.
 */
bool zc_worker_park(struct zc_xfer *x)
{
	struct sock *sk = x->sink.sock->sk;
	__poll_t mask;

	zc_worker_unmark(x);
	/* A cancel during the turn may have set the mark that is cleared now. */
	if (zc_xfer_cancelled(x))
		return true;
	mask = zc_wait_arm(&x->wait, x->sink.file);
	return (mask & (EPOLLOUT | EPOLLHUP)) || READ_ONCE(sk->sk_err) ||
	       (!x->nap && zc_sink_worth_a_try(&x->sink, x->src.left));
}

/* The runner lets go; a kick that came meanwhile gets a new runner. */
static void zc_worker_let_go(struct zc_xfer *x)
{
	zc_xfer_does(x, ZC_DOING_NOTHING);
	clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
	/*
	 * RACE: the job of a kick that finds RUNNING set does nothing but leave
	 * the mark.  Either the mark is seen here, or that job finds RUNNING
	 * cleared.
	 */
	smp_mb__after_atomic();
	if (test_bit(ZC_XFER_WOKEN, &x->bits))
		zc_worker_queue(x);
}

/**
 * zc_worker_start - hand a new transfer over to the workers
 * @x: in its socket's line; the caller holds a reference of its own
 * @head: it is at the head of that line
 *
 * Context: Process context of the submitter.
 */
void zc_worker_start(struct zc_xfer *x, bool head)
{
	if (head)
		set_bit(ZC_XFER_WOKEN, &x->bits);
	else
		zc_worker_set_timer(x, ZC_CLOCK_NEVER);
	zc_worker_let_go(x);
}

static void zc_worker_socket_full(struct zc_xfer *x)
{
	zc_worker_count_wait(x);
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	zc_clock_full(&x->clock, ktime_get_ns());
	if (!zc_worker_park(x)) {
		zc_worker_set_timer(x, zc_worker_nap(x));
	} else if (++x->stalls < ZC_WORKER_STALLS) {
		set_bit(ZC_XFER_WOKEN, &x->bits);
	} else {
		x->stalls = 0;
		zc_worker_set_timer(x, ZC_WORKER_BACKOFF);
	}
	zc_worker_let_go(x);
}

/**
 * zc_worker_pace - how long must a transfer wait for its rate?
 * @x: the transfer
 *
 * Context: The runner.
 * Return: nanoseconds, 0: it need not wait.
 */
u64 zc_worker_pace(struct zc_xfer *x)
{
	u64 rate = READ_ONCE(x->rate);
	u64 wait = 0;

	/* If the socket is gone, do not wait: the next turn sets the status. */
	if (rate && !zc_sink_gone(&x->sink))
		zc_clock_room(&x->clock, ktime_get_ns(), rate, x->src.left, &wait);
	return min(wait, zc_worker_nap(x));
}

static void zc_worker_paced(struct zc_xfer *x)
{
	WRITE_ONCE(x->state, ZCOPY_STATE_RATE);
	zc_worker_unmark(x);
	if (zc_xfer_cancelled(x))
		set_bit(ZC_XFER_WOKEN, &x->bits);
	else
		zc_worker_set_timer(x, zc_worker_pace(x));
	zc_worker_let_go(x);
}

/* Hands over to a job in another lane, which becomes the runner: RUNNING stays. */
static void zc_worker_go_on_in(struct zc_xfer *x, enum zc_lane lane)
{
	zc_xfer_does(x, ZC_DOING_NOTHING);
	zc_xfer_get(x);
	zc_worker_give(x, lane, &x->slow);
}

/*
 * The transfer is over.  If a close may sleep, a job in another lane does it.  A
 * submitter need not hand over: its closes are deferred, see zc_xfer_finish().
 */
static void zc_worker_end(struct zc_xfer *x)
{
	u64 ns = zc_xfer_settle(x);

	if (ns) {
		zc_worker_unmark(x);
		zc_worker_set_timer(x, ns);
		zc_worker_let_go(x);
	} else if (!(current->flags & PF_KTHREAD)) {
		zc_xfer_finish(x);
	} else if (x->src.far || zc_sink_slow_close(&x->sink)) {
		zc_worker_go_on_in(x, ZC_LANE_CLOSE);
	} else if (zc_src_erases(&x->src)) {
		zc_worker_go_on_in(x, ZC_LANE_DISK);
	} else {
		zc_xfer_finish(x);
	}
}

static void zc_worker_look_for_acks(struct zc_xfer *x)
{
	WRITE_ONCE(x->state, ZCOPY_STATE_ACK);
	zc_worker_unmark(x);
	if (zc_ack_look(x)) {
		zc_worker_end(x);
		return;
	}
	zc_worker_set_timer(x, zc_ack_nap(x));
	zc_worker_let_go(x);
}

/* One turn, charged to the submitter's memory and block cgroups. */
static enum zc_turn zc_worker_turn(struct zc_xfer *x, unsigned int flags)
{
	struct mem_cgroup *old_memcg = zc_memcg_enter(x->memcg);
	enum zc_turn turn;

	zc_blkcg_enter(x->blkcg);
	turn = zc_pump_turn(x, ZC_WORKER_SHARE, flags);
	zc_blkcg_enter(NULL);
	zc_memcg_leave(old_memcg);
	return turn;
}

static void zc_worker_after(struct zc_xfer *x, enum zc_turn turn)
{
	switch (turn) {
	case ZC_TURN_END:
		zc_worker_end(x);
		break;
	case ZC_TURN_SOCKET:
		zc_worker_socket_full(x);
		break;
	case ZC_TURN_DISK:
		WRITE_ONCE(x->state, ZCOPY_STATE_DISK);
		zc_worker_go_on_in(x, x->src.far ? ZC_LANE_FAR : ZC_LANE_DISK);
		break;
	case ZC_TURN_RATE:
		zc_worker_paced(x);
		break;
	case ZC_TURN_ACK:
		zc_xfer_all_queued(x);
		zc_worker_look_for_acks(x);
		break;
	case ZC_TURN_MORE:
		zc_xfer_does(x, ZC_DOING_NOTHING);
		clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
		zc_worker_queue(x);
		break;
	}
}

/**
 * zc_worker_start_here - start a new transfer with a turn in the submitter
 * @x: in its socket's line; the caller holds a reference of its own
 * @head: it is at the head of that line
 *
 * Context: Process context of the submitter.  Waits for no room and no disk.
 */
void zc_worker_start_here(struct zc_xfer *x, bool head)
{
	zc_xfer_turn_begins(x);
	if (head)
		zc_worker_after(x, zc_worker_turn(x, 0));
	else
		zc_worker_start(x, false);
}

/* With the submitter's credentials; the worker has become the runner. */
static void zc_worker_hot_turn(struct zc_xfer *x)
{
	zc_xfer_turn_begins(x);
	if (x->acking) {
		zc_worker_look_for_acks(x);
	} else if (x->status != ZCOPY_STATUS_RUNNING || zc_xfer_over(x)) {
		zc_worker_end(x);
	} else if (!zc_fifo_is_head(&x->fifo)) {
		zc_worker_unmark(x);
		if (zc_fifo_is_head(&x->fifo) || zc_xfer_cancelled(x))
			set_bit(ZC_XFER_WOKEN, &x->bits);
		else
			zc_worker_set_timer(x, ZC_CLOCK_NEVER);
		zc_worker_let_go(x);
	} else {
		zc_worker_after(x, zc_worker_turn(x, 0));
	}
}

static void zc_worker_hot(struct zc_job *job)
{
	struct zc_xfer *x = container_of(job, struct zc_xfer, hot);
	const struct cred *old;

	/* RACE: the timer may run out while a runner is at work; the mark tells it. */
	set_bit(ZC_XFER_WOKEN, &x->bits);
	/* ORDER: pairs with zc_worker_let_go(). */
	smp_mb__after_atomic();
	if (test_and_set_bit_lock(ZC_XFER_RUNNING, &x->bits))
		goto out;	/* the runner will see the mark */
	if (zc_xfer_ended(x))
		goto out;	/* RUNNING stays set: nothing runs it again */
	/* REF: some kernels take no reference here; @x has one until its end. */
	old = override_creds(x->cred);
	zc_worker_hot_turn(x);
	revert_creds(old);
out:
	zc_xfer_put(x);
}

static void zc_worker_slow(struct zc_job *job)
{
	struct zc_xfer *x = container_of(job, struct zc_xfer, slow);
	bool over = x->status != ZCOPY_STATUS_RUNNING;
	const struct cred *old;

	if (!over) {
		old = override_creds(zc_crew_cred);
		zc_src_prepare(&x->src);
		revert_creds(old);
	}
	old = override_creds(x->cred);
	zc_xfer_turn_begins(x);
	if (over)
		zc_xfer_finish(x);
	else
		zc_worker_after(x, zc_worker_turn(x, ZC_SRC_MAY_BLOCK));
	revert_creds(old);
	zc_xfer_put(x);
}

/**
 * zc_worker_prepare - set up the jobs of a new transfer
 * @x: the transfer
 *
 * Context: Process context of the submitter; the jobs get its priorities.
 */
void zc_worker_prepare(struct zc_xfer *x)
{
	zc_job_init(&x->hot, zc_worker_hot);
	zc_job_init(&x->slow, zc_worker_slow);
	x->hot.nice = task_nice(current);
	x->slow.nice = x->hot.nice;
	x->hot.ioprio = get_current_ioprio();
	x->slow.ioprio = x->hot.ioprio;
	timer_setup(&x->timer, zc_worker_timer, 0);
}
