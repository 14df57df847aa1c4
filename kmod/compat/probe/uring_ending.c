// SPDX-License-Identifier: GPL-2.0
// A module can see whether a ring or its task waits for a command: 6.0 to 6.5; in Debian's 6.1.
#include <linux/io_uring_types.h>
#include <linux/percpu-refcount.h>
#include <linux/sched.h>
#include "uring_header.h"

int zc_probe(struct io_kiocb *req);
int zc_probe(struct io_kiocb *req)
{
	return percpu_ref_is_dying(&req->ctx->refs) ||
	       atomic_read(&req->task->io_uring->in_idle);
}
