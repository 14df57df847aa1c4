// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Serves files over HTTP/2 and TLS in one thread.  The frames that a connection has to
 * send are one list: heads of frames are pieces of memory, bodies of DATA frames ranges of
 * files.  A DATA frame is 9 + 16,375 bytes, which fill a TLS record.
 *
 *	h2_server PORT DIRECTORY CERTIFICATE KEY	then:
 *	curl --http2 -k https://localhost:PORT/FILE
 *
 * main.c has the connections, tls.c OpenSSL, session.c nghttp2, and list.c zcopy.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "h2_server.h"

static int ep;

static void watch(int how, int fd, uint32_t events, void *what)
{
	struct epoll_event ev = { .events = events, .data.ptr = what };

	if (epoll_ctl(ep, how, fd, &ev))
		warn("epoll_ctl");
}

static void add_connection(int door, SSL_CTX *ctx)
{
	int sock = accept4(door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), one = 1;
	struct conn *c = sock < 0 ? NULL : calloc(1, sizeof(*c));

	if (!c) {
		warn("accept");
		return;
	}
	c->sock = sock;
	c->ssl = SSL_new(ctx);
	if (!c->ssl || !SSL_set_fd(c->ssl, sock))
		errx(1, "no memory");
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	watch(EPOLL_CTL_ADD, sock, EPOLLIN, c);
}

/* Gives what the peer sent to nghttp2 */
static void receive(struct conn *c)
{
	unsigned char got[16384];
	int n;

	if (!c->h2) {
		n = tls_accept(c->ssl);
		if (n > 0 && !list_choose(c))
			c->h2 = session_new(c);
		c->over = n && !c->h2;
		if (!c->h2)
			return;
	}
	while ((n = SSL_read(c->ssl, got, sizeof(got))) > 0)
		if (nghttp2_session_mem_recv(c->h2, got, n) < 0)
			break;
	if (n > 0 || SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
		c->over = true;
}

static void end(struct conn *c)
{
	if (c->h2)
		session_end(c);
	SSL_free(c->ssl);
	close(c->sock);
	free(c->copy);
	free(c);
}

/* Sends lists, one after the other, and ends the connection if nothing is left to do */
static void go_on(struct conn *c)
{
	if (c->sending && !c->by_kernel)
		list_write(c);
	while (c->h2 && !c->over && !c->sending) {
		if (session_send(c)) {
			c->over = true;
		} else if (c->sending && !c->by_kernel) {
			list_write(c);
		} else if (!c->sending) {	/* no frame is due */
			if (nghttp2_session_want_read(c->h2))
				break;
			SSL_shutdown(c->ssl);
			c->over = true;
		}
	}
	if (!c->over) {
		if (c->copy)
			watch(EPOLL_CTL_MOD, c->sock,
			      c->sending ? EPOLLIN | EPOLLOUT : EPOLLIN, c);
		return;
	}
	if (c->sending) {
		watch(EPOLL_CTL_DEL, c->sock, 0, NULL);
		list_cancel(c);
	}
	if (!c->sending)
		end(c);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int door = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, lists;
	struct epoll_event ev;
	SSL_CTX *ctx;

	if (argc != 5 || atoi(argv[1]) > 65535)
		errx(2, "usage: h2_server PORT DIRECTORY CERTIFICATE KEY");
	signal(SIGPIPE, SIG_IGN);
	ctx = tls_context(argv[3], argv[4]);
	if (!ctx)
		errx(1, "cannot use certificate %s with key %s", argv[3], argv[4]);
	any.sin6_port = htons(atoi(argv[1]));
	setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (chdir(argv[2]) || bind(door, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(door, 128))
		err(1, "cannot serve %s on port %s", argv[2], argv[1]);
	ep = epoll_create1(EPOLL_CLOEXEC);
	watch(EPOLL_CTL_ADD, door, EPOLLIN, &door);
	lists = list_open();
	if (lists >= 0)
		watch(EPOLL_CTL_ADD, lists, EPOLLIN, &lists);
	/* one event at a time: handling it may free the connection that the next one names */
	while (epoll_wait(ep, &ev, 1, -1) >= 0) {
		struct conn *c = ev.data.ptr;

		if (ev.data.ptr == &door) {
			add_connection(door, ctx);
			continue;
		}
		if (ev.data.ptr == &lists)
			c = list_ended();
		else
			receive(c);
		if (c)
			go_on(c);
	}
	err(1, "cannot wait for events");
}
