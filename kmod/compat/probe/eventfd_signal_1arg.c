// SPDX-License-Identifier: GPL-2.0
// eventfd_signal() always adds one: 6.8; not in Debian's 6.1, in 6.12, 7.2.
#include <linux/eventfd.h>

void zc_probe(struct eventfd_ctx *ctx);
void zc_probe(struct eventfd_ctx *ctx)
{
	eventfd_signal(ctx);
}
