// SPDX-License-Identifier: GPL-2.0
/*
 * A program attaches the kernel's TLS to a socket while a transfer to it waits for
 * room.  The transfer sends the rest in records and ends as usual; if the connection
 * breaks right after, it ends with the socket's error.  There are rows for each door
 * that waits, at each level.
 *
 * needs: zcopy
 */
#include "ktap.h"

#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "tls.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define LEN	(2 * MIB)
#define LATE	(10000 * guest_scale())	/* ms */

static const struct way {
	enum door_kind kind;
	uint32_t end;
} ways[] = {
	{ DOOR_READ, ZCOPY_END_SHUTDOWN },
	{ DOOR_NETLINK, ZCOPY_END_CORK },
	{ DOOR_URING, 0 },
};

struct flight {
	const struct way *way;
	uint32_t until;
	struct pair p;
	struct door d;
	uint64_t id;
};

static int file;

/* The peer has no keys: it sees plain bytes, and then those of the records. */
static long any_bytes(void *unused, uint64_t at, const char *buf, size_t len)
{
	(void)unused;
	(void)at;
	(void)buf;
	(void)len;
	return -1;
}

static void attach(int sock)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128 },
	};

	pattern_fill(info.key, 1, 0, sizeof(info.key));
	if (setsockopt(sock, IPPROTO_TCP, TCP_ULP, "tls", 4) ||
	    setsockopt(sock, SOL_TLS, TLS_TX, &info, sizeof(info)))
		die("attaching TLS");
}

/* Waits until a part is sent; for the rest there is no room. */
static void await_part(void)
{
	live_begins(LATE);
	sleep_ms(20 * guest_scale());
}

static void note_result(int err, const struct zcopy_result *res)
{
	note("error %d", err);
	result_note(res);
}

/*
 * The peer takes all, which is more than the file because of the records.  Whether TCP
 * still holds pages may not be visible then.  The end of what is corked may stay in an
 * open record.
 */
static void goes_on(struct flight *f)
{
	struct reader r = { .fd = f->p.far, .check = any_bytes };
	bool corked = f->way->end == ZCOPY_END_CORK;
	struct zcopy_result res = { 0 };
	bool unseen, all;
	int err;

	reader_start(&r);
	err = door_finish(&f->d, f->id, &res);
	shutdown(f->p.near, SHUT_RDWR);
	reader_join(&r);
	unseen = f->until == ZCOPY_UNTIL_RELEASED &&
		 res.status == ZCOPY_STATUS_SOCKET_ERROR && res.error == ENOTRECOVERABLE;
	all = res.bytes == LEN && (corked || r.bytes > LEN);
	if (!ktap_ok(!err && (unseen || res.status == ZCOPY_STATUS_DONE) && all &&
		     result_adds_up(&res),
		     "door %d, until %u, end %u: it sends the rest in records",
		     f->way->kind, f->until, f->way->end)) {
		note("%llu bytes came", (unsigned long long)r.bytes);
		note_result(err, &res);
	}
}

static void breaks(struct flight *f)
{
	struct zcopy_result res = { 0 };
	int err;

	sock_reset(f->p.far);
	f->p.far = -1;
	err = door_finish(&f->d, f->id, &res);
	if (!ktap_ok(!err && res.status == ZCOPY_STATUS_SOCKET_ERROR && result_adds_up(&res),
		     "door %d, until %u: it ends when its peer resets", f->way->kind,
		     f->until))
		note_result(err, &res);
}

static void row(const struct way *way, uint32_t until, void (*then)(struct flight *f))
{
	struct flight f = { .way = way, .until = until, .p = pair_tight(AF_INET) };
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = f.p.near, .until = until,
			     .end = way->end };

	door_open(&f.d, way->kind);
	if (door_start(&f.d, &q, &f.id))
		die("a transfer");
	await_part();
	attach(f.p.near);
	then(&f);
	door_close(&f.d);
	pair_close(&f.p);
}

static bool have_tls(void)
{
	struct pair p = pair_loopback(AF_INET);
	bool have = pair_tls_version(&p, TLS_1_3_VERSION);

	pair_close(&p);
	return have;
}

int main(void)
{
	if (!have_tls())
		ktap_skip_all("no TLS in this kernel");
	file = file_make("file", 0, 1, LEN);
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (ways[i].kind == DOOR_URING && !dev_has(ZCOPY_FEAT_URING)) {
			ktap_skip("door %d: not in this kernel", ways[i].kind);
			continue;
		}
		for (uint32_t until = 0; until <= ZCOPY_UNTIL_RELEASED; until++) {
			row(&ways[i], until, goes_on);
			row(&ways[i], until, breaks);
		}
	}
	return ktap_done();
}
