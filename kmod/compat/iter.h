/* SPDX-License-Identifier: GPL-2.0 */
/* Iterators and their vectors. */
#ifndef ZC_COMPAT_ITER_H
#define ZC_COMPAT_ITER_H

#include <linux/bvec.h>
#include <linux/uio.h>

/**
 * zc_iov_iter_user - an iterator that reads one buffer in the caller's memory
 * @iter: set up
 * @buf: user address; not checked here but when it is copied
 * @len: bytes
 */
static inline void zc_iov_iter_user(struct iov_iter *iter, void __user *buf,
				    size_t len)
{
	iov_iter_ubuf(iter, ITER_SOURCE, buf, len);
}

#if !ZC_HAVE_bvec_set_page
/* COMPAT: probe bvec_set_page; goes when no kernel answers no. */
static inline void bvec_set_page(struct bio_vec *bv, struct page *page,
				 unsigned int len, unsigned int offset)
{
	bv->bv_page = page;
	bv->bv_len = len;
	bv->bv_offset = offset;
}
#endif

#endif
