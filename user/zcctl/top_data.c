// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reads the data of top: all live transfers and the counters.  Computes the rates
 * since the previous look and sorts the rows.  Draws nothing.
 */
#include "top.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"

/* Most dumps to try; if the set changes during each, the last one is shown */
#define DUMP_TRIES	5
#define NS_PER_SEC	1000000000.0

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int by_id(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void fill_user(struct top_row *row, uint32_t uid)
{
	/* cache of one name: neighbouring rows often have the same user */
	static char name[sizeof(row->user)];
	static uint32_t last;
	struct passwd *pw;

	if (!name[0] || last != uid) {
		pw = getpwuid(uid);
		if (pw)
			snprintf(name, sizeof(name), "%s", pw->pw_name);
		else
			snprintf(name, sizeof(name), "%u", uid);
		last = uid;
	}
	out_clean(row->user, sizeof(row->user), name);
}

static int add_row(const struct zcopy_transfer *x, void *arg)
{
	struct top *t = arg;
	struct top_row *row;

	if (t->nr == t->room) {
		size_t room = t->room ? 2 * t->room : 64;

		row = reallocarray(t->rows, room, sizeof(*row));
		if (!row)
			return -ENOMEM;
		t->rows = row;
		t->room = room;
	}
	row = &t->rows[t->nr++];
	memset(row, 0, sizeof(*row));
	row->id = x->result->id;
	row->bytes = x->result->bytes;
	row->asked = x->result->bytes_asked;
	row->age_ns = x->result->duration_ns;
	row->limit = x->rate;
	row->state = x->state;
	fill_user(row, x->uid);
	addr_format(row->peer, &x->peer);
	out_clean(row->file, sizeof(row->file), x->file ? x->file : x->comm);
	if (row->state < TOP_STATES)
		t->by_state[row->state]++;
	if (t->transfers)
		json_object_array_add(t->transfers, json_transfer(x));
	return 0;
}

static int dump(struct top *t)
{
	int tries = 0;
	int err;

	do {
		t->nr = 0;
		memset(t->by_state, 0, sizeof(t->by_state));
		json_object_put(t->transfers);
		t->transfers = t->zc->json ? json_object_new_array() : NULL;
		err = zcopy_nl_dump(t->zc->nl, add_row, t);
	} while (err == -EAGAIN && ++tries < DUMP_TRIES);
	return err == -EAGAIN ? 0 : err;
}

uint64_t top_counter(const struct top *t, const char *name)
{
	struct json_object *val;

	if (!json_object_object_get_ex(t->counters, name, &val))
		return 0;
	return json_object_get_uint64(val);
}

/* Rate of each row: since the previous look, or since the transfer began */
static void measure_rows(struct top *t)
{
	const struct top_row *old;
	struct top_row *row;
	uint64_t bytes, ns;

	for (row = t->rows; row < t->rows + t->nr; row++) {
		bytes = row->bytes;
		ns = row->age_ns;
		old = t->nr_old ? bsearch(row, t->old, t->nr_old, sizeof(*row),
					  by_id) : NULL;
		if (old && old->age_ns < ns && old->bytes <= bytes) {
			bytes -= old->bytes;
			ns -= old->age_ns;
		}
		row->rate = ns ? bytes * NS_PER_SEC / ns : 0;
	}
}

/*
 * The rate of all transfers.  The counters include the bytes of a transfer only when it
 * ends, so the bytes of live transfers are added.  A transfer that began and ended
 * between two looks counts, too.
 */
static void measure_all(struct top *t, bool first)
{
	uint64_t moved = top_counter(t, "bytes_by_ref") +
			 top_counter(t, "bytes_copied");
	uint64_t ns = now_ns();
	uint64_t rate = 0;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		moved += t->rows[i].bytes;
		rate += t->rows[i].rate;
	}
	if (!first && ns > t->look_ns && moved >= t->moved)
		rate = (moved - t->moved) * NS_PER_SEC / (ns - t->look_ns);
	t->rate = rate;
	t->moved = moved;
	t->look_ns = ns;
}

static int keep_old(struct top *t)
{
	struct top_row *old;

	t->nr_old = 0;
	if (!t->nr)
		return 0;
	old = reallocarray(t->old, t->nr, sizeof(*old));
	if (!old)
		return -ENOMEM;
	t->old = old;
	t->nr_old = t->nr;
	memcpy(old, t->rows, t->nr * sizeof(*old));
	qsort(old, t->nr_old, sizeof(*old), by_id);
	return 0;
}

/* After a failed look, show the previous rows */
static void restore_old(struct top *t)
{
	size_t i;

	t->nr = t->nr_old;
	memset(t->by_state, 0, sizeof(t->by_state));
	if (t->nr)
		memcpy(t->rows, t->old, t->nr * sizeof(*t->rows));
	for (i = 0; i < t->nr; i++)
		if (t->rows[i].state < TOP_STATES)
			t->by_state[t->rows[i].state]++;
	top_sort(t);
}

int top_look(struct top *t)
{
	struct json_object *counters;
	bool first = !t->counters;
	int err;

	err = keep_old(t);
	if (err)
		return err;
	counters = json_object_new_object();
	err = dump(t);
	if (!err)
		err = zcopy_nl_stats(t->zc->nl, json_counter, counters);
	if (err) {
		json_object_put(counters);
		restore_old(t);
		return err;
	}
	json_object_put(t->counters);
	t->counters = counters;
	measure_rows(t);
	measure_all(t, first);
	top_sort(t);
	return 0;
}

static void forget(struct top *t)
{
	t->nr = 0;
	t->nr_old = 0;
	t->rate = 0;
	memset(t->by_state, 0, sizeof(t->by_state));
	json_object_put(t->counters);
	t->counters = NULL;
	json_object_put(t->transfers);
	t->transfers = t->zc->json ? json_object_new_array() : NULL;
}

int top_look_on(struct top *t)
{
	bool was_gone = t->gone;
	int err = was_gone ? zcopy_nl_renew(t->zc->nl) : 0;

	if (!err)
		err = top_look(t);
	t->gone = err == -ENODEV || (was_gone && err == -ENOENT);
	t->back = was_gone && !err;
	if (!t->gone)
		return err;
	forget(t);
	return 0;
}

static int compare_numbers(uint64_t x, uint64_t y)
{
	return x < y ? -1 : x > y;
}

static double percent(const struct top_row *row)
{
	return row->asked ? (double)row->bytes / row->asked : 0;
}

static int compare(const struct top_row *x, const struct top_row *y,
		   enum top_key key)
{
	switch (key) {
	case TOP_USER:
		return strcmp(x->user, y->user);
	case TOP_STATE:
		return strcmp(zcopy_state_name(x->state),
			      zcopy_state_name(y->state));
	case TOP_SENT:
		return compare_numbers(y->bytes, x->bytes);
	case TOP_OF:
		return compare_numbers(y->asked, x->asked);
	case TOP_PERCENT:
		return percent(x) > percent(y) ? -1 : percent(x) < percent(y);
	case TOP_RATE:
		return compare_numbers(y->rate, x->rate);
	case TOP_LIMIT:
		return compare_numbers(y->limit, x->limit);
	case TOP_AGE:
		return compare_numbers(y->age_ns, x->age_ns);
	case TOP_PEER:
		return strcmp(x->peer, y->peer);
	case TOP_FILE:
		return strcmp(x->file, y->file);
	default:
		return 0;
	}
}

/* Numbers in descending order, words in ascending; equal rows by id */
static int in_order(const void *a, const void *b, void *arg)
{
	const struct top *t = arg;
	int cmp = compare(a, b, t->key);

	if (!cmp)
		cmp = by_id(a, b);
	return t->reverse ? -cmp : cmp;
}

void top_sort(struct top *t)
{
	if (t->nr)
		qsort_r(t->rows, t->nr, sizeof(*t->rows), in_order, t);
}

void top_free(struct top *t)
{
	free(t->rows);
	free(t->old);
	json_object_put(t->counters);
	json_object_put(t->transfers);
}
