/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * metrics.c - the counters in the text format of Prometheus
 */
#ifndef ZCCTL_METRICS_H
#define ZCCTL_METRICS_H

#include <stdbool.h>

struct zcopy_nl;

/**
 * metrics_is_name() - has a counter's name only the characters of the module's?
 *
 * Another name could be taken for something else, on a terminal too.
 */
bool metrics_is_name(const char *name);

/**
 * metrics_print() - print all counters
 *
 * Counters end in _total.  Those that differ by a reason (copied_*, reject_*) are one
 * metric with the reason as a label.
 *
 * Return: 0 or a negative errno; nothing is printed then.
 */
int metrics_print(struct zcopy_nl *nl);

#endif
