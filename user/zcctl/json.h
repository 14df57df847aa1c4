/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * JSON objects for what the kernel tells.  The keys are part of the interface: new
 * keys may be added, existing keys never change.
 */
#ifndef ZCCTL_JSON_H
#define ZCCTL_JSON_H

#include <json-c/json.h>
#include <stdint.h>

#include "zcopy.h"

/** json_number() - add a number */
void json_number(struct json_object *obj, const char *key, uint64_t value);

/** json_utf8_len() - bytes of the UTF-8 character at @text, 0 if it is invalid */
size_t json_utf8_len(const char *text);

/**
 * json_utf8() - copy text and replace bytes that are not UTF-8 by U+FFFD
 *
 * Return: the copy, which the caller frees, or NULL if there is no memory.
 */
char *json_utf8(const char *text);

/** json_text() - add a string, converted by json_utf8() */
void json_text(struct json_object *obj, const char *key, const char *text);

/** json_counter() - add a counter to the object @obj; for zcopy_nl_stats() */
int json_counter(const char *name, uint64_t value, const char *help, void *obj);

/** json_result() - add the result or present state: status, bytes, times */
void json_result(struct json_object *obj, const struct zcopy_result *res);

/** json_transfer() - make an object of all that is known about a transfer */
struct json_object *json_transfer(const struct zcopy_transfer *t);

/* Longest text of json_stuck() */
#define JSON_STUCK_ROOM	128

/**
 * json_stuck() - describe what has kept the worker of a transfer busy for long
 * @buf: JSON_STUCK_ROOM bytes
 * @t: the transfer
 *
 * Return: @buf, "" if no worker has been busy with @t for long.
 */
const char *json_stuck(char *buf, const struct zcopy_transfer *t);

/** json_query() - make an object of features and limits */
struct json_object *json_query(const struct zcopy_query *query);

#endif /* ZCCTL_JSON_H */
