// SPDX-License-Identifier: GPL-2.0
/*
 * Events (submitted, progress, stalled, completed) go to the multicast group in the
 * socket's network namespace; the completion also goes to the netlink socket that
 * submitted the transfer.  A walk over the live transfers once a second finds progress
 * and stalls in namespaces that have listeners.
 */
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "genl.h"
#include "hearer.h"
#include "net.h"
#include "registry.h"
#include "xfer.h"

/* Longest stretch of the walk before other work of the kworker may run */
#define ZC_GENL_EVENT_TURN	msecs_to_jiffies(4)

static void zc_genl_event_tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(zc_genl_event_work, zc_genl_event_tick);

static struct sk_buff *zc_genl_event_build(const struct zc_xfer *x,
					   enum zcopy_event event,
					   bool submitter)
{
	const struct zc_genl_view view = {
		.user_ns	= x->net->user_ns,
		.submitter	= submitter,
		.pid		= x->pid,
	};
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;

	if (!msg)
		goto out_lost;
	hdr = genlmsg_put(msg, 0, 0, &zc_genl_family, 0, ZCOPY_CMD_EVENT);
	if (!hdr || nla_put_u32(msg, ZCOPY_A_EVENT, event) ||
	    zc_genl_fill_transfer(msg, x, &view))
		goto out_free;
	genlmsg_end(msg, hdr);
	return msg;

out_free:
	nlmsg_free(msg);
out_lost:
	zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_events_lost);
	return NULL;
}

static void zc_genl_event_tell(struct zc_xfer *x)
{
	struct sk_buff *msg;

	/* Nothing is lost if the socket is closed: it has no reader any more. */
	if (!zc_genl_sock_open(x->nl))
		return;
	msg = zc_genl_event_build(x, ZCOPY_EVENT_COMPLETED, true);
	if (msg && !zc_genl_sock_tell(x->nl, msg))
		zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_events_lost);
}

/*
 * -ENOBUFS comes only if a listener without room has set NETLINK_BROADCAST_ERROR.
 * The listener itself gets ENOBUFS in any case.
 */
static void zc_genl_event_cast(const struct zc_xfer *x, struct sk_buff *msg)
{
	int err = genlmsg_multicast_netns(&zc_genl_family, x->net, msg, 0, 0,
					  GFP_KERNEL);

	if (err == -ENOBUFS)
		zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_events_lost);
}

/* Reports an event.  The caller keeps the network namespace alive. */
static void zc_genl_event(struct zc_xfer *x, enum zcopy_event event)
{
	struct sk_buff *msg;
	bool submitter;

	if (!genl_has_listeners(&zc_genl_family, x->net, 0))
		return;
	/*
	 * SECURITY: a listener has rights in the user namespace of the network
	 * namespace, but none over a submitter outside that user namespace.
	 */
	submitter = zc_genl_within(x->cred->user_ns, x->net->user_ns);
	msg = zc_genl_event_build(x, event, submitter);
	if (msg)
		zc_genl_event_cast(x, msg);
}

static struct net *zc_genl_event_await(const struct zc_xfer *x)
{
	if (x->nl || genl_has_listeners(&zc_genl_family, x->net, 0))
		return get_net(x->net);
	return NULL;
}

static void zc_genl_event_ended(struct zc_xfer *x, struct net *net)
{
	if (x->nl) {
		zc_genl_event_tell(x);
		zc_genl_sock_put(x->nl);
		x->nl = NULL;
	}
	zc_genl_event(x, ZCOPY_EVENT_COMPLETED);
	put_net(net);
}

/* Reports what a live transfer did since the last look. */
static void zc_genl_event_look(struct zc_xfer *x)
{
	u64 sent = READ_ONCE(x->acct.sent);

	if (sent != x->told_sent) {
		x->told_sent = sent;
		x->told_stalled = false;
		zc_genl_event(x, ZCOPY_EVENT_PROGRESS);
	} else if (x->told_seen && !x->told_stalled &&
		   READ_ONCE(x->state) == ZCOPY_STATE_SOCKET) {
		x->told_stalled = true;
		zc_genl_event(x, ZCOPY_EVENT_STALLED);
	}
	x->told_seen = true;
}

/* Called under a lock of the registry, which keeps the namespace alive. */
static bool zc_genl_event_heard(const struct zc_xfer *x, const void *unused)
{
	return check_net(x->net) && genl_has_listeners(&zc_genl_family, x->net, 0);
}

/*
 * RACE: when a transfer has ended, its network namespace may be gone.  So take a
 * reference to the namespace first; events use nothing else that may be gone.
 */
static void zc_genl_event_look_at(struct zc_xfer *x)
{
	struct net *net = zc_registry_net_get(x);

	if (!net)
		return;
	if (!zc_xfer_ended(x))
		zc_genl_event_look(x);
	put_net(net);
}

/* Has the live transfers looked at in one second. */
static void zc_genl_event_kick(void)
{
	if (!delayed_work_pending(&zc_genl_event_work))
		schedule_delayed_work(&zc_genl_event_work, HZ);
}

/* A long walk is split over several runs of the work item. */
static void zc_genl_event_tick(struct work_struct *work)
{
	static struct zc_registry_pos pos;	/* a work item never runs twice at a time */
	unsigned long end = jiffies + ZC_GENL_EVENT_TURN;
	struct zc_xfer *x;

	while ((x = zc_registry_next_fit_get(zc_genl_event_heard, NULL, &pos))) {
		zc_genl_event_look_at(x);
		zc_xfer_put(x);
		cond_resched();
		if (time_after(jiffies, end)) {
			schedule_delayed_work(&zc_genl_event_work, 0);
			return;
		}
	}
	memset(&pos, 0, sizeof(pos));
	if (zc_registry_any())
		zc_genl_event_kick();
}

static bool zc_genl_event_listens(const struct zc_xfer *x)
{
	return genl_has_listeners(&zc_genl_family, x->net, 0);
}

static void zc_genl_event_begun(struct zc_xfer *x)
{
	zc_genl_event(x, ZCOPY_EVENT_SUBMITTED);
	zc_genl_event_kick();
}

static const struct zc_hearer zc_genl_hearer = {
	.listens = zc_genl_event_listens,
	.begun	= zc_genl_event_begun,
	.await	= zc_genl_event_await,
	.ended	= zc_genl_event_ended,
	.leave	= zc_genl_sock_put,
};

/**
 * zc_genl_events_start - hear of transfers from now on
 *
 * Context: Module load.
 */
void zc_genl_events_start(void)
{
	zc_hearer_register(&zc_genl_hearer);
}

/**
 * zc_genl_events_stop - hear of transfers no more, and stop looking at live ones
 *
 * Context: Module unload, no transfer is left; sleeps.
 */
void zc_genl_events_stop(void)
{
	zc_hearer_unregister();
	cancel_delayed_work_sync(&zc_genl_event_work);
}
