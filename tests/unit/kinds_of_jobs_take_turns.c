// SPDX-License-Identifier: GPL-2.0
/*
 * Jobs bound to other CPUs, or weighed down, are told apart; kinds take turns, one that is
 * full is passed over, and where there are too many kinds, the last one has the rest.
 * sources: kmod/kinds.c
 */
#include "ktap.h"

#include <string.h>

#include "../../kmod/kinds.h"

#define ANY	((u32)-1)
#define LAST	(ZC_KINDS - 1)

static void keys(void)
{
	static const struct { u32 cpus; int nice; u32 cpus2; int nice2; bool same; } row[] = {
		{ 0, 0, 0, -20, true }, { 0, 1, 0, 5, true }, { 0, 5, 0, 6, false },
		{ 0, 19, 0, 16, true }, { 7, 0, 7, -3, true }, { 7, 0, 7, 1, false },
		{ 7, 0, 9, 0, false }, { 0, 0, 7, 0, false }, { 0, 0, 0, 1, false },
	};

	ktap_eq(zc_kinds_key(0, 0), 0, "no bounds");
	ktap_eq(zc_kinds_key(0, -20), 0, "a higher weight is no bound");
	for (unsigned int i = 0; i < sizeof(row) / sizeof(*row); i++)
		ktap_ok((zc_kinds_key(row[i].cpus, row[i].nice) ==
			 zc_kinds_key(row[i].cpus2, row[i].nice2)) == row[i].same,
			"CPUs %u, nice %d, and CPUs %u, nice %d: %s", row[i].cpus, row[i].nice,
			row[i].cpus2, row[i].nice2, row[i].same ? "alike" : "not alike");
}

static u32 queue(struct zc_kinds *k, u32 key, u32 cpus)
{
	u32 kind = zc_kinds_find(k, key, cpus);

	k->kind[kind].queued++;
	return kind;
}

/* As a worker does; -1: there is nothing for it. */
static int take(struct zc_kinds *k, u32 most)
{
	u32 full = 0;
	int kind;

	while ((kind = zc_kinds_next(k, full)) >= 0) {
		u32 cpus = k->kind[kind].cpus;

		if (k->kind[kind].running < (cpus < most ? cpus : most))
			break;
		full |= 1U << kind;
	}
	if (kind < 0)
		return -1;
	k->next = kind + 1;
	k->kind[kind].queued--;
	k->kind[kind].running++;
	return kind;
}

static void turns(void)
{
	struct zc_kinds k;
	u32 bound, slow;

	memset(&k, 0, sizeof(k));
	zc_kinds_init(&k);
	ktap_eq(take(&k, 4), -1, "no jobs");
	for (int i = 0; i < 100; i++)
		bound = queue(&k, 8, 1);
	ktap_eq(take(&k, 4), bound, "one job for a CPU has its turn");
	ktap_eq(take(&k, 4), -1, "others for that CPU must wait for it");
	ktap_eq(queue(&k, 0, ANY), 0, "a job without bounds");
	ktap_eq(take(&k, 4), 0, "need not");
	for (int i = 0; i < 8; i++)
		slow = queue(&k, 4, ANY);
	for (int i = 0; i < 8; i++)
		queue(&k, 0, ANY);
	ktap_eq(take(&k, 4), slow, "a slow one");
	ktap_eq(take(&k, 4), 0, "takes turns with it");
	ktap_eq(take(&k, 4), slow, "again");
	k.kind[bound].running--;
	ktap_eq(take(&k, 4), 0, "and again");
	ktap_eq(take(&k, 4), bound, "and a CPU that is free with both");
	for (int i = 0; i < 4; i++)
		take(&k, 4);
	ktap_ok(k.kind[slow].running == 4 && k.kind[0].running == 4 && take(&k, 4) == -1,
		"each kind has room of its own");
}

static void crowd(void)
{
	struct zc_kinds k;
	bool apart = true;

	memset(&k, 0, sizeof(k));
	zc_kinds_init(&k);
	for (u32 i = 1; i < LAST; i++)
		apart &= queue(&k, i * 8, i) == i;
	ktap_ok(apart, "kinds apart");
	ktap_eq(queue(&k, 3 * 8, 3), 3, "a job of a known kind");
	ktap_eq(queue(&k, 100 * 8, 2), LAST, "one more kind");
	ktap_eq(queue(&k, 101 * 8, 5), LAST, "another shares its place");
	queue(&k, 100 * 8, 2);
	ktap_eq(k.kind[LAST].cpus, 5, "and the larger room");
	ktap_eq(queue(&k, 0, ANY), 0, "jobs without bounds have their own in any case");
	k.kind[2].queued = 0;
	k.kind[2].running = 1;
	ktap_eq(queue(&k, 102 * 8, 9), LAST, "a kind at work is not free");
	k.kind[2].running = 0;
	ktap_eq(queue(&k, 102 * 8, 9), 2, "one without jobs is");
	ktap_ok(k.kind[2].key == 102 * 8 && k.kind[2].cpus == 9, "and gets a new key and room");
}

int main(void)
{
	keys();
	turns();
	crowd();
	return ktap_done();
}
