/* SPDX-License-Identifier: GPL-2.0 */
/*
 * uring.c - io_uring commands on the device
 */
#ifndef ZC_URING_DOOR_H
#define ZC_URING_DOOR_H

#include <linux/types.h>

struct io_uring_cmd;

int zc_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags);
void zc_uring_init(void);
void zc_uring_exit(void);

#endif /* ZC_URING_DOOR_H */
