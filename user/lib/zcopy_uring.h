/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * zcopy through io_uring: fills in a submission queue entry.  Needs no library:
 * the ring may be liburing's (include <liburing.h> before this) or one's own.
 */
#ifndef ZCOPY_URING_H
#define ZCOPY_URING_H

#include <linux/io_uring.h>
#include <linux/zcopy.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * zcopy_uring_prep() - make an entry that runs a transfer (ZCOPY_FEAT_URING)
 * @sqe: the entry, of either size; all of its first 64 bytes are set, so that
 *       flags and user data are to be set afterwards, as with liburing
 * @devfd: an open /dev/zcopy, zcopy_fd(); with IOSQE_FIXED_FILE its index
 * @req: the transfer, from zcopy_send_init(); read when the entry is issued,
 *       which io_uring_enter() has done when it returns unless IOSQE_ASYNC or
 *       IOSQE_IO_LINK was set, IORING_SETUP_SQPOLL is on or another entry is to
 *       be waited for: then @req and its arrays stay until the completion
 * @results: one for each socket, filled in before the completion comes
 *
 * The completion's res is 0 if every socket got all bytes, else -errno: of the
 * refusal, then nothing was done and results[].size is as it was, or of the
 * first socket that did not get all.  It comes when the last socket is done.
 * ZCOPY_F_DONTWAIT is -EOPNOTSUPP: nothing waits here.  IORING_OP_ASYNC_CANCEL
 * and IORING_OP_LINK_TIMEOUT do not stop a transfer that has begun, on no kernel so
 * far: zcopy_cancel() does, with the @id that its result has from the issue on, and
 * @req->deadline_ns.
 */
static inline void zcopy_uring_prep(struct io_uring_sqe *sqe, int devfd,
				    struct zcopy_send *req,
				    struct zcopy_result *results)
{
	struct zcopy_uring cmd;

	req->results = (uintptr_t)results;
	req->result_size = results ? sizeof(*results) : 0;
	memset(sqe, 0, 64);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = devfd;
	sqe->cmd_op = ZCOPY_IOC_SEND;
	memset(&cmd, 0, sizeof(cmd));
	cmd.addr = (uintptr_t)req;
	/* the payload begins where the third address is: byte 48 */
	memcpy((char *)sqe + 48, &cmd, sizeof(cmd));
}

#ifdef __cplusplus
}
#endif

#endif /* ZCOPY_URING_H */
