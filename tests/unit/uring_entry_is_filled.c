// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * zcopy_uring_prep() fills in an entry as <linux/zcopy.h> requires, and changes nothing
 * beyond the first 64 bytes.
 */
#include "ktap.h"

#include <stddef.h>

#include "zcopy_uring.h"

int main(void)
{
	struct { struct io_uring_sqe sqe; char beyond[64]; } big;
	struct zcopy_result res;
	struct zcopy_send req = { .size = sizeof(req) };
	struct zcopy_uring cmd;
	size_t i, odd = 0;

	memset(&big, 0xa5, sizeof(big));
	zcopy_uring_prep(&big.sqe, 7, &req, &res);
	memcpy(&cmd, (char *)&big.sqe + offsetof(struct io_uring_sqe, addr3),
	       sizeof(cmd));
	ktap_ok(big.sqe.opcode == IORING_OP_URING_CMD && big.sqe.fd == 7 &&
		big.sqe.cmd_op == ZCOPY_IOC_SEND, "command, device, verb");
	ktap_ok(cmd.addr == (uintptr_t)&req && !cmd.flags && !cmd.reserved,
		"the payload points to the request");
	ktap_ok(req.results == (uintptr_t)&res && req.result_size == sizeof(res),
		"the request points to the results");
	ktap_ok(!big.sqe.flags && !big.sqe.user_data && !big.sqe.len &&
		!big.sqe.rw_flags && !big.sqe.buf_index, "all else is 0");
	for (i = 0; i < sizeof(big.beyond); i++)
		odd += (unsigned char)big.beyond[i] != 0xa5;
	ktap_eq(odd, 0, "what follows is untouched");
	zcopy_uring_prep(&big.sqe, 7, &req, NULL);
	ktap_ok(!req.results && !req.result_size, "no results wanted, none asked for");
	return ktap_done();
}
