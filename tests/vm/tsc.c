// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how many kHz this machine's time stamp counter has. QEMU gives its guests the
 * counter of the machine; a guest that measures the counter itself, while it boots
 * beside others, can be wrong by a factor, and all its clocks with it.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct reading {
	unsigned long long ns, ticks;
};

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* The time and the counter at one moment: of many tries the one that took least. */
static struct reading read_both(void)
{
	unsigned long long before, took, least = -1ULL;
	struct reading best = { 0 };
	int i;

	for (i = 0; i < 1000; i++) {
		before = __rdtsc();
		struct reading r = { .ns = now_ns() };

		took = __rdtsc() - before;
		r.ticks = before + took / 2;
		if (took < least) {
			least = took;
			best = r;
		}
	}
	return best;
}

int main(void)
{
	const struct timespec wait = { .tv_nsec = 50 * 1000000 };
	struct reading a = read_both(), b;

	nanosleep(&wait, NULL);
	b = read_both();
	printf("%llu\n", (b.ticks - a.ticks) * 1000000 / (b.ns - a.ns));
	return 0;
}
