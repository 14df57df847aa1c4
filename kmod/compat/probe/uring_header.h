/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Only for probes, which cannot use the answer of uring_cmd_h.  The shims use that
 * answer, because sparse does not know __has_include.
 */
#if __has_include("linux/io_uring/cmd.h")
#include <linux/io_uring/cmd.h>
#else
#include <linux/io_uring.h>
#endif
