// SPDX-License-Identifier: GPL-2.0
/*
 * The simplest case: a synchronous send of a 1 MiB file in memory to a loopback
 * socket arrives unchanged and travels by reference.
 */
#include <linux/zcopy.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

int main(void)
{
	struct pair p = pair_loopback(AF_INET);
	int file = file_make("file", 0, 1, MIB);
	struct zcopy_elem elem = elem_file(file, 0, ZCOPY_LEN_EOF);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near, .cookie = 77 };
	struct reader r = { .fd = p.far };
	struct zcopy_result res;
	struct stream want = {0};

	stream_pattern(&want, 1, 0, MIB);
	r.want = &want;
	reader_start(&r);
	ktap_eq(dev_send(dev_open(0), &q, &res), 0, "the call succeeds");
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	ktap_ok(reader_happy(&r) && r.eof, "the file arrives as it is");
	ktap_eq(res.status, ZCOPY_STATUS_DONE, "the transfer is done");
	ktap_ok(result_adds_up(&res), "the figures add up");
	ktap_eq(res.bytes_by_ref, MIB, "all bytes go by reference");
	ktap_eq(res.cookie, 77, "the cookie comes back");
	result_note(&res);
	return ktap_done();
}
