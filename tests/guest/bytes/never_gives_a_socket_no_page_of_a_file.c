// SPDX-License-Identifier: GPL-2.0
/*
 * Probes in the functions by which a buffer gets pages that are not its own: they are called
 * if references go to all files, and not once if they go to none.  Likewise the function by
 * which TLS takes pages of a message to encrypt them; a send(2) shows that it is seen.  By
 * the submitter, and by a worker; short and long.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <linux/zcopy_netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "probe.h"
#include "quota.h"
#include "tls.h"
#include "transfer.h"

#define LEN	(300 * KIB)
#define SEED	41

/* Fragments of the module's own; pages that are spliced, or sent, one by one */
static const char *const of_tcp[] = {
	"zcopy:zc_frags_fill", "skb_splice_from_iter", "do_tcp_sendpages",
};

/* TLS splices pages of its own to TCP. */
static const char *const of_tls[] = { "sk_msg_zerocopy_from_iter", "tls_sw_sendpage" };

static char bytes[LEN];
static int file;

static unsigned int watch(const char *const *functions, unsigned int nr)
{
	unsigned int watched = 0;

	probe_remove();
	while (nr)
		watched += probe_add(functions[--nr], 1);
	return watched;
}

static void set(unsigned int policy)
{
	if (quota_set("references", policy, NULL, 0))
		die("references");
}

static unsigned int calls(const struct pair *p, enum door_kind door, uint64_t len)
{
	struct zcopy_elem e = elem_file(file, 5, len);
	struct request q = { .elems = &e, .nr = 1 };
	struct stream want = { 0 };
	struct zcopy_result res;
	unsigned int calls;

	stream_pattern(&want, SEED, 5, len);
	probe_start();
	if (!transfer(p, door, &q, &want, &res))
		die("a transfer");
	probe_stop(0, &calls);
	stream_free(&want);
	return calls;
}

static void by_tcp(enum door_kind door, uint64_t len)
{
	struct pair p = pair_loopback(AF_INET);
	unsigned int nr;

	set(ZCOPY_REFERENCES_ALL);
	nr = calls(&p, door, len);
	ktap_ok(nr, "all: plain TCP, door %d, %llu bytes: %u calls", door,
		(unsigned long long)len, nr);
	set(ZCOPY_REFERENCES_NEVER);
	nr = calls(&p, door, len);
	ktap_eq(nr, 0, "never: plain TCP, door %d, %llu bytes: calls", door,
		(unsigned long long)len);
	pair_close(&p);
}

/* Calls of a send(2) of memory, of which whole records are taken by their pages */
static unsigned int calls_of_send(const struct pair *p)
{
	struct reader r = { .fd = p->far, .enough = sizeof(bytes) };
	struct stream want = { 0 };
	unsigned int calls;

	stream_bytes(&want, bytes, sizeof(bytes));
	r.want = &want;
	probe_start();
	reader_start(&r);
	if (send(p->near, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		die("send");
	reader_join(&r);
	probe_stop(0, &calls);
	stream_free(&want);
	return calls;
}

static void by_tls(void)
{
	struct pair p = pair_loopback(AF_INET);

	if (!watch(of_tls, 2) || !pair_tls(&p) || !calls_of_send(&p)) {
		ktap_skip("no TLS in this kernel, or no probe sees its pages");
		pair_close(&p);
		return;
	}
	set(ZCOPY_REFERENCES_NEVER);
	for (enum door_kind door = DOOR_SEND; door <= DOOR_WAIT; door++) {
		ktap_eq(calls(&p, door, 500), 0, "never: TLS, door %d, 500 bytes", door);
		ktap_eq(calls(&p, door, LEN), 0, "never: TLS, door %d, many records", door);
	}
	pair_close(&p);
}

int main(void)
{
	if (!watch(of_tcp, 3))
		ktap_skip_all("this kernel cannot watch these functions");
	file = file_make("probed", 0, SEED, LEN + 5);
	for (enum door_kind door = DOOR_SEND; door <= DOOR_WAIT; door++) {
		by_tcp(door, 500);
		by_tcp(door, LEN);
	}
	by_tls();
	probe_remove();
	return ktap_done();
}
