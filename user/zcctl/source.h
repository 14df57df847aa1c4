/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What "send" sends: header, ranges of the file, trailer, made from options.
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
	/* the bytes of the ranges, one after the other, once source_hold() has read */
	char			*held;
	size_t			nr_held;
};

/**
 * source_check() - look at the options, touching nothing
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
 * source_hold() - read the file here and send its bytes as memory
 * @zc: options, checked
 * @src: as source_open() left it; its list is built anew
 *
 * For files under /proc and the like: what they hold depends on the task that
 * reads, and netlink has none that could.
 *
 * Return: 0; -EFBIG if the ranges have more bytes than a list may have in memory;
 * another negative errno if reading failed.  Nothing is reported.
 */
int source_hold(const struct zcctl *zc, struct source *src);

/** source_close() - give back what source_open() took */
void source_close(struct source *src);

#endif /* ZCCTL_SOURCE_H */
