/* SPDX-License-Identifier: GPL-2.0 */
/* Raising an eventfd by one. */
#ifndef ZC_COMPAT_EVENTFD_H
#define ZC_COMPAT_EVENTFD_H

#include <linux/eventfd.h>

/**
 * zc_eventfd_signal - raise an eventfd by one
 * @ctx: borrowed
 *
 * COMPAT: probe eventfd_signal_1arg; goes when 6.1 does.
 */
static inline void zc_eventfd_signal(struct eventfd_ctx *ctx)
{
#if ZC_HAVE_eventfd_signal_1arg
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

#endif
