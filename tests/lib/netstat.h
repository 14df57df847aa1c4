/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of TCP in this network namespace. */
#ifndef ZCOPY_TESTS_NETSTAT_H
#define ZCOPY_TESTS_NETSTAT_H

#include <stdint.h>

/* The sum of the counters in /proc/net/netstat whose names begin with @prefix */
uint64_t netstat(const char *prefix);

#endif
