// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sends one file to many peers in one submission: each page of the file is looked up
 * once and goes to every socket by reference, and a slow peer delays no other.  Each
 * socket has its own completion, which holds the socket's index.
 *
 *	fanout FILE HOST PORT...	a peer on each port: zcctl recv -1 PORT
 */
#include <err.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zcopy.h"

#define PEERS_MAX	64

static int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	int sock = -1;
	int e = atoi(port) > 65535 ? EAI_SERVICE : getaddrinfo(host, port, &hints, &list);

	if (e)
		errx(1, "%s: %s", host, gai_strerror(e));
	for (ai = list; ai && sock < 0; ai = ai->ai_next) {
		sock = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (sock >= 0 && connect(sock, ai->ai_addr, ai->ai_addrlen)) {
			close(sock);
			sock = -1;
		}
	}
	if (sock < 0)
		err(1, "cannot connect to %s port %s", host, port);
	freeaddrinfo(list);
	return sock;
}

int main(int argc, char **argv)
{
	struct zcopy_sink sinks[PEERS_MAX];
	struct zcopy_query query = { 0 };
	struct zcopy_result res;
	struct zcopy_list *list;
	struct zcopy_send req;
	int nr = argc - 3, failed = 0, file, i, e;
	struct zcopy *z;

	if (nr < 1 || nr > PEERS_MAX)
		errx(2, "usage: fanout FILE HOST PORT...");
	file = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (file < 0)
		err(1, "cannot open %s", argv[1]);
	e = zcopy_open(&z, 0);
	if (e)
		errx(1, "cannot open " ZCOPY_DEVICE ": %s", zcopy_strerror(e));

	/* ask what the kernel offers, do not guess */
	if (zcopy_query(z, &query) || (unsigned int)nr > query.max_sinks)
		errx(3, "a transfer has %u sockets at most here, not %d",
		     query.max_sinks, nr);
	for (i = 0; i < nr; i++)
		zcopy_sink_init(&sinks[i], connect_to(argv[2], argv[3 + i]));
	if (zcopy_list_new(&list) || zcopy_list_file(list, file, 0, ZCOPY_LEN_EOF))
		errx(1, "cannot build the list");
	zcopy_send_init(&req, list, sinks, nr);
	/* give up a peer that takes nothing for a minute; the other peers go on */
	if (query.features & ZCOPY_FEAT_IDLE)
		req.idle_ns = 60000000000ULL;
	e = zcopy_submit(z, &req, NULL);
	if (e)
		errx(1, "refused: %s", zcopy_strerror(e));

	/* after a successful submission each socket has exactly one completion */
	for (i = 0; i < nr; i++) {
		e = zcopy_wait(z, ZCOPY_ID_ANY, &res, 1, 1, ZCOPY_WAIT_FOREVER);
		if (e != 1)
			errx(1, "cannot wait: %s", zcopy_strerror(e));
		printf("port %s: %s, %llu bytes in %.3f s\n", argv[3 + res.sink],
		       zcopy_status_name(res.status), (unsigned long long)res.bytes,
		       res.duration_ns / 1e9);
		failed += res.status != ZCOPY_STATUS_DONE;
		close(sinks[res.sink].fd);
	}
	zcopy_list_free(list);
	zcopy_close(z);
	return failed ? 1 : 0;
}
