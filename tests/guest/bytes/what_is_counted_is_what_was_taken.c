// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes count as copied or by reference according to what really happened on their
 * way.  The file is overwritten while the receiver has not read yet: bytes that
 * were copied arrive old, and bytes by reference arrive new.  The test uses every
 * door, over loopback, TLS, a socket map, a route on which TCP takes no references,
 * and a device for which the CPU computes checksums; and sends much, and pieces so short
 * that plain TCP copies them.
 *
 * needs: zcopy
 * guest: timeout=100 takes=15
 */
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "sockmap.h"
#include "tls.h"
#include "transfer.h"

#define LEN	(40 * KIB + 3)		/* fits into a receiver that does not read */
#define SHORT	200			/* in many pieces: is copied */
#define OLD	7
#define NEW	8

static const char *const door_names[] = {
	"send", "submit+wait", "submit+read", "netlink", "io_uring",
};

static int file;

/* Reads what arrived and counts old and new bytes. */
static void read_late(int fd, uint64_t len, uint64_t *old, uint64_t *new)
{
	static char got[LEN], a[LEN], b[LEN];
	uint64_t have = 0;

	while (have < len) {
		ssize_t n = recv(fd, got + have, len - have, 0);

		if (n <= 0)
			die("only %llu bytes came", (unsigned long long)have);
		have += n;
	}
	pattern_fill(a, OLD, 0, len);
	pattern_fill(b, NEW, 0, len);
	*old = *new = 0;
	for (uint64_t i = 0; i < len; i++) {
		*old += got[i] == a[i];
		*new += got[i] != a[i] && got[i] == b[i];
	}
}

/* Waits until the receiver has acknowledged all; a device that copies has copied then. */
static void await_acks(int sock)
{
	int left;

	for (unsigned int i = 0; i < 1000 && !ioctl(sock, SIOCOUTQ, &left) && left; i++)
		sleep_ms(10);
}

static bool is_for(const struct zcopy_result *res, uint64_t len, int why)
{
	if (why < 0)
		return res->bytes_by_ref == len;
	return result_copied(res, why) == len;
}

/* One transfer: all its bytes count for that reason, -1: as by reference. */
static void counts(const char *name, const struct pair *p, enum door_kind kind,
		   uint64_t len, int why)
{
	struct zcopy_elem e[CRUMBS] = { elem_file(file, 0, len) };
	struct request q = { .elems = e, .nr = 1, .sock = p->near };
	struct zcopy_result res;
	uint64_t old, new;
	struct door d;

	if (len == SHORT)
		q.nr = elem_crumbs(e, file, 0, len);
	file_write(file, OLD, 0, LEN);
	door_open(&d, kind);
	if (door_run(&d, &q, &res))
		die("%s: %s", name, door_names[kind]);
	door_close(&d);
	await_acks(p->near);
	/* What a socket map takes is delivered without acknowledgments. */
	sleep_ms(100);
	file_write(file, NEW, 0, LEN);
	read_late(p->far, len, &old, &new);
	if (!ktap_ok(!res.status && result_adds_up(&res) && is_for(&res, len, why),
		     "%s, by %s: %llu bytes counted", name, door_names[kind],
		     (unsigned long long)len))
		result_note(&res);
	if (!ktap_ok(res.bytes_copied ? old == len : new > len / 2,
		     "%s, by %s: and so it was", name, door_names[kind]))
		note("%llu bytes old, %llu new", (unsigned long long)old,
		     (unsigned long long)new);
}

static bool has_door(enum door_kind kind)
{
	return kind != DOOR_URING || dev_has(ZCOPY_FEAT_URING);
}

static void by_every_door(const char *name, const struct pair *p, int why)
{
	for (enum door_kind kind = DOOR_SEND; kind <= DOOR_URING; kind++) {
		if (!has_door(kind))
			continue;
		counts(name, p, kind, LEN, why);
		counts(name, p, kind, SHORT,
		       why == ZCOPY_COPY_TLS || why == ZCOPY_COPY_NO_SPLICE ?
		       why : ZCOPY_COPY_SMALL);
	}
}

/*
 * The program of this socket map refuses all messages, and the sender gets the
 * error.
 */
static void by_deaf_map(void)
{
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p.near };
	int map = sockmap_open(false), dev = dev_open(0);
	struct zcopy_result res;

	ktap_ok(map >= 0 && sockmap_take(map, p.near), "a map that lets nothing pass");
	ktap_ok(!dev_send(dev, &q, &res) &&
		res.status == ZCOPY_STATUS_SOCKET_ERROR && res.error == EACCES &&
		!res.bytes && !res.bytes_by_ref, "sends nothing, and counts nothing");
	ktap_eq(tcp_written(p.near), 0, "and nothing was sent");
	close(map);
	close(dev);
	pair_close(&p);
}

/* The map copies anyway, so the module need not copy too: one copy is enough. */
static void by_released(const struct pair *p)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p->near,
			     .until = ZCOPY_UNTIL_RELEASED };
	struct zcopy_result res;
	uint64_t old, new;
	int dev = dev_open(0);

	file_write(file, OLD, 0, LEN);
	if (!ktap_ok(!dev_send(dev, &q, &res) && !res.status &&
		     res.copied[ZCOPY_COPY_NO_SPLICE] +
		     res.copied[ZCOPY_COPY_RELEASED] == LEN,
		     "a socket map, until released: copied, once"))
		result_note(&res);
	file_write(file, NEW, 0, LEN);
	read_late(p->far, LEN, &old, &new);
	ktap_eq(old, LEN, "a socket map, until released: and so it was");
	close(dev);
}

/* Through the map's sendmsg, and through its sendpage where it has one */
static void by_socket_map(void)
{
	struct pair p = pair_loopback(AF_INET), p6 = pair_loopback(AF_INET6);
	int map = sockmap_open(true);

	if (map < 0) {
		ktap_skip("a socket map: not in this kernel: %s", strerror(errno));
	} else {
		ktap_ok(sockmap_take(map, p.near), "a socket in a map");
		by_every_door("a socket map", &p, ZCOPY_COPY_NO_SPLICE);
		by_released(&p);
		ktap_ok(sockmap_give_back(map), "it leaves the map");
		by_every_door("a socket that was in a map", &p, -1);
		ktap_ok(sockmap_take(map, p6.near), "an IPv6 socket in a map");
		by_every_door("a socket map, IPv6", &p6, ZCOPY_COPY_NO_SPLICE);
		close(map);
		by_deaf_map();
	}
	pair_close(&p);
	pair_close(&p6);
}

static void by_tls(void)
{
	struct pair p = pair_loopback(AF_INET);

	if (pair_tls(&p))
		by_every_door("TLS", &p, ZCOPY_COPY_TLS);
	else
		ktap_skip("TLS: not in this kernel");
	pair_close(&p);
}

static bool sign(int fd)
{
	struct tcp_md5sig sig = { .tcpm_keylen = 1, .tcpm_key = "k" };
	socklen_t len = sizeof(sig.tcpm_addr);

	return !getpeername(fd, (void *)&sig.tcpm_addr, &len) &&
	       !setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &sig, sizeof(sig));
}

/*
 * TCP takes no references if the connection is signed and the device of its route has
 * no scatter/gather.  If the device gets scatter/gather back, TCP still takes none
 * until it looks up the route again.
 */
static void by_signed_connection(const struct veth *v)
{
	struct pair p = pair_veth(v, AF_INET);
	int tos = 4;
	char c = 0;

	if (!sign(p.near) || !sign(p.far)) {
		ktap_skip("a signed connection: %s", strerror(errno));
		pair_close(&p);
		return;
	}
	if (veth_near("sg off tso off gso off"))
		die("sg off");
	/*
	 * The new TOS drops the cached route, and the byte makes TCP look up a new
	 * one.
	 */
	setsockopt(p.near, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	if (send(p.near, &c, 1, 0) != 1 || recv(p.far, &c, 1, 0) != 1)
		die("a byte");
	by_every_door("a signed connection without scatter/gather", &p,
		      ZCOPY_COPY_NO_SG);
	veth_near("sg on tso on gso on");
	by_every_door("a signed connection, scatter/gather switched on later", &p,
		      ZCOPY_COPY_NO_SG);
	pair_close(&p);
}

/* Data must not change while the CPU computes its checksum, so it is copied first. */
static void by_checksums(const struct veth *v, int family)
{
	struct pair p = pair_veth(v, family);

	if (veth_near("tx off") || veth_near("sg on"))
		die("tx off");
	by_every_door("a device that does not sum up", &p, ZCOPY_COPY_NO_SG);
	if (veth_near("tx on sg on tso on gso on"))
		die("tx on");
	by_every_door("a device that does", &p, -1);
	pair_close(&p);
}

static void by_devices(void)
{
	struct veth v;

	if (!veth_up(&v)) {
		ktap_skip("this kernel has no veth");
		return;
	}
	by_signed_connection(&v);
	by_checksums(&v, AF_INET);
	by_checksums(&v, AF_INET6);
	veth_down(&v);
}

int main(void)
{
	struct pair p = pair_loopback(AF_INET);

	file = file_make("file", 0, OLD, LEN);
	by_every_door("loopback", &p, -1);
	pair_close(&p);
	by_tls();
	by_socket_map();
	by_devices();
	close(file);
	return ktap_done();
}
