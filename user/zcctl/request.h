/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The options of "send" that say how to send.
 */
#ifndef ZCCTL_REQUEST_H
#define ZCCTL_REQUEST_H

#include "zcctl.h"

/**
 * request_check() - check the options, without side effects
 *
 * Return: 0, or ZC_MISUSE, reported.
 */
int request_check(const struct zcctl *zc);

/**
 * request_fill() - put the options into a request
 * @zc: options, checked
 * @req: from zcopy_send_init()
 */
void request_fill(const struct zcctl *zc, struct zcopy_send *req);

/**
 * request_offered() - do this kernel and module offer what the request needs?
 * @zc: netlink is open; it is used only if the request needs an optional feature
 * @req: the request
 * @what: "FILE to PEER", for the error text
 *
 * Return: 0, or ZC_UNAVAILABLE or another exit code, reported.
 */
int request_offered(const struct zcctl *zc, const struct zcopy_send *req,
		    const char *what);

#endif /* ZCCTL_REQUEST_H */
