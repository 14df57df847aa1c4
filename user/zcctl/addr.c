// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns addresses, and makes TCP sockets from them.  The C library resolves names.
 */
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG		128
#define SPACE		" \t\n\v\f\r"
#define DIGITS		"0123456789"
#define LETTERS		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int copy_part(char *to, size_t room, const char *from, size_t len)
{
	if (!len || len >= room)
		return -EINVAL;
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

/*
 * A port is a number up to 65535, or a service's name, which begins with a letter.
 * getaddrinfo() also takes white space and a sign before a number, and 70000 for 4464.
 */
static int check_port(const char *port)
{
	size_t len = strlen(port);

	if (strspn(port, DIGITS) == len && len <= 5 && atoi(port) <= 65535)
		return 0;
	if (strspn(port + strspn(port, SPACE "+-"), DIGITS))
		return -ERANGE;
	return strchr(LETTERS, port[0]) && !strpbrk(port, SPACE) ? 0 : -EINVAL;
}

static int copy_port(struct addr *addr, const char *port)
{
	int err = copy_part(addr->port, sizeof(addr->port), port, strlen(port));

	return err ? err : check_port(addr->port);
}

int addr_split(struct addr *addr, const char *text, int host_optional)
{
	const char *colon = strrchr(text, ':');
	const char *end = strchr(text, ']');
	int err;

	addr->host[0] = '\0';
	if (text[0] == '[') {
		if (!end || end[1] != ':')
			return -EINVAL;
		err = copy_part(addr->host, sizeof(addr->host), text + 1,
				end - text - 1);
		colon = end + 1;
	} else if (colon) {
		/* an IPv6 address without brackets is ambiguous */
		if (strchr(text, ':') != colon)
			return -EINVAL;
		err = copy_part(addr->host, sizeof(addr->host), text, colon - text);
	} else {
		if (!host_optional)
			return -EINVAL;
		return copy_port(addr, text);
	}
	if (err)
		return err;
	return copy_port(addr, colon + 1);
}

const char *addr_format(char buf[ADDR_ROOM], const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *in6 = (const void *)ss;
	const struct sockaddr_in *in = (const void *)ss;
	char ip[INET6_ADDRSTRLEN];

	buf[0] = '\0';
	if (ss->ss_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip));
		snprintf(buf, ADDR_ROOM, "%s:%u", ip, ntohs(in->sin_port));
	} else if (ss->ss_family == AF_INET6 &&
		   IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], ip, sizeof(ip));
		snprintf(buf, ADDR_ROOM, "%s:%u", ip, ntohs(in6->sin6_port));
	} else if (ss->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
		snprintf(buf, ADDR_ROOM, "[%s]:%u", ip, ntohs(in6->sin6_port));
	}
	return buf;
}

static int resolve(const struct addr *addr, int flags, struct addrinfo **list,
		   const char **why)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
		.ai_flags = flags,
	};
	int err;

	*why = NULL;
	err = getaddrinfo(addr->host[0] ? addr->host : NULL, addr->port, &hints,
			  list);
	if (!err)
		return 0;
	*why = gai_strerror(err);
	return err == EAI_MEMORY ? -ENOMEM : -EADDRNOTAVAIL;
}

int addr_connect(const struct addr *addr, const char **why)
{
	struct addrinfo *list, *ai;
	int fd = -1, err;

	err = resolve(addr, 0, &list, why);
	if (err)
		return err;
	err = -EADDRNOTAVAIL;
	for (ai = list; ai; ai = ai->ai_next) {
		fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC,
			    ai->ai_protocol);
		if (fd < 0) {
			err = -errno;
			continue;
		}
		if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
			break;
		err = -errno;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	return fd < 0 ? err : fd;
}

static int listen_at(const struct addrinfo *ai)
{
	int on = 1, off = 0;
	int err, fd;

	fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC,
		    ai->ai_protocol);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int addr_listen(const struct addr *addr, const char **why)
{
	struct addrinfo *list, *ai;
	int fd = -EADDRNOTAVAIL;
	int pass, err;

	err = resolve(addr, AI_PASSIVE, &list, why);
	if (err)
		return err;
	/* IPv6 first: an IPv6 socket accepts IPv4 connections as well */
	for (pass = 0; pass < 2 && fd < 0; pass++)
		for (ai = list; ai && fd < 0; ai = ai->ai_next)
			if ((ai->ai_family == AF_INET6) == !pass)
				fd = listen_at(ai);
	freeaddrinfo(list);
	return fd;
}
