// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Parsing the addresses of peers, and printing them.
 * sources: user/zcctl/addr.c
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../../user/zcctl/addr.h"

static const struct {
	const char	*text;
	int		optional;
	const char	*host;	/* NULL: refused */
	const char	*port;
} cases[] = {
	{ "10.0.0.1:80", 0, "10.0.0.1", "80" },
	{ "name:http", 0, "name", "http" },
	{ "name:x11-1", 0, "name", "x11-1" },
	{ "[::1]:80", 0, "::1", "80" },
	{ "[fe80::1%eth0]:80", 0, "fe80::1%eth0", "80" },
	{ "80", 1, "", "80" },
	{ "h:80", 1, "h", "80" },
	{ "h:0", 0, "h", "0" },
	{ "h:65535", 0, "h", "65535" },
	{ "h:00080", 0, "h", "00080" },
	{ "h:65536", 0, NULL, NULL },
	{ "h:70000", 0, NULL, NULL },
	{ "70000", 1, NULL, NULL },
	{ "h:4294967376", 0, NULL, NULL },
	{ "h:18446744073709551696", 0, NULL, NULL },
	{ "[::1]:65536", 0, NULL, NULL },
	{ "h:-1", 0, NULL, NULL },
	{ "h:+80", 0, NULL, NULL },
	{ "h: 80", 0, NULL, NULL },
	{ "h:80x", 0, NULL, NULL },
	{ "80", 0, NULL, NULL },
	{ ":80", 0, NULL, NULL },
	{ "h:", 0, NULL, NULL },
	{ "", 1, NULL, NULL },
	{ "::1:80", 0, NULL, NULL },
	{ "[::1]80", 0, NULL, NULL },
	{ "[::1]", 0, NULL, NULL },
	{ "[]:80", 0, NULL, NULL },
	{ "[::1:80", 0, NULL, NULL },
};

/* getaddrinfo() skips white space and takes a sign before a number */
static const struct {
	const char	*text;
	int		err;
} ports[] = {
	{ "70000", -ERANGE },
	{ "-1", -ERANGE },
	{ "\t70000", -ERANGE },
	{ "\n70000", -ERANGE },
	{ "\v+70000", -ERANGE },
	{ " \f\r-1", -ERANGE },
	{ "\t80", -ERANGE },
	{ "80 ", -ERANGE },
	{ "80x", -ERANGE },
	{ "\thttp", -EINVAL },
	{ "http ", -EINVAL },
	{ "ht\ntp", -EINVAL },
	{ "+", -EINVAL },
	{ "\t", -EINVAL },
	{ "\xa0" "80", -EINVAL },
};

/* The ports are printed by number: control characters would break the line. */
static void refuses(size_t i)
{
	char text[64];
	struct addr addr;
	int alone, behind;

	alone = addr_split(&addr, ports[i].text, 1);
	snprintf(text, sizeof(text), "[::1]:%s", ports[i].text);
	behind = addr_split(&addr, text, 0);
	if (!ktap_ok(alone == ports[i].err && behind == ports[i].err,
		     "refused: port %zu of the list", i))
		note("got %d alone, %d behind a host", alone, behind);
}

static void shows(int family, const char *ip, const char *want)
{
	struct sockaddr_storage ss = { .ss_family = family };
	struct sockaddr_in6 *in6 = (void *)&ss;
	struct sockaddr_in *in = (void *)&ss;
	char buf[ADDR_ROOM];

	if (family == AF_INET) {
		inet_pton(family, ip, &in->sin_addr);
		in->sin_port = htons(80);
	} else if (family == AF_INET6) {
		inet_pton(family, ip, &in6->sin6_addr);
		in6->sin6_port = htons(80);
	}
	addr_format(buf, &ss);
	if (!ktap_ok(strcmp(buf, want) == 0, "is shown as \"%s\"", want))
		note("got %s", buf);
}

int main(void)
{
	struct addr addr;
	size_t i;
	int err;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err = addr_split(&addr, cases[i].text, cases[i].optional);
		if (!cases[i].host)
			ktap_ok(err == -EINVAL || err == -ERANGE, "refused: \"%s\"",
				cases[i].text);
		else
			ktap_ok(!err && !strcmp(addr.host, cases[i].host) &&
				!strcmp(addr.port, cases[i].port),
				"understood: \"%s\"", cases[i].text);
	}
	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		refuses(i);
	shows(AF_INET, "1.2.3.4", "1.2.3.4:80");
	shows(AF_INET6, "::1", "[::1]:80");
	shows(AF_INET6, "::ffff:1.2.3.4", "1.2.3.4:80");
	shows(AF_UNSPEC, "", "");
	return ktap_done();
}
