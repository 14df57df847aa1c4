/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Network namespaces of transfers, and whether any process is in them.
 */
#ifndef ZCCTL_NETNS_H
#define ZCCTL_NETNS_H

#include <json-c/json.h>

/**
 * netns_mark() - tell of each transfer in which network namespace it is
 * @array: objects of json_transfer(); "namespace" and "netns_process" are added
 *
 * A namespace whose processes cannot be looked at has none, as it seems.
 */
void netns_mark(struct json_object *array);

#endif /* ZCCTL_NETNS_H */
