/* SPDX-License-Identifier: GPL-2.0 */
/*
 * genl.c - the generic netlink family
 * genl_submit.c - submission
 * genl_look.c - show, list and change live transfers
 * genl_limits.c - limits
 * genl_fill.c - transfers, counters and features as attributes
 * genl_event.c - events
 * genl_who.c - access checks
 * genl_sock.c - the netlink sockets that get the completions of their transfers
 */
#ifndef ZC_GENL_H
#define ZC_GENL_H

#include <linux/types.h>
#include <linux/zcopy_netlink.h>

struct cred;
struct file;
struct genl_family;
struct genl_info;
struct net;
struct netlink_callback;
struct netlink_ext_ack;
struct nla_policy;
struct nlattr;
struct nlmsghdr;
struct sk_buff;
struct sock;
struct user_namespace;
struct zc_genl_sock;
struct zc_xfer;

/* struct zc_genl_view - how much of a transfer is shown */
struct zc_genl_view {
	struct user_namespace *user_ns;	/* uids are shown as numbered in it */
	bool submitter;			/* also show process, name, cookie, worker */
	pid_t pid;			/* of the submitter, as it is shown */
	struct file *file;		/* also show this file's path, or NULL */
};

int zc_genl_init(void);
void zc_genl_exit(void);
extern struct genl_family zc_genl_family;
int zc_genl_malformed(struct netlink_ext_ack *extack);
int zc_genl_parse(const struct nlmsghdr *nlh, struct nlattr **tb,
		  const struct nla_policy *policy,
		  struct netlink_ext_ack *extack);
int zc_genl_check_last(const struct sk_buff *skb, const struct nlmsghdr *nlh,
		       struct netlink_ext_ack *extack);
int zc_genl_answer(const struct sk_buff *skb, struct genl_info *info, u8 cmd,
		   size_t size,
		   int (*fill)(struct sk_buff *msg, const struct sk_buff *skb));

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
			  const struct zc_genl_view *view);
int zc_genl_fill_stats(struct sk_buff *msg, const struct sk_buff *skb);
int zc_genl_fill_query(struct sk_buff *msg, const struct sk_buff *skb);

/* genl_event.c */
void zc_genl_events_start(void);
void zc_genl_events_stop(void);

/* genl_who.c */
bool zc_genl_from_opener(const struct sk_buff *skb);
bool zc_genl_same_user(const struct cred *viewer, const struct cred *subject);
bool zc_genl_one_user(const struct sk_buff *skb);
bool zc_genl_own(const struct sk_buff *skb, const struct zc_xfer *x);
bool zc_genl_sees_files(const struct sk_buff *skb, const struct zc_xfer *x);
bool zc_genl_admin(const struct sk_buff *skb, struct user_namespace *user_ns);
pid_t zc_genl_pid(const struct zc_xfer *x);
bool zc_genl_within(const struct user_namespace *user_ns,
		    const struct user_namespace *outer);

/* genl_sock.c */
int zc_genl_sock_init(void);
void zc_genl_sock_exit(void);
struct zc_genl_sock *zc_genl_sock_get(struct sock *sk, u32 portid);
void zc_genl_sock_put(struct zc_genl_sock *s);
bool zc_genl_sock_open(const struct zc_genl_sock *s);
bool zc_genl_sock_tell(const struct zc_genl_sock *s, struct sk_buff *msg);

#endif /* ZC_GENL_H */
