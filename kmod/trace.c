// SPDX-License-Identifier: GPL-2.0
/* Instantiates the tracepoints, and does nothing else. */
#ifndef __CHECKER__
#define CREATE_TRACE_POINTS
#include "trace.h"
#endif
