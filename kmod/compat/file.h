/* SPDX-License-Identifier: GPL-2.0 */
/* Files and inodes: times, how a file is read, the last reference. */
#ifndef ZC_COMPAT_FILE_H
#define ZC_COMPAT_FILE_H

#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/sched.h>
#include <linux/stat.h>

/**
 * zc_inode_times - when the inode was last written to, and last changed
 * @inode: borrowed; of a file system that keeps them there
 * @mtime: filled in
 * @ctime: filled in
 *
 * COMPAT: probes inode_get_ctime, inode_get_mtime; goes when 6.1 does.
 */
static inline void zc_inode_times(const struct inode *inode, struct timespec64 *mtime,
				  struct timespec64 *ctime)
{
#if ZC_HAVE_inode_get_mtime
	*mtime = inode_get_mtime(inode);
#else
	*mtime = inode->i_mtime;
#endif
#if ZC_HAVE_inode_get_ctime
	*ctime = inode_get_ctime(inode);
#else
	*ctime = inode->i_ctime;
#endif
}

/**
 * zc_inode_query_times - the same, to be compared with later
 * @inode: borrowed
 * @mtime: filled in
 * @ctime: filled in
 *
 * Return: true if the next write gets a time that differs from these, however soon
 * it comes.
 *
 * COMPAT: export fill_mg_cmtime, which came with time stamps of two grains (6.13).
 */
static inline bool zc_inode_query_times(struct inode *inode, struct timespec64 *mtime,
					struct timespec64 *ctime)
{
#if ZC_EXPORTS_fill_mg_cmtime
	struct kstat stat;

	if (is_mgtime(inode)) {
		fill_mg_cmtime(&stat, STATX_MTIME | STATX_CTIME, inode);
		*mtime = stat.mtime;
		*ctime = stat.ctime;
		return true;
	}
#endif
	zc_inode_times(inode, mtime, ctime);
	return false;
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
 * zc_fdget - the file of a descriptor, for as long as the system call lasts
 * @fd: descriptor
 * @borrowed: set to true if the file is the caller's own, not to be put: no other task
 *            can close the descriptor before the system call ends
 *
 * Context: A task that makes a system call; the file must be let go before its end.
 * Return: the file or NULL.
 *
 * COMPAT: probe fd_word, a struct fd of one word (6.12); goes when 6.1 does.
 */
static inline struct file *zc_fdget(unsigned int fd, bool *borrowed)
{
	struct fd f = fdget(fd);

#if ZC_HAVE_fd_word
	*borrowed = !(f.word & FDPUT_FPUT);
	return fd_file(f);
#else
	*borrowed = !(f.flags & FDPUT_FPUT);
	return f.file;
#endif
}

/**
 * zc_file_is_guarded - may a program have to permit a read of this file?
 * @file: borrowed
 *
 * Return: true if fanotify may hold up the read; false if it does not now.
 *
 * COMPAT: probe fsnotify_priority; before, objects that any program watches were not told
 * from those that a program guards.  Goes when 6.1 does.  FMODE_FSNOTIFY_MASK came
 * later, and tells itself whether it is there.
 */
static inline bool zc_file_is_guarded(const struct file *file)
{
#if ZC_HAVE_fsnotify_priority
#ifdef FMODE_FSNOTIFY_MASK
	/* Guards are not asked about a file that was opened before the first guard came. */
	if (FMODE_FSNOTIFY_NONE(file->f_mode) ||
	    (file->f_mode & FMODE_FSNOTIFY_MASK) == FMODE_NONOTIFY_PERM)
		return false;
#endif
	return fsnotify_sb_has_priority_watchers(file_inode(file)->i_sb,
						 FSNOTIFY_PRIO_CONTENT);
#elif IS_ENABLED(CONFIG_FSNOTIFY)
	return atomic_long_read(&file_inode(file)->i_sb->s_fsnotify_connectors);
#else
	return false;
#endif
}

/**
 * zc_file_asks_program - is a program asked before each read of this file?
 * @file: borrowed
 *
 * SECURITY: a guard of the file, its directory or its whole file system is seen on all
 * kernels; a guard of a mount only where the file system counts its guards.
 *
 * Context: May sleep.
 * Return: true if fanotify asks, or may ask.
 *
 * COMPAT: probe fsnotify_priority; before, what a mount is watched for is not told to
 * modules.  Goes when 6.1 does.
 */
static inline bool zc_file_asks_program(const struct file *file)
{
#if !ZC_HAVE_fsnotify_priority && IS_ENABLED(CONFIG_FSNOTIFY)
	const struct inode *inode = file_inode(file);
	struct dentry *dir;
	u32 mask;

	if (!zc_file_is_guarded(file))
		return false;
	dir = dget_parent(file->f_path.dentry);
	mask = READ_ONCE(inode->i_fsnotify_mask) |
	       READ_ONCE(inode->i_sb->s_fsnotify_mask) |
	       READ_ONCE(d_inode(dir)->i_fsnotify_mask);
	dput(dir);
	return mask & FS_ACCESS_PERM;
#else
	return zc_file_is_guarded(file);
#endif
}

/**
 * zc_file_write_waits - may a program have to answer before this file can be written?
 * @file: borrowed
 *
 * Return: true if rw_verify_area() for writing may wait for that program.
 *
 * COMPAT: probe fsnotify_hsm; before, no program was asked.  Goes when the oldest stable
 * kernels without it do.
 */
static inline bool zc_file_write_waits(const struct file *file)
{
#if ZC_HAVE_fsnotify_hsm
	/* The mode alone also says so of files that were not opened by name. */
	return FMODE_FSNOTIFY_HSM(file->f_mode) && zc_file_is_guarded(file);
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
