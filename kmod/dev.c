// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/zcopy: open, release, read, poll.  All state is in the context that each open
 * file points to (ctx.c).
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "account.h"
#include "ctx.h"
#include "dev.h"
#include "reject.h"
#include "stats.h"
#include "uring.h"
#include "xfer.h"

static int zc_dev_open(struct inode *inode, struct file *file)
{
	struct zc_ctx *ctx = zc_ctx_create();

	if (!ctx)
		return zc_reject(ZC_REJECT_no_memory, NULL);
	file->private_data = ctx;
	atomic_inc(&zc_stats_devices);
	return nonseekable_open(inode, file);
}

static int zc_dev_release(struct inode *inode, struct file *file)
{
	zc_ctx_close(file->private_data);
	atomic_dec(&zc_stats_devices);
	return 0;
}

/* Returns bytes written, 0 if there is no completion, or -EFAULT. */
static ssize_t zc_dev_collect(struct zc_ctx *ctx, char __user *buf, size_t len)
{
	struct zcopy_result res;
	struct zc_xfer *x;
	ssize_t done = 0;

	BUILD_BUG_ON(sizeof(res) < ZCOPY_RESULT_SIZE_VER0);
	while (len - done >= ZCOPY_RESULT_SIZE_VER0) {
		x = zc_ctx_reap(ctx, 0);
		if (!x)
			break;
		zc_account_result(x, &res);
		res.size = ZCOPY_RESULT_SIZE_VER0;
		if (copy_to_user(buf + done, &res, ZCOPY_RESULT_SIZE_VER0)) {
			zc_ctx_unreap(ctx, x);
			return done ? done : zc_reject(ZC_REJECT_bad_pointer, NULL);
		}
		zc_xfer_told(x);
		zc_xfer_put(x);
		done += ZCOPY_RESULT_SIZE_VER0;
	}
	return done;
}

static ssize_t zc_dev_read(struct file *file, char __user *buf, size_t len,
			   loff_t *ppos)
{
	struct zc_ctx *ctx = file->private_data;
	ssize_t done = 0;
	int err;

	if (len < ZCOPY_RESULT_SIZE_VER0)
		return zc_reject(ZC_REJECT_buffer_too_small, NULL);
	while (!done) {
		if (!zc_ctx_ready(ctx)) {
			if (zc_ctx_drained(ctx))
				return 0;
			if (file->f_flags & O_NONBLOCK)
				return -EAGAIN;
			err = wait_event_interruptible(ctx->wq,
						       zc_ctx_ready(ctx) ||
						       zc_ctx_drained(ctx));
			if (err)
				return err;
		}
		/* 0 if another reader took the completions first. */
		done = zc_dev_collect(ctx, buf, len);
	}
	return done;
}

static __poll_t zc_dev_poll(struct file *file, poll_table *pt)
{
	struct zc_ctx *ctx = file->private_data;

	poll_wait(file, &ctx->wq, pt);
	return zc_ctx_ready(ctx) ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_operations zc_dev_fops = {
	.owner		= THIS_MODULE,
	.open		= zc_dev_open,
	.release	= zc_dev_release,
	.read		= zc_dev_read,
	.poll		= zc_dev_poll,
	.unlocked_ioctl	= zc_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.uring_cmd	= zc_uring_cmd,
};

static struct miscdevice zc_dev_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "zcopy",
	.fops	= &zc_dev_fops,
	.mode	= 0660,
};

/**
 * zc_dev_init - make the device
 *
 * Context: Module load.
 * Return: 0 or a negative errno.
 */
int zc_dev_init(void)
{
	return misc_register(&zc_dev_misc);
}

/**
 * zc_dev_exit - remove the device
 *
 * Context: Module unload.
 */
void zc_dev_exit(void)
{
	misc_deregister(&zc_dev_misc);
}

/**
 * zc_dev_is - is this an open /dev/zcopy?
 * @file: any file
 *
 * Context: Any.
 * Return: true if it is.
 */
bool zc_dev_is(const struct file *file)
{
	return file->f_op == &zc_dev_fops;
}
