// SPDX-License-Identifier: GPL-2.0
/*
 * One transfer from start to end; see transfer.h.
 */
#include <string.h>

#include "transfer.h"

bool transfer(const struct pair *p, enum door_kind kind, struct request *q,
	      const struct stream *want, struct zcopy_result *res)
{
	struct reader r = { .fd = p->far, .want = want, .enough = want->len };
	struct door d;
	int err;

	memset(res, 0, sizeof(*res));
	q->sock = p->near;
	reader_start(&r);
	door_open(&d, kind);
	err = door_run(&d, q, res);
	door_close(&d);
	reader_join(&r);
	if (err)
		note("%s", strerror(-err));
	return !err && reader_happy(&r) && res->bytes == want->len &&
	       result_adds_up(res);
}
