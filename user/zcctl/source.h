/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What "send" sends: header, ranges of the file, trailer, as the options say.
 */
#ifndef ZCCTL_SOURCE_H
#define ZCCTL_SOURCE_H

#include "zcctl.h"

struct source {
	const char		*path;
	int			fd;
	struct zcopy_list	*list;
	/* header and trailer, which the list points into */
	struct source_text {
		char		*data;
		size_t		len;
	}			texts[2];
	size_t			nr_ranges;
	/* the bytes of the ranges, read by source_hold() */
	char			*held;
	size_t			nr_held;
};

/**
 * source_check() - check the options, without side effects
 *
 * Return: 0, or ZC_MISUSE, reported.
 */
int source_check(const struct zcctl *zc);

/**
 * source_open() - open the file and build the list
 * @zc: options, checked
 * @src: filled in; source_close() must be called in any case
 * @path: the file, "-" for standard input
 *
 * Return: 0, or an exit code, reported.
 */
int source_open(const struct zcctl *zc, struct source *src, const char *path);

/**
 * source_hold() - read the file into memory and make a list of these bytes
 * @zc: options, checked
 * @src: as source_open() left it; its list is built again
 *
 * For files under /proc and the like: their content depends on the task that reads,
 * so the module does not take them through netlink.
 *
 * Return: 0; -EFBIG if the ranges have more bytes than a list may have in memory;
 * another negative errno if reading failed.  Nothing is reported.
 */
int source_hold(const struct zcctl *zc, struct source *src);

/** source_close() - undo source_open(), also after it failed */
void source_close(struct source *src);

#endif /* ZCCTL_SOURCE_H */
