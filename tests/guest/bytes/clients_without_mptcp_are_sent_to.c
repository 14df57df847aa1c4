// SPDX-License-Identifier: GPL-2.0
/*
 * A server that listens with MPTCP gets a plain TCP socket for each client that does
 * not speak MPTCP.  Transfers to such a socket work through each door and at each
 * level.
 *
 * needs: zcopy
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transfer.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define LEN	MIB
#define SEED	3

static struct sockaddr_in at = { .sin_family = AF_INET };
static struct stream want;
static int server, file;

static void listen_with_mptcp(void)
{
	socklen_t len = sizeof(at);

	loopback_up();
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	if (server < 0)
		ktap_skip_all("no MPTCP: %s", strerror(errno));
	if (bind(server, (struct sockaddr *)&at, len) || listen(server, 4) ||
	    getsockname(server, (struct sockaddr *)&at, &len))
		die("listening with MPTCP");
}

static struct pair connect_client(void)
{
	struct pair p;

	p.far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p.far < 0 || connect(p.far, (struct sockaddr *)&at, sizeof(at)))
		die("a client");
	p.near = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	if (p.near < 0)
		die("accepting the client");
	return p;
}

static void send_to_client(enum door_kind kind, uint32_t until)
{
	struct zcopy_elem e = elem_file(file, 0, LEN);
	struct request q = { .elems = &e, .nr = 1, .until = until };
	struct pair p = connect_client();
	struct zcopy_result res;

	if (!ktap_ok(transfer(&p, kind, &q, &want, &res) &&
		     res.status == ZCOPY_STATUS_DONE, "door %d, until %u", kind, until))
		result_note(&res);
	pair_close(&p);
}

int main(void)
{
	listen_with_mptcp();
	file = file_make("file", 0, SEED, LEN);
	stream_pattern(&want, SEED, 0, LEN);
	for (int kind = DOOR_SEND; kind <= DOOR_URING; kind++) {
		if (kind == DOOR_URING && !dev_has(ZCOPY_FEAT_URING)) {
			ktap_skip("door %d: not in this kernel", kind);
			continue;
		}
		for (uint32_t until = 0; until <= ZCOPY_UNTIL_RELEASED; until++)
			send_to_client(kind, until);
	}
	return ktap_done();
}
