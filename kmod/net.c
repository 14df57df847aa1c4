// SPDX-License-Identifier: GPL-2.0
/*
 * The number under which a network namespace keeps zcopy's part.  main.c registers it.
 */
#include "net.h"

unsigned int zc_net_id;
