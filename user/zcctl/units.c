// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Parses and formats numbers with units.  Pure functions.
 */
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SIZE_LIMIT	((1ULL << 63) - 1)

static const char suffixes[] = "KMGT";

/* Read decimal digits and advance *@text; -ERANGE above the limit */
static int read_digits(const char **text, uint64_t *value)
{
	uint64_t n = 0;
	unsigned int digit;

	for (; isdigit((unsigned char)**text); (*text)++) {
		digit = **text - '0';
		if (n > (SIZE_LIMIT - digit) / 10)
			return -ERANGE;
		n = n * 10 + digit;
	}
	*value = n;
	return 0;
}

/* Read digits with up to six that count after a point: @whole + @part / @scale */
static int read_decimal(const char **text, uint64_t *whole, uint64_t *part,
			uint64_t *scale)
{
	int err;

	*part = 0;
	*scale = 1;
	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	err = read_digits(text, whole);
	if (err || **text != '.')
		return err;
	if (!isdigit((unsigned char)*++*text))
		return -EINVAL;
	for (; isdigit((unsigned char)**text); ++*text) {
		if (*scale < 1000000) {
			*part = *part * 10 + (**text - '0');
			*scale *= 10;
		}
	}
	return 0;
}

int units_parse_count(const char *text, uint64_t *value)
{
	int err;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	err = read_digits(&text, value);
	if (!err && *text)
		err = -EINVAL;
	return err;
}

/* Returns the unit at @text as a number of bits to shift, or -EINVAL */
static int read_suffix(const char *text)
{
	const char *p;
	int shift = 0;

	if (*text && toupper((unsigned char)*text) != 'B') {
		p = strchr(suffixes, toupper((unsigned char)*text));
		if (!p)
			return -EINVAL;
		shift = 10 * (int)(p - suffixes + 1);
		text++;
		if (strcasecmp(text, "iB") == 0)
			text += 2;
	}
	if (toupper((unsigned char)*text) == 'B')
		text++;
	return *text ? -EINVAL : shift;
}

int units_parse_size(const char *text, uint64_t *value)
{
	uint64_t fraction, scale, whole;
	int err, shift;

	err = read_decimal(&text, &whole, &fraction, &scale);
	if (err)
		return err;
	shift = read_suffix(text);
	if (shift < 0)
		return shift;
	if (scale > 1 && !shift)
		return -EINVAL;
	if (whole > SIZE_LIMIT >> shift)
		return -ERANGE;
	whole <<= shift;
	fraction = (fraction << shift) / scale;
	if (fraction > SIZE_LIMIT - whole)
		return -ERANGE;
	*value = whole + fraction;
	return 0;
}

static const struct {
	const char	*unit;
	uint64_t	ns;
} times[] = {
	{ "", 1000000000 },
	{ "s", 1000000000 },
	{ "ms", 1000000 },
	{ "m", 60000000000 },
	{ "h", 3600000000000 },
};

int units_parse_seconds(const char *text, uint64_t *ns)
{
	uint64_t whole, part, scale;
	size_t i;
	int err;

	err = read_decimal(&text, &whole, &part, &scale);
	if (err)
		return err;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (strcmp(text, times[i].unit) != 0)
			continue;
		if (whole >= SIZE_LIMIT / times[i].ns)
			return -ERANGE;
		/* cannot overflow with these scales and units */
		*ns = whole * times[i].ns + part * (times[i].ns / 1000000) *
		      (1000000 / scale);
		return 0;
	}
	return -EINVAL;
}

const char *units_bytes(char buf[UNITS_ROOM], uint64_t bytes)
{
	double value = bytes;
	unsigned int i = 0;

	if (bytes < 1024) {
		snprintf(buf, UNITS_ROOM, "%u B", (unsigned int)bytes);
		return buf;
	}
	/* a value that would print as 1024 becomes 1 of the next unit */
	for (value /= 1024; value >= 1023.5 && i < sizeof(suffixes) - 2; i++)
		value /= 1024;
	snprintf(buf, UNITS_ROOM, "%.*f %ciB", value < 9.995 ? 2 : value < 99.95,
		 value, suffixes[i]);
	return buf;
}

const char *units_rate(char buf[UNITS_ROOM], uint64_t bytes, uint64_t ns)
{
	double rate = ns ? (double)bytes * 1e9 / (double)ns : 0;

	if (!ns) {
		snprintf(buf, UNITS_ROOM, "-");
		return buf;
	}
	units_bytes(buf, rate < 1.8e19 ? (uint64_t)rate : UINT64_MAX);
	strcat(buf, "/s");
	return buf;
}

const char *units_duration(char buf[UNITS_ROOM], uint64_t ns)
{
	double value = ns;

	if (ns < 1000)
		snprintf(buf, UNITS_ROOM, "%u ns", (unsigned int)ns);
	else if (ns < 1000000)
		snprintf(buf, UNITS_ROOM, "%.3g us", value / 1e3);
	else if (ns < 1000000000)
		snprintf(buf, UNITS_ROOM, "%.3g ms", value / 1e6);
	else if (ns < 120000000000ULL)
		snprintf(buf, UNITS_ROOM, "%.2f s", value / 1e9);
	else
		units_clock(buf, ns / 1000000000);
	return buf;
}

const char *units_clock(char buf[UNITS_ROOM], uint64_t seconds)
{
	unsigned int s = seconds % 60, m = seconds / 60 % 60;
	unsigned long long h = seconds / 3600;

	if (h)
		snprintf(buf, UNITS_ROOM, "%llu:%02u:%02u", h, m, s);
	else
		snprintf(buf, UNITS_ROOM, "%u:%02u", m, s);
	return buf;
}
