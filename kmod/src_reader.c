// SPDX-License-Identifier: GPL-2.0
/*
 * Files that answer the task that reads: the kernel makes up what is under /proc and
 * /sys at each read, for the namespaces and the identity of the reading task.  A
 * worker would read about the host what a container must not know.  So the submitter
 * reads such a file: as it sends, or at submission, into the list's memory.  Workers
 * read no file, either, for which a program is told the pid of the reading task, because the
 * program may decide by it.
 *
 * A netlink handler must not read it: handlers hold a lock that all generic netlink
 * families share, and a read sleeps for as long as another reader of the same open
 * file does.
 */
#include <linux/backing-dev.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/zcopy.h>

#include "compat/compat.h"
#include "reject.h"
#include "src.h"

/**
 * zc_file_answers_reader - may the bytes of a file depend on the reading task?
 * @file: an open regular file
 * @local: zc_file_is_local() said so
 *
 * A page cache, a device and a server have one answer for all tasks.  A file system
 * with a page cache reads ahead.  If a file system neither reads ahead nor has
 * anything behind it to write back to, it makes its bytes up.  For overlayfs the file
 * below counts.
 *
 * Context: Process context of the submitter, may sleep.
 * Return: true if they may, or if it is not known.
 */
bool zc_file_answers_reader(struct file *file, bool local)
{
	const struct inode *inode = file_inode(file);

	if (local)
		return false;
	if (inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		inode = d_real_inode(file->f_path.dentry);
	if (!inode)
		return true;
	return !inode->i_mapping->a_ops->readahead &&
	       inode->i_sb->s_bdi == &noop_backing_dev_info;
}

/*
 * SECURITY: a FUSE server may answer by the pid that it is told.  If a worker reads, that
 * is the worker's pid.  For overlayfs the file below counts.  Other stacked file systems
 * do not tell what is below them, nor does EROFS without a disk.
 */
static bool zc_file_tells_pid(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		inode = d_real_inode(file->f_path.dentry);
	if (!inode)
		return true;
	return inode->i_sb->s_magic == FUSE_SUPER_MAGIC || inode->i_sb->s_stack_depth ||
	       inode->i_sb->s_magic == EROFS_SUPER_MAGIC_V1;
}

/**
 * zc_src_check_pid - refuse a file if reading it tells a program a worker's pid
 * @src: the list
 * @e: an element with a file; the kernel does not make up its bytes for the reading task
 * @extack: for the sentence of a refusal, or NULL
 *
 * SECURITY: fanotify tells a program that permits reads the pid of the task that reads.
 *
 * RACE: a program may come later.  It is told a worker's pid then, if it is asked at all:
 * as a rule the kernel asks no program about a file that was opened before.
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0, or the errno of a refusal.
 */
int zc_src_check_pid(const struct zc_src *src, const struct zc_elem *e,
		     struct netlink_ext_ack *extack)
{
	if (src->reader == ZC_SRC_READ_HERE || src->any_pid)
		return 0;
	if (e->far && zc_file_tells_pid(e->file))
		return zc_reject(ZC_REJECT_source_tells_pid, extack);
	if (zc_file_asks_program(e->file))
		return zc_reject(ZC_REJECT_source_guarded, extack);
	return 0;
}

static ssize_t zc_src_read_some(struct file *file, loff_t *pos, void *buf, size_t len)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct iov_iter it;

	iov_iter_kvec(&it, ITER_DEST, &vec, 1, len);
	return vfs_iter_read(file, &it, pos, 0);
}

/* Returns 0 at the end of the file or of the range, or a negative errno. */
static ssize_t zc_src_read_all(struct zc_src *src, struct zc_elem *e, loff_t pos,
			       void *buf)
{
	struct iov_iter from;
	struct kvec vec;
	ssize_t got;

	while (e->held < e->len) {
		got = zc_src_read_some(e->file, &pos, buf,
				       min_t(u64, PAGE_SIZE, e->len - e->held));
		if (got <= 0)
			return got;
		if (got > ZC_MAX_MEMORY - src->mem_bytes)
			return -EFBIG;
		vec = (struct kvec) { .iov_base = buf, .iov_len = got };
		iov_iter_kvec(&from, ITER_SOURCE, &vec, 1, got);
		got = zc_memory_append(src, &from);
		if (got < 0)
			return got;
		e->held += got;
	}
	return 0;
}

/**
 * zc_src_read_now - read a range of a file that answers the task that reads
 * @src: the list that it is for
 * @e: its element, with file, position and length
 * @extack: for the sentence of a refusal, or NULL
 *
 * An error of the file's ends the transfer once what was read before is sent, as
 * if it had come then.
 *
 * Context: Process context of the submitter, sleeps.
 * Return: 0, the errno of a refusal, or -EINTR.
 */
int zc_src_read_now(struct zc_src *src, struct zc_elem *e,
		    struct netlink_ext_ack *extack)
{
	loff_t pos = e->pos;
	ssize_t err;
	void *buf;

	/* The file decides how long this takes. */
	if (pagefault_disabled())
		return -EFAULT;
	if (!e->file->f_op->read_iter || !(e->file->f_mode & FMODE_CAN_READ))
		return zc_reject(ZC_REJECT_source_no_read, extack);
	buf = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return zc_reject(ZC_REJECT_no_memory, extack);
	if (e->how != ZC_HOW_READ)
		e->class = ZCOPY_COPY_NO_CACHE;
	e->how = ZC_HOW_MEMORY;
	e->pos = src->mem_bytes;
	err = zc_src_read_all(src, e, pos, buf);
	kfree(buf);
	if (err == -ENOMEM)
		return zc_reject(ZC_REJECT_no_memory, extack);
	if (err == -EFBIG)
		return zc_reject(ZC_REJECT_source_answers_reader, extack);
	/* A signal came before there was anything. */
	if ((err == -EINTR || err == -ERESTARTSYS) && !e->held)
		return -EINTR;
	if (e->len == ZCOPY_LEN_EOF) {
		e->len = err ? 0 : e->held;
		e->open_end = err;
	}
	e->error = err;
	return 0;
}
