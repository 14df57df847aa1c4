// SPDX-License-Identifier: GPL-2.0
// io_uring commands have a header of their own: 6.8; not in Debian's 6.1, in 6.12, 7.2.
#include <linux/io_uring/cmd.h>

struct io_uring_cmd zc_probe;
