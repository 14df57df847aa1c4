/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Finds out whether the network namespaces of transfers have any process.
 */
#ifndef ZCCTL_NETNS_H
#define ZCCTL_NETNS_H

#include <json-c/json.h>

/**
 * netns_mark() - add to each transfer its network namespace
 * @array: objects of json_transfer(); "namespace" and "netns_process" are added
 *
 * Without the right to look at a namespace's processes, it seems to have none.
 */
void netns_mark(struct json_object *array);

#endif /* ZCCTL_NETNS_H */
