// SPDX-License-Identifier: GPL-2.0
/*
 * Under which reason the module counts bytes, depending on what the socket, its TLS
 * and its device do with them: every combination of facts.  TLS in a NIC is tested
 * only here, because no guest has such a device.
 */
#include <stdbool.h>

#include "ktap.h"

#include "../../kmod/sink_path.h"

#define BY_REF	-1

#define ROW(words, why, ...) { words, why, { __VA_ARGS__ } }

static const struct {
	const char *what;
	int why;
	struct zc_path p;
} rows[] = {
	ROW("plain TCP", BY_REF, .way = ZC_WAY_FRAGS),
	ROW("pages to plain TCP", BY_REF, .way = ZC_WAY_PAGES),
	ROW("short, plain TCP", ZCOPY_COPY_SMALL, .way = ZC_WAY_SMALL),
	ROW("the same without scatter/gather", ZCOPY_COPY_SMALL,
	    .way = ZC_WAY_SMALL, .refused = true, .no_sg = true, .no_csum = true),
	ROW("the same, TLS is attached at this moment", ZCOPY_COPY_SMALL,
	    .way = ZC_WAY_SMALL, .tls = ZC_PATH_TLS_CPU),
	ROW("not allowed by reference", ZCOPY_COPY_POLICY, .way = ZC_WAY_POLICY),
	ROW("the same without scatter/gather", ZCOPY_COPY_POLICY,
	    .way = ZC_WAY_POLICY, .refused = true, .no_sg = true, .no_csum = true),
	ROW("the same, TLS in software", ZCOPY_COPY_POLICY,
	    .way = ZC_WAY_POLICY, .tls = ZC_PATH_TLS_CPU),
	ROW("the same, TLS in a NIC", ZCOPY_COPY_POLICY,
	    .way = ZC_WAY_POLICY, .tls = ZC_PATH_TLS_NIC),
	ROW("a device without scatter/gather", ZCOPY_COPY_NO_SG, .no_sg = true),
	ROW("a device that does not sum up", ZCOPY_COPY_NO_SG, .no_csum = true),
	ROW("a route on which TCP takes no pages", ZCOPY_COPY_NO_SG,
	    .way = ZC_WAY_COPY, .refused = true),
	ROW("the same, given pages", ZCOPY_COPY_NO_SG,
	    .way = ZC_WAY_PAGES, .refused = true),
	ROW("a socket map that copies", ZCOPY_COPY_NO_SPLICE, .way = ZC_WAY_COPY),
	ROW("the same without scatter/gather", ZCOPY_COPY_NO_SPLICE,
	    .way = ZC_WAY_COPY, .no_sg = true),
	ROW("TLS in software", ZCOPY_COPY_TLS, .way = ZC_WAY_PAGES,
	    .tls = ZC_PATH_TLS_CPU),
	ROW("TLS that was attached after TCP had taken the pages", BY_REF,
	    .way = ZC_WAY_FRAGS, .tls = ZC_PATH_TLS_CPU),
	ROW("TLS in a NIC that gets copies", ZCOPY_COPY_TLS, .way = ZC_WAY_PAGES,
	    .tls = ZC_PATH_TLS_NIC),
	ROW("TLS in a NIC that gets the pages", BY_REF, .way = ZC_WAY_PAGES,
	    .tls = ZC_PATH_TLS_NIC, .readonly = true),
	ROW("the same, packets leave by another device", ZCOPY_COPY_TLS,
	    .way = ZC_WAY_PAGES, .tls = ZC_PATH_TLS_NIC, .readonly = true,
	    .elsewhere = true),
	ROW("the same, the device has no scatter/gather", ZCOPY_COPY_NO_SG,
	    .way = ZC_WAY_PAGES, .tls = ZC_PATH_TLS_NIC, .readonly = true,
	    .no_sg = true),
};

/* If any fact means "copied", no other fact changes that. */
static bool copies_stay_copies(void)
{
	bool fine = true;

	for (unsigned int i = 0; i < 5 * 3 * 32; i++) {
		struct zc_path p = {
			.way = i % 5, .tls = i / 5 % 3, .refused = i / 15 & 1,
			.readonly = i / 15 & 2, .elsewhere = i / 15 & 4,
			.no_sg = i / 15 & 8, .no_csum = i / 15 & 16,
		};
		bool tls = p.way == ZC_WAY_PAGES && p.tls &&
			   (p.tls == ZC_PATH_TLS_CPU || !p.readonly || p.elsewhere);
		bool copied = p.way >= ZC_WAY_COPY || tls || p.refused || p.no_sg ||
			      p.no_csum;

		fine &= copied == (zc_path_copies(&p) >= 0);
	}
	return fine;
}

int main(void)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ktap_eq(zc_path_copies(&rows[i].p), rows[i].why, "%s", rows[i].what);
	ktap_ok(copies_stay_copies(), "by reference only where nothing copies");
	return ktap_done();
}
