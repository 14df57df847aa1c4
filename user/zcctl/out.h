/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The one print layer.  A verb builds JSON objects and describes with a layout
 * how people see them; this prints the one or the other.
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
	OUT_WORDS,	/* an array of strings, or an object's true members */
	OUT_PARTS,	/* an object of byte counts; those that are not 0 */
};

/* A field is left out where its value is 0, empty or missing */
#define OUT_IF_SET	(1U << 0)

/**
 * struct out_field - how people see a member; a layout ends with one without key
 * @key: the member
 * @label: its name, the heading of its column
 * @kind: how it is written
 * @flags: OUT_*
 */
struct out_field {
	const char	*key;
	const char	*label;
	enum out_kind	kind;
	unsigned int	flags;
};

/* All of these consume the reference to the JSON object */

/** out_record() - one object: "label  value" lines, or JSON */
void out_record(const struct zcctl *zc, struct json_object *obj,
		const struct out_field *layout);

/** out_table() - an array of objects: a table, or JSON; @none if it is empty */
void out_table(const struct zcctl *zc, struct json_object *array,
	       const struct out_field *layout, const char *none);

/** out_put_json() - a line of it, so that no character controls the terminal */
void out_put_json(FILE *to, const char *json);

/** out_json() - JSON in any case, indented with -p */
void out_json(const struct zcctl *zc, struct json_object *obj);

/** out_line() - one object of a stream: the text, or JSON on one line */
void out_line(const struct zcctl *zc, struct json_object *obj, const char *fmt,
	      ...) __attribute__((format(printf, 3, 4)));

/** out_clean() - copy text, control characters replaced by '?' */
const char *out_clean(char *buf, size_t room, const char *text);

/**
 * out_fail() - report a failure
 * @zc: says whether as JSON, an object {error, errno, hint} on stdout, or as
 *      sentences on stderr
 * @code: exit code
 * @err: errno, 0 if there is none
 * @hint: what to do next, NULL if there is nothing to say
 * @fmt: what was tried, on what, and why it failed
 *
 * Return: @code.
 */
int out_fail(const struct zcctl *zc, int code, int err, const char *hint,
	     const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif /* ZCCTL_OUT_H */
