/* SPDX-License-Identifier: GPL-2.0 */
/*
 * request.c - the transfers that a struct zcopy_send asks for
 * request_run.c - their start, and what the request does with them then
 * request_results.c - how they ended
 * request_batch.c - the form of a list of requests
 */
#ifndef ZC_REQUEST_H
#define ZC_REQUEST_H

#include <linux/types.h>
#include <linux/zcopy.h>

#include "position.h"
#include "src.h"

struct netlink_ext_ack;
struct zc_ctx;
struct zc_xfer;

/* Sizes of the first release, fixed for ever. */
#define ZC_SEND_VER0	144
#define ZC_ELEM_VER0	32
#define ZC_SINK_VER0	32
#define ZC_RESULT_VER0	ZCOPY_RESULT_SIZE_VER0
#define ZC_BATCH_VER0	48

/*
 * struct zc_request - one transfer for each socket, in the order of the list
 * @position: the offset that ZCOPY_F_POSITION moves, or empty
 *
 * Must not be copied or moved: for a single transfer @x points to @one.
 */
struct zc_request {
	unsigned int nr;
	struct zc_xfer **x;
	struct zc_xfer *one;
	struct zc_position position;
};

int zc_request_init(struct zc_request *r, unsigned int nr,
		    struct netlink_ext_ack *extack);
int zc_request_build(struct zc_request *r, struct zc_ctx *ctx,
		     const struct zcopy_send *s, enum zc_src_reader reader);
int zc_request_build_file(struct zc_request *r, struct zc_ctx *ctx,
			  const struct zcopy_sendfile *s);
void zc_request_abandon(struct zc_request *r);
void zc_request_free(struct zc_request *r);

/* ---- request_run.c ---- */
int zc_request_prepare(struct zc_request *r, bool hold,
		       struct netlink_ext_ack *extack);
void zc_request_start(struct zc_request *r);
void zc_request_start_here(struct zc_request *r);
int zc_request_run(struct zc_request *r, bool dontwait);
bool zc_request_unbegun(const struct zc_request *r);
void zc_request_cancel(struct zc_request *r);
void zc_request_put(struct zc_request *r);

/* ---- request_results.c ---- */
int zc_request_probe_results(const struct zcopy_send *s);
void zc_request_put_results(const struct zc_request *r, void __user *to,
			    u32 size);
bool zc_request_put_ids(const struct zc_request *r, void __user *to, u32 size);
int zc_request_error(const struct zc_request *r);
void zc_request_told(struct zc_request *r);

/* ---- request_batch.c ---- */
int zc_request_check_batch(const struct zcopy_batch *b);

#endif /* ZC_REQUEST_H */
