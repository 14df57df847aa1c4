// SPDX-License-Identifier: GPL-2.0
// Only io_uring_cmd_done32() takes res2: after 6.12; in Debian's 7.2.
#include "uring_header.h"

/* Three arguments of the plain function prove nothing: mainline 6.1 has three, too. */
void zc_probe(struct io_uring_cmd *cmd);
void zc_probe(struct io_uring_cmd *cmd)
{
	io_uring_cmd_done32(cmd, 0, 0, 0);
	io_uring_cmd_done(cmd, 0, 0);
}
