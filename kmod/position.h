/* SPDX-License-Identifier: GPL-2.0 */
/*
 * position.c - the offset that ZCOPY_F_POSITION reads and moves
 */
#ifndef ZC_POSITION_H
#define ZC_POSITION_H

#include <linux/types.h>

struct file;

/*
 * struct zc_position - the offset that a transfer begins at and moves
 * @from: its value at the start
 * @at: its address if it is in the caller's memory, or NULL
 * @file: REF: the file if it is the file's own, or NULL
 *
 * With neither @at nor @file nothing is moved.
 */
struct zc_position {
	loff_t from;
	s64 __user *at;
	struct file *file;
};

int zc_position_get(struct zc_position *p, struct file *file, u64 at);
void zc_position_move(const struct zc_position *p, u64 bytes);
void zc_position_put(struct zc_position *p);

#endif /* ZC_POSITION_H */
