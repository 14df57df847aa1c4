/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The only print layer.  A verb builds JSON objects and a layout that says how to
 * show them to people; these functions print JSON, or text by the layout.
 */
#ifndef ZCCTL_OUT_H
#define ZCCTL_OUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

struct zcctl;

enum out_kind {
	OUT_TEXT,	/* a string, or a number as it is */
	OUT_BYTES,	/* a number of bytes */
	OUT_RATE,	/* bytes per second */
	OUT_NS,		/* nanoseconds */
	OUT_PERCENT,
	OUT_WORDS,	/* an array of strings, or the true members of an object */
	OUT_PARTS,	/* an object of byte counts, without those that are 0 */
};

/* Leave the field out if its value is 0, empty or missing */
#define OUT_IF_SET	(1U << 0)

/**
 * struct out_field - how to show a member; a field without key ends a layout
 * @key: the member
 * @label: its name, or the heading of its column
 * @kind: how to format it
 * @flags: OUT_*
 */
struct out_field {
	const char	*key;
	const char	*label;
	enum out_kind	kind;
	unsigned int	flags;
};

/* Functions below that take a JSON object drop the caller's reference to it */

/** out_record() - print an object: "label  value" lines, or JSON */
void out_record(const struct zcctl *zc, struct json_object *obj,
		const struct out_field *layout);

/** out_table() - print an array: a table, or @none if it is empty; or JSON */
void out_table(const struct zcctl *zc, struct json_object *array,
	       const struct out_field *layout, const char *none);

/** out_put_json() - print a line of JSON, control characters escaped */
void out_put_json(FILE *to, const char *json);

/** out_json() - print JSON even without -j, indented with -p */
void out_json(const struct zcctl *zc, struct json_object *obj);

/** out_line() - print one object of a stream: the text, or JSON on one line */
void out_line(const struct zcctl *zc, struct json_object *obj, const char *fmt,
	      ...) __attribute__((format(printf, 3, 4)));

/** out_tell() - print a line on standard error; control characters become '?' */
void out_tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** out_clean() - copy text, and replace control characters and bad UTF-8 by '?' */
const char *out_clean(char *buf, size_t room, const char *text);

/**
 * out_fail() - report a failure
 * @zc: chooses JSON, an object {error, errno, hint} on stdout, or sentences on
 *      stderr
 * @code: exit code
 * @err: errno, 0 if there is none
 * @hint: what to do next, NULL for what hint_system() says to @err
 * @fmt: what was tried, on what, and why it failed
 *
 * Return: @code.
 */
int out_fail(const struct zcctl *zc, int code, int err, const char *hint,
	     const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif /* ZCCTL_OUT_H */
