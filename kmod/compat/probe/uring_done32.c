// SPDX-License-Identifier: GPL-2.0
// Completion with res2 has its own name, the plain one lost it: after 6.12; in Debian's 7.2.
#include "uring_header.h"

/* The arity of the plain one does not tell: mainline 6.1 has three, too. */
void zc_probe(struct io_uring_cmd *cmd);
void zc_probe(struct io_uring_cmd *cmd)
{
	io_uring_cmd_done32(cmd, 0, 0, 0);
	io_uring_cmd_done(cmd, 0, 0);
}
