/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ioctl.c - the verbs of the device
 * ioctl_submit.c - those that start transfers and return
 */
#ifndef ZC_IOCTL_PRIV_H
#define ZC_IOCTL_PRIV_H

#include <linux/zcopy.h>

struct zc_ctx;

union zc_ioctl_arg {
	struct zcopy_send send;
	struct zcopy_wait wait;
	struct zcopy_cancel cancel;
	struct zcopy_query query;
	struct zcopy_rate rate;
	struct zcopy_batch batch;
	struct zcopy_eventfd eventfd;
	struct zcopy_sendfile sendfile;
};

/* ioctl_submit.c */
long zc_ioctl_submit(struct zc_ctx *ctx, union zc_ioctl_arg *a);
long zc_ioctl_batch(struct zc_ctx *ctx, union zc_ioctl_arg *a);

#endif /* ZC_IOCTL_PRIV_H */
