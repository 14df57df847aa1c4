// SPDX-License-Identifier: GPL-2.0
/*
 * ZCOPY_UNTIL_RELEASED over a network device that takes the file's own pages
 * (scatter/gather), over a device for which the stack copies them, and over ::1:
 * bytes written to the file at the completion do not arrive, even if packets were
 * lost before.  Bytes written when the transfer is only queued do arrive, and a
 * transfer that has not ended by then reports CHANGED.
 *
 * guest: timeout=150 takes=16
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "mix.h"
#include "netstat.h"
#include "peers.h"

#define FOREVER	(20000 * guest_scale())
#define SLICE	(64 * KIB)
#define SLICES	(guest_is_debug() ? 12 : 24)
#define LEN	(SLICE * SLICES)
#define ROUNDS	10		/* Losses are random, and so is what TCP does then */

static const char *over;
static int dev, file, family;
static struct veth v;
static bool by_device;

static struct pair connection(void)
{
	return by_device ? pair_veth(&v, family) : pair_loopback(family);
}

static void roomy(int sock)
{
	int size = 2 * LEN;

	if (setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		die("SO_SNDBUFFORCE");
}

struct late {
	int fd;
	struct mix m;
	bool all;
};

static void *read_late(void *arg)
{
	struct late *l = arg;

	sleep_ms(300);
	l->all = mix_read(&l->m, l->fd, LEN);
	return NULL;
}

/*
 * A transfer for each slice, which is overwritten as soon as its completion came.
 * Returns how many packets were sent again.
 */
static uint64_t released(const char *how, int copied_for)
{
	struct pair p = connection();
	struct late l = { .fd = p.far };
	uint64_t bytes = 0, copied = 0, by_ref = 0, retrans = 0;
	struct zcopy_result res;
	int own = dev_open(0);
	unsigned int done;
	pthread_t reader;

	file_write(file, MIX_OLD, 0, LEN);
	roomy(p.near);
	for (unsigned int i = 0; i < SLICES; i++) {
		struct zcopy_elem e = elem_file(file, i * SLICE, SLICE);
		struct request q = { .elems = &e, .nr = 1, .sock = p.near,
				     .cookie = i, .until = ZCOPY_UNTIL_RELEASED };
		uint64_t id;

		if (dev_submit(own, &q, &id))
			die("submit");
	}
	if (pthread_create(&reader, NULL, read_late, &l))
		die("a thread");
	for (done = 0; done < SLICES; done++) {
		if (dev_wait(own, 0, &res, 1, 1, FOREVER) != 1)
			break;
		/* CHANGED: other slices of the file are overwritten while it waits. */
		if (res.status != ZCOPY_STATUS_DONE &&
		    res.status != ZCOPY_STATUS_CHANGED)
			break;
		file_write(file, MIX_NEW, res.cookie * SLICE, SLICE);
		bytes += res.bytes;
		copied += copied_for < 0 ? res.bytes_copied : res.copied[copied_for];
		by_ref += res.bytes_by_ref;
		retrans += res.retrans;
	}
	pthread_join(reader, NULL);
	ktap_ok(done == SLICES && bytes == LEN, "%s, %s: all are released", over, how);
	ktap_ok(l.all && mix_is_old(&l.m, LEN) && !l.m.new,
		"%s, %s: nothing that was written then arrives", over, how);
	if (!ktap_ok(copied_for < 0 ? by_ref == LEN && !copied : copied == LEN,
		     "%s, %s: %s", over, how, copied_for < 0 ? "by reference" :
		     "copied, and counted as that"))
		result_note(&res);
	close(own);
	pair_close(&p);
	return retrans;
}

/* Packets that TCP joined, or looked at to join, because the peer has them already */
static uint64_t joined(void)
{
	return netstat("TCPSackShift") + netstat("TCPSackMerged");
}

/* Until packets were sent again and others were looked at to be joined */
static void lossy(int copied_for)
{
	uint64_t before = joined(), again = 0;

	for (int i = 0; i < ROUNDS && (!again || joined() == before); i++)
		again += released("one in twenty packets lost", copied_for);
	note("%llu sent again, %llu looked at to be joined", (unsigned long long)again,
	     (unsigned long long)(joined() - before));
	ktap_ok(again && joined() > before, "%s, one in twenty packets lost: some were "
		"sent again, and others looked at to be joined", over);
}

/* Queued is not released: bytes that the peer had no room for are still file pages. */
static void queued(void)
{
	struct pair p = connection();
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	struct zcopy_result res;
	struct mix m;

	file_write(file, MIX_OLD, 0, LEN);
	roomy(p.near);
	ktap_ok(!dev_send(dev, &q, &res) && !res.status, "%s: queued", over);
	file_write(file, MIX_NEW, 0, LEN);
	ktap_ok(mix_read(&m, p.far, LEN) && m.new > LEN / 2,
		"%s: what is written then arrives", over);
	pair_close(&p);
}

/* A transfer that waits for room, to any of the levels */
struct waiting {
	uint32_t until;
	struct pair p;
	uint64_t id;
};

static void submit_tight(struct waiting *w, uint32_t until)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .until = until };
	int size = 64 * KIB;

	w->until = until;
	w->p = connection();
	q.sock = w->p.near;
	if (setsockopt(q.sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) ||
	    dev_submit(dev, &q, &w->id))
		die("submit");
}

static void is_changed(struct waiting *w)
{
	struct zcopy_result res;
	struct mix m;

	ktap_ok(mix_read(&m, w->p.far, LEN) && m.new,
		"%s, level %u: what is written meanwhile arrives", over, w->until);
	ktap_ok(dev_wait(dev, w->id, &res, 1, 1, FOREVER) == 1 &&
		res.status == ZCOPY_STATUS_CHANGED && res.bytes == LEN,
		"%s, level %u: and the result says so", over, w->until);
	pair_close(&w->p);
}

static void changed(void)
{
	struct waiting w[2];

	file_write(file, MIX_OLD, 0, LEN);
	submit_tight(&w[0], ZCOPY_UNTIL_QUEUED);
	submit_tight(&w[1], ZCOPY_UNTIL_RELEASED);
	live_all_stalled();
	file_write(file, MIX_NEW, 0, LEN);
	is_changed(&w[0]);
	is_changed(&w[1]);
}

static void all(int copied_for)
{
	released("nothing lost", copied_for);
	queued();
	changed();
}

static void over_devices(const char *driver, int copied_for)
{
	if (!veth_up_devices(&v, driver)) {
		ktap_skip("no two devices of %s here", driver);
		return;
	}
	by_device = true;
	for (family = AF_INET; family; family = family == AF_INET ? AF_INET6 : 0) {
		char name[32];

		snprintf(name, sizeof(name), "%s, IPv%d", driver,
			 family == AF_INET ? 4 : 6);
		over = name;
		all(copied_for);
		/* So many packets that some are sure to be lost */
		veth_near("tso off gso off");
		if (shell("tc qdisc add dev " VETH_NEAR " root netem loss 5%% limit 10000"))
			ktap_skip("no netem here");
		else
			lossy(copied_for);
		shell("tc qdisc del dev " VETH_NEAR " root");
		veth_near("tso on gso on");
	}
	veth_down(&v);
}

int main(void)
{
	dev = dev_open(0);
	file = file_make("file", 0, MIX_OLD, LEN);
	over = "::1";
	family = AF_INET6;
	all(ZCOPY_COPY_RELEASED);
	over_devices("virtio_net", ZCOPY_COPY_NO_SG);
	over_devices("vmxnet3", -1);
	close(file);
	close(dev);
	return ktap_done();
}
