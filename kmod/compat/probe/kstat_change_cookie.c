// SPDX-License-Identifier: GPL-2.0
// Attributes can have a change cookie: 6.3; not in Debian's 6.1, in 6.12, 7.2.
#include <linux/stat.h>

bool zc_probe(const struct kstat *stat, u64 *cookie);
bool zc_probe(const struct kstat *stat, u64 *cookie)
{
	*cookie = stat->change_cookie;
	return stat->result_mask & STATX_CHANGE_COOKIE;
}
