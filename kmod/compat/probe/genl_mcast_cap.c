// SPDX-License-Identifier: GPL-2.0
// A multicast group can require CAP_NET_ADMIN of listeners: 6.7; in Debian's 6.1, 6.12, 7.2.
#include <net/genetlink.h>

const struct genl_multicast_group zc_probe[] = {
	{ .name = "probe", .flags = GENL_MCAST_CAP_NET_ADMIN },
};
