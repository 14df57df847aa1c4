/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * zcopy through io_uring: fills in a submission queue entry.  Needs no library.
 * With liburing, include <liburing.h> before this header.
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

static inline void zcopy_uring_prep_verb(struct io_uring_sqe *sqe, int devfd,
					 uint32_t verb, const void *arg)
{
	struct zcopy_uring cmd;

	memset(sqe, 0, 64);
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = devfd;
	sqe->cmd_op = verb;
	memset(&cmd, 0, sizeof(cmd));
	cmd.addr = (uintptr_t)arg;
	/* the command's payload begins at byte 48 of the entry */
	memcpy((char *)sqe + 48, &cmd, sizeof(cmd));
}

/**
 * zcopy_uring_prep() - make an entry that runs a transfer (ZCOPY_FEAT_URING)
 * @sqe: the entry, of either size; its first 64 bytes are overwritten, so set
 *       flags and user data afterwards, as with liburing
 * @devfd: an open /dev/zcopy, zcopy_fd(); with IOSQE_FIXED_FILE its index
 * @req: the transfer, from zcopy_send_init(); read when the entry is issued.
 *       io_uring_enter() issues it before it returns, unless IOSQE_ASYNC or
 *       IOSQE_IO_LINK is set, IORING_SETUP_SQPOLL is on or the entry must wait for
 *       another: then keep @req and its arrays until the completion
 * @results: one for each socket, filled in before the completion comes
 *
 * There is one completion, when the last socket is done.  Its res is 0 if every
 * socket got all bytes, else a negative errno: of the refusal, if nothing was done
 * and results[].size is 0 or untouched, or of the first socket that did not get all.
 * ZCOPY_F_DONTWAIT gives -EOPNOTSUPP, as no thread waits here.
 * IORING_OP_ASYNC_CANCEL and IORING_OP_LINK_TIMEOUT do not stop a transfer that was
 * issued, on any kernel so far; zcopy_cancel() does, with the id that the result has
 * from the issue on, and so does @req->deadline_ns.
 */
static inline void zcopy_uring_prep(struct io_uring_sqe *sqe, int devfd,
				    struct zcopy_send *req,
				    struct zcopy_result *results)
{
	req->results = (uintptr_t)results;
	req->result_size = results ? sizeof(*results) : 0;
	zcopy_uring_prep_verb(sqe, devfd, ZCOPY_IOC_SEND, req);
}

/**
 * zcopy_uring_prep_batch() - make an entry that runs many transfers
 * @sqe: as for zcopy_uring_prep()
 * @devfd: likewise
 * @batch: the transfers, each as for zcopy_uring_prep(), with its own results set;
 *         kept like @req there
 *
 * There is one completion, when the last transfer has ended.  Its res is the number of
 * transfers that were started, which @batch->started has from the issue on: all, or
 * those before the first that was refused; or it is the negative errno of the first
 * refusal, if none was started.  The results tell how each transfer ended; a
 * number does not break a link of entries, whatever they say.  Short transfers to the
 * same socket that follow each other share segments.
 */
static inline void zcopy_uring_prep_batch(struct io_uring_sqe *sqe, int devfd,
					  struct zcopy_batch *batch)
{
	zcopy_uring_prep_verb(sqe, devfd, ZCOPY_IOC_BATCH, batch);
}

#ifdef __cplusplus
}
#endif

#endif /* ZCOPY_URING_H */
