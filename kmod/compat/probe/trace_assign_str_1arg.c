// SPDX-License-Identifier: GPL-2.0
// __assign_str() lost its source argument: 6.10; two in Debian's 6.1, one in 6.12, 7.2.
#include <linux/stringify.h>
#include <trace/stages/stage6_event_callback.h>

#ifndef __assign_str
#error "not a macro here"
#endif
/* Expanded, so the number of arguments is checked; what it does is not. */
const char zc_probe[] = __stringify(__assign_str(name));
