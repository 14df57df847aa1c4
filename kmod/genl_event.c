// SPDX-License-Identifier: GPL-2.0
/*
 * Events: submitted, progress, stalled, completed, to the multicast group of
 * the socket's namespace; and the completion to the netlink socket that
 * submitted the transfer.  Progress and stalls are found by a walk over the
 * live transfers once a second, and only while somebody listens.
 */
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "genl.h"
#include "net.h"
#include "registry.h"
#include "xfer.h"

static void zc_genl_event_tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(zc_genl_event_work, zc_genl_event_tick);

static struct sk_buff *zc_genl_event_build(const struct zc_xfer *x,
					   enum zcopy_event event,
					   bool submitter)
{
	const struct zc_genl_view view = {
		.user_ns	= x->net->user_ns,
		.submitter	= submitter,
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

/* Once; the socket is not needed any more. */
static void zc_genl_event_end(struct zc_xfer *x)
{
	struct sk_buff *msg = zc_genl_event_build(x, ZCOPY_EVENT_COMPLETED, true);

	if (msg && !zc_genl_sock_tell(x->nl, msg))
		zc_stats_inc(&zc_net(x->net)->stats, ZC_STAT_events_lost);
	zc_genl_sock_put(x->nl);
	x->nl = NULL;
}

/**
 * zc_genl_event - tell what happened to a transfer
 * @x: the transfer; the caller sees to it that its namespace is there
 * @event: what happened
 *
 * Context: Process context or worker, may sleep.
 */
void zc_genl_event(struct zc_xfer *x, enum zcopy_event event)
{
	struct sk_buff *msg;
	bool submitter;

	if (event == ZCOPY_EVENT_COMPLETED && x->nl)
		zc_genl_event_end(x);
	if (!genl_has_listeners(&zc_genl_family, x->net, 0))
		return;
	/*
	 * SECURITY: to listen takes rights in the namespace's user namespace,
	 * which are none over submitters outside of that.
	 */
	submitter = zc_genl_within(x->cred->user_ns, x->net->user_ns);
	msg = zc_genl_event_build(x, event, submitter);
	if (msg)
		genlmsg_multicast_netns(&zc_genl_family, x->net, msg, 0, 0,
					GFP_KERNEL);
}

/* What a live transfer did since the last look. */
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

static void zc_genl_event_tick(struct work_struct *work)
{
	bool live = false;
	struct net *net;

	/* The lock keeps the namespaces, and so what transfers point to. */
	down_read(&net_rwsem);
	for_each_net(net) {
		struct zc_registry_pos pos = {};
		struct zc_xfer *x;

		if (!zc_stats_read(&zc_net(net)->stats,
				   ZC_STAT_transfers_active))
			continue;
		live = true;
		if (!genl_has_listeners(&zc_genl_family, net, 0))
			continue;
		while ((x = zc_registry_next_get(net, &pos))) {
			if (!zc_xfer_ended(x))
				zc_genl_event_look(x);
			zc_xfer_put(x);
			cond_resched();
		}
	}
	up_read(&net_rwsem);
	if (live)
		zc_genl_events_kick();
}

/**
 * zc_genl_events_kick - look at the live transfers in a second
 *
 * Context: Any.
 */
void zc_genl_events_kick(void)
{
	if (!delayed_work_pending(&zc_genl_event_work))
		schedule_delayed_work(&zc_genl_event_work, HZ);
}

/**
 * zc_genl_events_stop - do not look any more
 *
 * Context: Module unload, no transfer is left; sleeps.
 */
void zc_genl_events_stop(void)
{
	cancel_delayed_work_sync(&zc_genl_event_work);
}
