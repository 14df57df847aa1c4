// SPDX-License-Identifier: GPL-2.0
/*
 * What a file says of itself: where it ends, and whether its content may have
 * changed since it was first looked at.
 *
 * The inode of a local file system (src_local.c) is right and is read at submission.
 * All other files are asked by ->getattr first, which may wait for a server for ever:
 * in the first turn that may block, never at submission.  ->getattr brings the inode
 * up to date; it is compared with what it said at submission.  The last look compares
 * the inode alone: a server that has stopped answering must not delay the end.
 *
 * A write moves mtime and ctime to the tick of the coarse clock.  In the tick of
 * the write before it moves nothing, unless the kernel was asked in between: then
 * i_version, and the times of newer kernels, differ after the next write.  Without
 * either, a write in the tick of the last write before the first look leaves no trace,
 * and the answer is CHANGED.  The only lock is the inode's, which is only tried.
 */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/hash.h>
#include <linux/iversion.h>
#include <linux/magic.h>
#include <linux/nfs_fs.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/stat.h>
#include <linux/timekeeping.h>
#include <linux/zcopy.h>

#include "compat/compat.h"
#include "src.h"

/* The inode that has the attributes, with those of a local file system in it */
static struct inode *zc_look_inode(const struct file *file)
{
	if (file_inode(file)->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		return d_real_inode(file->f_path.dentry) ?: file_inode(file);
	return file_inode(file);
}

/* To be compared only */
static u64 zc_look_time(const struct timespec64 *t)
{
	return (u64)t->tv_sec * NSEC_PER_SEC + t->tv_nsec;
}

static u32 zc_look_mix(u32 hash, u32 word)
{
	return (hash ^ word) * GOLDEN_RATIO_32;
}

/* What moves the change time and leaves the content alone: chmod, link, rename, … */
static u32 zc_look_others(const struct file *file, const struct inode *inode)
{
	const struct dentry *dentry = file->f_path.dentry;
	u32 hash = zc_look_mix(inode->i_mode, inode->i_nlink);

	hash = zc_look_mix(hash, __kuid_val(inode->i_uid));
	hash = zc_look_mix(hash, __kgid_val(inode->i_gid));
	/* RACE: a name that is being changed makes two looks differ, or not yet. */
	hash = zc_look_mix(hash, READ_ONCE(dentry->d_name.hash));
	return zc_look_mix(hash, hash_ptr(READ_ONCE(dentry->d_parent), 32));
}

/*
 * Would a write that starts now get a time other than @mtime?  A time without
 * nanoseconds is taken for one of whole seconds, or of the two seconds of FAT.  The
 * clock of a server may be a tick before or behind.
 */
static bool zc_look_tick_over(const struct timespec64 *mtime, struct inode *inode,
			      bool far)
{
	struct timespec64 now;
	s64 apart;

	/* ORDER: the clock after the time that it is compared with. */
	smp_rmb();
	now = current_time(inode);
	if (!mtime->tv_nsec)
		return abs(mtime->tv_sec - now.tv_sec) > 1;
	if (!far)
		return !timespec64_equal(mtime, &now);
	apart = timespec64_to_ns(mtime) - timespec64_to_ns(&now);
	return abs(apart) > TICK_NSEC;
}

/* After a copy-up, an overlayfs file has another inode with a count of its own. */
static u64 zc_look_version(const struct inode *inode, u64 version)
{
	return version ^ (unsigned long)inode;
}

/*
 * Brings the inode up to date, with the credentials of the file's opener: a task
 * that was handed the descriptor may read the file, and so may ask for its size.
 * SECURITY: read(2) asks no LSM for attributes either; no user is told them.
 *
 * FUSE may read past its page cache, which no flag of the file tells; then read(2)
 * goes by the server's answer, not by an attribute that has not timed out.
 */
static int zc_look_ask(const struct zc_elem *e, bool force, u32 what, loff_t *size)
{
	const struct file *file = e->file;
	const struct inode *inode = zc_look_inode(file);
	const struct cred *old;
	struct kstat stat;
	int err;

	force |= e->how == ZC_HOW_READ ||
		 (inode->i_sb->s_magic == FUSE_SUPER_MAGIC &&
		  (e->to_end || !i_size_read(inode)));
	old = override_creds(file->f_cred);
	err = vfs_getattr_nosec(&file->f_path, &stat, what,
				force ? AT_STATX_FORCE_SYNC : AT_STATX_SYNC_AS_STAT);
	revert_creds(old);
	if (!err)
		*size = stat.size;
	return err;
}

/*
 * Is a write under way?  A write(2) moves count and times before it copies its
 * bytes, so that a look in between sees nothing move.  It holds the inode's lock,
 * or, where it goes past the page cache, has held it and is counted.
 */
static bool zc_look_is_written(struct inode *inode)
{
	/* ORDER: after the look at what a later write would move. */
	smp_mb();
	if (!inode_is_open_for_write(inode))
		return false;
	if (inode_is_locked(inode)) {
		/* Direct writes share it on some file systems; so do reads. */
		if (!inode_trylock(inode))
			return true;
		inode_unlock(inode);
	}
	/* ORDER: a direct write is counted before it lets the lock go. */
	smp_mb();
	return atomic_read(&inode->i_dio_count);
}

/*
 * Does a program of this machine write to a server's file?  The clients of most
 * servers leave size and times to the server, and ask again later, so that such a
 * write moves nothing here.  NFS has the pages dirty until the server has answered.
 */
static bool zc_look_is_rewritten(const struct inode *inode)
{
	struct address_space *mapping = inode->i_mapping;

	if (inode->i_sb->s_magic != NFS_SUPER_MAGIC)
		return inode_is_open_for_write(inode);
	return mapping_tagged(mapping, PAGECACHE_TAG_DIRTY) ||
	       mapping_tagged(mapping, PAGECACHE_TAG_WRITEBACK);
}

/* Does, or did: if the answer to a write had no times, NFS marks its own as invalid. */
static bool zc_look_is_blind(const struct inode *inode)
{
#if IS_ENABLED(CONFIG_NFS_FS)
	if (inode->i_sb->s_magic == NFS_SUPER_MAGIC &&
	    (READ_ONCE(NFS_I(inode)->cache_validity) & NFS_INO_INVALID_MTIME))
		return true;
#endif
	return zc_look_is_rewritten(inode);
}

/* XFS counts reads (atime) and writeback as changes too. */
static bool zc_look_counts_others(const struct inode *inode)
{
	return inode->i_sb->s_magic == XFS_SUPER_MAGIC;
}

/**
 * zc_look_size - note the size of a file, and nothing else
 * @e: the element, with its local file
 *
 * Context: Process context of the submitter.
 */
void zc_look_size(struct zc_elem *e)
{
	e->size = i_size_read(zc_look_inode(e->file));
}

/**
 * zc_look_begin - the first look at a file
 * @e: the element, with its file
 *
 * For a file that has a server, the look that counts is made once the server was asked.
 *
 * Context: Process context: the submitter; for a file that has a server also the runner.
 */
void zc_look_begin(struct zc_elem *e)
{
	struct inode *inode = zc_look_inode(e->file);
	struct timespec64 mtime, ctime;

	/* A server's count has no bit for "queried"; setting one would falsify it. */
	e->versioned = !e->far && IS_I_VERSION(inode);
	e->settled = !e->far && zc_inode_query_times(inode, &mtime, &ctime);
	if (!e->settled)
		zc_inode_times(inode, &mtime, &ctime);
	if (e->versioned)
		e->version = zc_look_version(inode, inode_query_iversion(inode));
	e->settled = e->settled || (!e->far && sb_rdonly(inode->i_sb)) ||
		     zc_look_tick_over(&mtime, inode, e->far);
	e->size = i_size_read(inode);
	e->mtime = zc_look_time(&mtime);
	e->ctime = zc_look_time(&ctime);
	e->others = zc_look_others(e->file, inode);
	if (e->far) {
		struct timespec64 now = current_time(inode);

		e->version = zc_look_time(&now);
	}
	e->unsure = e->far ? zc_look_is_blind(inode) : zc_look_is_written(inode);
	e->looked = true;
}

/**
 * zc_look_briefly - the first look at a file of a transfer that may end at once
 * @e: the element, with its file
 *
 * The count of changes alone tells that there was none.  So where there is one, neither
 * the clock nor what explains the change time is needed, unless the transfer takes so
 * long that programs change a mode or a name meanwhile: zc_src_look_fully().
 *
 * Context: Process context of the submitter.
 * Return: true if the look was brief.
 */
bool zc_look_briefly(struct zc_elem *e)
{
	struct inode *inode = zc_look_inode(e->file);
	struct timespec64 mtime, ctime;

	if (e->far || !IS_I_VERSION(inode) || zc_look_counts_others(inode)) {
		zc_look_begin(e);
		return false;
	}
	zc_inode_times(inode, &mtime, &ctime);
	e->version = zc_look_version(inode, inode_query_iversion(inode));
	e->size = i_size_read(inode);
	e->mtime = zc_look_time(&mtime);
	e->versioned = true;
	e->unsure = zc_look_is_written(inode);
	e->looked = true;
	e->brief = true;
	return true;
}

/**
 * zc_src_look_fully - look again at files that were looked at briefly
 * @src: the list, before its transfer waits for anything
 *
 * A change between the two looks counts as one.
 *
 * Context: The submitter.
 */
void zc_src_look_fully(struct zc_src *src)
{
	unsigned int i;

	for (i = 0; src->brief && i < src->nr; i++) {
		struct zc_elem *e = &src->elems[i];
		struct zc_elem was;

		if (!e->brief)
			continue;
		was = *e;
		e->brief = false;
		zc_look_begin(e);
		e->unsure |= was.unsure || was.size != e->size || was.mtime != e->mtime ||
			     !e->versioned || was.version != e->version;
	}
	src->brief = false;
}

/**
 * zc_look_settle - before more is read: will the next write show by its time?
 * @e: looked at, local; for a first look it was too early to say
 *
 * If the count of changes has not moved until the tick was over, it will.
 *
 * Context: The runner.
 */
void zc_look_settle(struct zc_elem *e)
{
	struct inode *inode = zc_look_inode(e->file);
	struct timespec64 mtime, ctime;

	if (!IS_I_VERSION(inode))
		return;
	zc_inode_times(inode, &mtime, &ctime);
	if (zc_look_time(&mtime) != e->mtime ||
	    !zc_look_tick_over(&mtime, inode, false) || zc_look_is_written(inode))
		return;
	/* ORDER: the count last: a write that is over by now has moved it. */
	smp_rmb();
	e->settled = zc_look_version(inode, inode_peek_iversion(inode)) == e->version;
}

/*
 * Is a size other than that of the first look a change?  A server may have rounded
 * the first size up, and a short read corrected it.  So the size of a server's file
 * counts only if the file does not have all that was sent any more.
 */
static bool zc_look_resized(const struct zc_elem *e, loff_t size)
{
	return size != e->size && (!e->far || size < e->pos + (loff_t)e->len);
}

/* Unlike a write, a hole that is punched in tmpfs tells when it is done. */
static bool zc_look_tells_late(struct inode *inode)
{
	return inode->i_sb->s_magic == TMPFS_MAGIC && zc_look_is_written(inode);
}

/*
 * Does the inode say other than at the first look?  Size and mtime tell, and no change
 * of the version tells that there was none.  If the change time moved alone, a program
 * may have written and then set mtime back.  A new mode, owner, link or name explains the
 * change time, too.
 */
static bool zc_look_differs(const struct zc_elem *e)
{
	struct inode *inode = zc_look_inode(e->file);
	struct timespec64 mtime, ctime;

	zc_inode_times(inode, &mtime, &ctime);
	if (zc_look_resized(e, i_size_read(inode)) || zc_look_time(&mtime) != e->mtime)
		return true;
	if (e->versioned && IS_I_VERSION(inode) &&
	    zc_look_version(inode, inode_peek_iversion(inode)) == e->version)
		return false;
	if (!e->settled)
		return true;
	if (zc_look_time(&ctime) != e->ctime)
		return zc_look_others(e->file, inode) == e->others;
	return e->versioned && !zc_look_counts_others(inode);
}

/**
 * zc_look_moved - may the content have changed since the first look?
 * @e: looked at
 *
 * Context: The runner; waits for nothing.
 * Return: true if it may have.
 */
bool zc_look_moved(const struct zc_elem *e)
{
	struct inode *inode = zc_look_inode(e->file);

	if (e->unsure || (e->far ? zc_look_is_blind(inode) : zc_look_tells_late(inode)))
		return true;
	return zc_look_differs(e);
}

/*
 * Would a write that began at @since have got a time as late as @t?  As
 * zc_look_tick_over(): some times are whole seconds, or the two seconds of FAT, and the
 * clock of a server may be a tick behind.
 */
static bool zc_look_later(const struct timespec64 *t, u64 since)
{
	u64 slack = t->tv_nsec ? TICK_NSEC : 2 * NSEC_PER_SEC;

	return zc_look_time(t) + slack >= since;
}

/*
 * May a server's file have changed between its submission and the server's answer?  The
 * inode may have been out of date at submission: FUSE forgets the time of a write until
 * a program asks the server.  So a difference counts only if the server's time is later
 * than the submission.
 */
static bool zc_look_changed_since(const struct zc_elem *e)
{
	struct timespec64 mtime, ctime;

	if (!zc_look_differs(e))
		return false;
	zc_inode_times(zc_look_inode(e->file), &mtime, &ctime);
	return zc_look_later(&mtime, e->version) || zc_look_later(&ctime, e->version);
}

static bool zc_look_stopped(int err)
{
	return (err == -EINTR || err == -ERESTARTSYS) && signal_pending(current);
}

static void zc_src_set_len(struct zc_src *src, unsigned int elem, u64 len)
{
	struct zc_elem *e = &src->elems[elem];
	u64 more = len - (e->open_end ? 0 : e->len);

	src->asked += more;
	src->left += more;
	if (e->open_end && elem == src->cur)
		src->left -= src->done;
	e->open_end = false;
	e->len = len;
}

/* A file that says no size may have bytes all the same: read(2) would find them. */
static void zc_src_asked(struct zc_src *src, unsigned int elem, bool known)
{
	struct zc_elem *e = &src->elems[elem];
	u64 len = e->size > e->pos ? e->size - e->pos : 0;

	if (!e->size && e->how == ZC_HOW_SPLICE && !src->warm &&
	    zc_file_readable(e->file)) {
		/* What some file systems do for splice(2) ends at the size. */
		e->how = ZC_HOW_READ;
		e->class = ZCOPY_COPY_NO_CACHE;
	}
	if (e->to_end && e->size && known)
		zc_src_set_len(src, elem, min_t(u64, len, LLONG_MAX - src->asked));
}

/**
 * zc_src_ask - the first look at a file that has a server to ask
 * @src: the list
 * @elem: its element, of which nothing was read yet
 * @flags: ZC_SRC_*
 *
 * As read(2) does it: reads through a page cache ask the server once the answer
 * before has timed out, direct reads always.  Where the server gives no answer, the
 * file is read until it ends, and nothing tells whether it has changed.  Without
 * waiting the inode has to do.  A file that has changed since its submission counts
 * as changed.
 *
 * Context: The runner, no lock held.  Sleeps with ZC_SRC_MAY_BLOCK only.
 * Return: 0, ZC_SRC_BLOCKED, or a negative errno if a signal came.
 */
int zc_src_ask(struct zc_src *src, unsigned int elem, unsigned int flags)
{
	struct zc_elem *e = &src->elems[elem];
	bool rewritten = zc_look_is_rewritten(zc_look_inode(e->file));
	bool changed;
	loff_t size;
	int err = 0;

	if (!(flags & (ZC_SRC_MAY_BLOCK | ZC_SRC_CACHED)))
		return ZC_SRC_BLOCKED;
	/* For its times NFS would wait until another program's pages are written. */
	if (flags & ZC_SRC_MAY_BLOCK)
		err = zc_look_ask(e, false, rewritten ? STATX_SIZE :
				  STATX_BASIC_STATS, &size);
	if (zc_look_stopped(err))
		return err;
	e->ask = false;
	changed = e->looked && zc_look_changed_since(e);
	zc_look_begin(e);
	e->unsure |= rewritten || err || changed;
	zc_src_asked(src, elem, !err);
	return 0;
}

/**
 * zc_src_ends - nothing was read: is that the end that was asked for?
 * @src: the list
 * @elem: its element
 * @done: bytes of it that were read
 * @flags: ZC_SRC_*
 *
 * A server may have told too large a size.  If the server tells the same size once
 * more, the file was not cut, and its end is where reading ended.
 *
 * Context: The runner, no lock held.  Sleeps with ZC_SRC_MAY_BLOCK only.
 * Return: 0 and it is as long as that from now on; ZC_SRC_SHORT if the file is
 * shorter than its range; ZC_SRC_BLOCKED; or a negative errno if a signal came.
 */
int zc_src_ends(struct zc_src *src, unsigned int elem, u64 done, unsigned int flags)
{
	struct zc_elem *e = &src->elems[elem];
	loff_t size = i_size_read(zc_look_inode(e->file));
	int err = 0;

	if (!e->open_end) {
		if (!e->to_end || !e->far || !e->looked)
			return ZC_SRC_SHORT;
		if (flags & ZC_SRC_MAY_BLOCK)
			err = zc_look_ask(e, true, STATX_SIZE, &size);
		else if (!(flags & ZC_SRC_CACHED))
			return ZC_SRC_BLOCKED;
		if (zc_look_stopped(err))
			return err;
		if (err || size != e->size)
			return ZC_SRC_SHORT;
	}
	zc_src_set_len(src, elem, done);
	return 0;
}
