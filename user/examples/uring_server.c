// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A static file server on one io_uring: accept, recv and sending a whole file are
 * entries of one ring.  A send is an IORING_OP_URING_CMD on /dev/zcopy; it completes
 * when the socket has taken all bytes, and no worker waits for it.
 *
 *	uring_server PORT FILE		every request is answered with FILE
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zcopy.h"
#include "zcopy_uring.h"

/* A connection; request and result must stay valid until the completion */
struct conn {
	int			sock;
	int			sending;
	char			ask[2048];
	struct zcopy_sink	sink;
	struct zcopy_send	req;
	struct zcopy_result	res;
};

static struct io_uring ring;
static int door;

/* Accept a connection (no @c), receive its request (no @list), or send the list */
static void start(struct conn *c, struct zcopy *z, struct zcopy_list *list)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (!c) {
		io_uring_prep_accept(sqe, door, NULL, NULL, SOCK_CLOEXEC);
	} else if (!list) {
		io_uring_prep_recv(sqe, c->sock, c->ask, sizeof(c->ask), 0);
	} else {
		c->sending = 1;
		zcopy_sink_init(&c->sink, c->sock);
		zcopy_send_init(&c->req, list, &c->sink, 1);
		zcopy_uring_prep(sqe, zcopy_fd(z), &c->req, &c->res);
	}
	io_uring_sqe_set_data(sqe, c);	/* after the prep call, which clears it */
}

int main(int argc, char **argv)
{
	static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	struct zcopy_query query = { 0 };
	struct zcopy_list *list;
	struct io_uring_cqe *cqe;
	struct zcopy *z;
	int e;

	if (argc != 3 || atoi(argv[1]) > 65535)
		errx(2, "usage: uring_server PORT FILE");
	e = zcopy_open(&z, 0);
	if (e || zcopy_query(z, &query) || zcopy_list_new(&list))
		errx(1, "cannot open " ZCOPY_DEVICE ": %s", zcopy_strerror(e));
	if (!(query.features & ZCOPY_FEAT_URING))
		errx(3, "this kernel or module has no zcopy through io_uring");
	/* one list serves all connections: each submission only reads it */
	zcopy_list_memory(list, head, strlen(head));
	e = zcopy_list_file(list, open(argv[2], O_RDONLY | O_CLOEXEC), 0, ZCOPY_LEN_EOF);
	door = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	any.sin6_port = htons(atoi(argv[1]));
	if (e || bind(door, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(door, 128) || io_uring_queue_init(64, &ring, 0))
		err(1, "cannot serve %s on port %s", argv[2], argv[1]);
	for (start(NULL, NULL, NULL);; io_uring_cqe_seen(&ring, cqe)) {
		struct conn *c;

		/* handle one completion at a time, so that the ring always has room */
		while (io_uring_submit_and_wait(&ring, 1) < 0 ||
		       io_uring_peek_cqe(&ring, &cqe))
			;
		c = io_uring_cqe_get_data(cqe);
		if (!c) {				/* accepted a connection */
			start(NULL, NULL, NULL);
			c = cqe->res < 0 ? NULL : calloc(1, sizeof(*c));
			if (!c)
				continue;
			c->sock = cqe->res;
			start(c, NULL, NULL);
		} else if (!c->sending && cqe->res > 0) {	/* got a request */
			start(c, z, list);
		} else {				/* sent, failed or closed */
			close(c->sock);
			free(c);
		}
	}
}
