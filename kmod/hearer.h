/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hearer.c - the door that hears of transfers and of their ends
 */
#ifndef ZC_HEARER_H
#define ZC_HEARER_H

#include <linux/types.h>

struct net;
struct zc_genl_sock;
struct zc_xfer;

/*
 * struct zc_hearer - what a door does when it hears of a transfer
 * @listens: would anything be told of it?  Its network namespace stays during the call
 * @begun: a transfer was accepted; its network namespace stays during the call
 * @await: keep the namespace in which the end will be told.  REF: returns a reference to
 *         it for @ended, or NULL if no socket waits for the end
 * @ended: the end, once, with what @await returned, not NULL.  REF: consumed
 * @leave: the socket that sent the transfer will not be told.  REF: consumed
 */
struct zc_hearer {
	bool (*listens)(const struct zc_xfer *x);
	void (*begun)(struct zc_xfer *x);
	struct net *(*await)(const struct zc_xfer *x);
	void (*ended)(struct zc_xfer *x, struct net *net);
	void (*leave)(struct zc_genl_sock *nl);
};

void zc_hearer_register(const struct zc_hearer *hearer);
void zc_hearer_unregister(void);

/* ---- for transfers ---- */
bool zc_hearer_listens(const struct zc_xfer *x);
void zc_hearer_begun(struct zc_xfer *x);
struct net *zc_hearer_await(const struct zc_xfer *x);
void zc_hearer_ended(struct zc_xfer *x, struct net *net);
void zc_hearer_leave(struct zc_xfer *x);

#endif /* ZC_HEARER_H */
