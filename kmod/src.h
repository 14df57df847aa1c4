/* SPDX-License-Identifier: GPL-2.0 */
/*
 * src.c - the source of a transfer: an ordered list of elements
 * src_claim.c - what a list may hold in memory
 * src_memory.c - memory elements
 * src_cache.c - pages that are in the page cache
 * src_ahead.c - read-ahead, and what it brought in
 * src_drop.c - pages that leave the cache again
 * src_share.c - what the lists of one fan-out look up for each other
 * src_fetch.c - bytes that the file system has to bring
 * src_local.c - which file systems ask nobody
 * src_look.c - where files end, and whether they change
 * src_policy.c - of which files sockets may hold pages
 * src_reader.c - files that answer the task that reads, and so are read by the submitter
 */
#ifndef ZC_SRC_H
#define ZC_SRC_H

#include <linux/errno.h>
#include <linux/bits.h>
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct cgroup_subsys_state;
struct iov_iter;
struct mem_cgroup;
struct netlink_ext_ack;
struct zc_batch;
struct zc_payer;
struct zc_share;

/* Limits of a list, told by the query verb */
#define ZC_MAX_ELEMS		1024
#define ZC_MAX_MEMORY		(64 * 1024)

/* Elements, and pieces of memory, that need no heap */
#define ZC_FEW_ELEMS		3
#define ZC_FEW_PIECES		2

/* How the bytes of an element are got */
enum zc_how {
	ZC_HOW_MEMORY,	/* pages of ours, filled at submission */
	ZC_HOW_CACHE,	/* page cache, misses through the file's splice path */
	ZC_HOW_SPLICE,	/* the file's own splice path */
	ZC_HOW_READ,	/* the file's read path, into pages of ours */
};

/* Can the submitter read a file whose bytes may depend on the task that reads? */
enum zc_src_reader {
	ZC_SRC_READ_NEVER,	/* workers read, and submission must not wait */
	ZC_SRC_READ_NOW,	/* workers read; the submitter can, at submission */
	ZC_SRC_READ_HERE,	/* the submitter reads all files itself */
};

/* struct zc_elem - one element of the list */
struct zc_elem {
	struct file *file;	/* REF: until zc_src_drop(), unless @borrowed */
	loff_t pos;		/* in the file, or in the memory area */
	u64 len;
	u8 how;
	u8 class;		/* enum zcopy_copy, if the bytes are copied */
	bool borrowed : 1;	/* the submitter's system call holds the file */
	bool far : 1;		/* of no local file system: a server may be asked */
	bool ask : 1;		/* the server is to be asked before the first read */
	bool to_end : 1;	/* the submitter asked for all up to the end */
	bool open_end : 1;	/* ends where reading ends, len not known */
	bool looked : 1;	/* these and @others to @ctime are valid: src_look.c */
	bool versioned : 1;
	bool settled : 1;	/* the next write moves its times */
	bool brief : 1;		/* @settled, @others and @ctime are not valid yet */
	bool unsure : 1;	/* nothing can tell whether it changes */
	bool copy : 1;		/* its pages may not go to the socket: src_policy.c */
	u32 held;		/* bytes of it in memory */
	int error;		/* of what comes after those */
	u32 others;		/* hash of what moves ctime without a write */
	loff_t size;
	u64 version;			/* of a server's file: when it was looked at */
	u64 mtime;
	u64 ctime;
};

/* struct zc_memory - a page that an open device shares out */
struct zc_memory {
	struct mutex lock;	/* frag; only ever tried */
	struct page_frag frag;
};

/* Pages that one fetch asks for: what the kernel's internal pipe holds. */
#define ZC_FETCH_PAGES		16

/* struct zc_ahead_run - pages that this transfer brought in */
struct zc_ahead_run {
	unsigned int elem;
	pgoff_t start;
	pgoff_t end;
};

/* struct zc_ahead - read-ahead */
struct zc_ahead {
	unsigned int aimed;	/* element of @ra + 1, 0: none */
	unsigned int nr;
	struct zc_ahead_run *runs;	/* NULL until the first miss */
	u64 dropped_at;		/* bytes sent when dropping was last tried */
	struct file_ra_state ra;	/* valid if @aimed is set */
};

/* struct zc_src - the list and how far it was sent */
struct zc_src {
	/* Set up before submission, constant then */
	struct zc_elem *elems;
	unsigned int nr;
	struct bio_vec *mem;	/* REF: its pages; memory, piece by piece */
	unsigned int nr_mem;
	unsigned int room;	/* elements */
	struct page_frag frag;	/* REF: for what does not go into a shared page */
	u32 mem_bytes;
	u32 mem_pinned;		/* of whole pages */
	u64 asked;
	u64 window;		/* bytes to read ahead, 0: as the file */
	struct zc_payer *payer;	/* of the transfer, which holds it */
	struct zc_share *share;	/* REF: of a fan-out, or NULL */
	u8 reader;		/* enum zc_src_reader */
	u8 record;		/* content type, if the only element is a record of TLS */
	bool stable;
	bool as_read;		/* whether files change is not asked */
	bool any_pid;		/* programs may be told another pid than the submitter's */
	bool warm;		/* nothing is sent */
	bool drop_behind;
	bool far;		/* a file server may be asked, at the close too */
	bool brief;		/* some elements were looked at briefly */
	bool copies;		/* some elements have @copy */

	/* The runner's */
	unsigned int cur;	/* element */
	u64 done;		/* bytes of it */
	u64 left;		/* bytes of all, but for open ends */
	u32 fetches;		/* times that the file system was asked */
	struct zc_ahead ahead;

	/* So that a header, a file and a trailer need no heap */
	struct bio_vec few_mem[ZC_FEW_PIECES];
	struct zc_elem few[ZC_FEW_ELEMS];

	/* Set before submission if @drop_behind is: what workers drop pages with */
	struct mem_cgroup *memcg;	/* of the transfer, or NULL */
	struct cgroup_subsys_state *blkcg;	/* likewise */
	struct zc_ration *ration;	/* likewise */
	const struct zc_sched *sched;	/* likewise */
};

/* The first of what need not be cleared */
#define ZC_SRC_UNCLEARED	ahead.ra

/* What zc_src_fill() may do */
#define ZC_SRC_MAY_BLOCK	BIT(0)
#define ZC_SRC_CACHED		BIT(1)	/* no read, not even ahead */

/* What it says besides errors; errors of file systems are never these */
#define ZC_SRC_SHORT		1	/* the file ends before its range */
#define ZC_SRC_BLOCKED		2	/* needs ZC_SRC_MAY_BLOCK */

int zc_src_init(struct zc_src *src, unsigned int nr);
int zc_src_add_file(struct zc_src *src, struct file *file, u64 off, u64 len,
		    struct netlink_ext_ack *extack);
int zc_src_copy(struct zc_src *src, struct zc_src *from);
void zc_src_start(struct zc_src *src);
int zc_src_fill(struct zc_src *src, struct zc_batch *b, size_t want,
		unsigned int flags);
void zc_src_advance(struct zc_src *src, size_t bytes);
bool zc_src_changed(const struct zc_src *src);
void zc_src_prepare(const struct zc_src *src);
bool zc_src_erases(const struct zc_src *src);
void zc_src_drop(struct zc_src *src, bool sync);

/* src_claim.c */
u64 zc_src_most(const struct zc_src *src, u64 room);
bool zc_src_open_window(struct zc_src *src, struct zc_payer *payer);

/* src_memory.c */
void zc_memory_init(struct zc_memory *m);
void zc_memory_exit(struct zc_memory *m);
int zc_src_add_memory(struct zc_src *src, struct zc_memory *m,
		      struct iov_iter *from, struct netlink_ext_ack *extack);
void *zc_memory_begin(struct zc_src *src, struct zc_memory *m, size_t len);
int zc_memory_end(struct zc_src *src, struct zc_memory *m, size_t len, bool there);
ssize_t zc_memory_append(struct zc_src *src, struct iov_iter *from);
size_t zc_memory_fill(const struct zc_src *src, size_t at, size_t want,
		      struct zc_batch *b, u8 class);
int zc_memory_copy_list(struct zc_src *src, const struct zc_src *from);
void zc_memory_drop(struct zc_src *src);

/* src_share.c */
struct zc_share *zc_share_create(void);
bool zc_share_open(struct zc_share *s, struct zc_payer *payer, u64 bytes);
struct zc_share *zc_share_get(struct zc_share *s);
void zc_share_put(struct zc_share *s);
size_t zc_share_take(struct zc_share *s, const struct zc_elem *e,
		     unsigned int elem, loff_t pos, size_t want,
		     struct zc_batch *b);
void zc_share_note(struct zc_share *s, unsigned int elem, loff_t pos,
		   const struct zc_batch *b, unsigned int first);

/* src_cache.c */
bool zc_cache_usable(struct file *file);
bool zc_cache_fill(struct zc_src *src, unsigned int elem, loff_t pos,
		   size_t want, struct zc_batch *b, unsigned int flags,
		   size_t *added);

/* src_ahead.c */
void zc_ahead_start(struct zc_src *src, unsigned int elem, loff_t pos);
void zc_ahead_more(struct zc_src *src, unsigned int elem, struct folio *folio,
		   size_t want);
void zc_ahead_count(const struct zc_src *src, unsigned int elem,
		    struct zc_batch *b, unsigned int first, loff_t pos);
void zc_ahead_drop(struct zc_src *src);
void zc_ahead_end(struct zc_src *src);

/* src_drop.c */
bool zc_drop_range(struct file *file, pgoff_t start, pgoff_t end);
void zc_drop_later(const struct zc_src *src, struct file *file, pgoff_t start,
		   pgoff_t end);

/* src_local.c */
bool zc_file_is_local(struct file *file);

/* src_look.c */
void zc_look_size(struct zc_elem *e);
void zc_look_begin(struct zc_elem *e);
bool zc_look_briefly(struct zc_elem *e);
void zc_src_look_fully(struct zc_src *src);
void zc_look_settle(struct zc_elem *e);
bool zc_look_moved(const struct zc_elem *e);
int zc_src_ask(struct zc_src *src, unsigned int elem, unsigned int flags);
int zc_src_ends(struct zc_src *src, unsigned int elem, u64 done, unsigned int flags);

/* src_policy.c */
void zc_policy_choose(struct zc_src *src, struct zc_elem *e);
bool zc_policy_parts(const struct zc_elem *e, struct zc_batch *b);

/* src_reader.c */
bool zc_file_answers_reader(struct file *file, bool local);
int zc_src_check_pid(const struct zc_src *src, const struct zc_elem *e,
		     struct netlink_ext_ack *extack);
int zc_src_read_now(struct zc_src *src, struct zc_elem *e,
		    struct netlink_ext_ack *extack);

/* src_fetch.c */
void zc_fetch_prepare(struct file *file);
ssize_t zc_fetch_splice(struct file *file, loff_t pos, size_t want,
			struct zc_batch *b, u8 class);
ssize_t zc_fetch_read(struct file *file, loff_t pos, size_t want,
		      struct zc_batch *b, u8 class);

/* Has it a read path that takes kernel memory? */
static inline bool zc_file_readable(const struct file *file)
{
	return file->f_op->read_iter && (file->f_mode & FMODE_CAN_READ);
}

#endif /* ZC_SRC_H */
