// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the numbers of the generic netlink family and of its event group.  A module
 * that is loaded again has new ones: requests with the old ones fail, and events no
 * longer arrive.  This file detects both cases; calls then return -ENODEV until the
 * caller asks for the new numbers with zcopy_nl_renew().
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK	270
#endif

/* The group that announces families; its number is fixed */
#define NOTICES		GENL_ID_CTRL

struct family {
	uint16_t	id;
	uint32_t	group;
};

static void find_group(struct family *found, struct nlattr *groups)
{
	struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];
	struct nlattr *group;
	int rem;

	nla_for_each_nested(group, groups, rem) {
		if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, group, NULL))
			continue;
		if (tb[CTRL_ATTR_MCAST_GRP_NAME] && tb[CTRL_ATTR_MCAST_GRP_ID] &&
		    nla_strcmp(tb[CTRL_ATTR_MCAST_GRP_NAME],
			       ZCOPY_GENL_GROUP_EVENTS) == 0)
			found->group = nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

static int on_family(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct family *found = arg;

	(void)nl;
	if (genlmsg_parse(nlh, 0, tb, CTRL_ATTR_MAX, NULL))
		return -EPROTO;
	if (tb[CTRL_ATTR_FAMILY_ID])
		found->id = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		find_group(found, tb[CTRL_ATTR_MCAST_GROUPS]);
	return 0;
}

/* Ask the kernel for the family's numbers; -ENOENT: the family does not exist */
static int resolve(struct zcopy_nl *nl, struct family *found)
{
	struct nl_msg *msg = nlmsg_alloc();
	int err;

	if (!msg)
		return -ENOMEM;
	if (!genlmsg_put(msg, 0, 0, GENL_ID_CTRL, 0, 0, CTRL_CMD_GETFAMILY, 1) ||
	    nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, ZCOPY_GENL_NAME)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	memset(found, 0, sizeof(*found));
	err = zci_nl_ask(nl, msg, 0, on_family, found);
	if (!err && !found->id)
		err = -EPROTO;
	return err;
}

int zci_nl_find(struct zcopy_nl *nl)
{
	struct family found;
	int err = resolve(nl, &found);

	if (err)
		return err;
	nl->family = found.id;
	nl->group = found.group;
	return 0;
}

/* Ask the kernel: is the family that the handle knows gone? */
bool zci_nl_is_gone(struct zcopy_nl *nl)
{
	struct family found;
	int err;

	if (nl->replay || !nl->family || nl->gone)
		return nl->gone;
	err = resolve(nl, &found);
	nl->gone = err == -ENOENT || (!err && found.id != nl->family);
	return nl->gone;
}

/* True if the message is about families; remembers that our family has ended */
bool zci_nl_notice(struct zcopy_nl *nl, struct nlmsghdr *nlh)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (nlh->nlmsg_type != GENL_ID_CTRL || nlh->nlmsg_seq)
		return false;
	if (genlmsg_valid_hdr(nlh, 0) &&
	    genlmsg_hdr(nlh)->cmd == CTRL_CMD_DELFAMILY &&
	    !genlmsg_parse(nlh, 0, tb, CTRL_ATTR_MAX, NULL) &&
	    tb[CTRL_ATTR_FAMILY_ID] && nl->family &&
	    nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]) == nl->family)
		nl->gone = true;
	return true;
}

static int join(struct zcopy_nl *nl, uint32_t group)
{
	if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		       sizeof(group)) < 0)
		return -errno;
	return 0;
}

int zcopy_nl_join(struct zcopy_nl *nl)
{
	int one = 1;
	int err;

	if (!nl->group)
		return -EOPNOTSUPP;
	if (nl->replay)
		return 0;
	/* Have the module count events that this socket misses in events_lost. */
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, &one, sizeof(one));
	err = join(nl, NOTICES);
	if (!err)
		err = join(nl, nl->group);
	/* RACE: if the module was unloaded before the join, no notice came. */
	if (!err && zci_nl_is_gone(nl))
		return -ENODEV;
	nl->joined = !err;
	return err;
}

int zcopy_nl_renew(struct zcopy_nl *nl)
{
	int err = nl->replay ? 0 : zci_nl_find(nl);

	if (err)
		return err;
	nl->gone = false;
	return nl->joined ? zcopy_nl_join(nl) : 0;
}
