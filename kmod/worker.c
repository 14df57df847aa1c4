// SPDX-License-Identifier: GPL-2.0
/*
 * Who runs a transfer, when, and as whom.  A transfer has one runner at a time:
 * its submitter (sync; or for its first turn), or a turn on a workqueue.  "hot"
 * turns never wait for a disk; a turn that has to goes on in "disk", or in "far"
 * if its file system may have a server to ask, so that a cold file holds up
 * nobody else's bytes.  What may have to wait for a server or a peer to be closed
 * is closed in a fourth, what is erased with that in "disk".  A transfer
 * that waits for its socket, its place in line, its rate or its peer has no
 * runner and holds no thread: it is kicked, or its work item's timer runs out,
 * which is set to the first of what it waits for and the limits of its time.
 * Workers act with the submitter's credentials and memory cgroup.  Takes no lock.
 */
#include <linux/ktime.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "ack.h"
#include "compat/compat.h"
#include "pump.h"
#include "worker.h"
#include "xfer.h"

/* Bytes of one turn: long enough to be cheap, short enough to be fair. */
#define ZC_WORKER_SHARE		(1024 * 1024)
/* Threads that may wait for disks, for servers of files, for closes: each. */
#define ZC_WORKER_DISKS		16

static struct workqueue_struct *zc_worker_hot_wq;
static struct workqueue_struct *zc_worker_disk_wq;
static struct workqueue_struct *zc_worker_far_wq;
static struct workqueue_struct *zc_worker_close_wq;

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

/**
 * zc_worker_park - ask the socket to tell when it has room
 * @x: at the head of its line
 *
 * A pending error queue (EPOLLERR without an error) is the program's business.
 *
 * Context: The runner.
 * Return: true if the socket can be tried again at once.
 */
bool zc_worker_park(struct zc_xfer *x)
{
	struct sock *sk = x->sink.sock->sk;
	__poll_t mask;

	zc_worker_unmark(x);
	/* Told while another turn ran, it must not sleep over it. */
	if (zc_xfer_cancelled(x))
		return true;
	mask = zc_wait_arm(&x->wait, x->sink.file);
	return (mask & (EPOLLOUT | EPOLLHUP)) || READ_ONCE(sk->sk_err) ||
	       (!x->nap && zc_sink_worth_a_try(&x->sink, x->src.left));
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
 * zc_worker_pace - how long until its rate lets it go on?
 * @x: the transfer
 *
 * Context: The runner.
 * Return: nanoseconds, 0: it does now.
 */
u64 zc_worker_pace(struct zc_xfer *x)
{
	u64 rate = READ_ONCE(x->rate);
	u64 wait = 0;

	/* The turn that follows says what has become of the socket. */
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

/* Still its runner: work in another queue takes over as that. */
static void zc_worker_go_on_in(struct zc_xfer *x, struct workqueue_struct *wq)
{
	zc_xfer_get(x);
	queue_work(wq, &x->disk);
}

/* Whose file system may hang for good does not hang among local files. */
static void zc_worker_go_on_in_disk(struct zc_xfer *x)
{
	zc_worker_go_on_in(x, x->src.slow_close ? zc_worker_far_wq :
			   zc_worker_disk_wq);
}

/*
 * The transfer is over.  What may be waited for until it is closed is closed
 * where nobody sends: for a server or a peer, where nobody reads either; a
 * submitter closes nothing himself.
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
	} else if (x->src.slow_close || zc_sink_slow_close(&x->sink)) {
		zc_worker_go_on_in(x, zc_worker_close_wq);
	} else if (zc_src_erases(&x->src)) {
		zc_worker_go_on_in(x, zc_worker_disk_wq);
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
 * Context: Process context of the submitter.  Waits for no room and no disk.
 */
void zc_worker_start_here(struct zc_xfer *x, bool head)
{
	if (head)
		zc_worker_after(x, zc_worker_turn(x, 0));
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
		zc_worker_after(x, zc_worker_turn(x, ZC_SRC_MAY_BLOCK));
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
	zc_worker_close_wq = alloc_workqueue("zcopy_close", WQ_UNBOUND,
					     ZC_WORKER_DISKS);
	if (!zc_worker_close_wq)
		goto out_far;
	return 0;

out_far:
	destroy_workqueue(zc_worker_far_wq);
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
	destroy_workqueue(zc_worker_close_wq);
	destroy_workqueue(zc_worker_far_wq);
	destroy_workqueue(zc_worker_disk_wq);
	destroy_workqueue(zc_worker_hot_wq);
}
