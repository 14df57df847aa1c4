/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's TLS on both ends of a connection, with keys made up here. */
#ifndef ZCOPY_TESTS_TLS_H
#define ZCOPY_TESTS_TLS_H

#include "peers.h"

/* AES-GCM-128, near end sends, far end receives; false: not in this kernel. */
bool pair_tls(const struct pair *p);
/* The same by another version of the protocol: TLS_1_2_VERSION, TLS_1_3_VERSION */
bool pair_tls_version(const struct pair *p, unsigned int version);

#endif
