// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold before and after a refusal.  See refuse.h.
 */
#include "refuse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fixture.h"

static void refuse_read(struct refuse *r)
{
	FILE *f = fopen("/proc/zcopy/stats", "r");

	r->nr = 0;
	while (f && r->nr < REFUSE_COUNTERS &&
	       fscanf(f, "%47s %llu", r->name[r->nr], &r->value[r->nr]) == 2)
		r->nr++;
	if (f)
		fclose(f);
}

void refuse_before(struct refuse *r, int peer)
{
	refuse_read(r);
	r->fds = fd_count();
	r->peer = peer;
}

const char *refuse_after(const struct refuse *r, const char *why)
{
	static char sentence[160];
	struct refuse now;
	bool met = !why;
	unsigned int i;
	char byte;

	refuse_read(&now);
	if (!now.nr || now.nr != r->nr)
		return "the counters cannot be read";
	for (i = 0; i < r->nr; i++) {
		bool mine = why && !strncmp(r->name[i], "reject_", 7) &&
			    !strcmp(r->name[i] + 7, why);

		met |= mine;
		if (now.value[i] == r->value[i] + mine)
			continue;
		snprintf(sentence, sizeof(sentence), "%s went from %llu to %llu",
			 r->name[i], r->value[i], now.value[i]);
		return sentence;
	}
	if (!met)
		return "there is no counter of that name";
	if (fd_count() != r->fds)
		return "the number of open descriptors changed";
	if (r->peer >= 0 &&
	    (recv(r->peer, &byte, 1, MSG_DONTWAIT | MSG_PEEK) != -1 ||
	     errno != EAGAIN))
		return "the peer saw something";
	return NULL;
}
