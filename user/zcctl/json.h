/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * JSON objects for what the kernel tells.  Keys are interface: they are only
 * ever added to.
 */
#ifndef ZCCTL_JSON_H
#define ZCCTL_JSON_H

#include <json-c/json.h>
#include <stdint.h>

#include "zcopy.h"

/** json_number() - add a member */
void json_number(struct json_object *obj, const char *key, uint64_t value);

/** json_utf8_len() - bytes of the character in UTF-8 at @text, 0 if it is none */
size_t json_utf8_len(const char *text);

/**
 * json_utf8() - copy text, bytes that are not UTF-8 replaced by U+FFFD
 *
 * Return: the copy, to be freed, or NULL if there is no memory.
 */
char *json_utf8(const char *text);

/** json_text() - add a member, made UTF-8 */
void json_text(struct json_object *obj, const char *key, const char *text);

/** json_result() - add how a transfer ended or stands: status, bytes, times */
void json_result(struct json_object *obj, const struct zcopy_result *res);

/** json_transfer() - an object of all that is known about a transfer */
struct json_object *json_transfer(const struct zcopy_transfer *t);

/* Longest text of json_stuck() */
#define JSON_STUCK_ROOM	128

/**
 * json_stuck() - say what the worker of a transfer has been in for long
 * @buf: JSON_STUCK_ROOM bytes
 * @t: the transfer
 *
 * Return: @buf, "" if it is in nothing, or not for long.
 */
const char *json_stuck(char *buf, const struct zcopy_transfer *t);

/** json_query() - an object of features and limits */
struct json_object *json_query(const struct zcopy_query *query);

#endif /* ZCCTL_JSON_H */
