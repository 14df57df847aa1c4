/* SPDX-License-Identifier: GPL-2.0 */
/*
 * proc.c - /proc/net/zcopy and /proc/zcopy
 */
#ifndef ZC_PROC_H
#define ZC_PROC_H

struct net;

int zc_proc_init(void);
void zc_proc_exit(void);
int zc_proc_net_init(struct net *net);
void zc_proc_net_exit(struct net *net);

#endif /* ZC_PROC_H */
