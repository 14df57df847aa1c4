// SPDX-License-Identifier: GPL-2.0
// A ubuf_info has a table of callbacks: 6.10; in 6.12, 7.2, not in 6.1.
#include <linux/skbuff.h>

void zc_probe(struct ubuf_info *u, const struct ubuf_info_ops *ops);
void zc_probe(struct ubuf_info *u, const struct ubuf_info_ops *ops)
{
	u->ops = ops;
}
