// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The progress bar never reaches the last column, at any width and in any state.
 * sources: user/zcctl/progress.c user/zcctl/units.c
 */
#include "ktap.h"

#include "../../user/zcctl/progress.h"

int main(void)
{
	static const uint64_t sizes[] = {
		0, 1, 999, 1 << 20, 7ULL << 40, (1ULL << 63) - 1
	};
	int width, bad = 0;
	char buf[600];
	size_t i, part;

	for (width = 20; width < 512; width++) {
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			for (part = 0; part <= 4; part++) {
				progress_line(buf, sizeof(buf), width,
					      sizes[i] / 4 * part, sizes[i],
					      part * 1e6);
				bad += strlen(buf) >= (size_t)width;
			}
		}
	}
	ktap_eq(bad, 0, "no line is as wide as the terminal");
	progress_line(buf, sizeof(buf), 80, 1 << 20, 4 << 20, 1 << 20);
	ktap_ok(strncmp(buf, " 25% [", 6) == 0 && strstr(buf, "1.00 MiB of 4.00 MiB") &&
		strstr(buf, "1.00 MiB/s") && strstr(buf, "ETA 0:03"),
		"percentage, bytes, rate and remaining time");
	progress_line(buf, sizeof(buf), 80, 0, 4 << 20, 0);
	ktap_ok(strstr(buf, "ETA --:--") != NULL, "no rate, no forecast");
	return ktap_done();
}
