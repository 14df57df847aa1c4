// SPDX-License-Identifier: GPL-2.0
/* Sends requests to the servers without encryption. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

int net_connect(int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port),
	};
	int sock;

	OR_FAIL(sock = socket(AF_INET, SOCK_STREAM, 0));
	OR_FAIL(connect(sock, (struct sockaddr *)&to, sizeof(to)));
	return sock;
}

void net_say(int sock, const char *text, int len)
{
	if (send(sock, text, len, 0) != len)
		fail("send");
}

unsigned long net_drop(int sock, unsigned long bytes)
{
	unsigned long done = 0;

	while (done < bytes) {
		ssize_t n = recv(sock, NULL, bytes - done, MSG_TRUNC);

		OR_FAIL(n);
		if (!n)
			break;
		done += n;
	}
	return done;
}

int net_peek(int sock, char *text, int size, const char *until)
{
	const char *end;
	ssize_t n;

	for (;;) {
		OR_FAIL(n = recv(sock, text, size - 1, MSG_PEEK));
		text[n] = '\0';
		end = strstr(text, until);
		if (end)
			return end - text + strlen(until);
		if (!n || n == size - 1) {
			fprintf(stderr, "client: answered: %.200s\n", text);
			exit(1);
		}
		/* Only a part is here; the rest is on its way. */
		usleep(1000);
	}
}

static void over(struct where *where)
{
	close(where->sock);
	where->sock = -1;
}

static void simply_connect(struct where *where)
{
	where->sock = net_connect(where->port);
}

/* ---- HTTP ---- */

static void http_ask(struct where *where)
{
	char text[4096], want[64];
	int len;

	len = snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", where->what);
	net_say(where->sock, text, len);
	len = net_peek(where->sock, text, sizeof(text), "\r\n\r\n");
	text[len] = '\0';
	snprintf(want, sizeof(want), "\r\nContent-Length: %lu\r\n", where->bytes);
	if (strncmp(text, "HTTP/1.", 7) || strncmp(text + 8, " 200 ", 5) ||
	    !strstr(text, want)) {
		fprintf(stderr, "client: answered: %.200s\n", text);
		exit(1);
	}
	if (net_drop(where->sock, len + where->bytes) != len + where->bytes)
		fail("the answer ended early");
	if (text[7] == '0' || strstr(text, "\r\nConnection: close\r\n"))
		over(where);
}

const struct kind kind_http = {
	.name = "http",
	.prepare = simply_connect,
	.ask = http_ask,
};

/* ---- a line, and everything until the end ---- */

#define MOST_HEAD	64

static void line_ask(struct where *where)
{
	unsigned long n;
	char text[256];

	net_say(where->sock, text, snprintf(text, sizeof(text), "%s\n", where->what));
	n = net_drop(where->sock, where->bytes + MOST_HEAD);
	if (n < where->bytes || n == where->bytes + MOST_HEAD)
		fail("an answer of another length");
	over(where);
}

const struct kind kind_line = {
	.name = "line",
	.prepare = simply_connect,
	.ask = line_ask,
	.warm_up = 6,
};

/* ---- FTP ---- */

/* Reads lines up to one that begins with @code. */
static void ftp_expect(int sock, const char *code, char *line, int size)
{
	do {
		int len = net_peek(sock, line, size, "\r\n");

		line[len] = '\0';
		net_drop(sock, len);
		if (line[0] >= '4') {
			fprintf(stderr, "client: answered: %s", line);
			exit(1);
		}
	} while (strncmp(line, code, 3) || line[3] != ' ');
}

static void ftp_do(int sock, const char *what, const char *name, const char *code,
		   char *line, int size)
{
	char text[256];

	net_say(sock, text, snprintf(text, sizeof(text), "%s%s\r\n", what, name));
	ftp_expect(sock, code, line, size);
}

static void ftp_prepare(struct where *where)
{
	char line[512];

	simply_connect(where);
	ftp_expect(where->sock, "220", line, sizeof(line));
	ftp_do(where->sock, "USER anonymous", "", "331", line, sizeof(line));
	ftp_do(where->sock, "PASS x", "", "230", line, sizeof(line));
	ftp_do(where->sock, "TYPE I", "", "200", line, sizeof(line));
}

static void ftp_ask(struct where *where)
{
	const char *port;
	char line[512];
	int data;

	ftp_do(where->sock, "EPSV", "", "229", line, sizeof(line));
	port = strstr(line, "|||");
	if (!port)
		fail("no port");
	data = net_connect(atoi(port + 3));
	ftp_do(where->sock, "RETR ", where->what, "150", line, sizeof(line));
	if (net_drop(data, where->bytes + 1) != where->bytes)
		fail("an answer of another length");
	ftp_expect(where->sock, "226", line, sizeof(line));
	close(data);
}

const struct kind kind_ftp = {
	.name = "ftp",
	.prepare = ftp_prepare,
	.ask = ftp_ask,
};
