// SPDX-License-Identifier: GPL-2.0
/*
 * Who runs a transfer, when, and as whom.  A transfer has one runner at a time:
 * its submitter (sync), or a turn on one of two workqueues.  "hot" turns never
 * block; a turn that has to wait for a file goes on in "disk", so that a cold
 * file holds up nobody else's bytes.  A transfer that waits for its socket, its
 * place in line, its rate or its peer has no runner and holds no thread: it is
 * kicked, or its work item's timer runs out, which is set to the first of what
 * it waits for and the limits of its time.  Workers act with the submitter's
 * credentials and memory cgroup.  Takes no lock.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "ack.h"
#include "compat/compat.h"
#include "pump.h"
#include "worker.h"
#include "xfer.h"

/* Bytes of one turn: long enough to be cheap, short enough to be fair. */
#define ZC_WORKER_SHARE		(1024 * 1024)
/* Threads that may wait for disks. */
#define ZC_WORKER_DISKS		16
/* A socket that says it is ready and takes nothing is asked again this late. */
#define ZC_WORKER_STALLS	3
#define ZC_WORKER_BACKOFF	(10 * NSEC_PER_MSEC)

static struct workqueue_struct *zc_worker_hot_wq;
static struct workqueue_struct *zc_worker_disk_wq;
static struct workqueue_struct *zc_worker_far_wq;

/**
 * zc_worker_queue - have an asynchronous transfer looked at by a worker
 * @x: the transfer; the caller holds a reference
 *
 * Context: Any, softirq too.
 */
void zc_worker_queue(struct zc_xfer *x)
{
	zc_xfer_get(x);
	/* REF: if its timer was running, that has one already. */
	if (mod_delayed_work(zc_worker_hot_wq, &x->work, 0))
		zc_xfer_put(x);
}

/**
 * zc_worker_stop_timer - a transfer has ended: do not look at it any more
 * @x: the transfer
 *
 * Context: The runner, for the last time.
 */
void zc_worker_stop_timer(struct zc_xfer *x)
{
	/* A timer may run for hours, and it holds a reference. */
	if (cancel_delayed_work(&x->work))
		zc_xfer_put(x);
}

/* Never too early, and a day at most: a look too many does no harm. */
static unsigned long zc_worker_jiffies(u64 ns)
{
	return nsecs_to_jiffies64(min_t(u64, ns, 86400ULL * NSEC_PER_SEC)) + 1;
}

/*
 * The runner is about to let go: it is looked at again in so long, or when a
 * limit of its time has come.  Set while it is the runner, so that no timer is
 * left behind by one that has ended.
 */
static void zc_worker_set_timer(struct zc_xfer *x, u64 ns)
{
	ns = min(ns, zc_clock_due(&x->clock, ktime_get_ns()));
	if (ns == ZC_CLOCK_NEVER)
		return;
	zc_xfer_get(x);
	if (!queue_delayed_work(zc_worker_hot_wq, &x->work,
				zc_worker_jiffies(ns)))
		zc_xfer_put(x);
}

/* From now on, whatever it is told sets the mark; then it is time to look. */
static void zc_worker_unmark(struct zc_xfer *x)
{
	clear_bit(ZC_XFER_WOKEN, &x->bits);
	/* ORDER: pairs with zc_xfer_kick(). */
	smp_mb__after_atomic();
}

/*
 * Asks to be woken.  Returns true if the socket can be tried again at once.
 * A pending error queue (EPOLLERR without an error) is the program's business.
 */
static bool zc_worker_park(struct zc_xfer *x)
{
	struct sock *sk = x->sink.sock->sk;
	__poll_t mask;

	zc_worker_unmark(x);
	/* Told while another turn ran, it must not sleep over it. */
	if (zc_xfer_cancelled(x))
		return true;
	mask = zc_wait_arm(&x->wait, x->sink.file);
	return (mask & (EPOLLOUT | EPOLLHUP)) || READ_ONCE(sk->sk_err);
}

/* The runner lets go; whatever happened meanwhile gets a new one. */
static void zc_worker_let_go(struct zc_xfer *x)
{
	clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
	/*
	 * RACE: a kick that came while the bit was set found a runner and did
	 * nothing more; its mark is seen here, or it sees the bit cleared.
	 */
	smp_mb__after_atomic();
	if (test_bit(ZC_XFER_WOKEN, &x->bits))
		zc_worker_queue(x);
}

/**
 * zc_worker_start - hand a new transfer over to the workers
 * @x: in its socket's line; the caller holds a reference of his own
 * @head: its turn is now
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
	x->acct.socket_waits++;
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	zc_clock_full(&x->clock, ktime_get_ns());
	if (!zc_worker_park(x)) {
		zc_worker_set_timer(x, ZC_CLOCK_NEVER);
	} else if (++x->stalls < ZC_WORKER_STALLS) {
		set_bit(ZC_XFER_WOKEN, &x->bits);
	} else {
		x->stalls = 0;
		zc_worker_set_timer(x, ZC_WORKER_BACKOFF);
	}
	zc_worker_let_go(x);
}

/* How long until its rate lets it go on, 0: it does */
static u64 zc_worker_pace(struct zc_xfer *x)
{
	u64 rate = READ_ONCE(x->rate);
	u64 wait = 0;

	if (rate)
		zc_clock_room(&x->clock, ktime_get_ns(), rate, x->src.left, &wait);
	return wait;
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

/* Still its runner: a disk turn takes over as that. */
static void zc_worker_go_on_in_disk(struct zc_xfer *x)
{
	zc_xfer_get(x);
	/* Whose file system may hang for good hangs among his like. */
	queue_work(x->src.slow_close ? zc_worker_far_wq : zc_worker_disk_wq,
		   &x->disk);
}

/* The transfer is over; its files are closed where nobody else waits for it. */
static void zc_worker_end(struct zc_xfer *x, bool hot)
{
	if (hot && x->src.slow_close)
		zc_worker_go_on_in_disk(x);
	else
		zc_xfer_finish(x);
}

static void zc_worker_look_for_acks(struct zc_xfer *x)
{
	WRITE_ONCE(x->state, ZCOPY_STATE_ACK);
	zc_worker_unmark(x);
	if (zc_ack_look(x)) {
		zc_worker_end(x, true);
		return;
	}
	zc_worker_set_timer(x, zc_ack_nap(x));
	zc_worker_let_go(x);
}

/* One turn as the submitter. */
static enum zc_turn zc_worker_turn(struct zc_xfer *x, unsigned int flags)
{
	const struct cred *old_cred = override_creds(x->cred);
	struct mem_cgroup *old_memcg = zc_memcg_enter(x->memcg);
	enum zc_turn turn = zc_pump_turn(x, ZC_WORKER_SHARE, flags);

	zc_memcg_leave(old_memcg);
	revert_creds(old_cred);
	return turn;
}

static void zc_worker_after(struct zc_xfer *x, enum zc_turn turn, bool hot)
{
	switch (turn) {
	case ZC_TURN_END:
		zc_worker_end(x, hot);
		break;
	case ZC_TURN_SOCKET:
		zc_worker_socket_full(x);
		break;
	case ZC_TURN_DISK:
		WRITE_ONCE(x->state, ZCOPY_STATE_DISK);
		zc_worker_go_on_in_disk(x);
		break;
	case ZC_TURN_RATE:
		zc_worker_paced(x);
		break;
	case ZC_TURN_ACK:
		zc_xfer_all_queued(x);
		zc_worker_look_for_acks(x);
		break;
	case ZC_TURN_MORE:
		clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
		zc_worker_queue(x);
		break;
	}
}

/**
 * zc_worker_start_here - start a new transfer with a turn in the submitter
 * @x: in its socket's line; the caller holds a reference of his own
 * @head: its turn is now
 *
 * Context: Process context of the submitter.  Waits for nothing.
 */
void zc_worker_start_here(struct zc_xfer *x, bool head)
{
	if (head)
		zc_worker_after(x, zc_worker_turn(x, 0), false);
	else
		zc_worker_start(x, false);
}

static void zc_worker_hot(struct work_struct *work)
{
	struct zc_xfer *x = container_of(work, struct zc_xfer, work.work);

	/* RACE: its timer may find a runner at work, who is told like this. */
	set_bit(ZC_XFER_WOKEN, &x->bits);
	/* ORDER: pairs with zc_worker_let_go(). */
	smp_mb__after_atomic();
	if (test_and_set_bit_lock(ZC_XFER_RUNNING, &x->bits))
		goto out;	/* the runner will see the mark */
	if (zc_xfer_ended(x))
		goto out;	/* RUNNING stays set: nobody runs it again */
	if (x->acking) {
		zc_worker_look_for_acks(x);
	} else if (zc_xfer_over(x)) {
		zc_worker_end(x, true);
	} else if (!zc_fifo_is_head(&x->fifo)) {
		zc_worker_unmark(x);
		if (zc_fifo_is_head(&x->fifo) || zc_xfer_cancelled(x))
			set_bit(ZC_XFER_WOKEN, &x->bits);
		else
			zc_worker_set_timer(x, ZC_CLOCK_NEVER);
		zc_worker_let_go(x);
	} else {
		zc_worker_after(x, zc_worker_turn(x, 0), true);
	}
out:
	zc_xfer_put(x);
}

static void zc_worker_disk(struct work_struct *work)
{
	struct zc_xfer *x = container_of(work, struct zc_xfer, disk);

	if (x->status != ZCOPY_STATUS_RUNNING) {
		zc_xfer_finish(x);
	} else {
		zc_src_prepare(&x->src);
		zc_worker_after(x, zc_worker_turn(x, ZC_SRC_MAY_BLOCK), false);
	}
	zc_xfer_put(x);
}

/**
 * zc_worker_prepare - set up the work items of a new transfer
 * @x: the transfer
 *
 * Context: Any.
 */
void zc_worker_prepare(struct zc_xfer *x)
{
	INIT_DELAYED_WORK(&x->work, zc_worker_hot);
	INIT_WORK(&x->disk, zc_worker_disk);
}

static bool zc_worker_woken(const struct zc_xfer *x)
{
	return test_bit(ZC_XFER_WOKEN, &x->bits) || zc_xfer_cancelled(x);
}

/*
 * Sleeps until something happens, so long at most.  Returns ZC_TURN_MORE to
 * look again, or ZC_TURN_END with the status set.
 */
static enum zc_turn zc_worker_sleep(struct zc_xfer *x, u64 ns)
{
	long left = MAX_SCHEDULE_TIMEOUT;

	ns = min(ns, zc_clock_due(&x->clock, ktime_get_ns()));
	if (ns != ZC_CLOCK_NEVER)
		left = zc_worker_jiffies(ns);
	left = wait_event_interruptible_timeout(x->wq, zc_worker_woken(x), left);
	if (left < 0) {
		zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
		return ZC_TURN_END;
	}
	return zc_xfer_over(x) ? ZC_TURN_END : ZC_TURN_MORE;
}

static enum zc_turn zc_worker_again(struct zc_xfer *x)
{
	zc_xfer_set_status(x, ZCOPY_STATUS_AGAIN, -EAGAIN);
	return ZC_TURN_END;
}

static enum zc_turn zc_worker_await_turn(struct zc_xfer *x)
{
	enum zc_turn turn = ZC_TURN_MORE;

	if (x->dontwait && !zc_fifo_is_head(&x->fifo))
		return zc_worker_again(x);
	while (turn == ZC_TURN_MORE) {
		zc_worker_unmark(x);
		if (zc_fifo_is_head(&x->fifo))
			break;
		turn = zc_worker_sleep(x, ZC_CLOCK_NEVER);
	}
	return turn;
}

/* What is left of SO_SNDTIMEO after so long in vain; 0: nothing */
static u64 zc_worker_patience(const struct zc_xfer *x, u64 in_vain)
{
	long timeo = READ_ONCE(x->sink.sock->sk->sk_sndtimeo);
	u64 ns;

	/* As good as none, and too long for nanoseconds */
	if (timeo >= MAX_SCHEDULE_TIMEOUT / TICK_NSEC)
		return ZC_CLOCK_NEVER;
	ns = jiffies_to_nsecs(timeo);
	return ns > in_vain ? ns - in_vain : 0;
}

static enum zc_turn zc_worker_await_socket(struct zc_xfer *x)
{
	u64 left;

	if (x->dontwait)
		return zc_worker_again(x);
	left = zc_worker_patience(x, zc_clock_full(&x->clock, ktime_get_ns()));
	if (!left)
		return zc_worker_again(x);
	x->acct.socket_waits++;
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	if (zc_worker_park(x)) {
		if (++x->stalls < ZC_WORKER_STALLS)
			return ZC_TURN_MORE;
		x->stalls = 0;
		left = min_t(u64, left, ZC_WORKER_BACKOFF);
	}
	return zc_worker_sleep(x, left);
}

/* Whoever asked not to wait for the socket waits for his own rate all the same. */
static enum zc_turn zc_worker_await_rate(struct zc_xfer *x)
{
	u64 wait;

	WRITE_ONCE(x->state, ZCOPY_STATE_RATE);
	zc_worker_unmark(x);
	wait = zc_worker_pace(x);
	return wait ? zc_worker_sleep(x, wait) : ZC_TURN_MORE;
}

static enum zc_turn zc_worker_await_ack(struct zc_xfer *x)
{
	enum zc_turn turn = ZC_TURN_MORE;
	u64 left;

	WRITE_ONCE(x->state, ZCOPY_STATE_ACK);
	while (turn == ZC_TURN_MORE) {
		zc_worker_unmark(x);
		if (zc_ack_look(x))
			return ZC_TURN_END;
		if (x->dontwait)
			return zc_worker_again(x);
		left = zc_worker_patience(x, zc_clock_full(&x->clock,
							   ktime_get_ns()));
		if (!left)
			return zc_worker_again(x);
		turn = zc_worker_sleep(x, min(left, zc_ack_nap(x)));
	}
	return turn;
}

/**
 * zc_worker_run_here - run a synchronous transfer to its end in the caller
 * @x: a transfer that is in its socket's line; ended on return
 *
 * As sendfile(2): waits for room as long as SO_SNDTIMEO says, and a signal
 * ends it with what was sent.
 *
 * Context: The submitter, no lock held.  Sleeps.
 */
void zc_worker_run_here(struct zc_xfer *x)
{
	enum zc_turn turn = ZC_TURN_MORE;

	if (!zc_fifo_is_head(&x->fifo))
		turn = zc_worker_await_turn(x);
	while (turn != ZC_TURN_END) {
		turn = zc_pump_turn(x, U64_MAX, ZC_SRC_MAY_BLOCK);
		switch (turn) {
		case ZC_TURN_SOCKET:
			turn = zc_worker_await_socket(x);
			break;
		case ZC_TURN_RATE:
			turn = zc_worker_await_rate(x);
			break;
		case ZC_TURN_ACK:
			zc_xfer_all_queued(x);
			turn = zc_worker_await_ack(x);
			break;
		default:
			break;
		}
	}
	zc_xfer_finish(x);
}

/**
 * zc_worker_init - set up the workqueues
 *
 * Context: Module load.
 * Return: 0 or -ENOMEM.
 */
int zc_worker_init(void)
{
	zc_worker_hot_wq = alloc_workqueue("zcopy", WQ_UNBOUND | WQ_MEM_RECLAIM,
					   num_possible_cpus());
	if (!zc_worker_hot_wq)
		return -ENOMEM;
	zc_worker_disk_wq = alloc_workqueue("zcopy_disk", WQ_UNBOUND,
					    ZC_WORKER_DISKS);
	if (!zc_worker_disk_wq)
		goto out_hot;
	zc_worker_far_wq = alloc_workqueue("zcopy_far", WQ_UNBOUND,
					   ZC_WORKER_DISKS);
	if (!zc_worker_far_wq)
		goto out_disk;
	return 0;

out_disk:
	destroy_workqueue(zc_worker_disk_wq);
out_hot:
	destroy_workqueue(zc_worker_hot_wq);
	return -ENOMEM;
}

/**
 * zc_worker_exit - wait for workers to leave the module, and free them
 *
 * No transfer is left, but a worker that put the last one may still be on its
 * way out.
 *
 * Context: Module unload.  Sleeps.
 */
void zc_worker_exit(void)
{
	destroy_workqueue(zc_worker_far_wq);
	destroy_workqueue(zc_worker_disk_wq);
	destroy_workqueue(zc_worker_hot_wq);
}
