// SPDX-License-Identifier: GPL-2.0
/*
 * When a transfer sends less than it announced, the kernel's TLS does not wait for
 * the missing bytes: the record with the last bytes is closed, so that the peer
 * gets them.  With TLS, too, a send to a peer that does not read obeys SO_SNDTIMEO
 * and its deadline, and its end does not wait for the peer.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "tls.h"


static int file;

static struct pair pair_secret(void)
{
	struct pair p = pair_tight(AF_INET);

	if (!pair_tls(&p))
		ktap_skip_all("no TLS in this kernel");
	return p;
}

static void short_file(enum door_kind kind, uint64_t has)
{
	struct pair p = pair_secret();
	struct zcopy_elem e = elem_file(file, MIB - has, 2 * has);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct reader r = { .fd = p.far, .enough = has };
	struct stream want = {0};
	struct zcopy_result res;
	struct door d;

	stream_pattern(&want, 8, MIB - has, has);
	r.want = &want;
	reader_start(&r);
	door_open(&d, kind);
	ktap_ok(!door_run(&d, &q, &res) && res.status == ZCOPY_STATUS_TRUNCATED &&
		res.bytes == has, "door %d, %llu bytes: the file is too short", kind,
		(unsigned long long)has);
	/* The connection stays open: nothing else closes the record. */
	reader_join(&r);
	ktap_ok(reader_happy(&r), "what there is of it arrives");
	door_close(&d);
	pair_close(&p);
	stream_free(&want);
}

/* One that waits takes the 400 ms of the socket each time. */
static bool at_once(int dev, const struct request *q)
{
	bool good = true, soon = false;

	for (unsigned int i = 0; good && !soon && i < 10; i++) {
		struct zcopy_result res;
		uint64_t start = now_ns();

		good = !dev_send(dev, q, &res) && res.status == ZCOPY_STATUS_AGAIN &&
		       !res.bytes;
		soon = now_ns() - start < 300 * MS;
	}
	return good && soon;
}

static void stuck(bool timeo)
{
	struct pair p = pair_secret();
	struct zcopy_elem e = elem_file(file, 0, MIB);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct timeval tv = { .tv_usec = 400000 };
	struct reader r = { .fd = p.far };
	struct stream want = {0};
	int dev = dev_open(0);
	struct zcopy_result res;
	uint64_t start = now_ns();

	if (timeo)
		setsockopt(p.near, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	else
		q.deadline_ns = 400 * MS;
	ktap_ok(!dev_send(dev, &q, &res) && res.status ==
		(timeo ? ZCOPY_STATUS_AGAIN : ZCOPY_STATUS_DEADLINE),
		"a send to a peer that does not read ends");
	start = now_ns() - start;
	ktap_ok(start >= 400 * MS && start < 30000 * MS,
		"after its time (%llu ms)", (unsigned long long)(start / MS));
	if (timeo) {
		q.flags = ZCOPY_F_DONTWAIT;
		ktap_ok(at_once(dev, &q), "one that must not wait ends at once");
	} else {
		shutdown(p.near, SHUT_WR);
		stream_pattern(&want, 8, 0, res.bytes);
		r.want = &want;
		reader_start(&r);
		reader_join(&r);
		note("%llu of %llu", (unsigned long long)r.bytes,
		     (unsigned long long)res.bytes);
		ktap_ok(r.bad_at < 0, "the peer gets nothing else");
		stream_free(&want);
	}
	close(dev);
	pair_close(&p);
}

int main(void)
{
	file = file_make("source", 0, 8, MIB);
	short_file(DOOR_SEND, 100);
	short_file(DOOR_WAIT, 100);
	short_file(DOOR_SEND, 16384);
	short_file(DOOR_WAIT, 70001);
	stuck(true);
	stuck(false);
	return ktap_done();
}
