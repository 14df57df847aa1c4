// SPDX-License-Identifier: GPL-2.0
/*
 * When TCP probes for a larger MTU (net.ipv4.tcp_mtu_probing) it moves queued data
 * into packets of its own; so does a connection whose packets vanish, if the
 * administrator allows it.  After ZCOPY_UNTIL_RELEASED no packet refers to the file
 * even then: bytes written to the file after that do not arrive.
 *
 * guest: timeout=150 skip-on=debug
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "mix.h"
#include "netstat.h"
#include "peers.h"

#define FOREVER	(40000 * guest_scale())
#define MOST	(4 * MIB)
#define ROOM	(16 << 20)
#define PROBING	"tcp_mtu_probing"
#define RETRIES	"tcp_retries1"
/* TCP probes only if enough data waits at the right moment, which may be missed. */
#define TRIES	5

static int dev, file;
static struct veth v;

static void sysctl(const char *name, int value)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%d", value) < 0 || fclose(f))
		die("%s", path);
}

/* Counts probes that arrived and probes that were lost. */
static uint64_t probes(void)
{
	return netstat("TCPMTUP");
}

static void start(struct pair *p, uint64_t len, uint32_t until, uint64_t *id)
{
	struct zcopy_elem e = elem_file(file, 0, len);
	struct request q = { .elems = &e, .nr = 1, .sock = p->near, .until = until };

	mix_write(file, MIX_OLD, len);
	mix_room(p->near, SO_SNDBUFFORCE, ROOM);
	mix_room(p->far, SO_RCVBUFFORCE, ROOM);
	if (dev_submit(dev, &q, id))
		die("submit");
}

static bool ended(uint64_t id, struct zcopy_result *res, uint32_t status)
{
	if (dev_wait(dev, id, res, 1, 1, FOREVER) == 1 && res->status == status)
		return true;
	result_note(res);
	return false;
}

/* The peer has not read when the transfer ends; then the file is overwritten. */
static void released(struct pair *p, const char *how, uint64_t len, bool own)
{
	struct zcopy_result res = { 0 };
	struct mix m;
	uint64_t id;

	start(p, len, ZCOPY_UNTIL_RELEASED, &id);
	ktap_ok(ended(id, &res, ZCOPY_STATUS_DONE) && res.bytes == len &&
		result_adds_up(&res), "%s, %llu bytes: released", how,
		(unsigned long long)len);
	mix_write(file, MIX_NEW, len);
	mix_read(&m, p->far, len);
	ktap_ok(mix_is_old(&m, len), "%s: nothing of what is written then arrives",
		how);
	if (own)
		ktap_ok(res.copied[ZCOPY_COPY_RELEASED] == len,
			"%s: it was copied for that", how);
}

/*
 * A probe may take any queued data, so tries several amounts, each on a new
 * connection.
 */
static void several_amounts(int family, int mode)
{
	static const uint64_t lens[] = { 40 * KIB + 3, 300 * KIB, MIB + 1, MOST };
	char how[64];

	sysctl(PROBING, mode);
	for (unsigned int i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct pair p = pair_loopback(family);

		snprintf(how, sizeof(how), "IPv%d, probing %d",
			 family == AF_INET ? 4 : 6, mode);
		released(&p, how, lens[i], true);
		/*
		 * A connection that probes goes on even if the administrator
		 * forbids it.
		 */
		if (i == 2)
			sysctl(PROBING, 0);
		released(&p, how, lens[i], i != 2 || mode == 2);
		sysctl(PROBING, mode);
		pair_close(&p);
	}
	sysctl(PROBING, 0);
}

static void from_the_start(int family, int mode)
{
	uint64_t before = probes();
	unsigned int tries = 0;

	do
		several_amounts(family, mode);
	while (mode == 2 && probes() == before && ++tries < TRIES);
	if (mode == 2)
		ktap_ok(probes() > before, "there were probes");
}

/* Not until released: the bytes go by reference, and later writes do arrive. */
static void not_released(void)
{
	struct zcopy_result res = { 0 };
	struct pair p;
	struct mix m;
	uint64_t id;

	sysctl(PROBING, 2);
	p = pair_loopback(AF_INET);
	start(&p, MIB, ZCOPY_UNTIL_ACKED, &id);
	ktap_ok(ended(id, &res, ZCOPY_STATUS_DONE) && res.bytes_by_ref == MIB,
		"acknowledged: by reference");
	mix_write(file, MIX_NEW, MIB);
	mix_read(&m, p.far, MIB);
	ktap_ok(m.bytes == MIB && m.new, "what is written then arrives");
	pair_close(&p);
	sysctl(PROBING, 0);
}

/* Probing is allowed only after this connection began, so it does not probe. */
static void allowed_meanwhile(int mode)
{
	struct pair p = pair_loopback(AF_INET6);
	char how[64];

	snprintf(how, sizeof(how), "probing %d since", mode);
	released(&p, "no probing", MIB, true);
	sysctl(PROBING, mode);
	released(&p, how, MIB, true);
	sysctl(PROBING, 0);
	pair_close(&p);
}

/* Full-sized packets of the near end do not arrive, but smaller probes do. */
static struct pair black_hole(int family)
{
	struct pair p;

	if (shell("ip link set " VETH_NEAR " mtu 9000 && "
		  "nsenter -t %d -n ip link set " VETH_FAR " mtu 9000", v.keeper))
		die("large packets");
	p = pair_veth(&v, family);
	if (shell("nsenter -t %d -n ip link set " VETH_FAR " mtu 6000", v.keeper))
		die("a black hole");
	return p;
}

/* TCP begins to probe when packets have vanished for a while. */
static void vanishing(int family)
{
	uint64_t before = probes();
	struct pair p;

	sysctl(PROBING, 1);
	for (unsigned int i = 0; i < TRIES; i++) {
		p = black_hole(family);
		released(&p, "packets vanish", MOST, true);
		if (probes() > before || i == TRIES - 1)
			break;
		pair_close(&p);
	}
	ktap_ok(probes() > before, "it probed");
	released(&p, "after that", MIB, true);
	sysctl(PROBING, 0);
	released(&p, "and not allowed any more", MIB, true);
	pair_close(&p);
}

/*
 * All bytes are in the socket by reference when probing becomes allowed: the transfer
 * then reports that the release cannot be known, whatever became of the file's pages.
 */
static struct pair vanished_before(int family)
{
	struct zcopy_result res = { 0 };
	struct pair p = black_hole(family);
	uint64_t id, end = now_ms() + FOREVER;
	struct mix m;

	start(&p, MOST, ZCOPY_UNTIL_RELEASED, &id);
	while (live_sent() < MOST && now_ms() < end)
		sleep_ms(5);
	ktap_ok(live_stalled() == MOST, "the socket has all");
	sysctl(PROBING, 1);
	ktap_ok(ended(id, &res, ZCOPY_STATUS_SOCKET_ERROR) &&
		res.error == ENOTRECOVERABLE && res.bytes == MOST,
		"IPv%d: not released, and says why", family == AF_INET ? 4 : 6);
	mix_read(&m, p.far, MOST);
	ktap_ok(mix_is_old(&m, MOST), "all of it arrives");
	return p;
}

static void vanishing_before(int family)
{
	uint64_t before = probes();
	struct pair p;

	for (unsigned int i = 0; i < TRIES; i++) {
		sysctl(PROBING, 0);
		p = vanished_before(family);
		if (probes() > before || i == TRIES - 1)
			break;
		pair_close(&p);
	}
	ktap_ok(probes() > before, "it had probed");
	released(&p, "the next one", MIB, true);
	sysctl(PROBING, 0);
	pair_close(&p);
}

int main(void)
{
	dev = dev_open(0);
	file = file_make("file", 0, MIX_OLD, MOST);
	from_the_start(AF_INET, 1);
	from_the_start(AF_INET, 2);
	from_the_start(AF_INET6, 2);
	not_released();
	allowed_meanwhile(1);
	allowed_meanwhile(2);
	if (veth_up(&v)) {
		veth_near("tso off gso off");
		sysctl(RETRIES, 1);
		vanishing(AF_INET);
		vanishing(AF_INET6);
		vanishing_before(AF_INET);
		vanishing_before(AF_INET6);
		sysctl(RETRIES, 3);
		veth_down(&v);
	} else {
		ktap_skip("no veth here");
	}
	close(file);
	close(dev);
	return ktap_done();
}
