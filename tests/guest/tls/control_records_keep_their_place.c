// SPDX-License-Identifier: GPL-2.0
/*
 * ZCOPY_ELEM_RECORD: a control record of the kernel's TLS arrives whole, with its content
 * type, behind all that was submitted before and in front of all that came later, through
 * every door.  It closes the record that a transfer left open, waits for room as other
 * bytes do, and tells the peer of new keys in time.  What can be no control record is
 * refused by name, and so is a socket without TLS.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include "ktap.h"

#include <errno.h>
#include <linux/tls.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "record.h"
#include "refuse.h"
#include "tls.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define ALERT		21
#define HANDSHAKE	22
#define DATA		23
#define LEN		(300 * KIB + 1)
#define MOST		16384

static int file;
static char content[MOST + 1];

static struct pair pair_secret(bool tight, unsigned int version)
{
	struct pair p = tight ? pair_tight(AF_INET) : pair_loopback(AF_INET);

	if (!pair_tls_version(&p, version))
		ktap_skip_all("no TLS in this kernel");
	return p;
}

static struct zcopy_elem elem_record(unsigned int type, uint64_t len)
{
	return (struct zcopy_elem){
		.kind = ZCOPY_ELEM_RECORD, .off = (uintptr_t)content, .len = len,
		.record = type,
	};
}

/* ---- what arrives ---- */

/* @len bytes of the file from @at on, all of them data */
static bool data_comes(int far, uint64_t at, uint64_t len)
{
	static char got[MOST], want[MOST];
	unsigned char type;
	ssize_t n;

	while (len) {
		n = record_take(far, got, len < MOST ? len : MOST, &type);
		if (n <= 0 || type != DATA)
			return false;
		pattern_fill(want, 8, at, n);
		if (memcmp(got, want, n))
			return false;
		at += n;
		len -= n;
	}
	return true;
}

static bool record_comes(int far, unsigned int type, size_t len)
{
	static char got[MOST];
	unsigned char is;

	return record_take(far, got, MOST, &is) == (ssize_t)len && is == type &&
	       !memcmp(got, content, len);
}

/* ---- its place ---- */

static const struct kind {
	unsigned int type;
	size_t len;
} kinds[] = { { ALERT, 2 }, { HANDSHAKE, 700 }, { 200, 1 }, { HANDSHAKE, MOST } };

static const struct way {
	const char *name;
	enum door_kind door;
	uint32_t until;
} ways[] = {
	{ "send", DOOR_SEND, ZCOPY_UNTIL_QUEUED },
	{ "submit", DOOR_WAIT, ZCOPY_UNTIL_QUEUED },
	{ "submit until acked", DOOR_READ, ZCOPY_UNTIL_ACKED },
	{ "netlink", DOOR_NETLINK, ZCOPY_UNTIL_RELEASED },
	{ "ring", DOOR_URING, ZCOPY_UNTIL_QUEUED },
};

/*
 * Between two transfers through the device, the first of which cannot go before the peer
 * reads.  A SEND returns when it has ended, so it is called when the peer has read that.
 */
static void in_line(const struct way *w, const struct kind *k, unsigned int version)
{
	struct pair p = pair_secret(w->door != DOOR_SEND, version);
	struct zcopy_elem first = elem_file(file, 0, LEN), last = elem_file(file, 7, 5000);
	struct zcopy_elem record = elem_record(k->type, k->len);
	struct request q = { .elems = &first, .nr = 1, .sock = p.near };
	int dev = dev_open(0);
	struct zcopy_result res;
	bool right, comes;
	struct door d;
	uint64_t id = 0;
	int err = 0;

	door_open(&d, w->door);
	if (dev_submit(dev, &q, NULL))
		die("a transfer before");
	q = (struct request){ .elems = &record, .nr = 1, .sock = p.near,
			      .until = w->until };
	if (w->door != DOOR_SEND)
		err = door_start(&d, &q, &id);
	comes = data_comes(p.far, 0, w->door == DOOR_SEND ? LEN : LEN / 2);
	if (w->door == DOOR_SEND)
		err = dev_send(d.dev, &q, &res);
	q = (struct request){ .elems = &last, .nr = 1, .sock = p.near };
	if (dev_submit(dev, &q, NULL))
		die("a transfer behind");
	if (w->door != DOOR_SEND)
		comes &= data_comes(p.far, LEN / 2, LEN - LEN / 2);
	comes &= record_comes(p.far, k->type, k->len) && data_comes(p.far, 7, 5000);
	if (w->door != DOOR_SEND && !err)
		err = door_finish(&d, id, &res);
	right = !err && !res.status && res.bytes == k->len &&
		result_copied_for(&res, ZCOPY_COPY_MEMORY);
	if (!ktap_ok(comes && right, "%s, TLS %x: type %u, %zu bytes", w->name, version,
		     k->type, k->len)) {
		note("%s, error %d", comes ? "it comes" : "it does not come so", err);
		result_note(&res);
	}
	door_close(&d);
	close(dev);
	pair_close(&p);
}

/* An open record goes out first, as a record of its own. */
static void behind_an_open_record(void)
{
	struct pair p = pair_secret(false, TLS_1_3_VERSION);
	struct zcopy_elem e = elem_file(file, 0, 100), record = elem_record(ALERT, 2);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near,
			     .end = ZCOPY_END_CORK };
	int dev = dev_open(0);
	struct zcopy_result res;

	if (dev_send(dev, &q, &res))
		die("a part of a record");
	q = (struct request){ .elems = &record, .nr = 1, .sock = p.near };
	ktap_ok(!dev_send(dev, &q, &res) && !res.status && data_comes(p.far, 0, 100) &&
		record_comes(p.far, ALERT, 2), "it closes an open record");
	close(dev);
	pair_close(&p);
}

static void shuts_down(void)
{
	struct pair p = pair_secret(false, TLS_1_2_VERSION);
	struct zcopy_elem record = elem_record(HANDSHAKE, 5);
	struct request q = { .elems = &record, .nr = 1, .sock = p.near,
			     .end = ZCOPY_END_SHUTDOWN };
	int dev = dev_open(0);
	struct zcopy_result res;
	unsigned char type;
	char alert[2];

	ktap_ok(!dev_send(dev, &q, &res) && !res.status &&
		record_comes(p.far, HANDSHAKE, 5) &&
		record_take(p.far, alert, 2, &type) == 2 && type == ALERT && !alert[1],
		"the end of the stream is told behind it");
	close(dev);
	pair_close(&p);
}

/* A rate and a turn's share count bytes, and a record goes whole all the same. */
static void is_not_split_by_a_rate(void)
{
	struct pair p = pair_secret(false, TLS_1_3_VERSION);
	struct zcopy_elem record = elem_record(HANDSHAKE, MOST);
	struct request q = { .elems = &record, .nr = 1, .sock = p.near, .rate = 1000 };
	int dev = dev_open(0);
	struct zcopy_result res;
	uint64_t id;

	if (dev_submit(dev, &q, &id))
		die("a submission");
	ktap_ok(record_comes(p.far, HANDSHAKE, MOST) &&
		dev_wait(dev, id, &res, 1, 1, RESULT_MS) == 1 && !res.status,
		"a rate does not split it");
	close(dev);
	pair_close(&p);
}

/* ---- room ---- */

static void waits_for_room(void)
{
	struct cramped c = cramped_open(TLS_1_2_VERSION);
	struct zcopy_elem record = elem_record(HANDSHAKE, 5);
	struct request q = { .elems = &record, .nr = 1, .sock = c.p.near };
	int dev = dev_open(0);
	static char zeros[TLS_RECORD];
	struct zcopy_result res;
	unsigned char type;
	bool comes = true;
	uint64_t id;

	cramped_buffer(c.p.near, 4096);
	if (dev_submit(dev, &q, &id))
		die("a submission");
	ktap_eq(dev_wait(dev, id, &res, 1, 1, 300), 0, "without room it waits");
	q.flags = ZCOPY_F_DONTWAIT;
	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_AGAIN && !res.bytes,
		"or says so");
	for (unsigned int got = 0; comes && got < CRAMPED_RECORDS * TLS_RECORD;) {
		ssize_t n = record_take(c.p.far, zeros, sizeof(zeros), &type);

		comes = n > 0 && type == DATA;
		got += n;
	}
	ktap_ok(comes && record_comes(c.p.far, HANDSHAKE, 5) &&
		dev_wait(dev, id, &res, 1, 1, RESULT_MS) == 1 && !res.status,
		"and comes behind what was there before");
	close(dev);
	pair_close(&c.p);
}

/* ---- new keys ---- */

static bool set_keys(int sock, int side)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 },
	};

	pattern_fill(info.key, 11, 0, sizeof(info.key));
	pattern_fill(info.iv, 12, 0, sizeof(info.iv));
	pattern_fill(info.salt, 13, 0, sizeof(info.salt));
	return !setsockopt(sock, SOL_TLS, side, &info, sizeof(info));
}

/* What was submitted before goes with the old key, what follows with the new. */
static void keys_change(void)
{
	static const char update[] = { 24, 0, 0, 1, 0 };
	struct pair p = pair_secret(false, TLS_1_3_VERSION);
	struct zcopy_elem e = elem_file(file, 0, 5000);
	struct zcopy_elem record = elem_record(HANDSHAKE, sizeof(update));
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct request u = { .elems = &record, .nr = 1, .sock = p.near };
	int dev = dev_open(0);
	struct zcopy_result res;
	char was[sizeof(update)];
	bool comes;
	uint64_t id;

	memcpy(was, content, sizeof(was));
	memcpy(content, update, sizeof(update));
	if (dev_submit(dev, &q, NULL) || dev_submit(dev, &u, &id) ||
	    dev_wait(dev, id, &res, 1, 1, RESULT_MS) != 1)
		die("a key update");
	comes = data_comes(p.far, 0, 5000) && record_comes(p.far, HANDSHAKE, sizeof(update));
	memcpy(content, was, sizeof(was));
	if (!set_keys(p.near, TLS_TX)) {
		ktap_ok(comes, "a message of new keys comes");
		ktap_skip("this kernel takes no new keys (%s)", strerror(errno));
	} else {
		comes &= set_keys(p.far, TLS_RX);
		if (dev_submit(dev, &q, NULL))
			die("a transfer with the new key");
		ktap_ok(comes && data_comes(p.far, 0, 5000), "keys change in line");
	}
	close(dev);
	pair_close(&p);
}

/* ---- refusals ---- */

static void is_refused(struct raw *q, int dev, int peer, int err, const char *why,
		       const char *what)
{
	struct refuse before;
	const char *wrong;
	int is;

	refuse_before(&before, peer);
	is = raw_submit(dev, q);
	wrong = refuse_after(&before, why);
	if (!ktap_ok(is == -err && !wrong, "refused: %s", what))
		note("%d, %s", is, wrong ?: "as it should");
}

static void record_fill(struct raw *q, int sock, unsigned int type, uint64_t len)
{
	raw_fill(q, sock, file, 0, 10);
	q->e[0] = elem_record(type, len);
}

static void refusals(void)
{
	struct pair p = pair_secret(false, TLS_1_3_VERSION), plain = pair_loopback(AF_INET);
	static const unsigned int types[] = { 0, DATA, 256, ~0U };
	static const uint64_t lens[] = { 0, MOST + 1, ~0ULL };
	struct zcopy_sink two[2];
	int dev = dev_open(0);
	struct raw q;

	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		record_fill(&q, p.near, types[i], 2);
		is_refused(&q, dev, -1, EINVAL, "record_type", "its type");
	}
	for (unsigned int i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		record_fill(&q, p.near, ALERT, lens[i]);
		is_refused(&q, dev, -1, EINVAL, "record_length", "its length");
	}
	record_fill(&q, p.near, ALERT, 2);
	q.e[1] = elem_memory(content, 1);
	q.s.nr_elems = 2;
	is_refused(&q, dev, -1, EINVAL, "record_conflict", "with memory behind it");
	q.e[1] = q.e[0];
	q.e[0] = elem_file(file, 0, 1);
	is_refused(&q, dev, -1, EINVAL, "record_conflict", "behind a file");
	record_fill(&q, p.near, ALERT, 2);
	q.s.flags = ZCOPY_F_MORE;
	is_refused(&q, dev, -1, EINVAL, "record_conflict", "more follows");
	record_fill(&q, p.near, ALERT, 2);
	q.s.end = ZCOPY_END_CORK;
	is_refused(&q, dev, -1, EINVAL, "record_conflict", "corked");
	record_fill(&q, p.near, ALERT, 2);
	q.e[0].off = 8;
	is_refused(&q, dev, -1, EFAULT, "bad_pointer", "in no memory");
	record_fill(&q, plain.near, ALERT, 2);
	is_refused(&q, dev, plain.far, EOPNOTSUPP, "record_without_tls", "no TLS");
	record_fill(&q, p.near, ALERT, 2);
	memset(two, 0, sizeof(two));
	two[0].fd = p.near;
	two[1].fd = plain.near;
	q.s.sinks = (uintptr_t)two;
	q.s.nr_sinks = 2;
	is_refused(&q, dev, plain.far, EOPNOTSUPP, "record_without_tls",
		   "no TLS on one of two");
	close(dev);
	pair_close(&p);
	pair_close(&plain);
}

int main(void)
{
	file = file_make("source", 0, 8, LEN);
	pattern_fill(content, 9, 0, sizeof(content));
	content[0] = 4;		/* a ticket, which changes no key */
	content[1] = 100;	/* an alert that ends nothing */
	for (unsigned int w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		if (ways[w].door == DOOR_URING && !dev_has(ZCOPY_FEAT_URING)) {
			ktap_skip("%s: not in this kernel", ways[w].name);
			continue;
		}
		for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			in_line(&ways[w], &kinds[k],
				(w + k) % 2 ? TLS_1_3_VERSION : TLS_1_2_VERSION);
	}
	behind_an_open_record();
	shuts_down();
	is_not_split_by_a_rate();
	waits_for_room();
	keys_change();
	refusals();
	return ktap_done();
}
