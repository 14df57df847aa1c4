/* SPDX-License-Identifier: GPL-2.0 */
/* Files and inodes: change time, how a file is read, the last reference. */
#ifndef ZC_COMPAT_FILE_H
#define ZC_COMPAT_FILE_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>

/**
 * zc_inode_ctime - when the inode was last changed
 * @inode: borrowed
 *
 * Return: its ctime.
 *
 * COMPAT: probe inode_get_ctime; goes when no kernel answers no.
 */
static inline struct timespec64 zc_inode_ctime(const struct inode *inode)
{
#if ZC_HAVE_inode_get_ctime
	return inode_get_ctime(inode);
#else
	return inode->i_ctime;
#endif
}

/**
 * zc_reads_page_cache - do reads of such files give the page cache, unchanged?
 * @fop: borrowed
 *
 * Return: true when the file system splices with the generic function itself.
 * False means unknown, not no: many wrap it, be it only for a check (ext4, XFS
 * and tmpfs among them).
 *
 * COMPAT: until 6.5 generic_file_splice_read() called ->read_iter, which has
 * to be the generic one as well; exports filemap_splice_read and
 * generic_file_splice_read.  The second half goes when 6.1 does.
 */
static inline bool zc_reads_page_cache(const struct file_operations *fop)
{
#if ZC_EXPORTS_filemap_splice_read
	return fop->splice_read == filemap_splice_read;
#elif ZC_EXPORTS_generic_file_splice_read && ZC_EXPORTS_generic_file_read_iter
	return fop->splice_read == generic_file_splice_read &&
	       fop->read_iter == generic_file_read_iter;
#else
	return false;
#endif
}

/**
 * zc_fput_sync - drop a reference to a file; if it is the last, close it now
 * @file: consumed
 *
 * fput() in a kernel thread hands the last reference to a work item, and the
 * file system stays busy for a while: umount right after a completion would
 * fail.  __fput_sync() closes in place.  Until 6.5 it is a BUG outside kernel
 * threads; a user's thread has fput(), which closes on the way back to user
 * space, before the system call returns.
 *
 * Context: may sleep; no lock held that a ->release could want.  Not for files
 * whose ->release waits for the caller (our own device from our own worker).
 *
 * COMPAT: export __fput_sync.
 */
static inline void zc_fput_sync(struct file *file)
{
#if ZC_EXPORTS___fput_sync
	if (current->flags & PF_KTHREAD) {
		__fput_sync(file);
		return;
	}
#endif
	fput(file);
}

#endif
