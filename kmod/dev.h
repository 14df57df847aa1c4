/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dev.c - /dev/zcopy
 * ioctl.c, ioctl_submit.c - its verbs
 */
#ifndef ZC_DEV_H
#define ZC_DEV_H

#include <linux/types.h>

struct file;
struct zc_ctx;

int zc_dev_init(void);
void zc_dev_exit(void);
bool zc_dev_is(const struct file *file);

/* ioctl.c */
long zc_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif /* ZC_DEV_H */
