/* SPDX-License-Identifier: GPL-2.0 */
/* What peers.c and veth.c share. */
#ifndef ZCOPY_TESTS_PEERS_PRIV_H
#define ZCOPY_TESTS_PEERS_PRIV_H

#include <sys/socket.h>

#include "peers.h"

int peers_listen(int family, const char *addr, int rcvbuf,
		 struct sockaddr_storage *ss, socklen_t *len);
struct pair peers_connect(int listener, int near, const struct sockaddr_storage *ss,
			  socklen_t len);

#endif
