// SPDX-License-Identifier: GPL-2.0
/*
 * Which bytes of a transfer were copied; see overwritten.h.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "overwritten.h"

static void read_late(int fd, struct overwritten *o)
{
	static char got[OVERWRITTEN_LEN], a[OVERWRITTEN_LEN], b[OVERWRITTEN_LEN];

	if (recv(fd, got, sizeof(got), MSG_WAITALL) != (ssize_t)sizeof(got))
		die("not all came");
	pattern_fill(a, OVERWRITTEN_OLD, 0, sizeof(a));
	pattern_fill(b, OVERWRITTEN_NEW, 0, sizeof(b));
	for (size_t i = 0; i < sizeof(got); i++) {
		o->old += got[i] == a[i];
		o->new += got[i] != a[i] && got[i] == b[i];
	}
}

void overwritten_send(struct overwritten *o, const struct pair *p, enum door_kind kind,
		      unsigned int uid, int file, void (*overwrite)(void *arg), void *arg)
{
	struct zcopy_elem e = elem_file(file, 0, OVERWRITTEN_LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = p->near };
	struct door d;
	int err;

	memset(o, 0, sizeof(*o));
	if (seteuid(uid))
		die("user %u", uid);
	door_open(&d, kind);
	err = door_run(&d, &q, &o->res);
	door_close(&d);
	if (seteuid(0))
		die("back to root");
	if (err)
		die("door %d: %s", kind, strerror(-err));
	overwrite(arg);
	read_late(p->far, o);
}
