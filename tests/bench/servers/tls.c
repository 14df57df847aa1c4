// SPDX-License-Identifier: GPL-2.0
/*
 * HTTP over TLS 1.2.  The first answer on a connection is decrypted and checked; of
 * later answers only the record headers are read, for the length.
 */
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

#define RECORD_HEAD	5
#define RECORD_DATA	23
#define RECORD_MORE	24	/* nonce and tag of AES-GCM */

/* The length of a whole answer, once an answer was checked */
static unsigned long answer;

static void tls_prepare(struct where *where)
{
	static SSL_CTX *all;
	SSL *ssl;

	if (!all) {
		all = SSL_CTX_new(TLS_client_method());
		if (!all || !SSL_CTX_set_max_proto_version(all, TLS1_2_VERSION) ||
		    !SSL_CTX_set_cipher_list(all, "ECDHE-ECDSA-AES128-GCM-SHA256"))
			fail("TLS");
	}
	where->sock = net_connect(where->port);
	ssl = SSL_new(all);
	if (!ssl || !SSL_set_fd(ssl, where->sock) || SSL_connect(ssl) != 1)
		fail("the handshake");
	where->more = ssl;
}

static void over(struct where *where)
{
	SSL_free(where->more);
	close(where->sock);
	where->sock = -1;
}

/* Decrypts and checks an answer; returns its length. */
static unsigned long look(struct where *where)
{
	static char text[65536];
	unsigned long n = 0, want = -1UL;
	int got;

	while (n < want && (got = SSL_read(where->more, text, sizeof(text) - 1)) > 0) {
		const char *end;

		text[got] = '\0';
		end = n ? NULL : strstr(text, "\r\n\r\n");
		if (end)
			want = end + 4 - text + where->bytes;
		if (!n && (strncmp(text, "HTTP/1.", 7) || strncmp(text + 8, " 200 ", 5) || !end))
			fail("the answer's head");
		n += got;
	}
	if (n != want)
		fail("an answer of another length");
	return n;
}

/* Discards one record; returns the bytes of content in it. */
static unsigned long drop(int sock)
{
	unsigned char head[RECORD_HEAD];
	unsigned long len;

	if (recv(sock, head, sizeof(head), MSG_WAITALL) != sizeof(head) ||
	    head[0] != RECORD_DATA)
		fail("a record of another kind");
	len = head[3] << 8 | head[4];
	if (len < RECORD_MORE || net_drop(sock, len) != len)
		fail("a record of another length");
	return len - RECORD_MORE;
}

static void tls_ask(struct where *where)
{
	unsigned long n = 0;
	char text[256];
	int len;

	len = snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", where->what);
	if (SSL_write(where->more, text, len) != len)
		fail("SSL_write");
	if (!answer) {
		answer = look(where);
		over(where);
		return;
	}
	while (n < answer)
		n += drop(where->sock);
	if (n != answer)
		fail("an answer of another length");
}

const struct kind kind_tls = {
	.name = "tls",
	.prepare = tls_prepare,
	.ask = tls_ask,
};

static void once_ask(struct where *where)
{
	tls_ask(where);
	if (where->sock >= 0)
		over(where);
}

const struct kind kind_tls_once = {
	.name = "tls-once",
	.prepare = tls_prepare,
	.ask = once_ask,
	.apart = true,
};
