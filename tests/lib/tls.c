// SPDX-License-Identifier: GPL-2.0
/*
 * Attaches the kernel's TLS to a connection; see tls.h.
 */
#include <errno.h>
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
