/* SPDX-License-Identifier: GPL-2.0 */
/* The kinds of servers that the client talks to. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OR_FAIL(call)	do { if ((call) < 0) fail(#call); } while (0)

static inline _Noreturn void fail(const char *what)
{
	fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
	exit(1);
}

struct where {
	int		port;
	const char	*what;		/* path, name or line */
	unsigned long	bytes;		/* of the file */
	int		sock;		/* the connection, -1: none */
	void		*more;
};

/**
 * struct kind - how to send requests to a kind of server
 * @prepare: connect, and do what comes before the first request
 * @ask: send a request and read the whole answer; closes @sock if the connection takes no more
 * @apart: every request has its own preparation, which is not measured
 * @warm_up: rounds before those that count, 0: the usual number
 */
struct kind {
	const char	*name;
	void		(*prepare)(struct where *where);
	void		(*ask)(struct where *where);
	bool		apart;
	unsigned int	warm_up;
};

extern const struct kind kind_http;	/* GET of the path WHAT */
extern const struct kind kind_tls;	/* the same, TLS 1.2 */
extern const struct kind kind_tls_once;	/* one on each connection */
extern const struct kind kind_ftp;	/* RETR of WHAT, as anonymous */
extern const struct kind kind_line;	/* the line WHAT; then bytes until the end */

/* A connection to a port of this machine */
int net_connect(int port);

/* Sends a text, whole */
void net_say(int sock, const char *text, int len);

/* Discards @bytes bytes, or fewer if the stream ends.  Returns how many. */
unsigned long net_drop(int sock, unsigned long bytes);

/* Waits for text that contains @until; returns its length up to the end of @until */
int net_peek(int sock, char *text, int size, const char *until);

#endif
