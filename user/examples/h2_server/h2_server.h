/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the files of h2_server share, by the file that has it */
#ifndef H2_SERVER_H
#define H2_SERVER_H

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A connection.  It is freed when it is over and nothing is being sent. */
struct conn {
	int		sock;
	SSL		*ssl;
	nghttp2_session	*h2;		/* NULL until the handshake is done */
	bool		by_kernel;	/* the kernel encrypts, and zcopy sends */
	bool		sending;	/* a list, which must end before the next begins */
	bool		over;
	struct stream	*streams;
	uint64_t	id;		/* of the transfer */
	unsigned char	*copy;		/* the list as bytes, if OpenSSL sends it */
	size_t		copied, written;
};

/* tls.c */
SSL_CTX *tls_context(const char *cert, const char *key);
int tls_accept(SSL *ssl);

/* session.c */
nghttp2_session *session_new(struct conn *c);
int session_send(struct conn *c);
void session_end(struct conn *c);

/* list.c */
int list_open(void);
int list_choose(struct conn *c);
bool list_full(void);
size_t list_next_body(void);
size_t list_memory(struct conn *c, const void *data, size_t len);
int list_file(struct conn *c, int file, off_t off, size_t len);
int list_send(struct conn *c, bool really);
void list_write(struct conn *c);
void list_cancel(struct conn *c);
struct conn *list_ended(void);

#endif
