// SPDX-License-Identifier: GPL-2.0
// Task work gets the command and issue flags: 6.3; in Debian's 6.1, 6.12, not in 7.2.
#include "uring_header.h"

void zc_probe(struct io_uring_cmd *cmd, unsigned int issue_flags);
void zc_probe(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	io_uring_cmd_complete_in_task(cmd, zc_probe);
}
