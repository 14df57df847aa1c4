/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Next steps: what a person can do after a failure.  Each failure that zcctl reports has
 * one, and none of these functions returns NULL.
 */
#ifndef ZCCTL_HINTS_H
#define ZCCTL_HINTS_H

#include "zcopy.h"

/* After a call of the system: files, sockets, processes, memory */
const char *hint_system(int err);

/* After a request that the module refused, or did not get */
const char *hint_request(int err);

/* After a submission that the module refused */
const char *hint_submission(int err);

/* After a transfer that did not send all */
const char *hint_result(const struct zcopy_result *res);

/* What the errno of a result adds to its status, "" if the status says all */
const char *hint_cause(const struct zcopy_result *res);

#endif /* ZCCTL_HINTS_H */
