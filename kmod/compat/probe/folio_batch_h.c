// SPDX-License-Identifier: GPL-2.0
// Folio batches have a header; pagevec.h is gone: after 6.12; not in Debian's 6.1, 6.12, in 7.2.
#include <linux/folio_batch.h>

struct folio_batch zc_probe;
