/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Addresses of peers: reading, writing, connecting, listening.
 */
#ifndef ZCCTL_ADDR_H
#define ZCCTL_ADDR_H

#include <sys/socket.h>

#define ADDR_ROOM	80

struct addr {
	char	host[256];
	char	port[32];
};

/**
 * addr_split() - read HOST:PORT, [V6]:PORT and, if @host_optional, PORT
 *
 * Return: 0, -EINVAL, or -ERANGE: the port is a number, but not one of digits only
 * from 0 to 65535.
 */
int addr_split(struct addr *addr, const char *text, int host_optional);

/** addr_format() - write "1.2.3.4:80" or "[::1]:80"; "" if @ss is no IP address */
const char *addr_format(char buf[ADDR_ROOM], const struct sockaddr_storage *ss);

/**
 * addr_connect() - a connected TCP socket
 * @addr: the peer's address
 * @why: receives a text if the name cannot be resolved, else NULL
 *
 * Return: the descriptor, or a negative errno.
 */
int addr_connect(const struct addr *addr, const char **why);

/** addr_listen() - a listening TCP socket; as addr_connect() */
int addr_listen(const struct addr *addr, const char **why);

#endif /* ZCCTL_ADDR_H */
