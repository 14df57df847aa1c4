// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of descriptor that cannot be a source or a socket is refused through
 * three doors (SEND, SUBMIT, netlink) with its errno, its counter and its sentence,
 * and nothing else changes.
 * guest: timeout=30
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "dev.h"
#include "nlraw.h"
#include "peers.h"
#include "refuse.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

struct row {
	const char *what;
	int (*make)(void);	/* -1: cannot be made here; NOTHING: closed */
	int err;
	const char *why;
};

#define NOTHING	999

static int dev, file, other;
static struct pair pair;
static struct nlraw nl;

/* ---- sources ---- */
static int closed(void) { return NOTHING; }
static int negative(void) { return -2; }
static int write_only(void) { return open("source", O_WRONLY); }
static int path_only(void) { return open("source", O_PATH); }
static int directory(void) { return open(".", O_RDONLY); }
static int chardev(void) { return open("/dev/zero", O_RDONLY); }
static int blockdev(void) { return open("/dev/vda", O_RDONLY); }
static int zcopy_itself(void) { return open(ZCOPY_DEVICE, O_RDWR); }
static int event(void) { return eventfd(1, 0); }
static int poller(void) { return epoll_create1(0); }
static int timer(void) { return timerfd_create(CLOCK_MONOTONIC, 0); }
static int watcher(void) { return inotify_init1(0); }
static int process(void) { return syscall(SYS_pidfd_open, getpid(), 0); }
static int own_memory(void) { return open("/proc/self/mem", O_RDONLY); }
static int tcp(void) { return dup(pair.near); }

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	return signalfd(-1, &set, 0);
}

static int pipe_end(void)
{
	int p[2];

	if (pipe(p))
		return -1;
	other = p[1];
	return p[0];
}

static int named_pipe(void)
{
	mkfifo("fifo", 0600);
	return open("fifo", O_RDWR);
}

static const struct row sources[] = {
	{ "a closed descriptor", closed, EBADF, "source_bad_fd" },
	{ "a negative descriptor", negative, EBADF, "source_bad_fd" },
	{ "a file open for its path", path_only, EBADF, "source_bad_fd" },
	{ "a file open for writing", write_only, EBADF, "source_not_readable" },
	{ "a directory", directory, EISDIR, "source_directory" },
	{ "a pipe", pipe_end, EOPNOTSUPP, "source_pipe" },
	{ "a named pipe", named_pipe, EOPNOTSUPP, "source_pipe" },
	{ "a TCP socket", tcp, EOPNOTSUPP, "source_socket" },
	{ "a character device", chardev, EOPNOTSUPP, "source_device" },
	{ "a block device", blockdev, EOPNOTSUPP, "source_device" },
	{ "the zcopy device", zcopy_itself, EOPNOTSUPP, "source_device" },
	{ "an eventfd", event, EOPNOTSUPP, "source_special" },
	{ "an epoll descriptor", poller, EOPNOTSUPP, "source_special" },
	{ "a timer", timer, EOPNOTSUPP, "source_special" },
	{ "a signalfd", signals, EOPNOTSUPP, "source_special" },
	{ "an inotify descriptor", watcher, EOPNOTSUPP, "source_special" },
	{ "a pidfd", process, EOPNOTSUPP, NULL },
	{ "a file of /proc that is not read by iterators", own_memory, EOPNOTSUPP,
	  "source_no_read" },
};

/* ---- sockets ---- */
static int regular(void) { return open("source", O_RDONLY); }
static int udp(void) { return socket(AF_INET, SOCK_DGRAM, 0); }
static int fresh(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int fresh6(void) { return socket(AF_INET6, SOCK_STREAM, 0); }
static int raw(void) { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static int raw_tcp(void) { return socket(AF_INET, SOCK_RAW, IPPROTO_TCP); }
static int packet(void) { return socket(AF_PACKET, SOCK_RAW, 0); }
static int netlink(void) { return socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC); }
static int sctp(void) { return socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP); }
static int vsock(void) { return socket(AF_VSOCK, SOCK_STREAM, 0); }
static int mptcp(void) { return socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP); }
static int named_unix(void) { return socket(AF_UNIX, SOCK_DGRAM, 0); }

static int udp_connected(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(9) };
	int s = udp();

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(s, (void *)&sin, sizeof(sin)) ? -1 : s;
}

static int unix_pair(void)
{
	int u[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, u))
		return -1;
	other = u[1];
	return u[0];
}

static int listening(void)
{
	int s = fresh();

	return listen(s, 1) ? -1 : s;
}

static int shut_down(void)
{
	struct pair s = pair_open(false);

	shutdown(s.near, SHUT_WR);
	other = s.far;
	return s.near;
}

/* Waits until what the peer has sent brought the connection into this state. */
static void becomes(int sock, int state)
{
	uint64_t end = now_ms() + 20000;
	struct tcp_info info = { 0 };
	socklen_t len;

	while (info.tcpi_state != state) {
		len = sizeof(info);
		if (getsockopt(sock, IPPROTO_TCP, TCP_INFO, &info, &len) || now_ms() > end)
			die("state %u, not %d", info.tcpi_state, state);
		sleep_ms(1);
	}
}

static int shut_after_peer(void)
{
	struct pair s = pair_open(false);

	shutdown(s.far, SHUT_WR);
	becomes(s.near, TCP_CLOSE_WAIT);
	shutdown(s.near, SHUT_WR);
	becomes(s.near, TCP_CLOSE);
	other = s.far;
	return s.near;
}

static int appending(void)
{
	struct pair s = pair_open(false);

	fcntl(s.near, F_SETFL, O_APPEND);
	other = s.far;
	return s.near;
}

static int was_reset(void)
{
	struct pair s = pair_open(false);

	sock_reset(s.far);
	becomes(s.near, TCP_CLOSE);
	return s.near;
}

/* An upper layer protocol other than TLS; few kernels have another. */
static int upper_layer(void)
{
	struct pair s = pair_open(false);

	other = s.far;
	if (!setsockopt(s.near, IPPROTO_TCP, TCP_ULP, "espintcp", 8))
		return s.near;
	close(s.near);
	close(s.far);
	return -1;
}

static const struct row sinks[] = {
	{ "a closed descriptor", closed, EBADF, "sink_bad_fd" },
	{ "a negative descriptor", negative, EBADF, "sink_bad_fd" },
	{ "a regular file", regular, ENOTSOCK, "sink_not_socket" },
	{ "a directory", directory, ENOTSOCK, "sink_not_socket" },
	{ "a pipe", pipe_end, ENOTSOCK, "sink_not_socket" },
	{ "a character device", chardev, ENOTSOCK, "sink_not_socket" },
	{ "the zcopy device", zcopy_itself, ENOTSOCK, "sink_not_socket" },
	{ "a connected unix socket", unix_pair, EOPNOTSUPP, "sink_unix" },
	{ "a unix datagram socket", named_unix, EOPNOTSUPP, "sink_unix" },
	{ "a UDP socket", udp, EOPNOTSUPP, "sink_not_tcp" },
	{ "a connected UDP socket", udp_connected, EOPNOTSUPP, "sink_not_tcp" },
	{ "a raw socket", raw, EOPNOTSUPP, "sink_not_tcp" },
	{ "a raw socket of protocol TCP", raw_tcp, EOPNOTSUPP, "sink_not_tcp" },
	{ "a packet socket", packet, EOPNOTSUPP, "sink_not_tcp" },
	{ "a netlink socket", netlink, EOPNOTSUPP, "sink_not_tcp" },
	{ "an SCTP socket", sctp, EOPNOTSUPP, "sink_not_tcp" },
	{ "a vsock socket", vsock, EOPNOTSUPP, "sink_not_tcp" },
	{ "a multipath TCP socket", mptcp, EOPNOTSUPP, "sink_mptcp" },
	{ "a socket with another upper layer", upper_layer, EOPNOTSUPP, "sink_ulp" },
	{ "a listening socket", listening, EOPNOTSUPP, "sink_listening" },
	{ "an unconnected socket", fresh, ENOTCONN, "sink_not_connected" },
	{ "an unconnected IPv6 socket", fresh6, ENOTCONN, "sink_not_connected" },
	{ "a socket whose peer reset it", was_reset, ENOTCONN, "sink_not_connected" },
	{ "a socket open for appending", appending, EINVAL, "sink_append" },
	{ "a socket that was shut down", shut_down, EPIPE, "sink_shut_down" },
	{ "a socket that both ends shut down", shut_after_peer, ENOTCONN,
	  "sink_not_connected" },
};

static const char *const doors[] = { "SEND", "SUBMIT", "netlink" };

static int knock(unsigned int door, int sock, int source)
{
	struct raw q;
	struct nlraw_msg m;

	switch (door) {
	case 0:
		raw_fill(&q, sock, source, 0, 4096);
		return raw_send(dev, &q);
	case 1:
		raw_fill(&q, sock, source, 0, 4096);
		return raw_submit(dev, &q);
	default:
		nlraw_submit(&nl, &m, dev, sock, source, 0, 4096);
		return nlraw_talk(&nl, &m);
	}
}

/* Where the reason differs between kernels: finds the counter that went up. */
static const char *reason_of(const struct refuse *before)
{
	static const char *const some[] = { "source_special", "source_no_read" };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (!refuse_after(before, some[i]))
			return some[i];
	}
	return "source_special";
}

static void try_row(const struct row *row, bool source)
{
	const char *side = source ? "source" : "destination";
	unsigned int door;
	int fd, ret;

	other = -1;
	fd = row->make();
	if (fd == -1) {
		ktap_skip("%s: %s: cannot be made here: %s", side, row->what,
			  strerror(errno));
		return;
	}
	for (door = 0; door < 3; door++) {
		struct refuse before;
		const char *wrong;

		refuse_before(&before, pair.far);
		ret = source ? knock(door, pair.near, fd) : knock(door, fd, file);
		wrong = refuse_after(&before, row->why ? row->why :
				     reason_of(&before));
		if (!wrong && door == 2 && !nl.words[0])
			wrong = "there is no sentence";
		if (!ktap_ok(ret == -row->err && !wrong, "%s: %s as %s",
			     doors[door], row->what, side))
			note("returned %d, not %d; %s", ret, -row->err,
			     wrong ? wrong : "counters as they should");
	}
	if (fd >= 0 && fd != NOTHING)
		close(fd);
	if (other >= 0)
		close(other);
}

int main(void)
{
	struct raw q;
	unsigned int i;

	dev = dev_open(0);
	nlraw_open(&nl);
	pair = pair_open(false);
	file = file_to_read("source", 65536);
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		try_row(&sources[i], true);
	for (i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++)
		try_row(&sinks[i], false);

	raw_fill(&q, pair.near, file, 0, 65536);
	ktap_eq(raw_send(dev, &q), 0, "what is right is accepted");
	ktap_eq(sock_check(pair.far, 0, 65536), 65536, "and arrives");
	return ktap_done();
}

