// SPDX-License-Identifier: GPL-2.0
/*
 * Attaches the kernel's TLS to a connection; see tls.h.
 */
#include "ktap.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "tls.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

bool pair_tls(const struct pair *p)
{
	return pair_tls_version(p, TLS_1_2_VERSION);
}

bool pair_tls_version(const struct pair *p, unsigned int version)
{
	static bool loaded;
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = { version, TLS_CIPHER_AES_GCM_128 },
	};

	pattern_fill(info.key, 1, 0, sizeof(info.key));
	pattern_fill(info.iv, 2, 0, sizeof(info.iv));
	pattern_fill(info.salt, 3, 0, sizeof(info.salt));
	if (!loaded)
		shell("modprobe -q tls 2>/dev/null");
	loaded = true;
	if (setsockopt(p->near, IPPROTO_TCP, TCP_ULP, "tls", 4)) {
		if (errno == ENOENT)
			return false;
		die("TCP_ULP");
	}
	if (setsockopt(p->near, SOL_TLS, TLS_TX, &info, sizeof(info))) {
		if (errno == ENOENT)
			return false;	/* the kernel does not have the cipher */
		die("TLS_TX");
	}
	if (setsockopt(p->far, IPPROTO_TCP, TCP_ULP, "tls", 4) ||
	    setsockopt(p->far, SOL_TLS, TLS_RX, &info, sizeof(info)))
		die("keys of a TLS connection");
	return true;
}

static uint32_t queued(int fd)
{
	uint32_t mem[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(mem);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len))
		die("SO_MEMINFO");
	return mem[SK_MEMINFO_WMEM_QUEUED];
}

void cramped_buffer(int fd, int bytes)
{
	/* The kernel doubles it. */
	bytes /= 2;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		die("SO_SNDBUFFORCE");
}

/* A peer with a small buffer makes the segments small. */
struct cramped cramped_open(unsigned int version)
{
	static char zeros[TLS_RECORD];
	struct cramped c;
	struct pair s = pair_open(true);

	c.p = (struct pair){ .near = s.near, .far = s.far };
	if (!pair_tls_version(&c.p, version))
		ktap_skip_all("no TLS in this kernel");
	cramped_buffer(c.p.near, MIB);
	for (unsigned int n = 0; n < CRAMPED_RECORDS; n++) {
		if (send(c.p.near, zeros, TLS_RECORD, MSG_DONTWAIT) != (ssize_t)TLS_RECORD)
			die("a record");
		if (!n)
			c.record = tcp_written(c.p.near);
	}
	/* Late acknowledgments */
	sleep_ms(150);
	cramped_buffer(c.p.near, queued(c.p.near) + CRAMPED_ROOM);
	return c;
}

bool cramped_cut(const struct cramped *c, uint64_t len)
{
	uint64_t part = tcp_written(c->p.near) - CRAMPED_RECORDS * c->record;

	return part && part < len;
}

