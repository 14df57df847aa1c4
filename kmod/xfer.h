/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xfer.c - one transfer
 * xfer_build.c - it is made
 * xfer_light.c - it may end before others know it
 * xfer_keep.c - others get to know it
 * xfer_submit.c - it is submitted
 * xfer_kick.c - it is woken, told to stop, or gets a new rate
 * xfer_held.c - what it holds after its end
 * xfer_end.c - it ends
 */
#ifndef ZC_XFER_H
#define ZC_XFER_H

#include <linux/cred.h>
#include <linux/in6.h>
#include <linux/jiffies.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/zcopy.h>
#include <linux/zcopy_netlink.h>

#include "account.h"
#include "caps.h"
#include "clock.h"
#include "crew.h"
#include "fifo.h"
#include "limits.h"
#include "phase.h"
#include "sink.h"
#include "src.h"
#include "wait.h"

struct mem_cgroup;
struct net;
struct netlink_ext_ack;
struct zc_ctx;
struct zc_genl_sock;
struct zc_net;
struct zc_payer;
struct zc_ration;

/* Bits of a transfer */
enum zc_xfer_bit {
	ZC_XFER_CANCEL,		/* it was told to stop; never cleared */
	ZC_XFER_DOOMED,		/* will be told; stops it only before its first byte */
	ZC_XFER_WOKEN,		/* it was kicked since the runner looked */
	ZC_XFER_RUNNING,	/* a runner owns it */
	ZC_XFER_RELEASED,	/* the stack holds no page of it; never cleared */
	ZC_XFER_PARTED,		/* set by the first of end and release */
};

/* What a thread does for a transfer now, and may sleep for */
enum zc_doing {
	ZC_DOING_NOTHING,	/* no thread has it */
	ZC_DOING_READ,
	ZC_DOING_SEND,
	ZC_DOING_CLOSE,
};

/* struct zc_ends - the two ends of a connection, as they were at submission */
struct zc_ends {
	u16 family;
	__be16 local_port;
	__be16 peer_port;
	struct in6_addr local;		/* the first four bytes, for IPv4 */
	struct in6_addr peer;
};

/* struct zc_held - a socket that may hold back a tail, because more follows */
struct zc_held {
	struct zc_sink sink;		/* REF: its file; NULL: there is none */
};

/*
 * struct zc_xfer - one transfer to one socket
 *
 * REF: created with one reference, the runner's, which is dropped at the end.
 * Its context has one from submission until the completion was collected.
 * Every queued job has one.  A light transfer has no count of references, and holds none
 * to device, payer and module: it ends in a call that has them.
 */
struct zc_xfer {
	/* Each is set when the transfer is made */
	refcount_t ref;			/* not if it is light */
	unsigned long bits;

	/* Read by walks over many transfers: all in one cache line */
	u64 id;				/* set by submission, constant then */
	struct net *net;		/* likewise; the socket's, which pins it,
					 * or @door
					 */
	struct rb_node reg;		/* registry.c */

	/* What lets others find, wake, stop and list it, up to @acct: not set if it is light */
	u64 told_sent;			/* genl_event.c's: what its listeners were told */
	u64 disk_read;			/* bytes that workers had disks read */
	bool told_seen;
	bool told_stalled;
	s8 nice;			/* of its submitter */
	bool rationed;			/* waits for CPU time */
	bool admitted;			/* its last hot turn had CPU time */
	pid_t pid;			/* in the submitter's own pid namespace */
	pid_t host_pid;			/* the same process in the initial one */
	char comm[TASK_COMM_LEN];
	const struct cred *cred;	/* REF */
	struct mem_cgroup *memcg;	/* REF */
	struct cgroup_subsys_state *blkcg;	/* REF */
	struct zc_ration *ration;	/* REF; of its cgroup, or NULL */
	struct zc_claim claim;		/* what is charged, see limits.c */
	struct zc_ends ends;
	/*
	 * If set, the runner calls this at the end; the context then queues no
	 * completion.  May sleep.  Any later use of @x needs another reference.
	 */
	void (*notify)(struct zc_xfer *x);
	void *notify_arg;
	struct zc_genl_sock *nl;	/* REF, until the end; socket to tell, or NULL */
	struct net *door;		/* REF; @net if there is no socket, or NULL */
	struct zc_watch watch;		/* REF: has one to us until the release; the
					 * runner has one to it until all is queued,
					 * or until an earlier end
					 */
	struct zc_wait wait;		/* the runner's */
	struct zc_fifo acks;		/* fifo.c: the second line of its level */
	struct rb_node own;		/* ctx_xfers.c */
	struct list_head link;		/* ctx_xfers.c: once it has ended */
	wait_queue_head_t wq;		/* a sync submitter sleeps here */
	struct zc_sched sched;		/* of workers; has the submitter's CPUs */
	/* Queued by run_jobs.c */
	struct zc_job hot;		/* a step that must not block */
	struct zc_job read;		/* a step that may wait for the file */
	struct zc_job close;		/* the end, where a close may wait */
	struct timer_list timer;	/* REF: while it runs */

	/* What each run needs, from ZC_ACCOUNT_CLEARED to @src: cleared at first */
	struct zc_account acct;

	/* Set before submission, constant then */
	struct zc_terms terms;
	struct zc_ctx *ctx;		/* REF; NULL: detached */
	struct zc_payer *payer;		/* REF */
	struct zc_sink sink;		/* dropped at the end */
	u32 netns;			/* number of @net, which may be gone */
	u16 sink_nr;			/* index in its submission's list of sockets */
	bool sync;			/* the submitter runs it itself */
	bool light;			/* only its runner and its line know it */
	bool dontwait;			/* do not wait for the socket; needs @sync */
	bool takes_less;		/* fewer bytes are not a failure, as with
					 * sendfile(2)
					 */
	bool followed;			/* its submitter may hold back a tail: xfer_follow.c */

	/* The runner's */
	u8 stalls;			/* vain pushes to a socket that polls ready */
	bool promised;			/* the socket was told that more follows */
	bool drained;			/* nothing more is read or pushed; only TLS
					 * still holds bytes
					 */
	u16 nap;			/* milliseconds until the next look, if no
					 * wakeup is sure to come; 0: one is
					 */
	int said;			/* why, if not all was sent: ZC_SRC_SHORT or
					 * a negative errno
					 */
	u64 rate;			/* bytes per second, 0: no limit; may change
					 * at any time
					 */
	struct zc_clock clock;
	u64 took;			/* bytes sent since the last wait for room */
	u64 took_before;		/* between the last two waits, 0: none yet */
	u64 settle_ns;			/* when its end stops waiting for other sends */

	/* Set by the runner when it ends, constant then */
	u32 status;			/* enum zcopy_status */
	u32 error;			/* errno, positive */
	u32 retrans;

	u32 sweep;			/* what the device's was when it began */

	/* Written by the runner, read by listings */
	u8 phase;			/* enum zc_phase */
	u8 state;			/* enum zcopy_state */
	u8 doing;			/* enum zc_doing */
	pid_t doer;			/* the worker's, 0: the submitter does it */
	unsigned long since;		/* jiffies; start of the turn */

	struct zc_fifo fifo;		/* fifo.c */
	struct zc_src src;
};

int zc_xfer_init(void);
void zc_xfer_exit(void);
struct zc_xfer *zc_xfer_alloc(struct zc_ctx *ctx);
void zc_xfer_free_memory(struct zc_xfer *x);
void zc_xfer_put(struct zc_xfer *x);

/* ---- xfer_build.c ---- */
struct zc_xfer *zc_xfer_create(struct zc_ctx *ctx, const struct zc_terms *terms,
			       unsigned int nr_elems, bool here,
			       struct netlink_ext_ack *extack);
int zc_xfer_outgrow(struct zc_xfer *x, struct netlink_ext_ack *extack);
int zc_xfer_set_sink(struct zc_xfer *x, struct file *file,
		     struct netlink_ext_ack *extack);
void zc_xfer_no_sink(struct zc_xfer *x, struct net *net);
void zc_xfer_abandon(struct zc_xfer *x);

/* ---- xfer_light.c ---- */
bool zc_xfer_may_be_light(const struct zc_ctx *ctx, const struct zc_terms *terms,
			  unsigned int nr_elems);
bool zc_xfer_stays_light(const struct zc_xfer *x);
u64 zc_xfer_light_share(void);

/* ---- xfer_keep.c ---- */
int zc_xfer_claim_pinned(struct zc_xfer *x, struct netlink_ext_ack *extack);
int zc_xfer_admit(struct zc_xfer *x, struct netlink_ext_ack *extack);
int zc_xfer_keep(struct zc_xfer *x, struct netlink_ext_ack *extack);

/* ---- xfer_submit.c ---- */
int zc_xfer_prepare(struct zc_xfer *x, u64 *id, struct netlink_ext_ack *extack);
void zc_xfer_start(struct zc_xfer *x);
void zc_xfer_start_here(struct zc_xfer *x);
int zc_xfer_send(struct zc_xfer *x, struct netlink_ext_ack *extack);

/* ---- xfer_follow.c ---- */
void zc_xfer_hold_back(struct zc_xfer *x, const struct zc_xfer *next,
		       struct zc_held *held);
void zc_xfer_let_go(struct zc_xfer *x, struct zc_held *held);
void zc_held_send(struct zc_held *held);

/* ---- xfer_kick.c ---- */
void zc_xfer_kick(struct zc_xfer *x);
void zc_xfer_cancel(struct zc_xfer *x);
void zc_xfer_doom(struct zc_xfer *x);
void zc_xfer_set_rate(struct zc_xfer *x, u64 rate);

/* ---- xfer_held.c ---- */
void zc_xfer_watch(struct zc_xfer *x);
void zc_xfer_unwatch(struct zc_xfer *x);
bool zc_xfer_released_all(const struct zc_xfer *x);
void zc_xfer_give_back(struct zc_xfer *x);
void zc_xfer_told(struct zc_xfer *x);
void zc_xfer_count_held(struct zc_xfer *x);

/* ---- xfer_end.c ---- */
void zc_xfer_set_status(struct zc_xfer *x, enum zcopy_status status, int err);
bool zc_xfer_over(struct zc_xfer *x);
void zc_xfer_all_queued(struct zc_xfer *x);
bool zc_xfer_leaves_open(const struct zc_xfer *x, bool all);
bool zc_xfer_waited_for_others(struct zc_xfer *x);
u64 zc_xfer_settle(struct zc_xfer *x);
void zc_xfer_leave_line(struct zc_xfer *x);
void zc_xfer_finish(struct zc_xfer *x);

/* Memory that a light transfer may have: one copy of it at most is held uncharged. */
#define ZC_XFER_LIGHT_MEMORY	2048

static inline void zc_xfer_get(struct zc_xfer *x)
{
	refcount_inc(&x->ref);
}

static inline bool zc_xfer_cancelled(const struct zc_xfer *x)
{
	return test_bit(ZC_XFER_CANCEL, &x->bits) ||
	       (test_bit(ZC_XFER_DOOMED, &x->bits) && !READ_ONCE(x->acct.sent));
}

/* Called by the runner, after zc_xfer_turn_begins(). */
static inline void zc_xfer_does(struct zc_xfer *x, enum zc_doing what)
{
	WRITE_ONCE(x->doing, what);
}

static inline void zc_xfer_turn_begins(struct zc_xfer *x)
{
	/* SECURITY: a submitter's pid must not be seen outside its namespace. */
	WRITE_ONCE(x->doer, current->flags & PF_KTHREAD ? current->pid : 0);
	WRITE_ONCE(x->since, jiffies);
	zc_xfer_does(x, ZC_DOING_READ);
}

/* True if it only fills the page cache: it has no socket and sends nothing. */
static inline bool zc_xfer_warms(const struct zc_xfer *x)
{
	return x->terms.flags & ZCOPY_F_WARM;
}

/* True if it has sent all its bytes; its status must be set. */
static inline bool zc_xfer_sent_all(const struct zc_xfer *x)
{
	return x->status == ZCOPY_STATUS_DONE || x->status == ZCOPY_STATUS_CHANGED;
}

static inline bool zc_xfer_ended(const struct zc_xfer *x)
{
	/* ORDER: pairs with zc_xfer_finish(): what is final is seen as final. */
	return smp_load_acquire(&x->phase) == ZC_PHASE_ENDED;
}

#endif /* ZC_XFER_H */
