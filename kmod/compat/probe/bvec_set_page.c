// SPDX-License-Identifier: GPL-2.0
// A helper fills a bio_vec: 6.3; in Debian's 6.1.0-50 and later, 6.12, 7.2.
#include <linux/bvec.h>

void zc_probe(struct bio_vec *bv, struct page *page);
void zc_probe(struct bio_vec *bv, struct page *page)
{
	bvec_set_page(bv, page, PAGE_SIZE, 0);
}
