// SPDX-License-Identifier: GPL-2.0
/*
 * Of which files the administrator lets sockets hold pages of the page cache.  A kernel
 * fault that writes to pages in a socket's queue then does no harm to files that the
 * submitter may only read.  Asked once for each element, at submission, with the
 * submitter's credentials.  Takes no lock.
 */
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/minmax.h>
#include <linux/mount.h>
#include <linux/rcupdate.h>
#include <linux/shmem_fs.h>
#include <linux/user_namespace.h>

#include "batch.h"
#include "compat/compat.h"
#include "settings.h"
#include "src.h"

/* The setting for other user namespaces can only be stricter. */
static unsigned int zc_policy_of_caller(void)
{
	unsigned int policy = zc_setting(ZC_SETTING_references);

	if (likely(current_user_ns() == &init_user_ns))
		return policy;
	return max(policy, zc_setting(ZC_SETTING_references_userns));
}

/* True if no task can overwrite what the file has, whatever its rights */
static bool zc_policy_fixed(const struct file *file)
{
	struct inode *inode = file_inode(file);

	if (__mnt_is_readonly(file->f_path.mnt) || IS_APPEND(inode) || IS_VERITY(inode))
		return true;
	/* A memfd grants all rights to all users; seals take them away. */
	return inode->i_sb->s_magic == TMPFS_MAGIC &&
	       READ_ONCE(SHMEM_I(inode)->seals) &
	       (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
}

/*
 * Rights may have to be read from the disk.  A caller that must not wait (netlink) gets
 * the answer that is in memory.  Security modules that go by names are only asked by
 * rw_verify_area(), which may also ask a program that guards the file: for that, no
 * submission waits.
 */
static bool zc_policy_permits(struct file *file, bool wait)
{
	int err;

	/* As access(2): a denial need not be audited. */
	rcu_read_lock();
	err = file_permission(file, MAY_WRITE | MAY_ACCESS | MAY_NOT_BLOCK);
	rcu_read_unlock();
	if (err == -ECHILD && wait)
		err = file_permission(file, MAY_WRITE | MAY_ACCESS);
	return !err && !zc_file_write_waits(file) &&
	       !rw_verify_area(WRITE, file, NULL, 0);
}

/*
 * SECURITY: the pages must be those of the inode that is asked.  They are not on
 * overlayfs, where an image may have them that many containers share.  The rights on a
 * server's files are the server's to tell, and it may never answer.
 */
static bool zc_policy_copies(const struct zc_src *src, const struct zc_elem *e)
{
	switch (zc_policy_of_caller()) {
	case ZCOPY_REFERENCES_ALL:
		return false;
	case ZCOPY_REFERENCES_OWN:
		return e->how != ZC_HOW_CACHE || e->far || zc_policy_fixed(e->file) ||
		       !zc_policy_permits(e->file, src->reader != ZC_SRC_READ_NEVER);
	default:
		return true;
	}
}

/**
 * zc_policy_choose - if pages of a file may not go to a socket, choose what is done instead
 * @src: the list
 * @e: the element, with its file; @far is set, and @how as if they may
 *
 * Pages that are looked up here are then copied into the socket.  Others are read into
 * pages of ours, which is the one copy.
 *
 * Context: Process context of the submitter, may sleep for a local disk unless @src has
 * ZC_SRC_READ_NEVER.
 */
void zc_policy_choose(struct zc_src *src, struct zc_elem *e)
{
	if (!zc_policy_copies(src, e))
		return;
	if (e->how == ZC_HOW_SPLICE && zc_file_readable(e->file)) {
		e->how = ZC_HOW_READ;
		e->class = ZCOPY_COPY_POLICY;
		return;
	}
	e->copy = true;
	src->copies = true;
}

/**
 * zc_policy_parts - does an element need another batch?
 * @e: the element
 * @b: the batch so far
 *
 * All files of a batch go by reference, or all are copied.  Memory goes with either.  An
 * element may turn out to have no bytes, so a batch without entries is of any kind:
 * a batch that stays empty means that the list is at its end.
 *
 * Context: The runner.
 * Return: true if so.
 */
bool zc_policy_parts(const struct zc_elem *e, struct zc_batch *b)
{
	u8 kind = e->copy ? ZC_BATCH_COPIES : ZC_BATCH_REFS;

	if (e->how == ZC_HOW_MEMORY)
		return false;
	if (b->kind == ZC_BATCH_ANY || !b->nr)
		b->kind = kind;
	return b->kind != kind;
}
