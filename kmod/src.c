// SPDX-License-Identifier: GPL-2.0
/*
 * The source of a transfer: which files are acceptable, the list of elements,
 * and the cursor over it.  Knows nothing of sockets.  The list is built by one
 * task before submission; then only the transfer's runner touches it.
 */
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/magic.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uio.h>

#include "batch.h"
#include "reject.h"
#include "src.h"

/* Below this many free entries a fetch is left to the next push. */
#define ZC_FETCH_ROOM		(ZC_BATCH_SMALL / 2)

/**
 * zc_src_init - make room for a list
 * @src: zeroed
 * @nr: number of elements that will be added, at most ZC_MAX_ELEMS
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int zc_src_init(struct zc_src *src, unsigned int nr)
{
	src->room = nr;
	src->mem = src->few_mem;
	src->elems = src->few;
	if (nr <= ZC_FEW_ELEMS)
		return 0;
	src->elems = kvmalloc_array(nr, sizeof(*src->elems), GFP_KERNEL_ACCOUNT);
	if (!src->elems) {
		src->elems = src->few;
		return -ENOMEM;
	}
	return 0;
}

static int zc_src_refuse_kind(umode_t mode, struct netlink_ext_ack *extack)
{
	if (S_ISDIR(mode))
		return zc_reject(ZC_REJECT_source_directory, extack);
	if (S_ISFIFO(mode))
		return zc_reject(ZC_REJECT_source_pipe, extack);
	if (S_ISSOCK(mode))
		return zc_reject(ZC_REJECT_source_socket, extack);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return zc_reject(ZC_REJECT_source_device, extack);
	return zc_reject(ZC_REJECT_source_special, extack);
}

/* Decides once how the bytes of a file are got. */
static int zc_src_choose(struct zc_src *src, struct zc_elem *e,
			 struct netlink_ext_ack *extack)
{
	struct file *file = e->file;

	e->how = ZC_HOW_READ;
	if ((file->f_flags & O_DIRECT) || IS_DAX(file->f_mapping->host))
		e->class = ZCOPY_COPY_DIRECT;
	else if (src->stable)
		e->class = ZCOPY_COPY_STABLE;
	else if (zc_cache_usable(file))
		e->how = ZC_HOW_CACHE;
	else if (file->f_op->splice_read && (file->f_mode & FMODE_LSEEK))
		e->how = ZC_HOW_SPLICE;
	else
		e->class = ZCOPY_COPY_NO_CACHE;
	if (src->warm && e->how == ZC_HOW_READ)
		return zc_reject(ZC_REJECT_source_no_cache, extack);
	if (!src->warm && e->how != ZC_HOW_READ)
		zc_policy_choose(src, e);
	if (e->how == ZC_HOW_READ && !zc_file_readable(file))
		return zc_reject(ZC_REJECT_source_no_read, extack);
	return 0;
}

/*
 * Where a range ends that is to go to the end of its file.  The server of a file is
 * not asked here, because it may never answer.  What its inode says now is compared
 * with the answer, so that a change before the first turn is not missed.
 */
static int zc_src_set_end(struct zc_src *src, struct zc_elem *e,
			  struct netlink_ext_ack *extack)
{
	int err = zc_src_check_pid(src, e, extack);

	if (err)
		return err;
	e->ask = e->far;
	if (src->as_read && !e->far)
		zc_look_size(e);
	else if (!e->far && src->reader == ZC_SRC_READ_HERE && !src->warm)
		src->brief |= zc_look_briefly(e);
	else if (!e->far || src->reader != ZC_SRC_READ_HERE)
		zc_look_begin(e);
	if (!e->to_end)
		return 0;
	e->len = !e->far && e->size > e->pos ? e->size - e->pos : 0;
	e->open_end = e->far;
	return 0;
}

/* The same where the file's size and times say nothing about its bytes */
static int zc_src_set_end_read(struct zc_src *src, struct zc_elem *e,
			       struct netlink_ext_ack *extack)
{
	if (src->warm)
		return zc_reject(ZC_REJECT_source_no_cache, extack);
	/* It has no page cache, whatever the policy is. */
	if (e->class == ZCOPY_COPY_POLICY)
		e->class = ZCOPY_COPY_NO_CACHE;
	if (src->reader == ZC_SRC_READ_NEVER)
		return zc_reject(ZC_REJECT_source_answers_reader, extack);
	if (src->reader == ZC_SRC_READ_NOW)
		return zc_src_read_now(src, e, extack);
	if (e->len == ZCOPY_LEN_EOF) {
		e->len = 0;
		e->open_end = true;
	}
	return 0;
}

/**
 * zc_src_add_file - add a range of a file
 * @src: with room for it
 * @file: REF: kept if 0 is returned, and left to the caller otherwise
 * @off: offset in bytes
 * @len: length in bytes, or ZCOPY_LEN_EOF
 * @extack: for the sentence of a refusal, or NULL
 *
 * The end of a local file is looked at now: a range up to the end has a length
 * from here on.  The server of any other file is asked before the first read.  A file
 * without a size is read until reading ends.  So is a file whose bytes depend on the
 * task that reads (as under /proc): now, unless the submitter runs the transfer.
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0, or the errno of a refusal.
 */
int zc_src_add_file(struct zc_src *src, struct file *file, u64 off, u64 len,
		    struct netlink_ext_ack *extack)
{
	struct zc_elem *e = &src->elems[src->nr];
	const struct inode *inode = file_inode(file);
	int err;

	/* Some kernels call the files of eventfd and its like regular. */
	if (inode->i_sb->s_magic == ANON_INODE_FS_MAGIC)
		return zc_reject(ZC_REJECT_source_special, extack);
	if (!S_ISREG(inode->i_mode))
		return zc_src_refuse_kind(inode->i_mode, extack);
	if (!(file->f_mode & FMODE_READ))
		return zc_reject(ZC_REJECT_source_not_readable, extack);
	if (off > LLONG_MAX ||
	    (len != ZCOPY_LEN_EOF && len > LLONG_MAX - off))
		return zc_reject(ZC_REJECT_range_overflow, extack);

	*e = (struct zc_elem) { .file = file, .pos = off, .len = len };
	e->far = !zc_file_is_local(file);
	err = zc_src_choose(src, e, extack);
	if (err)
		return err;
	e->to_end = len == ZCOPY_LEN_EOF;
	src->far |= e->far;
	err = zc_file_answers_reader(file, !e->far) ?
	      zc_src_set_end_read(src, e, extack) :
	      zc_src_set_end(src, e, extack);
	if (err)
		return err;
	if (e->len > LLONG_MAX - src->asked)
		return zc_reject(ZC_REJECT_range_overflow, extack);
	src->asked += e->len;
	src->nr++;
	return 0;
}

/**
 * zc_src_copy - have the same list as another
 * @src: empty, with as much room, for the same terms
 * @from: complete, not started.  REF: @src gets references of its own; from now
 *        on the two look up pages for each other
 *
 * Context: Process context of the submitter, may sleep.
 * Return: 0 or -ENOMEM.
 */
int zc_src_copy(struct zc_src *src, struct zc_src *from)
{
	unsigned int i;

	if (!from->share)
		from->share = zc_share_create();
	if (!from->share || zc_memory_copy_list(src, from))
		return -ENOMEM;
	src->share = zc_share_get(from->share);
	for (i = 0; i < from->nr; i++) {
		src->elems[i] = from->elems[i];
		if (src->elems[i].file)
			get_file(src->elems[i].file);
	}
	src->nr = from->nr;
	src->record = from->record;
	src->asked = from->asked;
	src->far = from->far;
	src->copies = from->copies;
	return 0;
}

/**
 * zc_src_start - set the cursor to the start of a complete list
 * @src: the list
 *
 * Context: Any; before the first zc_src_fill().
 */
void zc_src_start(struct zc_src *src)
{
	src->cur = 0;
	src->done = 0;
	src->left = src->asked;
}

/* Returns 0 with @got bytes added, none of them at the end, or a negative errno. */
static int zc_src_fill_memory(struct zc_src *src, const struct zc_elem *e, u64 done,
			      size_t want, struct zc_batch *b, size_t *got)
{
	if (done >= e->held)
		return e->error;
	*got = zc_memory_fill(src, e->pos + done, min_t(u64, want, e->held - done),
			      b, e->class);
	return 0;
}

/*
 * Returns 0 with @got bytes added, none of them at the end of the file;
 * ZC_SRC_BLOCKED; or a negative errno.
 */
static int zc_src_fill_file(struct zc_src *src, unsigned int elem, u64 done,
			    size_t want, struct zc_batch *b,
			    unsigned int flags, size_t *got)
{
	struct zc_elem *e = &src->elems[elem];
	unsigned int first = b->nr;
	loff_t pos = e->pos + done;
	ssize_t ret;

	if (unlikely(!e->settled && e->versioned && !e->far && !e->brief))
		zc_look_settle(e);
	/* SECURITY: as sendfile(2): LSM and fsnotify see every stretch. */
	ret = rw_verify_area(READ, e->file, &pos, want);
	if (ret < 0)
		return ret;

	if (e->how == ZC_HOW_CACHE && src->share) {
		*got = zc_share_take(src->share, e, elem, pos, want, b);
		if (*got)
			return 0;
	}
	if (e->how == ZC_HOW_CACHE &&
	    zc_cache_fill(src, elem, pos, want, b, flags, got)) {
		if (src->share && *got)
			zc_share_note(src->share, elem, pos, b, first);
		return 0;
	}
	if (!(flags & ZC_SRC_MAY_BLOCK) || b->max - b->nr < ZC_FETCH_ROOM)
		return ZC_SRC_BLOCKED;
	zc_src_look_fully(src);
	src->fetches++;
	if (e->how == ZC_HOW_CACHE)
		zc_ahead_start(src, elem, pos);
	if (e->how == ZC_HOW_READ)
		ret = zc_fetch_read(e->file, pos, want, b, e->class);
	else
		ret = zc_fetch_splice(e->file, pos, want, b,
				      e->how == ZC_HOW_CACHE ?
				      ZC_CLASS_MISS : ZC_CLASS_REF);
	if (ret < 0)
		return ret;
	if (e->how == ZC_HOW_CACHE) {
		zc_ahead_count(src, elem, b, first, pos);
		if (src->share && ret)
			zc_share_note(src->share, elem, pos, b, first);
	}
	*got = ret;
	return 0;
}

/**
 * zc_src_fill - add the next bytes of the list to a batch
 * @src: the list; its cursor stays where it is
 * @b: empty batch
 * @want: most bytes to add, at least 1
 * @flags: ZC_SRC_*
 *
 * Stops early where the file has to be waited for, or ends; that is told by
 * the next call, once the cursor is there.
 *
 * Context: Process context or worker, no lock held.  Sleeps only with
 * ZC_SRC_MAY_BLOCK.
 * Return: 0 if @b has bytes, or is empty because the list is at its end;
 * ZC_SRC_BLOCKED if the first byte needs ZC_SRC_MAY_BLOCK; ZC_SRC_SHORT if the
 * file ends before its range; or the negative errno that reading failed with.
 */
int zc_src_fill(struct zc_src *src, struct zc_batch *b, size_t want,
		unsigned int flags)
{
	unsigned int cur = src->cur;
	u64 done = src->done;
	bool open_end = false;
	int ret = 0;

	while (!ret && cur < src->nr && b->bytes < want && !zc_batch_full(b)) {
		struct zc_elem *e = &src->elems[cur];
		size_t n = want - b->bytes;
		size_t got = 0;

		if (unlikely(src->copies) && zc_policy_parts(e, b))
			break;
		if (!e->open_end) {
			if (done == e->len) {
				done = 0;
				cur++;
				continue;
			}
			n = min_t(u64, n, e->len - done);
		}
		if (unlikely(e->ask)) {
			ret = zc_src_ask(src, cur, flags);
			continue;
		}
		if (e->how == ZC_HOW_MEMORY)
			ret = zc_src_fill_memory(src, e, done, n, b, &got);
		else
			ret = zc_src_fill_file(src, cur, done, n, b, flags,
					       &got);
		/* Pages that wait for the socket must not wait for the disk. */
		if (b->bytes)
			flags &= ~ZC_SRC_MAY_BLOCK;
		done += got;
		if (got)
			b->longest = max(b->longest, e->open_end ? U64_MAX : e->len);
		if (ret || got)
			continue;
		ret = zc_src_ends(src, cur, done, flags);
	}
	if (ret && !b->bytes)
		return ret;

	for (; cur < src->nr; cur++)
		open_end |= src->elems[cur].open_end;
	b->more = src->left > b->bytes || open_end;
	return 0;
}

/**
 * zc_src_advance - move the cursor over bytes that were sent
 * @src: the list
 * @bytes: how many, at most what the last batch held
 *
 * Context: The runner.
 */
void zc_src_advance(struct zc_src *src, size_t bytes)
{
	u64 counted = 0;

	while (bytes) {
		struct zc_elem *e = &src->elems[src->cur];
		u64 n = bytes;

		if (!e->open_end) {
			n = min_t(u64, n, e->len - src->done);
			counted += n;
		}
		src->done += n;
		bytes -= n;
		if (!e->open_end && src->done == e->len) {
			src->done = 0;
			src->cur++;
		}
	}
	src->left -= counted;
}

/**
 * zc_src_prepare - what a worker does before it acts for the submitter
 * @src: the list, about to be filled from with ZC_SRC_MAY_BLOCK
 *
 * Context: Worker, with the kernel's own credentials.  May sleep.
 */
void zc_src_prepare(const struct zc_src *src)
{
	unsigned int i;

	for (i = src->cur; i < src->nr && !current->splice_pipe; i++) {
		const struct zc_elem *e = &src->elems[i];

		if (e->how == ZC_HOW_CACHE || e->how == ZC_HOW_SPLICE)
			zc_fetch_prepare(e->file);
	}
}

/**
 * zc_src_changed - may a file have changed since it was looked at first?
 * @src: the list, before zc_src_drop()
 *
 * Context: The runner; no lock held.  Waits for no server.
 * Return: true if any may have changed, and the submitter asks.
 */
bool zc_src_changed(const struct zc_src *src)
{
	unsigned int i;

	for (i = 0; !src->as_read && i < src->nr; i++) {
		const struct zc_elem *e = &src->elems[i];

		if (e->looked && zc_look_moved(e))
			return true;
	}
	return false;
}

/**
 * zc_src_erases - may a disk have to be waited for when the files are closed?
 * @src: the list, before zc_src_drop()
 *
 * What has no name any more is erased with its last descriptor, and not while
 * its file system is frozen.  Files in memory never have one, many of them.
 *
 * Context: Any.
 * Return: whether so.
 */
bool zc_src_erases(const struct zc_src *src)
{
	unsigned int i;

	for (i = 0; i < src->nr; i++) {
		const struct file *file = src->elems[i].file;

		if (file && !READ_ONCE(file_inode(file)->i_nlink) &&
		    file_inode(file)->i_sb->s_magic != TMPFS_MAGIC)
			return true;
	}
	return false;
}

/**
 * zc_src_drop - let go of files and memory
 * @src: the list; empty afterwards
 * @sync: close the files before returning; only in a kernel thread
 *
 * Context: May sleep, no lock held.
 */
void zc_src_drop(struct zc_src *src, bool sync)
{
	unsigned int i;

	zc_ahead_end(src);
	for (i = 0; i < src->nr; i++) {
		struct file *file = src->elems[i].file;

		if (!file)
			continue;
		/* As read(2) does it. */
		if (i < src->cur || (i == src->cur && src->done)) {
			file_accessed(file);
			/* Reading by iterator has told it already. */
			if (src->elems[i].how == ZC_HOW_CACHE ||
			    src->elems[i].how == ZC_HOW_SPLICE)
				fsnotify_access(file);
		}
		if (src->elems[i].borrowed)
			continue;
		if (sync)
			zc_fput_sync(file);
		else
			fput(file);
	}
	src->nr = 0;
	zc_share_put(src->share);
	src->share = NULL;
	zc_memory_drop(src);
	if (src->elems != src->few)
		kvfree(src->elems);
	src->elems = src->few;
}
