// SPDX-License-Identifier: GPL-2.0
/*
 * The door that hears of transfers.  Transfers know no door: the door registers what it
 * does while the module is loaded, and transfers call it through here.  Takes no lock.
 *
 * ORDER: the door registers before the device opens, and leaves when the device is gone
 * and no transfer is left.  Submissions of all doors need an open device, and each
 * transfer pins the module, so nothing is called before or after.
 */
#include <linux/cache.h>
#include <linux/stddef.h>

#include "hearer.h"
#include "xfer.h"

static const struct zc_hearer *zc_hearer __read_mostly;

/**
 * zc_hearer_register - a door wants to hear of transfers
 * @hearer: what it does; stays until zc_hearer_unregister()
 *
 * Context: Module load, before the device can be opened.
 */
void zc_hearer_register(const struct zc_hearer *hearer)
{
	zc_hearer = hearer;
}

/**
 * zc_hearer_unregister - the door hears of no transfer any more
 *
 * Context: Module unload, no transfer is left.
 */
void zc_hearer_unregister(void)
{
	zc_hearer = NULL;
}

/**
 * zc_hearer_listens - would anything be told of a transfer now?
 * @x: the transfer; the caller keeps its network namespace alive
 *
 * Context: Process context of the submitter.
 * Return: true if so.
 */
bool zc_hearer_listens(const struct zc_xfer *x)
{
	return zc_hearer->listens(x);
}

/**
 * zc_hearer_begun - tell that a transfer was accepted
 * @x: the transfer; the caller keeps its network namespace alive
 *
 * Context: Process context of the submitter, may sleep.
 */
void zc_hearer_begun(struct zc_xfer *x)
{
	zc_hearer->begun(x);
}

/**
 * zc_hearer_await - keep the namespace in which the end will be told
 * @x: still has its socket, which pins the namespace
 *
 * Context: The runner.
 * Return: the network namespace, REF: with a reference for zc_hearer_ended(); NULL if
 * no socket waits for the end.
 */
struct net *zc_hearer_await(const struct zc_xfer *x)
{
	return zc_hearer->await(x);
}

/**
 * zc_hearer_ended - tell the end of a transfer, once
 * @x: has ended, and has given back what the report says it has
 * @net: as zc_hearer_await() returned it.  REF: consumed
 *
 * Context: The runner, may sleep.
 */
void zc_hearer_ended(struct zc_xfer *x, struct net *net)
{
	if (net)
		zc_hearer->ended(x, net);
}

/**
 * zc_hearer_leave - do not tell the sender's netlink socket of the end
 * @x: not started, or without references
 *
 * Context: Process context or worker.
 */
void zc_hearer_leave(struct zc_xfer *x)
{
	if (x->nl)
		zc_hearer->leave(x->nl);
	x->nl = NULL;
}
