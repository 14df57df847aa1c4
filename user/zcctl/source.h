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
	char			*texts[2];
	size_t			nr_ranges;
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

/** source_close() - give back what source_open() took */
void source_close(struct source *src);

#endif /* ZCCTL_SOURCE_H */
