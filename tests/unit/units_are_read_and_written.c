// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sizes with units: which are parsed, which are refused, and how they are printed.
 * sources: user/zcctl/units.c
 */
#include "ktap.h"

#include "../../user/zcctl/units.h"

static const struct {
	const char	*text;
	int		err;
	uint64_t	value;
} sizes[] = {
	{ "0", 0, 0 },
	{ "4096", 0, 4096 },
	{ "1K", 0, 1024 },
	{ "1k", 0, 1024 },
	{ "1KiB", 0, 1024 },
	{ "64KB", 0, 65536 },
	{ "10B", 0, 10 },
	{ "2M", 0, 2 << 20 },
	{ "3G", 0, 3ULL << 30 },
	{ "1T", 0, 1ULL << 40 },
	{ "1.5K", 0, 1536 },
	{ "0.25M", 0, 1 << 18 },
	{ "9223372036854775807", 0, (1ULL << 63) - 1 },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "8388607T", 0, 8388607ULL << 40 },
	{ "8388608T", -ERANGE, 0 },
	{ "99999999999999999999", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "K", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "1KK", -EINVAL, 0 },
	{ "1KiBx", -EINVAL, 0 },
	{ "1.5", -EINVAL, 0 },
	{ "1.K", -EINVAL, 0 },
	{ "1.5.5K", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
	{ "1P", -EINVAL, 0 },
};

static const struct {
	uint64_t	value;
	const char	*text;
} bytes[] = {
	{ 0, "0 B" },
	{ 1023, "1023 B" },
	{ 1024, "1.00 KiB" },
	{ 10240, "10.0 KiB" },
	{ 102400, "100 KiB" },
	{ (1 << 20) - 1, "1.00 MiB" },
	{ 1 << 20, "1.00 MiB" },
	{ 5ULL << 40, "5.00 TiB" },
	{ UINT64_MAX, "16777216 TiB" },
};

static const struct {
	uint64_t	ns;
	const char	*text;
} durations[] = {
	{ 0, "0 ns" },
	{ 999, "999 ns" },
	{ 1500, "1.5 us" },
	{ 2500000, "2.5 ms" },
	{ 1234000000, "1.23 s" },
	{ 65000000000ULL, "65.00 s" },
	{ 3725000000000ULL, "1:02:05" },
};

static const struct {
	const char	*text;
	int		err;
	uint64_t	ns;
} seconds[] = {
	{ "0", 0, 0 },
	{ "30", 0, 30000000000ULL },
	{ "30s", 0, 30000000000ULL },
	{ "0.5", 0, 500000000 },
	{ "1.25s", 0, 1250000000 },
	{ "0.000001", 0, 1000 },
	{ "250ms", 0, 250000000 },
	{ "1.5m", 0, 90000000000ULL },
	{ "2h", 0, 7200000000000ULL },
	{ "9223372036", -ERANGE, 0 },
	{ "9999999999999999999999", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "1.", -EINVAL, 0 },
	{ ".5", -EINVAL, 0 },
	{ "1d", -EINVAL, 0 },
	{ "1 s", -EINVAL, 0 },
};

static void is_text(const char *got, const char *want)
{
	if (!ktap_ok(strcmp(got, want) == 0, "is written as %s", want))
		note("got %s", got);
}

int main(void)
{
	char buf[UNITS_ROOM];
	uint64_t value;
	size_t i;
	int err;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		value = 0;
		err = units_parse_size(sizes[i].text, &value);
		if (!ktap_ok(err == sizes[i].err && value == sizes[i].value,
			     "size \"%s\"", sizes[i].text))
			note("got %d, %llu", err, (unsigned long long)value);
	}
	for (i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		value = 0;
		err = units_parse_seconds(seconds[i].text, &value);
		if (!ktap_ok(err == seconds[i].err && value == seconds[i].ns,
			     "time \"%s\"", seconds[i].text))
			note("got %d, %llu", err, (unsigned long long)value);
	}
	ktap_eq(units_parse_count("12", &value), 0, "count 12");
	ktap_eq(units_parse_count("12K", &value), -EINVAL, "a count has no unit");
	for (i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		is_text(units_bytes(buf, bytes[i].value), bytes[i].text);
	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		is_text(units_duration(buf, durations[i].ns), durations[i].text);
	is_text(units_rate(buf, 1 << 20, 500000000), "2.00 MiB/s");
	is_text(units_rate(buf, 1 << 20, 0), "-");
	is_text(units_clock(buf, 59), "0:59");
	is_text(units_clock(buf, 3600), "1:00:00");
	return ktap_done();
}
