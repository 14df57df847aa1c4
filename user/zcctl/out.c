// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Prints records, tables, streams of lines and failures, as text or as JSON.  Knows
 * nothing of transfers.
 */
#include "out.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hints.h"
#include "json.h"
#include "units.h"
#include "zcctl.h"

#define CELL_ROOM	512
/* A sentence about a file */
#define LINE_ROOM	(PATH_MAX + 512)

/* Does the character of @len bytes control the terminal?  0 to 0x1f, 0x7f to 0x9f */
static bool is_control(const char *s, size_t len)
{
	unsigned char first = s[0], second = len > 1 ? s[1] : 0;

	return len == 1 ? first < 0x20 || first == 0x7f :
			  first == 0xc2 && second < 0xa0;
}

const char *out_clean(char *buf, size_t room, const char *text)
{
	size_t at = 0, len;

	while (*text) {
		len = json_utf8_len(text);
		if (len && is_control(text, len))
			len = 0;
		if (at + (len ? len : 1) >= room)
			break;
		if (len)
			memcpy(buf + at, text, len);
		else
			buf[at] = '?';
		len = len ? len : 1;
		at += len;
		text += len;
	}
	buf[at] = '\0';
	return buf;
}

void out_tell(const char *fmt, ...)
{
	char line[LINE_ROOM];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s\n", out_clean(line, sizeof(line), line));
}

static void add_word(char *cell, const char *before, const char *word)
{
	size_t len = strlen(cell);

	snprintf(cell + len, CELL_ROOM - len, "%s%s", len ? before : "", word);
}

static void format_words(char *cell, struct json_object *val)
{
	size_t i;

	if (json_object_is_type(val, json_type_array)) {
		for (i = 0; i < json_object_array_length(val); i++)
			add_word(cell, " ", json_object_get_string(
					 json_object_array_get_idx(val, i)));
		return;
	}
	json_object_object_foreach(val, key, member) {
		if (json_object_get_boolean(member))
			add_word(cell, " ", key);
	}
}

static void format_parts(char *cell, struct json_object *val)
{
	char part[CELL_ROOM], num[UNITS_ROOM];
	uint64_t bytes;

	json_object_object_foreach(val, key, member) {
		bytes = json_object_get_uint64(member);
		if (!bytes)
			continue;
		snprintf(part, sizeof(part), "%s %s", key, units_bytes(num, bytes));
		add_word(cell, ", ", part);
	}
}

static bool is_unset(struct json_object *val)
{
	switch (json_object_get_type(val)) {
	case json_type_null:
		return true;
	case json_type_string:
		return !json_object_get_string_len(val);
	case json_type_int:
	case json_type_double:
		return json_object_get_double(val) == 0;
	default:
		return false;
	}
}

/* Write a member into @cell; false if it is to be left out */
static bool format_cell(char *cell, struct json_object *obj,
			const struct out_field *field)
{
	struct json_object *val = NULL;

	cell[0] = '\0';
	json_object_object_get_ex(obj, field->key, &val);
	if ((field->flags & OUT_IF_SET) && is_unset(val))
		return false;
	if (!val) {
		strcpy(cell, "-");
		return true;
	}
	switch (field->kind) {
	case OUT_BYTES:
		units_bytes(cell, json_object_get_uint64(val));
		break;
	case OUT_RATE:
		units_rate(cell, json_object_get_uint64(val), 1000000000);
		break;
	case OUT_NS:
		units_duration(cell, json_object_get_uint64(val));
		break;
	case OUT_PERCENT:
		snprintf(cell, CELL_ROOM, "%.0f%%", json_object_get_double(val));
		break;
	case OUT_WORDS:
		format_words(cell, val);
		break;
	case OUT_PARTS:
		format_parts(cell, val);
		break;
	case OUT_TEXT:
		out_clean(cell, CELL_ROOM, json_object_get_string(val));
		break;
	}
	return cell[0] || !(field->flags & OUT_IF_SET);
}

/*
 * json-c escapes control characters up to 0x1f only.  A terminal also obeys 0x7f to
 * 0x9f; these occur only inside strings, where they can be escaped without changing
 * the value.
 */
void out_put_json(FILE *to, const char *json)
{
	size_t len;

	for (; *json; json += len) {
		len = json_utf8_len(json);
		if (*json != '\n' && len && is_control(json, len))
			fprintf(to, "\\u%04x", (unsigned char)json[len - 1]);
		else
			fwrite(json, 1, len ? len : 1, to);
		len = len ? len : 1;
	}
	putc('\n', to);
}

void out_json(const struct zcctl *zc, struct json_object *obj)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= zc->pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
			      JSON_C_TO_STRING_PLAIN;
	out_put_json(stdout, json_object_to_json_string_ext(obj, flags));
	fflush(stdout);
	json_object_put(obj);
}

void out_record(const struct zcctl *zc, struct json_object *obj,
		const struct out_field *layout)
{
	const struct out_field *field;
	char cell[CELL_ROOM];
	int width = 0, len;

	if (zc->json) {
		out_json(zc, obj);
		return;
	}
	for (field = layout; field->key; field++) {
		len = strlen(field->label);
		if (len > width)
			width = len;
	}
	for (field = layout; field->key; field++)
		if (format_cell(cell, obj, field))
			printf("%-*s  %s\n", width, field->label, cell);
	fflush(stdout);
	json_object_put(obj);
}

static bool is_right(enum out_kind kind)
{
	return kind == OUT_BYTES || kind == OUT_RATE || kind == OUT_NS ||
	       kind == OUT_PERCENT;
}

/* Print a row, or the headings if @obj is NULL; the last column is not padded */
static void print_row(struct json_object *obj, const struct out_field *layout,
		      const int *widths)
{
	char cell[CELL_ROOM];
	int i;

	for (i = 0; layout[i].key; i++) {
		if (obj)
			format_cell(cell, obj, &layout[i]);
		else
			snprintf(cell, sizeof(cell), "%s", layout[i].label);
		if (!layout[i + 1].key && !is_right(layout[i].kind))
			printf("%s%s", i ? "  " : "", cell);
		else
			printf("%s%*s", i ? "  " : "",
			       is_right(layout[i].kind) ? widths[i] : -widths[i],
			       cell);
	}
	putchar('\n');
}

void out_table(const struct zcctl *zc, struct json_object *array,
	       const struct out_field *layout, const char *none)
{
	size_t rows = json_object_array_length(array);
	int widths[16] = { 0 };
	char cell[CELL_ROOM];
	size_t row;
	int i, len;

	if (zc->json) {
		out_json(zc, array);
		return;
	}
	if (!rows)
		puts(none);
	for (i = 0; layout[i].key; i++)
		widths[i] = strlen(layout[i].label);
	for (row = 0; row < rows; row++) {
		for (i = 0; layout[i].key; i++) {
			format_cell(cell, json_object_array_get_idx(array, row),
				    &layout[i]);
			len = strlen(cell);
			if (len > widths[i])
				widths[i] = len;
		}
	}
	if (rows)
		print_row(NULL, layout, widths);
	for (row = 0; row < rows; row++)
		print_row(json_object_array_get_idx(array, row), layout, widths);
	fflush(stdout);
	json_object_put(array);
}

void out_line(const struct zcctl *zc, struct json_object *obj, const char *fmt, ...)
{
	va_list ap;

	if (zc->json) {
		out_json(zc, obj);
		return;
	}
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	json_object_put(obj);
}

int out_fail(const struct zcctl *zc, int code, int err, const char *hint,
	     const char *fmt, ...)
{
	struct json_object *obj;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!hint || !*hint)
		hint = hint_system(err);
	if (zc->json) {
		obj = json_object_new_object();
		json_text(obj, "error", text);
		json_number(obj, "errno", err < 0 ? -err : err);
		json_text(obj, "hint", hint);
		out_json(zc, obj);
		return code;
	}
	fflush(stdout);
	out_tell("zcctl: %s", text);
	out_tell("       %s", hint);
	return code;
}
