// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile(2) writes to every kind of descriptor and socket.  Return value, errno,
 * offset, position, signals and bytes are the same with the interposer as without
 * it.
 *
 * guest: skip-on=debug
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "same.h"
#include "sendfiles.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void s_out_negative(void) { to(-1); }
static void s_out_path(void) { to(open("file", O_PATH)); }
static void s_out_rdonly(void) { to(open("file", O_RDONLY)); }
static void s_out_dir(void) { to(open(".", O_RDONLY)); }
static void s_out_null(void) { to(open("/dev/null", O_WRONLY)); }
static void s_out_event(void) { to(eventfd(0, EFD_NONBLOCK)); }
static void s_out_fresh(void) { to(socket(AF_INET, SOCK_STREAM, 0)); }
static void s_out_udp(void) { to(socket(AF_INET, SOCK_DGRAM, 0)); }
static void s_out_netlink(void) { to(socket(AF_NETLINK, SOCK_RAW, 0)); }
static void s_out_zcopy(void) { to(open("/dev/zcopy", O_RDWR)); }

static void s_out_closed(void)
{
	close(tcp.near);
	to(tcp.near);
}

static void s_out_file(void)
{
	struct stat st;
	int fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);

	to(fd);
	printf(" out position %lld", (long long)lseek(fd, 0, SEEK_CUR));
	lseek(fd, 10, SEEK_SET);
	at(fd, file, 50000, 5);
	fstat(fd, &st);
	printf(" size %lld", (long long)st.st_size);
}

static void s_out_append(void)
{
	to(open("out", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600));
}

static void s_out_same(void)
{
	int fd = open("file", O_RDWR);

	to(fd);
}

static void s_out_pipe(void)
{
	int fd[2];

	if (pipe(fd))
		die("pipe");
	to(fd[1]);
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	at(fd[1], file, 0, SIZE);
	at(fd[1], file, 0, SIZE);
	close(fd[0]);
	at(fd[1], file, 0, SIZE);
	printf(" sigpipe %d", (int)pipes);
}

static void s_out_unix(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		die("socketpair");
	to(fd[1]);
	close(fd[0]);
	to(fd[1]);
}

static void s_out_unix_dgram(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd))
		die("socketpair");
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	to(fd[1]);
}

static void s_out_udp_connected(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (void *)&sin, sizeof(sin)))
		die("connect");
	at(fd, file, 1, 1000);
}

static void s_out_listening(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (listen(fd, 1))
		die("listen");
	to(fd);
}

static void s_out_v6(void)
{
	pair_close(&tcp);
	tcp = pair_loopback(AF_INET6);
	to(tcp.near);
	arrived();
}

static void s_out_mptcp(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (l < 0 || bind(l, (void *)&sin, sizeof(sin)) || listen(l, 1) ||
	    getsockname(l, (void *)&sin, &len) ||
	    connect(fd, (void *)&sin, sizeof(sin))) {
		printf(" (not here)");
		return;
	}
	pair_close(&tcp);
	tcp = (struct pair) { .near = fd, .far = accept(l, NULL, NULL) };
	to(fd);
	arrived();
}

static void s_out_tcp_append(void)
{
	fcntl(tcp.near, F_SETFL, O_APPEND);
	to(tcp.near);
	arrived();
}

/* True if what was sent on a new corked connection has come after a moment. */
static bool came(void)
{
	off_t off = 0;
	int one = 1;

	pair_close(&tcp);
	tcp = pair_loopback(AF_INET);
	setsockopt(tcp.near, IPPROTO_TCP, TCP_CORK, &one, sizeof(one));
	if (sendfile(tcp.near, file, &off, 10) != 10)
		return true;
	sleep_ms(50);
	return recv(tcp.far, &one, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
}

/* TCP itself sends after 200 ms, which a slow guest may spend in one of the tries. */
static void s_corked(void)
{
	unsigned int tries = 1;

	while (came() && tries < 5)
		tries++;
	printf(" %s", tries < 5 ? "held" : "came");
	at(tcp.near, file, 0, 10);
	arrived();
}

static void s_header(void)
{
	if (send(tcp.near, "header", 6, MSG_MORE) != 6)
		die("send");
	at(tcp.near, file, 0, 10);
	if (send(tcp.near, "trailer", 7, 0) != 7)
		die("send");
	here(tcp.near, file, 10);
	arrived();
}

static const struct situation situations[] = {
	S(out_negative), S(out_path), S(out_rdonly), S(out_dir), S(out_null),
	S(out_event), S(out_fresh), S(out_udp), S(out_netlink), S(out_zcopy),
	S(out_closed), S(out_file), S(out_append), S(out_same), S(out_pipe),
	S(out_unix), S(out_unix_dgram), S(out_udp_connected), S(out_listening),
	S(out_v6), S(out_mptcp), S(out_tcp_append), S(corked), S(header),
	{ 0 }
};

int main(int argc, char **argv)
{
	struct interposed did = same_interposed(argc, argv, situations, sendfiles_prepare);

	ktap_ok(did.taken >= 4, "calls were taken");
	ktap_ok(did.taken < did.calls, "and some were not");
	return ktap_done();
}
