// SPDX-License-Identifier: GPL-2.0
/*
 * Every refusal goes through zc_reject(): it counts the reason in the caller's network
 * namespace, traces it, and puts its sentence into the extended netlink ack if there
 * is one.  Takes no lock.
 */
#include <linux/errno.h>
#include <linux/netlink.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "net.h"
#include "reject.h"
#include "trace.h"

static const struct {
	const char *name;
	const char *words;
	int err;
} zc_reject_table[ZC_REJECT_NR] = {
#define X(name, err, words) [ZC_REJECT_##name] = { #name, words, err },
	ZC_REJECTS(X)
#undef X
};

/**
 * zc_reject - refuse a request for a reason
 * @why: the reason
 * @extack: where to put the sentence, or NULL
 *
 * An attempt that may not wait for the caller's memory is no refusal, as it is made
 * again: it is not counted.
 *
 * Context: Process context of the caller that is refused; any lock may be held.
 * Return: the negative errno that belongs to @why.
 */
int zc_reject(enum zc_reject_reason why, struct netlink_ext_ack *extack)
{
	struct zc_net *zn = zc_net(current->nsproxy->net_ns);

	if (pagefault_disabled())
		return -zc_reject_table[why].err;
	zc_stats_inc(&zn->stats, ZC_STAT_REJECT + why);
	trace_zcopy_reject(why);
	if (extack)
		extack->_msg = zc_reject_table[why].words;
	return -zc_reject_table[why].err;
}

/**
 * zc_reject_name - name of a reason
 * @why: the reason
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *zc_reject_name(enum zc_reject_reason why)
{
	return zc_reject_table[why].name;
}
