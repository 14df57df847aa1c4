// SPDX-License-Identifier: GPL-2.0
/*
 * ZCOPY_IOC_RATE changes the rate of a live transfer from then on: it raises,
 * lowers or removes a rate, and gives one to a transfer that had none.  It reaches
 * only transfers of the caller's own device, and refuses any value but zero in
 * fields that must be zero.
 *
 * guest: timeout=120 takes=9
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define LEN (64 * MIB)

static int dev, file;

struct scene {
	struct pair p;
	struct reader r;
	struct stream want;
	struct zcopy_elem e;
	uint64_t id;
};

static void begin(struct scene *s, uint64_t len, uint64_t rate)
{
	struct request q = { .elems = &s->e, .nr = 1, .rate = rate };

	memset(s, 0, sizeof(*s));
	s->p = pair_loopback(AF_INET);
	s->e = elem_file(file, 0, len);
	q.sock = s->p.near;
	stream_pattern(&s->want, 9, 0, len);
	s->r = (struct reader){ .fd = s->p.far, .want = &s->want, .enough = len };
	reader_start(&s->r);
	if (dev_submit(dev, &q, &s->id))
		die("submit");
}

static void end(struct scene *s, const char *what)
{
	struct zcopy_result res = { .status = 99 };

	dev_wait(dev, s->id, &res, 1, 1, 30000);
	shutdown(s->p.near, SHUT_WR);
	reader_join(&s->r);
	ktap_ok(!res.status && reader_happy(&s->r), "%s: then all comes", what);
	pair_close(&s->p);
	stream_free(&s->want);
}

/* Bytes a second, over some second and a half */
static uint64_t pace(void)
{
	uint64_t start = now_ns(), at = live_sent();

	sleep_ms(1500);
	return (live_sent() - at) * 1000000000ULL / (now_ns() - start);
}

static bool near_to(uint64_t got, uint64_t want)
{
	return got >= want * 85 / 100 && got <= want * 115 / 100;
}

static void goes(uint64_t want, const char *what)
{
	uint64_t got = 0;

	for (unsigned int i = 0; i < 10 && !near_to(got, want); i++)
		got = pace();
	ktap_ok(near_to(got, want), "%s: %llu B/s, of %llu", what,
		(unsigned long long)got, (unsigned long long)want);
}

static void up_and_down(void)
{
	struct scene s;

	begin(&s, LEN, 512 * KIB);
	goes(512 * KIB, "at first");
	ktap_eq(dev_set_rate(dev, s.id, 2 * MIB), 0, "the rate is raised");
	goes(2 * MIB, "raised");
	ktap_eq(dev_set_rate(dev, s.id, 256 * KIB), 0, "the rate is lowered");
	goes(256 * KIB, "lowered");
	ktap_eq(dev_set_rate(dev, s.id, ~0ULL), 0, "to more than can be");
	end(&s, "raised without end");
}

/* The transfer would wait for minutes when its rate is lifted. */
static void lifted(void)
{
	uint64_t start;
	struct scene s;

	begin(&s, MIB, 1);
	sleep_ms(300);
	ktap_ok(live_sent() < 10, "at a byte a second next to nothing goes");
	start = now_ns();
	ktap_eq(dev_set_rate(dev, s.id, 0), 0, "the rate is lifted");
	end(&s, "lifted");
	ktap_ok(now_ns() - start < 30000000000ULL, "at once");
}

static void given(void)
{
	struct pair p = pair_tight(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct reader r = { .fd = p.far, .kind = READER_GATED };
	struct stream want = {0};
	struct zcopy_result res;
	uint64_t id, at, start, sent;

	stream_pattern(&want, 9, 0, LEN);
	r.want = &want;
	if (dev_submit(dev, &q, &id))
		die("submit");
	at = live_stalled();
	start = now_ns();
	ktap_eq(dev_set_rate(dev, id, 512 * KIB), 0, "one without a rate gets one");
	reader_start(&r);
	reader_go(&r);
	sleep_ms(1500);
	/* In this order: a pause between the two must not shorten the time. */
	sent = live_sent() - at;
	ktap_ok(sent < (now_ns() - start) * 512 * KIB / 900000000ULL,
		"and keeps it, when its socket has room again");
	close(dev);
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	dev = dev_open(0);
	ktap_eq(dev_set_rate(dev, id, 1), -ENOENT, "an ended transfer is none");
	ktap_eq(dev_wait(dev, 0, &res, 1, 1, 0), 0, "nothing is left");
	pair_close(&p);
	stream_free(&want);
}

static int rate_call(struct zcopy_rate *r)
{
	return ioctl(dev, ZCOPY_IOC_RATE, r) ? -errno : 0;
}

static void refused(void)
{
	struct zcopy_rate r = { .size = sizeof(r) };
	int other = dev_open(0);
	struct scene s;

	begin(&s, MIB, 256 * KIB);
	ktap_eq(dev_set_rate(other, s.id, 1), -ENOENT, "another device's is none");
	ktap_eq(dev_set_rate(dev, 0, 1), -ENOENT, "0 is none");
	ktap_eq(dev_set_rate(dev, s.id + 1000, 1), -ENOENT, "nor is one to come");
	r.id = s.id;
	r.size = sizeof(r) - 1;
	ktap_eq(rate_call(&r), -EINVAL, "a size too small");
	r.size = sizeof(r);
	r.flags = 1;
	ktap_eq(rate_call(&r), -EINVAL, "a flag");
	r.flags = 0;
	r.reserved[1] = 1;
	ktap_eq(rate_call(&r), -EINVAL, "a reserved field");
	r.reserved[1] = 0;
	ktap_eq(rate_call(&r), 0, "the rate is lifted by a right one");
	end(&s, "lifted again");
	close(other);
}

int main(void)
{
	dev = dev_open(0);
	file = file_make("source", 0, 9, LEN);
	up_and_down();
	lifted();
	refused();
	given();
	close(dev);
	return ktap_done();
}
