/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Parses and formats numbers with units.
 */
#ifndef ZCCTL_UNITS_H
#define ZCCTL_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* Buffer size for every text below */
#define UNITS_ROOM	32

/**
 * units_parse_size() - read "4096", "64K", "1.5M", "2G", "1T"
 * @text: the words; K, M, G and T are powers of 1024, in either case, and may
 *        be followed by "iB" or "B"
 * @value: receives the number of bytes
 *
 * Return: 0, -EINVAL (not a size), -ERANGE (more than 2^63-1).
 */
int units_parse_size(const char *text, uint64_t *value);

/** units_parse_count() - read a plain number; 0, -EINVAL or -ERANGE */
int units_parse_count(const char *text, uint64_t *value);

/**
 * units_parse_seconds() - read "30", "0.5", "1.25", with "ms", "s", "m" or "h"
 * @text: the words; seconds if there is no unit
 * @ns: receives nanoseconds
 *
 * Return: 0, -EINVAL (not a time), -ERANGE (more than 2^63-1 nanoseconds).
 */
int units_parse_seconds(const char *text, uint64_t *ns);

/** units_bytes() - "12.3 MiB" */
const char *units_bytes(char buf[UNITS_ROOM], uint64_t bytes);

/** units_rate() - "12.3 MiB/s" for @bytes in @ns nanoseconds */
const char *units_rate(char buf[UNITS_ROOM], uint64_t bytes, uint64_t ns);

/** units_duration() - "1.23 s", "45.6 ms" from nanoseconds */
const char *units_duration(char buf[UNITS_ROOM], uint64_t ns);

/** units_clock() - "1:05", "2:00:05" from seconds */
const char *units_clock(char buf[UNITS_ROOM], uint64_t seconds);

#endif /* ZCCTL_UNITS_H */
