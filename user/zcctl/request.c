// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the options of "send" that say how to send: flags, rate, times, ends.  One
 * table says which features of the kernel they need.
 */
#include "request.h"

#include <errno.h>
#include <string.h>

#include "units.h"

static int parse_size(const struct zcctl *zc, const char *name, __u64 *value)
{
	const char *text = args_get(&zc->args, name);
	uint64_t n;

	if (!text)
		return 0;
	if (units_parse_size(text, &n))
		return zcctl_misuse(zc, "send: --%s: \"%.40s\" is no size", name,
				    text);
	*value = n;
	return 0;
}

static int parse_time(const struct zcctl *zc, const char *name, __u64 *ns)
{
	const char *text = args_get(&zc->args, name);
	uint64_t n;

	if (!text)
		return 0;
	if (units_parse_seconds(text, &n) || !n)
		return zcctl_misuse(zc, "send: --%s: \"%.40s\" is no number of seconds",
				    name, text);
	*ns = n;
	return 0;
}

static int parse(const struct zcctl *zc, struct zcopy_send *req)
{
	int err = parse_size(zc, "rate", &req->rate);

	if (!err)
		err = parse_time(zc, "deadline", &req->deadline_ns);
	if (!err)
		err = parse_time(zc, "idle", &req->idle_ns);
	if (!err)
		err = parse_size(zc, "readahead", &req->readahead);
	return err;
}

int request_check(const struct zcctl *zc)
{
	struct zcopy_send scratch;

	return parse(zc, &scratch);
}

void request_fill(const struct zcctl *zc, struct zcopy_send *req)
{
	const struct args *a = &zc->args;
	const char *until = args_get(a, "until");
	const char *end = args_get(a, "end");

	parse(zc, req);
	if (args_has(a, "stable"))
		req->flags |= ZCOPY_F_STABLE;
	if (args_has(a, "drop-behind"))
		req->flags |= ZCOPY_F_DROP_BEHIND;
	if (args_has(a, "nowait"))
		req->flags |= ZCOPY_F_NOWAIT;
	if (args_has(a, "any-pid"))
		req->flags |= ZCOPY_F_ANY_PID;
	if (args_has(a, "detach"))
		req->flags |= ZCOPY_F_DETACHED;
	if (until && strcmp(until, "acked") == 0)
		req->until = ZCOPY_UNTIL_ACKED;
	if (until && strcmp(until, "released") == 0)
		req->until = ZCOPY_UNTIL_RELEASED;
	if (end && strcmp(end, "shutdown") == 0)
		req->end = ZCOPY_END_SHUTDOWN;
}

/* A demand of the request, and the feature bit or flag that it needs */
struct need {
	bool		asked;
	uint64_t	feature;
	uint32_t	flag;
	const char	*what;
};

int request_offered(const struct zcctl *zc, const struct zcopy_send *req,
		    const char *what)
{
	const struct need needs[] = {
		{ req->until == ZCOPY_UNTIL_ACKED, ZCOPY_FEAT_ACKED, 0,
		  "--until acked" },
		{ req->until == ZCOPY_UNTIL_RELEASED, ZCOPY_FEAT_RELEASED, 0,
		  "--until released" },
		{ req->end, ZCOPY_FEAT_END, 0, "--end shutdown" },
		{ req->nr_elems > 1, ZCOPY_FEAT_LISTS, 0,
		  "more than one range, header or trailer" },
		{ req->nr_sinks > 1, ZCOPY_FEAT_FANOUT, 0,
		  "more than one destination" },
		{ req->rate, ZCOPY_FEAT_RATE, 0, "--rate" },
		{ req->deadline_ns, ZCOPY_FEAT_DEADLINE, 0, "--deadline" },
		{ req->idle_ns, ZCOPY_FEAT_IDLE, 0, "--idle" },
		{ req->readahead, ZCOPY_FEAT_READAHEAD, 0, "--readahead" },
		{ req->flags & ZCOPY_F_STABLE, 0, ZCOPY_F_STABLE, "--stable" },
		{ req->flags & ZCOPY_F_DROP_BEHIND, 0, ZCOPY_F_DROP_BEHIND,
		  "--drop-behind" },
		{ req->flags & ZCOPY_F_NOWAIT, 0, ZCOPY_F_NOWAIT, "--nowait" },
		{ req->flags & ZCOPY_F_ANY_PID, 0, ZCOPY_F_ANY_PID, "--any-pid" },
	};
	static const char hint[] = "see what there is with: zcctl features";
	struct zcopy_query query = { 0 };
	bool asked = false;
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(needs); i++)
		asked |= needs[i].asked;
	if (!asked)
		return 0;
	err = zcopy_nl_query(zc->nl, &query);
	if (err)
		return nl_fail(zc, err, "cannot ask what zcopy offers");
	for (i = 0; i < ARRAY_SIZE(needs); i++)
		if (needs[i].asked && !(query.features & needs[i].feature) &&
		    !(query.send_flags & needs[i].flag))
			return out_fail(zc, ZC_UNAVAILABLE, EOPNOTSUPP, hint,
					"cannot send %s: this kernel or module does not offer %s",
					what, needs[i].what);
	if (req->nr_sinks > query.max_sinks)
		return out_fail(zc, ZC_UNAVAILABLE, E2BIG, hint,
				"cannot send %s: a transfer has %u destinations at most, not %u",
				what, query.max_sinks, req->nr_sinks);
	return 0;
}
