// SPDX-License-Identifier: GPL-2.0
// Task work gets a request and a token: after 6.12; in Debian's 7.2.
#include "uring_header.h"

void zc_probe(struct io_tw_req tw_req, io_tw_token_t tw);
void zc_probe(struct io_tw_req tw_req, io_tw_token_t tw)
{
	io_uring_cmd_complete_in_task(io_uring_cmd_from_tw(tw_req), zc_probe);
}
