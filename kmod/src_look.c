// SPDX-License-Identifier: GPL-2.0
/*
 * What a file says of itself: where it ends, and whether its content may have
 * changed since it was first looked at.
 *
 * Of local file systems (src_local.c) the inode is the truth and is read at
 * submission.  All others are asked by ->getattr, which may wait for a server for
 * ever: in the first turn that may block, never at submission.  At the end they are
 * asked for what is known here: a server that is silent then must not keep an end
 * from coming.
 *
 * A write moves mtime and ctime to the tick of the coarse clock.  In the tick of
 * the write before it moves nothing, unless somebody has asked: i_version, change
 * cookies and the time stamps of newer kernels differ after the next write.  Where
 * there is none of these, and the tick of the last write was not over at the first
 * look, nobody can know.  Takes no lock but tries the inode's.
 */
#include <linux/backing-dev.h>
#include <linux/dcache.h>
#include <linux/hash.h>
#include <linux/iversion.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <linux/timekeeping.h>
#include <linux/zcopy.h>

#include "compat/compat.h"
#include "src.h"

/* struct zc_look - what is compared */
struct zc_look {
	loff_t size;
	u64 version;
	u64 mtime;
	u64 ctime;
	u32 others;
	bool versioned;
	bool settled;		/* of the first look: the next write will show */
};

/* The inode that has the attributes, with those of a local file system in it */
static struct inode *zc_look_inode(const struct file *file)
{
	if (file_inode(file)->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		return d_real_inode(file->f_path.dentry);
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
static u32 zc_look_others(const struct file *file, umode_t mode, unsigned int nlink,
			  kuid_t uid, kgid_t gid)
{
	const struct dentry *dentry = file->f_path.dentry;
	u32 hash = zc_look_mix(mode, nlink);

	hash = zc_look_mix(hash, __kuid_val(uid));
	hash = zc_look_mix(hash, __kgid_val(gid));
	/* RACE: a name that is being changed makes two looks differ, or not yet. */
	hash = zc_look_mix(hash, READ_ONCE(dentry->d_name.hash));
	return zc_look_mix(hash, hash_ptr(READ_ONCE(dentry->d_parent), 32));
}

/*
 * Would a write of now get another time?  Where the time of the last one has no
 * nanoseconds, they are taken for whole seconds, or the two of FAT.
 */
static bool zc_look_tick_over(const struct timespec64 *mtime, struct inode *inode)
{
	struct timespec64 now;

	ktime_get_coarse_real_ts64(&now);
	now = timestamp_truncate(now, inode);
	if (!mtime->tv_nsec)
		return mtime->tv_sec < now.tv_sec - 1;
	return timespec64_compare(mtime, &now) < 0;
}

/* A name on overlayfs may come to have another inode, whose count is another. */
static u64 zc_look_version(const struct inode *inode, u64 version)
{
	return version ^ (unsigned long)inode;
}

static void zc_look_at_inode(const struct file *file, struct inode *inode, bool first,
			     struct zc_look *look)
{
	struct timespec64 mtime, ctime;

	look->versioned = IS_I_VERSION(inode);
	if (first) {
		if (look->versioned)
			look->version = zc_look_version(inode, inode_query_iversion(inode));
		look->settled = zc_inode_query_times(inode, &mtime, &ctime) ||
				zc_look_tick_over(&mtime, inode);
	} else {
		if (look->versioned)
			look->version = zc_look_version(inode, inode_peek_iversion(inode));
		zc_inode_times(inode, &mtime, &ctime);
	}
	look->size = i_size_read(inode);
	look->mtime = zc_look_time(&mtime);
	look->ctime = zc_look_time(&ctime);
	look->others = zc_look_others(file, inode->i_mode, inode->i_nlink,
				      inode->i_uid, inode->i_gid);
}

/* SECURITY: as read(2), which asks no LSM for attributes; no user is told them. */
static int zc_look_ask(const struct file *file, struct zc_look *look, bool wait)
{
	struct inode *inode = zc_look_inode(file);
	struct kstat stat;
	int err;

	err = vfs_getattr_nosec(&file->f_path, &stat, STATX_BASIC_STATS | ZC_STATX_COOKIE,
				wait ? AT_STATX_FORCE_SYNC : AT_STATX_DONT_SYNC);
	if (err)
		return err;
	look->versioned = zc_stat_cookie(&stat, &look->version);
	look->size = stat.size;
	look->mtime = zc_look_time(&stat.mtime);
	look->ctime = zc_look_time(&stat.ctime);
	look->others = zc_look_others(file, stat.mode, stat.nlink, stat.uid, stat.gid);
	/* What stores nothing has times that tell of no write. */
	look->settled = !inode || inode->i_sb->s_bdi == &noop_backing_dev_info ||
			zc_look_tick_over(&stat.mtime, inode);
	return 0;
}

/*
 * A write(2) moves what tells of it before it copies its bytes: one that is under
 * way now has told, and goes on.
 */
static bool zc_look_is_written(struct inode *inode)
{
	/* ORDER: after what would have told of a later one. */
	smp_mb();
	if (likely(!inode_is_locked(inode)))
		return false;
	/* Readers of some file systems have it for themselves, too. */
	if (!inode_trylock_shared(inode))
		return true;
	inode_unlock_shared(inode);
	return false;
}

static void zc_look_keep(struct zc_elem *e, const struct zc_look *look)
{
	struct inode *inode = zc_look_inode(e->file);

	e->size = look->size;
	e->version = look->version;
	e->mtime = look->mtime;
	e->ctime = look->ctime;
	e->others = look->others;
	e->versioned = look->versioned;
	e->settled = look->settled;
	e->unsure = inode && zc_look_is_written(inode);
	e->looked = true;
}

/**
 * zc_look_begin - the first look at a file of a local file system
 * @e: the element, with its file
 *
 * Context: Process context of the submitter.
 */
void zc_look_begin(struct zc_elem *e)
{
	struct inode *inode = zc_look_inode(e->file);
	struct zc_look look = { };

	zc_look_at_inode(e->file, inode, true, &look);
	zc_look_keep(e, &look);
}

/*
 * The first look at any other file.  Returns an errno if a signal came.  What cannot
 * be looked at is read until it ends, and nobody knows whether it has changed.
 */
static int zc_look_begin_far(struct zc_elem *e)
{
	struct zc_look look = { };
	int err = zc_look_ask(e->file, &look, true);

	if (err == -EINTR || err == -ERESTARTSYS)
		return err;
	zc_look_keep(e, &look);
	e->unsure |= err != 0;
	return 0;
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
	if (zc_look_time(&mtime) != e->mtime || !zc_look_tick_over(&mtime, inode))
		return;
	/* ORDER: the count after the clock. */
	smp_rmb();
	e->settled = zc_look_version(inode, inode_peek_iversion(inode)) == e->version;
}

/* XFS counts reads (atime) and writeback as changes too. */
static bool zc_look_counts_others(const struct inode *inode)
{
	return inode && inode->i_sb->s_magic == XFS_SUPER_MAGIC;
}

/**
 * zc_look_moved - may the content have changed since the first look?
 * @e: looked at
 * @wait: for a server, if the file has one
 *
 * Size and mtime tell, and no change of the version tells that there was none.  A
 * change time that moved alone may be a write whose mtime was set back, unless
 * something else moved that explains it.
 *
 * Context: The runner.
 * Return: whether so.
 */
bool zc_look_moved(const struct zc_elem *e, bool wait)
{
	struct inode *inode = zc_look_inode(e->file);
	struct zc_look now = { };

	if (e->unsure)
		return true;
	if (!e->far)
		zc_look_at_inode(e->file, inode, false, &now);
	else if (zc_look_ask(e->file, &now, wait))
		return true;
	if (now.size != e->size || now.mtime != e->mtime)
		return true;
	if (e->versioned && now.versioned && now.version == e->version)
		return false;
	if (!e->settled)
		return true;
	if (now.ctime != e->ctime)
		return now.others == e->others;
	return e->versioned && !zc_look_counts_others(inode);
}

/**
 * zc_src_set_len - an element has this length from now on
 * @src: the list
 * @elem: element that had an open end, or a longer length
 * @len: bytes
 *
 * Context: The runner.
 */
void zc_src_set_len(struct zc_src *src, unsigned int elem, u64 len)
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

/**
 * zc_src_ask - the first look at a file that has a server to ask
 * @src: the list
 * @elem: its element, of which nothing was read yet
 * @flags: ZC_SRC_*
 *
 * One that says no size may have bytes all the same.  It is read as read(2) does
 * it: what some file systems do for splice(2) ends at the size.
 *
 * Context: The runner, no lock held.  Sleeps with ZC_SRC_MAY_BLOCK only.
 * Return: 0, ZC_SRC_BLOCKED, or a negative errno if a signal came.
 */
int zc_src_ask(struct zc_src *src, unsigned int elem, unsigned int flags)
{
	struct zc_elem *e = &src->elems[elem];
	u64 len;
	int err;

	if (!(flags & ZC_SRC_MAY_BLOCK))
		return ZC_SRC_BLOCKED;
	err = zc_look_begin_far(e);
	e->ask = err;
	if (err || !e->to_end)
		return err;
	if (e->size) {
		len = e->size > e->pos ? e->size - e->pos : 0;
		zc_src_set_len(src, elem, min_t(u64, len, LLONG_MAX - src->asked));
	} else if (e->how == ZC_HOW_SPLICE && zc_file_readable(e->file) && !src->warm) {
		e->how = ZC_HOW_READ;
		e->class = ZCOPY_COPY_NO_CACHE;
	}
	return 0;
}

/**
 * zc_src_ends - nothing was read: is that the end that was asked for?
 * @e: the element
 *
 * A size may be too large, and some are: one that is what it was, of a file that
 * did not change, was.
 *
 * Context: The runner, after a read.  Waits for a server if the file is not local.
 * Return: whether so; otherwise the file is shorter than its range.
 */
bool zc_src_ends(const struct zc_elem *e)
{
	return e->open_end || (e->to_end && !zc_look_moved(e, true));
}
