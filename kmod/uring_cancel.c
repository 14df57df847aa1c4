// SPDX-License-Identifier: GPL-2.0
/*
 * Parked io_uring commands on kernels that can cancel them: io_uring calls ->uring_cmd
 * when a ring ends.  Runs under the ring's lock, and takes only the locks of kicks.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "uring_priv.h"

#if ZC_URING && ZC_URING_CANCEL

/* Transfers told to stop before other threads may run */
#define ZC_URING_TELL	64

/*
 * io_uring calls again at once until the command is done, in a loop that does not
 * sleep.  So a second look within a tick of the clock sleeps for a tick.  It holds the
 * ring's lock meanwhile, which only delays other ends in this ring.
 */
static void zc_uring_nap(struct zc_uring *u)
{
	if (!time_after(jiffies, u->looked))
		schedule_timeout_idle(1);
	u->looked = jiffies;
}

/**
 * zc_uring_cancel - the end of the ring, or of a task that uses it
 * @cmd: the command
 * @issue_flags: those given to ->uring_cmd
 *
 * If the transfers have ended, the command waits for its task, which may be stopped or
 * asleep.
 *
 * REF: the ring's lock keeps @u until the command is claimed, and the command with
 * its file until this returns: io_uring posts the CQE afterwards.
 *
 * Context: Any thread that holds the ring's lock.  May sleep.
 */
void zc_uring_cancel(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct zc_uring *u = zc_uring_pdu(cmd, struct zc_uring_pdu)->u;

	zc_uring_assert_locked(cmd);
	if (!u->told) {
		u->looked = jiffies;
		while (!u->told) {
			zc_uring_tell_to_stop(u, ZC_URING_TELL);
			cond_resched();
		}
		return;
	}
	zc_uring_nap(u);
	if (time_before(jiffies, u->told_at + ZC_URING_GRACE))
		return;
	if (zc_uring_claim(u))
		zc_uring_done(cmd, -ECANCELED, issue_flags);
}

#endif
