/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A socket map whose program looks at each message sent.  The sockets of the map
 * send through the map's sendmsg, not TCP's.
 */
#ifndef ZCOPY_TESTS_SOCKMAP_H
#define ZCOPY_TESTS_SOCKMAP_H

#include <stdbool.h>

/* Messages pass, or fail with EACCES.  -1: this kernel has no socket maps, see errno */
int sockmap_open(bool pass);
bool sockmap_take(int map, int sock);
bool sockmap_give_back(int map);

#endif
