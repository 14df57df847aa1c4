/* SPDX-License-Identifier: GPL-2.0 */
/* What zc_mark.ko keeps for a module under test, which may be unloaded meanwhile */
#ifndef ZC_MARK_H
#define ZC_MARK_H

#include <linux/types.h>

#define ZC_MARKS (1 << 20)

extern u8 zc_marks[ZC_MARKS];
extern int zc_mutant;

#endif
