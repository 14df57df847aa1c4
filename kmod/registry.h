/* SPDX-License-Identifier: GPL-2.0 */
/*
 * registry.c - all live transfers, for listings and to find a transfer by number
 */
#ifndef ZC_REGISTRY_H
#define ZC_REGISTRY_H

#include <linux/types.h>

struct file;
struct net;
struct zc_xfer;

/* struct zc_registry_pos - where a walk goes on; zeroed: at the start */
struct zc_registry_pos {
	unsigned int bucket;
	u64 after;		/* last number looked at in it, 0: none */
};

typedef bool (*zc_registry_fits_fn)(const struct zc_xfer *x, const void *arg);

void zc_registry_init(void);
u64 zc_registry_number(void);
void zc_registry_add(struct zc_xfer *x);
void zc_registry_del(struct zc_xfer *x);
struct zc_xfer *zc_registry_find_get(const struct net *net, u64 id);
struct zc_xfer *zc_registry_next_get(const struct net *net,
				     struct zc_registry_pos *pos);
struct zc_xfer *zc_registry_next_fit_get(zc_registry_fits_fn fits,
					 const void *arg,
					 struct zc_registry_pos *pos);
bool zc_registry_any(void);

struct net *zc_registry_net_get(struct zc_xfer *x);
struct file *zc_registry_file_get(struct zc_xfer *x);

#endif /* ZC_REGISTRY_H */
