// SPDX-License-Identifier: GPL-2.0
// Runs of adjacent folios can be looked up: 6.1; in Debian's 6.1, 6.12, 7.2.
#include <linux/pagemap.h>

unsigned int zc_probe(struct address_space *mapping, pgoff_t i, struct folio_batch *fbatch);
unsigned int zc_probe(struct address_space *mapping, pgoff_t i, struct folio_batch *fbatch)
{
	return filemap_get_folios_contig(mapping, &i, i + 1, fbatch);
}
