/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The summary that "send" prints at the end.
 */
#ifndef ZCCTL_SUMMARY_H
#define ZCCTL_SUMMARY_H

#include "follow.h"

/**
 * summary_print() - how all transfers of a send ended
 * @zc: how to print
 * @file: what was sent
 * @ones: the transfers; labels are their peers; transfers without a result are
 *        shown with the bytes of the last look
 * @nr: number of transfers
 *
 * Return: ZC_DONE if all got all bytes, else ZC_FAILED.
 */
int summary_print(const struct zcctl *zc, const char *file,
		  const struct follow_one *ones, size_t nr);

#endif /* ZCCTL_SUMMARY_H */
