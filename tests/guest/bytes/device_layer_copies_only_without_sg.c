// SPDX-License-Identifier: GPL-2.0
/*
 * The result reports copies truthfully.  Probes in the functions with which the
 * device layer copies packets see all bytes where the device has no scatter/gather,
 * and none where it has.
 *
 * needs: zcopy
 */
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "probe.h"
#include "transfer.h"

#define LEN (2 * MIB)
#define LEAST 200	/* headers may be moved together, that is no copy */

static uint64_t copies(const struct pair *p, int file, struct zcopy_result *res,
		       bool *right)
{
	struct zcopy_elem elem = elem_file(file, 0, LEN);
	struct request q = { .elems = &elem, .nr = 1 };
	struct stream want = {0};
	unsigned int calls;
	uint64_t bytes;

	stream_pattern(&want, 41, 0, LEN);
	probe_start();
	*right = transfer(p, DOOR_SEND, &q, &want, res);
	bytes = probe_stop(LEAST, &calls);
	note("%u calls copied %llu bytes", calls, (unsigned long long)bytes);
	stream_free(&want);
	return bytes;
}

/*
 * The least of five: TCP copies, too, when it makes room for a reader that does not run.
 * A device layer that copies does so each time.
 */
static uint64_t copies_least(const struct pair *p, int file, struct zcopy_result *res,
			     bool *right)
{
	uint64_t least = copies(p, file, res, right), bytes;

	for (unsigned int i = 1; i < 5 && *right && least >= LEN / 100; i++) {
		bytes = copies(p, file, res, right);
		least = bytes < least ? bytes : least;
	}
	return least;
}

int main(void)
{
	struct zcopy_result res;
	struct veth v;
	struct pair p;
	uint64_t bytes;
	bool right;
	int file;

	if (!probe_add("skb_copy_bits", 4) || !probe_add("skb_copy_and_csum_bits", 4))
		ktap_skip_all("this kernel lets no probe watch skb_copy_bits()");
	if (!veth_up(&v))
		ktap_skip_all("this kernel has no veth");
	file = file_make("probed", 0, 41, LEN);

	p = pair_veth(&v, AF_INET);
	veth_near("sg on tso on gso on");
	bytes = copies_least(&p, file, &res, &right);
	ktap_ok(right && res.bytes_by_ref == LEN && bytes < LEN / 100,
		"with scatter/gather: by reference, and the device layer copies nothing");
	if (veth_near("sg off tso off gso off"))
		die("ethtool -K " VETH_NEAR " sg off");
	bytes = copies(&p, file, &res, &right);
	ktap_ok(right && res.copied[ZCOPY_COPY_NO_SG] == LEN && bytes > LEN - LEN / 100,
		"without: counted as copied, and the device layer copies all");
	pair_close(&p);

	p = pair_loopback(AF_INET);
	bytes = copies_least(&p, file, &res, &right);
	ktap_ok(right && res.bytes_by_ref == LEN && bytes < LEN / 100,
		"loopback: by reference, and nothing is copied");
	pair_close(&p);
	veth_down(&v);
	probe_remove();
	return ktap_done();
}
