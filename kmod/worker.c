// SPDX-License-Identifier: GPL-2.0
/*
 * Who runs a transfer, when, and as whom.  A transfer has one runner at a time:
 * its submitter (sync), or a turn on one of two workqueues.  "hot" turns never
 * block; a turn that has to wait for a file goes on in "disk", so that a cold
 * file holds up nobody else's bytes.  A transfer that waits for its socket or
 * its place in line has no runner and holds no thread.  Workers act with the
 * submitter's credentials and memory cgroup.  Takes no lock.
 */
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>
#include <net/sock.h>

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
#define ZC_WORKER_BACKOFF	msecs_to_jiffies(10)

static struct workqueue_struct *zc_worker_hot_wq;
static struct workqueue_struct *zc_worker_disk_wq;

static void zc_worker_queue_in(struct zc_xfer *x, unsigned long delay)
{
	zc_xfer_get(x);
	if (!queue_delayed_work(zc_worker_hot_wq, &x->work, delay))
		zc_xfer_put(x);
}

/**
 * zc_worker_queue - have an asynchronous transfer looked at by a worker
 * @x: the transfer; the caller holds a reference
 *
 * Context: Any, softirq too.
 */
void zc_worker_queue(struct zc_xfer *x)
{
	zc_worker_queue_in(x, 0);
}

/*
 * Asks to be woken.  Returns true if the socket can be tried again at once.
 * A pending error queue (EPOLLERR without an error) is the program's business.
 */
static bool zc_worker_park(struct zc_xfer *x)
{
	struct sock *sk = x->sink.sock->sk;
	__poll_t mask;

	clear_bit(ZC_XFER_WOKEN, &x->bits);
	/* ORDER: pairs with the callback, which sets it when room came up. */
	smp_mb__after_atomic();
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
	zc_worker_let_go(x);
}

static void zc_worker_socket_full(struct zc_xfer *x)
{
	x->acct.socket_waits++;
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	if (!zc_worker_park(x)) {
		zc_worker_let_go(x);
		return;
	}
	clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
	if (++x->stalls < ZC_WORKER_STALLS) {
		zc_worker_queue(x);
	} else {
		x->stalls = 0;
		zc_worker_queue_in(x, ZC_WORKER_BACKOFF);
	}
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

/* Still its runner: a disk turn takes over as that. */
static void zc_worker_go_on_in_disk(struct zc_xfer *x)
{
	zc_xfer_get(x);
	queue_work(zc_worker_disk_wq, &x->disk);
}

/* The transfer is over; its files are closed where nobody else waits for it. */
static void zc_worker_end(struct zc_xfer *x, bool hot)
{
	if (hot && x->src.slow_close)
		zc_worker_go_on_in_disk(x);
	else
		zc_xfer_finish(x);
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
	case ZC_TURN_MORE:
		clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
		zc_worker_queue(x);
		break;
	}
}

static void zc_worker_hot(struct work_struct *work)
{
	struct zc_xfer *x = container_of(work, struct zc_xfer, work.work);

	if (test_and_set_bit_lock(ZC_XFER_RUNNING, &x->bits))
		goto out;	/* the runner will see the mark */
	if (zc_xfer_ended(x))
		goto out;	/* RUNNING stays set: nobody runs it again */
	if (zc_xfer_cancelled(x)) {
		zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -ECANCELED);
		zc_worker_end(x, true);
		goto out;
	}
	if (!zc_fifo_is_head(&x->fifo)) {
		clear_bit(ZC_XFER_WOKEN, &x->bits);
		/* ORDER: pairs with zc_xfer_kick(), as in zc_worker_park(). */
		smp_mb__after_atomic();
		if (!zc_fifo_is_head(&x->fifo) && !zc_xfer_cancelled(x)) {
			zc_worker_let_go(x);
			goto out;
		}
		clear_bit_unlock(ZC_XFER_RUNNING, &x->bits);
		zc_worker_queue(x);
		goto out;
	}
	zc_worker_after(x, zc_worker_turn(x, 0), true);
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

/* Returns false if a signal came first. */
static bool zc_worker_await_turn(struct zc_xfer *x)
{
	return !wait_event_interruptible(x->wq, zc_fifo_is_head(&x->fifo) ||
					 zc_xfer_cancelled(x));
}

static bool zc_worker_woken(const struct zc_xfer *x)
{
	return test_bit(ZC_XFER_WOKEN, &x->bits) || zc_xfer_cancelled(x);
}

/* Returns ZC_TURN_MORE to go on, or ZC_TURN_END with the status set. */
static enum zc_turn zc_worker_await_socket(struct zc_xfer *x)
{
	long timeo = READ_ONCE(x->sink.sock->sk->sk_sndtimeo);
	long left;

	if (x->dontwait) {
		zc_xfer_set_status(x, ZCOPY_STATUS_AGAIN, -EAGAIN);
		return ZC_TURN_END;
	}
	x->acct.socket_waits++;
	WRITE_ONCE(x->state, ZCOPY_STATE_SOCKET);
	if (zc_worker_park(x)) {
		if (++x->stalls < ZC_WORKER_STALLS)
			return ZC_TURN_MORE;
		x->stalls = 0;
		timeo = min_t(long, timeo, ZC_WORKER_BACKOFF);
		wait_event_interruptible_timeout(x->wq, zc_xfer_cancelled(x),
						 timeo);
		left = signal_pending(current) ? -ERESTARTSYS : 1;
	} else {
		left = wait_event_interruptible_timeout(x->wq,
							zc_worker_woken(x),
							timeo);
	}
	if (left > 0)
		return ZC_TURN_MORE;
	if (left)
		zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
	else
		zc_xfer_set_status(x, ZCOPY_STATUS_AGAIN, -EAGAIN);
	return ZC_TURN_END;
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

	if (!zc_fifo_is_head(&x->fifo)) {
		if (x->dontwait) {
			zc_xfer_set_status(x, ZCOPY_STATUS_AGAIN, -EAGAIN);
			turn = ZC_TURN_END;
		} else if (!zc_worker_await_turn(x)) {
			zc_xfer_set_status(x, ZCOPY_STATUS_CANCELLED, -EINTR);
			turn = ZC_TURN_END;
		}
	}
	while (turn != ZC_TURN_END) {
		turn = zc_pump_turn(x, U64_MAX, ZC_SRC_MAY_BLOCK);
		if (turn == ZC_TURN_SOCKET)
			turn = zc_worker_await_socket(x);
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
	if (!zc_worker_disk_wq) {
		destroy_workqueue(zc_worker_hot_wq);
		return -ENOMEM;
	}
	return 0;
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
	destroy_workqueue(zc_worker_disk_wq);
	destroy_workqueue(zc_worker_hot_wq);
}
