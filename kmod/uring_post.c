// SPDX-License-Identifier: GPL-2.0
/*
 * The CQE of an io_uring command that was parked, and the module's unloading after it.
 * Takes no lock.
 */
#include <linux/fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "uring_priv.h"

#if ZC_URING

/* A kernel thread has ended a command; never cleared */
static bool zc_uring_done_by_kernel;

/**
 * zc_uring_post - post the CQE of a command
 * @cmd: consumed
 * @ret: its result
 * @issue_flags: those given to the ->uring_cmd or task work that calls this
 *
 * REF: a command that is done does not hold the file any more, and so does not pin the
 * module.  A user task closes a file after its last fput() only when it has left this
 * module.  A kernel thread's last fput() leaves the close to another thread, which may
 * close the file before the kernel thread has left this module: unloading waits for that
 * (zc_uring_leave()).
 *
 * Context: Task work or ->uring_cmd.
 * Return: REF: a reference to the device's file, which the caller drops last of all.
 */
struct file *zc_uring_post(struct io_uring_cmd *cmd, int ret,
			   unsigned int issue_flags)
{
	struct file *file = get_file(cmd->file);

	if (current->flags & PF_KTHREAD)
		WRITE_ONCE(zc_uring_done_by_kernel, true);
	zc_uring_done(cmd, ret, issue_flags);
	return file;
}

/**
 * zc_uring_leave - wait for kernel threads that posted a CQE to leave the module
 *
 * Context: Module unload.  Sleeps.
 */
void zc_uring_leave(void)
{
	if (READ_ONCE(zc_uring_done_by_kernel))
		synchronize_rcu_tasks();
}

#endif
