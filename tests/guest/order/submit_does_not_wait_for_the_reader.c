// SPDX-License-Identifier: GPL-2.0
/*
 * A submission returns while the peer does not read at all.  Its completion comes
 * later, once, with the caller's cookie, through each way to collect it:
 * ZCOPY_IOC_WAIT with and without a number, with and without a time limit, read(2),
 * poll(2) and epoll(7).
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define LEN (2 * MIB + 1)
#define NEVER (30000 * MS)
#define WAITS 200

struct scene {
	int dev;
	int file;
	struct pair pair;
	struct zcopy_elem elem;
	struct request q;
	struct stream want;
	struct reader r;
	uint64_t id;
};

static void begin(struct scene *s, int flags)
{
	uint64_t start;

	memset(s, 0, sizeof(*s));
	s->dev = dev_open(flags);
	s->pair = pair_tight(AF_INET);
	s->file = file_make("later", 0, 51, LEN);
	s->elem = elem_file(s->file, 0, LEN);
	s->q = (struct request){ .elems = &s->elem, .nr = 1, .sock = s->pair.near,
				 .cookie = 0xfeedfacecafebeefULL };
	stream_pattern(&s->want, 51, 0, LEN);
	s->r = (struct reader){ .fd = s->pair.far, .want = &s->want,
				.enough = LEN };
	start = now_ns();
	if (dev_submit(s->dev, &s->q, &s->id))
		die("submit");
	ktap_ok(now_ns() - start < NEVER, "submit returns while nobody reads");
	/* The descriptors are not needed any more. */
	close(s->file);
	sleep_ms(50);
}

static bool is_right(const struct scene *s, const struct zcopy_result *res)
{
	return res->id == s->id && res->cookie == s->q.cookie && !res->sink &&
	       res->status == ZCOPY_STATUS_DONE && res->bytes == LEN &&
	       res->socket_waits && res->duration_ns >= res->last_byte_ns &&
	       res->last_byte_ns >= res->first_byte_ns &&
	       res->first_byte_ns >= res->queued_ns && result_adds_up(res);
}

static void end(struct scene *s, const char *how)
{
	struct zcopy_result res;

	reader_join(&s->r);
	ktap_ok(reader_happy(&s->r), "%s: the stream is right", how);
	ktap_eq(dev_wait(s->dev, s->id, &res, 1, 1, 0), -ENOENT,
		"%s: collected, the number is gone", how);
	ktap_eq(dev_wait(s->dev, 0, &res, 1, 1, -1), 0,
		"%s: with nothing live a wait returns at once", how);
	close(s->dev);
	pair_close(&s->pair);
	stream_free(&s->want);
}

static void nothing_yet(struct scene *s)
{
	struct pollfd p = { .fd = s->dev, .events = POLLIN };
	char raw[ZCOPY_RESULT_SIZE_VER0];
	struct zcopy_result res;
	uint64_t start;

	ktap_eq(dev_wait(s->dev, s->id, &res, 1, 0, -1), 0,
		"a wait for 0 results returns at once");
	ktap_eq(dev_wait(s->dev, s->id, &res, 1, 1, 0), 0,
		"a wait of no time returns at once");
	ktap_eq(dev_wait(s->dev, 0, &res, 1, 1, 0), 0,
		"a wait of no time for any returns at once");
	start = now_ns();
	ktap_eq(dev_wait(s->dev, s->id, &res, 1, 1, 200), 0,
		"a wait of 200 ms returns without a result");
	ktap_ok(now_ns() - start >= 200 * MS && now_ns() - start < NEVER,
		"and takes its time");
	start = now_ns();
	ktap_eq(dev_wait(s->dev, 0, &res, 1, 1, 200), 0,
		"a wait of 200 ms for any returns without a result");
	ktap_ok(now_ns() - start >= 200 * MS, "and takes its time");
	ktap_eq(poll(&p, 1, 100), 0, "poll(2) says that there is nothing");
	ktap_ok(read(s->dev, raw, sizeof(raw)) < 0 && errno == EAGAIN,
		"a read(2) that must not block says EAGAIN");
	ktap_eq(dev_wait(s->dev, s->id + 1000, &res, 1, 1, 0), -ENOENT,
		"a number that is no transfer's is ENOENT");
}

/* Jiffies that advance by several at once must not end a wait early. */
static void none_is_early(struct scene *s)
{
	struct zcopy_result res;
	unsigned int early = 0;
	uint64_t start;

	for (int i = 1; i <= WAITS; i++) {
		start = now_ns();
		if (dev_wait(s->dev, s->id, &res, 1, 1, i % 7))
			break;
		early += now_ns() - start < i % 7 * MS;
	}
	ktap_eq(early, 0, "of %d short waits none ends early", WAITS);
}

static void by_wait(bool any)
{
	struct zcopy_result res[3];
	struct scene s;

	begin(&s, O_NONBLOCK);
	nothing_yet(&s);
	none_is_early(&s);
	reader_start(&s.r);
	ktap_eq(dev_wait(s.dev, any ? 0 : s.id, res, 3, 1, -1), 1,
		"a wait gets the result");
	ktap_ok(is_right(&s, res), "which is right");
	end(&s, any ? "wait for any" : "wait");
}

static void by_read(void)
{
	char raw[3 * ZCOPY_RESULT_SIZE_VER0];
	struct zcopy_result res = {0};
	struct scene s;

	begin(&s, 0);
	reader_start(&s.r);
	ktap_ok(read(s.dev, raw, ZCOPY_RESULT_SIZE_VER0 - 1) < 0 && errno == EINVAL,
		"read(2) with too little room is refused");
	ktap_eq(read(s.dev, raw, sizeof(raw)), ZCOPY_RESULT_SIZE_VER0,
		"read(2) blocks and gives one record");
	memcpy(&res, raw, ZCOPY_RESULT_SIZE_VER0);
	ktap_ok(is_right(&s, &res), "which is right");
	ktap_eq(read(s.dev, raw, sizeof(raw)), 0, "with nothing live it gives 0");
	end(&s, "read");
}

static void by_poll(void)
{
	struct zcopy_result res[2];
	struct scene s;

	begin(&s, O_NONBLOCK);
	reader_start(&s.r);
	ktap_eq(dev_read(s.dev, res, 2, RESULT_MS), 1,
		"poll(2) says when, read(2) gives the result");
	ktap_ok(is_right(&s, res), "which is right");
	end(&s, "poll");
}

static void by_epoll(uint32_t edge)
{
	struct epoll_event ev = { .events = EPOLLIN | edge };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct zcopy_result res[2];
	struct scene s;

	begin(&s, O_NONBLOCK);
	if (epoll_ctl(ep, EPOLL_CTL_ADD, s.dev, &ev))
		die("epoll");
	ktap_eq(epoll_wait(ep, &ev, 1, 50), 0, "epoll(7) says that there is nothing");
	reader_start(&s.r);
	ktap_ok(epoll_wait(ep, &ev, 1, RESULT_MS) == 1 &&
		(ev.events & EPOLLIN), "epoll(7) says when");
	ktap_eq(dev_wait(s.dev, 0, res, 2, 0, 0), 1, "the result is there");
	ktap_ok(is_right(&s, res), "and is right");
	ktap_eq(epoll_wait(ep, &ev, 1, 0), 0, "epoll(7) says that there is no more");
	end(&s, edge ? "epoll, edge" : "epoll");
	close(ep);
}

int main(void)
{
	by_wait(false);
	by_wait(true);
	by_read();
	by_poll();
	by_epoll(0);
	by_epoll(EPOLLET);
	return ktap_done();
}
