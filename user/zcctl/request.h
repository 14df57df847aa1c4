/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * How "send" sends: what its options ask of the kernel.
 */
#ifndef ZCCTL_REQUEST_H
#define ZCCTL_REQUEST_H

#include "zcctl.h"

/**
 * request_check() - look at the options, touching nothing
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
 * request_offered() - does this kernel and module offer what is asked for?
 * @zc: netlink is open; it is used only if the request needs more than the least
 * @req: the request
 * @what: "FILE to PEER", for the sentence
 *
 * Return: 0, or ZC_UNAVAILABLE or another exit code, reported.
 */
int request_offered(const struct zcctl *zc, const struct zcopy_send *req,
		    const char *what);

#endif /* ZCCTL_REQUEST_H */
