/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For probes only, which cannot see the answer of uring_cmd_h.  (The shims ask
 * that: sparse does not know __has_include.)
 */
#if __has_include("linux/io_uring/cmd.h")
#include <linux/io_uring/cmd.h>
#else
#include <linux/io_uring.h>
#endif
