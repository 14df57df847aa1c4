/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's TLS on both ends of a connection, with keys made up by the test. */
#ifndef ZCOPY_TESTS_TLS_H
#define ZCOPY_TESTS_TLS_H

#include "peers.h"

/* AES-GCM-128; the near end sends, the far end receives.  False: this kernel cannot. */
bool pair_tls(const struct pair *p);
/* The same with a chosen protocol version: TLS_1_2_VERSION, TLS_1_3_VERSION */
bool pair_tls_version(const struct pair *p, unsigned int version);

#endif
