/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The network devices, as far as they matter to sending without copies.
 */
#ifndef ZCCTL_BENCH_NICS_H
#define ZCCTL_BENCH_NICS_H

#include <stdio.h>

/** bench_nics() - write a table of the devices that are up, as HTML */
void bench_nics(FILE *f);

#endif /* ZCCTL_BENCH_NICS_H */
