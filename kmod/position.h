/* SPDX-License-Identifier: GPL-2.0 */
/*
 * position.c - the offset that a transfer begins at, and moves
 */
#ifndef ZC_POSITION_H
#define ZC_POSITION_H

#include <linux/types.h>

struct file;

/*
 * struct zc_position - where a file's range began, and whose that offset is
 * @from: the offset then
 * @at: the caller's, or NULL
 * @file: REF: the file's own, or NULL; with neither nothing is moved
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
