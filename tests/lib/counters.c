// SPDX-License-Identifier: GPL-2.0
/* Reads the counters and the list of live transfers; see counters.h. */
#include <stdio.h>
#include <string.h>

#include "counters.h"
#include "fixture.h"

#define REST_MS	20000

uint64_t counter_of(const char *name)
{
	FILE *f = fopen("/proc/zcopy/stats", "re");
	unsigned long long v, found = 0;
	char word[64];
	bool is = false;

	if (!f)
		die("/proc/zcopy/stats");
	while (!is && fscanf(f, "%63s %llu", word, &v) == 2) {
		is = !strcmp(word, name);
		if (is)
			found = v;
	}
	fclose(f);
	if (!is)
		die("%s", name);
	return found;
}

bool counters_rest(void)
{
	for (unsigned int ms = 0; ms < REST_MS * guest_scale(); ms += 50) {
		if (!counter_of("transfers_active") &&
		    counter_of("transfers_submitted") ==
		    counter_of("transfers_completed") +
		    counter_of("transfers_failed") +
		    counter_of("transfers_cancelled"))
			return true;
		sleep_ms(50);
	}
	return false;
}

/* ---- live transfers ---- */

/* What the list of live transfers says */
struct live {
	unsigned int lines;
	uint64_t newest;		/* ID, 0: none */
	uint64_t first;			/* bytes that the first one has sent */
	uint64_t all;			/* bytes that all have sent */
	uint64_t one;			/* bytes that @id has sent */
};

static struct live live_look(uint64_t id)
{
	struct live live = { 0 };
	char line[256];
	FILE *f;

	f = fopen("/proc/net/zcopy/transfers", "re");
	if (!f)
		die("/proc/net/zcopy/transfers");
	while (fgets(line, sizeof(line), f)) {
		unsigned long long at, sent;

		if (line[0] < '0' || line[0] > '9')
			continue;
		if (sscanf(line, "%llu %*u %*d %*s %*u %llu", &at, &sent) != 2)
			die("a line of /proc/net/zcopy/transfers");
		if (!live.lines++)
			live.first = sent;
		if (at > live.newest)
			live.newest = at;
		if (at == id)
			live.one = sent;
		live.all += sent;
	}
	fclose(f);
	return live;
}

unsigned int live_count(void)
{
	return live_look(0).lines;
}

uint64_t live_sent(void)
{
	return live_look(0).first;
}

void live_begins(unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	while (!live_sent()) {
		if (now_ms() > end)
			die("no part is sent");
		sleep_ms(2);
	}
}

uint64_t live_newest(void)
{
	return live_look(0).newest;
}

uint64_t live_sent_by(uint64_t id)
{
	return live_look(id).one;
}

/* Looks for 700 ms: a window probe after 200 ms may make the peer take some more. */
static struct live live_settled(bool all)
{
	struct live live = live_look(0);
	unsigned int same = 0;

	while (same < 7) {
		struct live last = live;

		sleep_ms(100);
		live = live_look(0);
		same = live.first == last.first && (!all || live.all == last.all) ?
			same + 1 : 0;
	}
	return live;
}

uint64_t live_stalled(void)
{
	return live_settled(false).first;
}

void live_all_stalled(void)
{
	live_settled(true);
}

/* A look is dear in a slow guest, so it looks less often the longer that takes. */
bool live_becomes(unsigned int nr, unsigned int ms)
{
	uint64_t end = now_ms() + ms;
	unsigned int looks = 0;

	while (live_count() != nr) {
		if (now_ms() > end)
			return false;
		sleep_ms(looks < 64 ? 1 + looks++ / 8 : 9);
	}
	return true;
}
