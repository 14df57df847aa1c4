// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb send: connect, submit through netlink, follow, sum up.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "follow.h"
#include "json.h"
#include "source.h"
#include "units.h"
#include "zcctl.h"

const struct opt send_opts[] = {
	{ "offset", 'o', "OFF", "start so many bytes into the file", NULL, 0 },
	{ "length", 'l', "LEN", "send so many bytes, not all to the end", NULL, 0 },
	{ "range", 0, "OFF:LEN", "send this range; may be repeated, in order",
	  NULL, OPT_MANY },
	{ "header", 0, "TEXT|@FILE", "send this before the file", NULL, 0 },
	{ "trailer", 0, "TEXT|@FILE", "send this after the file", NULL, 0 },
	{ "until", 0, "STATE", "when it counts as done; queued if not given",
	  "queued|acked|released", 0 },
	{ "stable", 0, NULL, "copy, so that what is sent is what was read",
	  NULL, 0 },
	{ "drop-behind", 0, NULL, "drop from the cache what this brings in",
	  NULL, 0 },
	{ "nowait", 0, NULL, "fail where the file is not in the page cache",
	  NULL, 0 },
	{ "end", 0, "ACTION", "what to do with the socket after the last byte",
	  "keep|shutdown", 0 },
	{ "detach", 0, NULL, "print the transfer's number and leave", NULL, 0 },
	{ "quiet", 'q', NULL, "no progress bar and no summary", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

/* One run of the verb */
struct send {
	struct zcctl		*zc;
	struct source		src;
	struct addr		addr;
	const char		*peer;
	struct zcopy		*dev;
	int			sock;
	struct zcopy_sink	sink;
	struct zcopy_send	req;
	uint64_t		id;
};

static const struct out_field summary_layout[] = {
	{ "bytes_by_ref", "  by reference", OUT_BYTES, 0 },
	{ "bytes_copied", "  copied", OUT_BYTES, OUT_IF_SET },
	{ "copied_reasons", "  copied because", OUT_PARTS, OUT_IF_SET },
	{ "cache_hit_bytes", "  cache hit", OUT_BYTES, OUT_IF_SET },
	{ "cache_miss_bytes", "  cache miss", OUT_BYTES, OUT_IF_SET },
	{ "socket_waits", "  socket waits", OUT_TEXT, OUT_IF_SET },
	{ "disk_waits", "  disk waits", OUT_TEXT, OUT_IF_SET },
	{ "retrans", "  retransmits", OUT_TEXT, OUT_IF_SET },
	{ NULL, NULL, OUT_TEXT, 0 }
};

static void fill_request(struct send *s)
{
	const struct args *a = &s->zc->args;
	const char *until = args_get(a, "until");
	const char *end = args_get(a, "end");

	zcopy_sink_init(&s->sink, s->sock);
	zcopy_send_init(&s->req, s->src.list, &s->sink, 1);
	if (args_has(a, "stable"))
		s->req.flags |= ZCOPY_F_STABLE;
	if (args_has(a, "drop-behind"))
		s->req.flags |= ZCOPY_F_DROP_BEHIND;
	if (args_has(a, "nowait"))
		s->req.flags |= ZCOPY_F_NOWAIT;
	if (until && strcmp(until, "acked") == 0)
		s->req.until = ZCOPY_UNTIL_ACKED;
	if (until && strcmp(until, "released") == 0)
		s->req.until = ZCOPY_UNTIL_RELEASED;
	if (end && strcmp(end, "shutdown") == 0)
		s->req.end = ZCOPY_END_SHUTDOWN;
}

/* What of the request this kernel does not have, NULL if it has all */
static const char *find_missing(const struct send *s)
{
	const struct zcopy_send *req = &s->req;
	struct zcopy_query query;

	if (zcopy_nl_query(s->zc->nl, &query))
		return NULL;
	if (req->until == ZCOPY_UNTIL_ACKED &&
	    !(query.features & ZCOPY_FEAT_ACKED))
		return "--until acked";
	if (req->until == ZCOPY_UNTIL_RELEASED &&
	    !(query.features & ZCOPY_FEAT_RELEASED))
		return "--until released";
	if (req->end && !(query.features & ZCOPY_FEAT_END))
		return "--end shutdown";
	if (req->nr_elems > 1 && !(query.features & ZCOPY_FEAT_LISTS))
		return "more than one range, header or trailer";
	if (req->flags & ~query.send_flags & ZCOPY_F_STABLE)
		return "--stable";
	if (req->flags & ~query.send_flags & ZCOPY_F_DROP_BEHIND)
		return "--drop-behind";
	if (req->flags & ~query.send_flags & ZCOPY_F_NOWAIT)
		return "--nowait";
	return NULL;
}

static int fail_submit(const struct send *s, int err)
{
	const char *sentence = zcopy_nl_error(s->zc->nl);
	const char *missing = NULL;
	char kept[256];

	snprintf(kept, sizeof(kept), "%s%s",
		 *sentence ? "; the kernel says: " : "", sentence);
	if (err == -EOPNOTSUPP)
		missing = find_missing(s);
	if (missing)
		return out_fail(s->zc, ZC_UNAVAILABLE, err,
				"see what there is with: zcctl features",
				"cannot send %s to %s: this kernel or module does not offer %s%s",
				s->src.path, s->peer, missing, kept);
	return out_fail(s->zc, ZC_FAILED, err, NULL, "cannot send %s to %s: %s%s",
			s->src.path, s->peer, zcopy_strerror(err), kept);
}

static int start(struct send *s)
{
	const char *why;
	int err, devfd = -1;

	err = source_open(s->zc, &s->src, s->zc->args.pos[0]);
	if (err)
		return err;
	if (!nl_is_replay()) {
		err = zcopy_open(&s->dev, 0);
		if (err)
			return nl_fail_open(s->zc, err, "send");
		devfd = zcopy_fd(s->dev);
	}
	err = nl_open(s->zc);
	if (err)
		return err;
	s->sock = addr_connect(&s->addr, &why);
	if (s->sock < 0)
		return out_fail(s->zc, ZC_FAILED, s->sock,
				"is the peer there? start one with: zcctl recv PORT",
				"cannot connect to %s: %s", s->peer,
				why ? why : strerror(-s->sock));
	fill_request(s);
	err = zcopy_nl_submit(s->zc->nl, devfd, &s->req, &s->id);
	return err ? fail_submit(s, err) : ZC_DONE;
}

static void print_headline(const struct send *s, const struct zcopy_result *res)
{
	char sent[UNITS_ROOM], asked[UNITS_ROOM], took[UNITS_ROOM], rate[UNITS_ROOM];

	printf("%s: %s", zcopy_status_name(res->status),
	       units_bytes(sent, res->bytes));
	if (res->bytes != res->bytes_asked)
		printf(" of %s", units_bytes(asked, res->bytes_asked));
	printf(" to %s in %s, %s\n", s->peer, units_duration(took, res->duration_ns),
	       units_rate(rate, res->bytes, res->duration_ns));
}

static int sum_up(const struct send *s, const struct zcopy_result *res)
{
	bool good = res->status == ZCOPY_STATUS_DONE ||
		    res->status == ZCOPY_STATUS_CHANGED;
	bool quiet = args_has(&s->zc->args, "quiet") && !s->zc->json;
	struct json_object *obj;
	const char *why = "";

	/* a cancelled one has been called so already */
	if (res->error && res->error != ECANCELED)
		why = strerror(res->error);
	obj = json_object_new_object();
	json_result(obj, res);
	json_text(obj, "file", s->src.path);
	json_text(obj, "peer", s->peer);
	if (!quiet && !s->zc->json)
		print_headline(s, res);
	if (quiet)
		json_object_put(obj);
	else
		out_record(s->zc, obj, summary_layout);
	if (!s->zc->json && !good)
		out_fail(s->zc, ZC_FAILED, res->error, NULL,
			 "sending %s to %s ended after %" PRIu64 " bytes: %s%s%s",
			 s->src.path, s->peer, (uint64_t)res->bytes,
			 zcopy_status_text(res->status), *why ? ": " : "", why);
	return good ? ZC_DONE : ZC_FAILED;
}

static int wait_for_end(struct send *s)
{
	bool bar = !s->zc->json && !args_has(&s->zc->args, "quiet");
	struct follow f = { .zc = s->zc, .id = s->id };
	int ret = ZC_FAILED;

	f.sigfd = signals_fd();
	switch (follow(&f, bar)) {
	case FOLLOW_ENDED:
		ret = sum_up(s, &f.result);
		break;
	case FOLLOW_LOST:
		out_fail(s->zc, ret, ENOBUFS,
			 "the totals are in: zcctl stats",
			 "transfer %" PRIu64 " to %s ended, but the event that says how was lost; %" PRIu64 " bytes had gone at the last look",
			 s->id, s->peer, f.bytes);
		break;
	case FOLLOW_LEFT:
		out_fail(s->zc, ret, EINTR, "see it with: zcctl list",
			 "left transfer %" PRIu64 " to %s before it ended", s->id,
			 s->peer);
		break;
	case FOLLOW_FAILED:
		nl_fail(s->zc, f.err, "cannot follow transfer %" PRIu64, s->id);
		break;
	}
	if (f.sigfd >= 0)
		close(f.sigfd);
	return ret;
}

static int leave(const struct send *s)
{
	struct json_object *obj = json_object_new_object();

	json_number(obj, "id", s->id);
	json_text(obj, "status", zcopy_status_name(ZCOPY_STATUS_RUNNING));
	out_line(s->zc, obj, "%" PRIu64, s->id);
	return ZC_DONE;
}

int cmd_send(struct zcctl *zc)
{
	struct send s = { .zc = zc, .sock = -1, .peer = zc->args.pos[1],
			  .src = { .fd = -1 } };
	int ret;

	if (addr_split(&s.addr, s.peer, 0))
		return zcctl_misuse(zc, "send: \"%.60s\" is not HOST:PORT ([HOST]:PORT for IPv6)",
				    s.peer);
	ret = source_check(zc);
	if (ret)
		return ret;
	ret = start(&s);
	if (!ret)
		ret = args_has(&zc->args, "detach") ? leave(&s) : wait_for_end(&s);
	if (s.sock >= 0)
		close(s.sock);
	zcopy_close(s.dev);
	source_close(&s.src);
	return ret;
}
