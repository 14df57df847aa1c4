// SPDX-License-Identifier: GPL-2.0
/*
 * Has a socket copy the bytes of a batch, once, into pages of its own, so that it holds no
 * page of a file.
 *
 * SECURITY: the pages are offered by their addresses (ITER_KVEC).  From these no protocol
 * takes references: TCP and TLS in a NIC copy, socket maps copy, and TLS in software copies
 * and then encrypts its copy.  Offered as pages (ITER_BVEC), whole records of the latter
 * would refer to them while they are encrypted, and a BPF program could be given them
 * (tls_sw_sendmsg()).  So it does not matter either if the program attaches one of these
 * right before the call.
 */
#include <linux/highmem.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/sock.h>

#include "batch.h"
#include "compat/compat.h"
#include "sink.h"
#include "sink_tls.h"

/* Addresses that one call of the socket gets */
#define ZC_COPY_VECS	32

/* Where the next bytes of a batch are */
struct zc_copy_at {
	unsigned int entry;
	size_t done;		/* bytes of it */
};

/* Fills in addresses of up to @most bytes.  Returns how many bytes these are. */
static size_t zc_copy_map(const struct zc_batch *b, struct zc_copy_at *at, size_t most,
			  struct kvec *vec, unsigned int *nr)
{
	size_t bytes = 0;

	for (*nr = 0; *nr < ZC_COPY_VECS && bytes < most; ++*nr) {
		const struct bio_vec *bv = &b->bv[at->entry];
		size_t n = min_t(size_t, bv->bv_len - at->done, most - bytes);

		/* A folio is in one piece there, but for high memory: see below. */
		vec[*nr].iov_base = page_address(bv->bv_page) + bv->bv_offset + at->done;
		vec[*nr].iov_len = n;
		bytes += n;
		at->done += n;
		if (at->done == bv->bv_len) {
			at->done = 0;
			at->entry++;
		}
	}
	return bytes;
}

static ssize_t zc_copy_send(const struct zc_sink *sink, struct zc_batch *b, size_t from,
			    size_t to, bool more)
{
	struct zc_copy_at at = {};
	ssize_t sent = 0;

	b->way = ZC_WAY_POLICY;
	while (from) {
		at.done = min_t(size_t, from, b->bv[at.entry].bv_len);
		from -= at.done;
		to -= at.done;
		if (at.done < b->bv[at.entry].bv_len)
			break;
		at.done = 0;
		at.entry++;
	}
	while (to) {
		struct msghdr msg = { .msg_flags = ZC_SEND_FLAGS };
		struct kvec vec[ZC_COPY_VECS];
		unsigned int nr;
		size_t n = zc_copy_map(b, &at, to, vec, &nr);
		ssize_t ret;

		if (more || n < to)
			msg.msg_flags |= MSG_MORE;
		iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, vec, nr, n);
		ret = sock_sendmsg(sink->sock, &msg);
		if (ret < (ssize_t)n)
			return sent && ret < 0 ? sent : sent + ret;
		sent += ret;
		to -= n;
	}
	return sent;
}

/**
 * zc_sink_push_copies - have the socket copy all bytes of a batch
 * @sink: the socket
 * @b: not empty; keeps its references; @way is set if bytes were taken
 *
 * It goes through zc_tls_push() for the same reason as pages do.
 *
 * Context: Process context or worker, no lock held.  Does not wait for room.
 * Return: as zc_sink_push().
 */
ssize_t zc_sink_push_copies(const struct zc_sink *sink, struct zc_batch *b)
{
	BUILD_BUG_ON(IS_ENABLED(CONFIG_HIGHMEM));	/* each page has an address */
	return zc_tls_push(sink, b, zc_copy_send);
}
