/* SPDX-License-Identifier: GPL-2.0 */
/*
 * genl.c - the generic netlink family
 * genl_submit.c - submission
 * genl_look.c - what may be asked and done about live transfers
 * genl_limits.c - limits
 * genl_fill.c - transfers, counters and features as attributes
 * genl_event.c - events
 */
#ifndef ZC_GENL_H
#define ZC_GENL_H

#include <linux/types.h>
#include <linux/zcopy_netlink.h>

struct file;
struct genl_family;
struct genl_info;
struct net;
struct netlink_callback;
struct netlink_ext_ack;
struct nla_policy;
struct nlattr;
struct sk_buff;
struct zc_xfer;

int zc_genl_init(void);
void zc_genl_exit(void);
extern struct genl_family zc_genl_family;
int zc_genl_malformed(struct netlink_ext_ack *extack);
int zc_genl_parse(struct genl_info *info, struct nlattr **tb,
		  const struct nla_policy *policy);
int zc_genl_answer(struct genl_info *info, u8 cmd,
		   int (*fill)(struct sk_buff *skb, const struct net *net));

/* genl_submit.c */
int zc_genl_submit(struct sk_buff *skb, struct genl_info *info);

/* genl_look.c */
int zc_genl_get(struct sk_buff *skb, struct genl_info *info);
int zc_genl_dump(struct sk_buff *skb, struct netlink_callback *cb);
int zc_genl_cancel(struct sk_buff *skb, struct genl_info *info);
int zc_genl_set_rate(struct sk_buff *skb, struct genl_info *info);

/* genl_limits.c */
int zc_genl_limits_get(struct sk_buff *skb, struct genl_info *info);
int zc_genl_limits_set(struct sk_buff *skb, struct genl_info *info);

/* genl_fill.c */
int zc_genl_fill_transfer(struct sk_buff *skb, const struct zc_xfer *x,
			  const struct net *net, struct file *file);
int zc_genl_fill_stats(struct sk_buff *skb, const struct net *net);
int zc_genl_fill_query(struct sk_buff *skb, const struct net *net);

/* genl_event.c */
void zc_genl_event(const struct zc_xfer *x, enum zcopy_event event);
void zc_genl_events_kick(void);
void zc_genl_events_stop(void);

#endif /* ZC_GENL_H */
