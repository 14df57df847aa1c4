// SPDX-License-Identifier: GPL-2.0
/*
 * Some of all the module's allocations fail, in workers too.  Transfers of every
 * kind end once, and the peer has exactly what the completion reports.  The files
 * are on a disk, so that pages have to be read.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "nth.h"
#include "peers.h"

#define SIZE	(512 << 10)
#define NR	6
#define ROUNDS	8

static unsigned int ended[ZCOPY_STATUS_RUNNING + 1];

/*
 * The sockets stay open until allocations succeed again: without memory, TCP itself
 * fails to send the end of a stream.
 */
static const char *round_of(int dev, int file, unsigned int round)
{
	struct reader reader[NR];
	struct zcopy_result res[NR];
	unsigned int i, n = 0;
	long got[NR];
	struct raw q;
	const char *wrong;
	struct pair s[NR];

	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	for (i = 0; i < NR; i++) {
		s[i] = pair_open(round & 1);
		reader_expect(&reader[i], s[i].far, SIZE + 1);
	}
	nth_module(5 + 10 * (round % 4));
	for (i = 0; i < NR; i++) {
		raw_fill(&q, s[i].near, file, 0, SIZE);
		q.s.cookie = i;
		q.s.flags = i & 1 ? ZCOPY_F_STABLE : 0;
		n += !raw_submit(dev, &q);
	}
	wrong = dev_collect(dev, res, n);
	nth_module(0);
	for (i = 0; i < NR; i++)
		close(s[i].near);
	for (i = 0; i < NR; i++) {
		got[i] = reader_got(&reader[i]);
		if (got[i] < 0)
			wrong = "wrong bytes";
		close(s[i].far);
	}
	for (i = 0; i < n && !wrong; i++) {
		ended[res[i].status]++;
		if ((long)res[i].bytes != got[res[i].cookie])
			wrong = "the peer has something else than was told";
		if (res[i].status == ZCOPY_STATUS_DONE && res[i].bytes != SIZE)
			wrong = "done, but not all";
	}
	return wrong;
}

int main(void)
{
	const char *wrong = NULL;
	unsigned int round;
	int dev, file;

	if (!nth_setup())
		ktap_skip_all("no fault injection in this kernel");
	mkdir("mnt", 0755);
	if (!fs_ext4("/dev/vda 65536") ||
	    mount("/dev/vda", "mnt", "ext4", 0, NULL))
		die("ext4 on /dev/vda");
	dev = dev_open(0);
	file = file_to_read("mnt/source", SIZE);
	sync();
	for (round = 0; round < ROUNDS && !wrong; round++)
		wrong = round_of(dev, file, round);
	if (!ktap_ok(!wrong, "transfers end once, with what they tell"))
		note("round %u: %s", round - 1, wrong);
	note("done %u, no memory %u, file error %u, socket error %u",
	     ended[ZCOPY_STATUS_DONE], ended[ZCOPY_STATUS_NO_MEMORY],
	     ended[ZCOPY_STATUS_FILE_ERROR],
	     ended[ZCOPY_STATUS_SOCKET_ERROR]);
	ktap_ok(ended[ZCOPY_STATUS_NO_MEMORY] + ended[ZCOPY_STATUS_FILE_ERROR] +
		counter_of("reject_no_memory"), "some did fail");
	ktap_ok(counters_rest(), "at rest");
	close(file);
	ktap_eq(umount("mnt"), 0, "the file system is free");
	return ktap_done();
}

