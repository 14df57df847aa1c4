// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb send: connects to every destination, submits one transfer through
 * netlink, follows it and prints a summary.  It does not connect if the kernel does not
 * offer what the transfer needs.  A transfer that is not detached belongs to the open
 * device, so it ends with this process, however this process ends.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "follow.h"
#include "hints.h"
#include "json.h"
#include "request.h"
#include "source.h"
#include "summary.h"
#include "zcctl.h"

const struct opt send_opts[] = {
	{ "offset", 'o', "OFF", "start so many bytes into the file", NULL, 0 },
	{ "length", 'l', "LEN", "send so many bytes, not all to the end", NULL, 0 },
	{ "range", 0, "OFF:LEN", "send this range; may be repeated, in order",
	  NULL, OPT_MANY },
	{ "header", 0, "TEXT|@FILE", "send this before the file", NULL, OPT_TEXT },
	{ "trailer", 0, "TEXT|@FILE", "send this after the file", NULL, OPT_TEXT },
	{ "rate", 0, "N", "send at most so many bytes a second", NULL, 0 },
	{ "deadline", 0, "SECONDS", "give up so long after the start", NULL, 0 },
	{ "idle", 0, "SECONDS", "give up when nothing moves for so long",
	  NULL, 0 },
	{ "until", 0, "STATE", "when it counts as done; queued if not given",
	  "queued|acked|released", 0 },
	{ "stable", 0, NULL, "copy, so that what is sent is what was read",
	  NULL, 0 },
	{ "drop-behind", 0, NULL, "drop from the cache what this brings in",
	  NULL, 0 },
	{ "nowait", 0, NULL, "fail where the file is not in the page cache",
	  NULL, 0 },
	{ "any-pid", 0, NULL,
	  "a FUSE server or fanotify may be told another process than this one", NULL, 0 },
	{ "readahead", 0, "N", "read so many bytes ahead", NULL, 0 },
	{ "end", 0, "ACTION", "what to do with the socket after the last byte",
	  "keep|shutdown", 0 },
	{ "detach", 0, NULL, "print the transfer's number and leave; it goes on",
	  NULL, 0 },
	{ "quiet", 'q', NULL, "no progress bar and no summary", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

/* A destination */
struct dest {
	const char	*name;
	struct addr	addr;
	int		sock;
};

/* One run of the verb */
struct send {
	struct zcctl		*zc;
	struct source		src;
	struct dest		*dests;
	struct zcopy_sink	*sinks;
	uint64_t		*ids;
	struct follow_one	*ones;
	size_t			nr;
	struct zcopy		*dev;
	struct zcopy_send	req;
	/* "FILE to PEER" */
	char			what[300];
};

static int read_words(struct send *s)
{
	char **words = s->zc->args.pos;
	int ret, err;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		s->dests[i].name = words[i + 1];
		err = addr_split(&s->dests[i].addr, words[i + 1], 0);
		if (err == -ERANGE)
			return zcctl_misuse(s->zc, "send: \"%.60s\": ports are 0 to 65535, in digits only",
					    words[i + 1]);
		if (err)
			return zcctl_misuse(s->zc, "send: \"%.60s\" is not HOST:PORT ([HOST]:PORT for IPv6)",
					    words[i + 1]);
	}
	ret = source_check(s->zc);
	if (!ret)
		ret = request_check(s->zc);
	if (s->nr == 1)
		snprintf(s->what, sizeof(s->what), "%.200s to %.80s", words[0],
			 words[1]);
	else
		snprintf(s->what, sizeof(s->what), "%.200s to %zu destinations",
			 words[0], s->nr);
	return ret;
}

static int connect_all(struct send *s)
{
	struct dest *d;
	const char *why;

	for (d = s->dests; d < s->dests + s->nr; d++) {
		d->sock = addr_connect(&d->addr, &why);
		if (d->sock < 0)
			return out_fail(s->zc, ZC_FAILED, d->sock,
					why ? "is the name right, and can it be looked up? see: getent hosts NAME" :
					      "is the peer there? start one with: zcctl recv PORT",
					"cannot connect to %s: %s", d->name,
					why ? why : strerror(-d->sock));
		s->sinks[d - s->dests].fd = d->sock;
	}
	return ZC_DONE;
}

/* Submit the list; after EOPNOTSUPP (a file under /proc), with its bytes as memory. */
static int offer(struct send *s, int devfd)
{
	int err = zcopy_nl_submit_all(s->zc->nl, devfd, &s->req, s->ids);

	if (err != -EOPNOTSUPP || nl_is_replay() || source_hold(s->zc, &s->src))
		return err;
	zcopy_send_init(&s->req, s->src.list, s->sinks, s->nr);
	request_fill(s->zc, &s->req);
	return zcopy_nl_submit_all(s->zc->nl, devfd, &s->req, s->ids);
}

static int submit(struct send *s, int devfd)
{
	size_t i;
	int err;

	err = offer(s, devfd);
	if (err)
		return out_fail(s->zc, err == -EOPNOTSUPP ? ZC_FAILED : nl_code(err),
				err, hint_submission(err), "cannot send %s: %s",
				s->what, nl_why(s->zc, err));
	for (i = 0; i < s->nr; i++) {
		s->ones[i].id = s->ids[i];
		s->ones[i].bar.label = s->dests[i].name;
	}
	return ZC_DONE;
}

static int start(struct send *s)
{
	int devfd = -1;
	size_t i;
	int err;

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
	for (i = 0; i < s->nr; i++)
		zcopy_sink_init(&s->sinks[i], -1);
	zcopy_send_init(&s->req, s->src.list, s->sinks, s->nr);
	request_fill(s->zc, &s->req);
	err = request_offered(s->zc, &s->req, s->what);
	if (!err)
		err = connect_all(s);
	return err ? err : submit(s, devfd);
}

static int fail_lost(struct send *s, const struct follow *f, const char *hint,
		     int err, const char *why)
{
	size_t open = s->nr - f->nr_ended;

	if (s->nr == 1)
		return out_fail(s->zc, ZC_FAILED, err, hint,
				"transfer %" PRIu64 " to %s: %s; %" PRIu64 " bytes had gone at the last look",
				s->ids[0], s->dests[0].name, why,
				s->ones[0].bar.bytes);
	/* the summary shows unknown results as unknown */
	summary_print(s->zc, s->src.path, s->ones, s->nr);
	if (!s->zc->json)
		out_fail(s->zc, ZC_FAILED, err, hint, "%zu of %zu transfers: %s",
			 open, s->nr, why);
	return ZC_FAILED;
}

static int wait_for_end(struct send *s)
{
	bool bar = !s->zc->json && !args_has(&s->zc->args, "quiet");
	struct follow f = { .zc = s->zc, .ones = s->ones, .nr = s->nr };
	int ret = ZC_FAILED;

	f.sigfd = signals_fd();
	switch (follow(&f, bar)) {
	case FOLLOW_ENDED:
		ret = summary_print(s->zc, s->src.path, s->ones, s->nr);
		break;
	case FOLLOW_LOST:
		ret = fail_lost(s, &f, "the totals are in: zcctl stats", ENOBUFS,
				"it ended, but the event that says how was lost");
		break;
	case FOLLOW_LEFT:
		ret = fail_lost(s, &f,
				"it is cancelled; if it is stuck, see it with: zcctl list",
				EINTR, "left before it ended");
		break;
	case FOLLOW_FAILED:
		nl_fail(s->zc, f.err, "cannot follow transfer %" PRIu64, s->ids[0]);
		break;
	}
	if (f.sigfd >= 0)
		close(f.sigfd);
	return ret;
}

static struct json_object *running(uint64_t id)
{
	struct json_object *obj = json_object_new_object();

	json_number(obj, "id", id);
	json_text(obj, "status", zcopy_status_name(ZCOPY_STATUS_RUNNING));
	return obj;
}

static int leave(const struct send *s)
{
	struct json_object *sinks = json_object_new_array();
	struct json_object *top = running(s->ids[0]);
	struct json_object *obj;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		obj = running(s->ids[i]);
		json_text(obj, "peer", s->dests[i].name);
		json_object_array_add(sinks, obj);
		if (!s->zc->json)
			printf("%" PRIu64 "\n", s->ids[i]);
	}
	if (s->nr > 1)
		json_object_object_add(top, "sinks", sinks);
	else
		json_object_put(sinks);
	if (s->zc->json)
		out_json(s->zc, top);
	else
		json_object_put(top);
	return ZC_DONE;
}

static void clean_up(struct send *s)
{
	size_t i;

	for (i = 0; s->dests && i < s->nr; i++)
		if (s->dests[i].sock >= 0)
			close(s->dests[i].sock);
	zcopy_close(s->dev);
	source_close(&s->src);
	free(s->dests);
	free(s->sinks);
	free(s->ids);
	free(s->ones);
}

int cmd_send(struct zcctl *zc)
{
	struct send s = { .zc = zc, .src = { .fd = -1 },
			  .nr = zc->args.nr_pos - 1 };
	size_t i;
	int ret;

	s.dests = calloc(s.nr, sizeof(*s.dests));
	s.sinks = calloc(s.nr, sizeof(*s.sinks));
	s.ids = calloc(s.nr, sizeof(*s.ids));
	s.ones = calloc(s.nr, sizeof(*s.ones));
	for (i = 0; s.dests && i < s.nr; i++)
		s.dests[i].sock = -1;
	if (!s.dests || !s.sinks || !s.ids || !s.ones)
		ret = out_fail(zc, ZC_FAILED, ENOMEM, NULL, "cannot send: no memory");
	else
		ret = read_words(&s);
	if (!ret)
		ret = start(&s);
	if (!ret)
		ret = args_has(&zc->args, "detach") ? leave(&s) : wait_for_end(&s);
	clean_up(&s);
	return ret;
}
