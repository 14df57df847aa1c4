// SPDX-License-Identifier: GPL-2.0
/*
 * Makes TCP packets and ICMP messages by hand, with IPv4 and without options; see
 * rawpeer.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "rawpeer.h"

#define HERE	"10.79.0.1"
#define THERE	"10.79.0.2"
#define FIRST	1000		/* the peer's first sequence number */
#define ASKS	"GET"

struct packet {
	uint8_t ip[20];
	uint8_t tcp[20];
	char data[64];
};

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t get(const uint8_t *p, unsigned int n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static uint16_t sum(const uint8_t *p, unsigned int n, uint32_t s)
{
	for (; n > 1; n -= 2, p += 2)
		s += get(p, 2);
	if (n)
		s += *p << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s;
}

static void ip_header(uint8_t *ip, unsigned int all, uint8_t protocol, const char *from,
		      const char *to)
{
	ip[0] = 0x45;
	put16(ip + 2, all);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, ntohl(inet_addr(from)));
	put32(ip + 16, ntohl(inet_addr(to)));
	put16(ip + 10, sum(ip, 20, 0));
}

bool rawpeer_open(struct rawpeer *p)
{
	struct ifreq q = { .ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "raw0" };

	memset(p, 0, sizeof(*p));
	shell("modprobe -q tun 2>/dev/null");
	p->tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (p->tun < 0 && errno == ENOENT)
		return false;
	if (p->tun < 0 || ioctl(p->tun, TUNSETIFF, &q))
		die("a tun device");
	/* Fast open for both sides, without cookies */
	if (shell("set -e; ip addr add " HERE "/24 dev raw0; ip link set raw0 up; "
		  "echo 1543 >/proc/sys/net/ipv4/tcp_fastopen"))
		die("setting up a tun device");
	p->there = 5555;
	p->seq = FIRST;
	return true;
}

void rawpeer_close(struct rawpeer *p)
{
	close(p->tun);
}

void rawpeer_say(struct rawpeer *p, unsigned int flags, uint32_t ack,
		 const char *data)
{
	unsigned int len = data ? strlen(data) : 0, all = 40 + len;
	struct packet k = { .tcp = { [12] = 0x50 } };

	ip_header(k.ip, all, IPPROTO_TCP, THERE, HERE);
	put16(k.tcp, p->there);
	put16(k.tcp + 2, p->here);
	put32(k.tcp + 4, p->seq);
	put32(k.tcp + 8, ack);
	k.tcp[13] = flags;
	put16(k.tcp + 14, 0xffff);
	memcpy(k.data, data ? data : "", len);
	put16(k.tcp + 16, sum(k.tcp, 20 + len, (uint16_t)~sum(k.ip + 12, 8, 0) +
			      IPPROTO_TCP + 20 + len));
	if (write(p->tun, &k, all) != (ssize_t)all)
		die("a packet by hand");
	p->seq += len + !!(flags & RAW_SYN) + !!(flags & RAW_FIN);
}

void rawpeer_unreachable(struct rawpeer *p, uint32_t seq)
{
	struct {
		uint8_t ip[20];
		uint8_t icmp[8];
		uint8_t quoted_ip[20];
		uint8_t quoted_tcp[8];
	} k = { .icmp = { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH } };

	ip_header(k.ip, sizeof(k), IPPROTO_ICMP, THERE, HERE);
	ip_header(k.quoted_ip, 40, IPPROTO_TCP, HERE, THERE);
	put16(k.quoted_tcp, p->here);
	put16(k.quoted_tcp + 2, p->there);
	put32(k.quoted_tcp + 4, seq);
	put16(k.icmp + 2, sum(k.icmp, sizeof(k) - sizeof(k.ip), 0));
	if (write(p->tun, &k, sizeof(k)) != (ssize_t)sizeof(k))
		die("an ICMP message by hand");
}

/* Is the packet of this connection?  A client's port is learnt from its first packet. */
static bool ours(struct rawpeer *p, const uint8_t *k, ssize_t n)
{
	const uint8_t *tcp = k + 20;

	if (n < 40 || k[0] != 0x45 || k[9] != IPPROTO_TCP ||
	    get(tcp + 2, 2) != p->there || (p->here && get(tcp, 2) != p->here))
		return false;
	p->here = get(tcp, 2);
	return true;
}

unsigned int rawpeer_hear(struct rawpeer *p, int ms)
{
	struct pollfd pf = { .fd = p->tun, .events = POLLIN };
	static uint8_t k[65536];
	unsigned int heard = 0;

	while (poll(&pf, 1, ms) > 0) {
		ssize_t n = read(p->tun, k, sizeof(k));
		const uint8_t *tcp = k + 20;
		uint32_t end, seq, len;

		if (!ours(p, k, n))
			continue;
		heard++;
		seq = get(tcp + 4, 4);
		len = get(k + 2, 2) - 20 - (tcp[12] >> 4) * 4;
		end = seq + len + !!(tcp[13] & RAW_SYN) + !!(tcp[13] & RAW_FIN);
		/* A SYN that is sent again does not take back what came after it. */
		if (tcp[13] & RAW_SYN && seq != p->begun)
			p->begun = seq, p->seen = end;
		else if (seq == p->seen)
			p->seen = end, p->bytes += len;
	}
	return heard;
}

void rawpeer_expect(struct rawpeer *p)
{
	uint64_t till = now_ms() + 20000 * guest_scale();

	while (!rawpeer_hear(p, 20))
		if (now_ms() > till)
			die("the socket is silent");
}

bool rawpeer_drain(struct rawpeer *p, uint64_t bytes)
{
	uint64_t till = now_ms() + 20000 * guest_scale();

	while (p->bytes < bytes && now_ms() < till) {
		rawpeer_hear(p, 2);
		rawpeer_say(p, RAW_ACK, p->seen, NULL);
	}
	return p->bytes >= bytes;
}

static int rawpeer_listen(struct rawpeer *p)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), queue = 5;

	sin.sin_addr.s_addr = inet_addr(HERE);
	if (l < 0 || setsockopt(l, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)) ||
	    bind(l, (void *)&sin, sizeof(sin)) || listen(l, 5) ||
	    getsockname(l, (void *)&sin, &len))
		die("a listener");
	p->here = ntohs(sin.sin_port);
	return l;
}

static int rawpeer_accept(int l)
{
	struct pollfd pf = { .fd = l, .events = POLLIN };
	int fd = -1;

	if (poll(&pf, 1, 20000 * guest_scale()) == 1)
		fd = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		die("no connection by hand");
	close(l);
	return fd;
}

int rawpeer_half_open(struct rawpeer *p)
{
	int l = rawpeer_listen(p), fd;
	char got[8];

	p->there++;
	rawpeer_say(p, RAW_SYN, 0, ASKS);
	fd = rawpeer_accept(l);
	if (recv(fd, got, sizeof(got), 0) != (ssize_t)strlen(ASKS))
		die("a question by hand");
	rawpeer_expect(p);
	p->bytes = 0;
	return fd;
}

int rawpeer_connected(struct rawpeer *p)
{
	int l = rawpeer_listen(p);

	p->there++;
	rawpeer_say(p, RAW_SYN, 0, NULL);
	rawpeer_expect(p);
	rawpeer_say(p, RAW_ACK, p->seen, NULL);
	p->bytes = 0;
	return rawpeer_accept(l);
}

int rawpeer_connecting(struct rawpeer *p)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(80) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	sin.sin_addr.s_addr = inet_addr(THERE);
	p->there = 80;
	p->here = 0;
	if (fd < 0 || !connect(fd, (void *)&sin, sizeof(sin)) || errno != EINPROGRESS)
		die("a connection that nobody answers");
	rawpeer_expect(p);
	return fd;
}
