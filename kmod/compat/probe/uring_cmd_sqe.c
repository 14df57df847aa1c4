// SPDX-License-Identifier: GPL-2.0
// A command holds its SQE, not a pointer to the payload: 6.5; not in Debian's 6.1, in 6.12, 7.2.
#include "uring_header.h"

const void *zc_probe(struct io_uring_cmd *cmd);
const void *zc_probe(struct io_uring_cmd *cmd)
{
	return cmd->sqe->cmd;
}
