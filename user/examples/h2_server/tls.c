// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * TLS: OpenSSL does the handshake and reads.  What is sent is encrypted by the kernel, if
 * it knows the cipher and has its TLS module loaded.
 */
#include <openssl/err.h>

#include "h2_server.h"

/* the callback is told more than it needs */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static int choose_h2(SSL *ssl, const unsigned char **out, unsigned char *len,
		     const unsigned char *offer, unsigned int offer_len, void *arg)
{
	unsigned char *chosen;

	if (nghttp2_select_next_protocol(&chosen, len, offer, offer_len) != 1)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* A context that offers HTTP/2 and nothing else, or NULL */
SSL_CTX *tls_context(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS | SSL_OP_NO_RENEGOTIATION);
	/* a list that OpenSSL has written in part goes on from where it is */
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
			      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_alpn_select_cb(ctx, choose_h2, NULL);
	return ctx;
}

/*
 * Goes on with a handshake.  Returns 1 if it is done, 0 if it waits for the peer, and -1
 * if it failed or the peer did not ask for HTTP/2.
 */
int tls_accept(SSL *ssl)
{
	const unsigned char *protocol;
	unsigned int len;
	int e;

	ERR_clear_error();
	e = SSL_get_error(ssl, SSL_accept(ssl));
	if (e == SSL_ERROR_WANT_READ)
		return 0;
	SSL_get0_alpn_selected(ssl, &protocol, &len);
	return e == SSL_ERROR_NONE && len ? 1 : -1;
}
