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

#include "life.h"
#include "nth.h"

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
	struct life_reader reader[NR];
	struct zcopy_result res[NR];
	unsigned int i, n = 0;
	struct life_req q;
	const char *wrong;
	int s[NR][2];

	posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	for (i = 0; i < NR; i++) {
		life_pair(s[i], round & 1);
		life_reader_start(&reader[i], s[i][1], SIZE + 1);
	}
	nth_module(5 + 10 * (round % 4));
	for (i = 0; i < NR; i++) {
		life_req(&q, s[i][0], file, 0, SIZE);
		q.s.cookie = i;
		q.s.flags = i & 1 ? ZCOPY_F_STABLE : 0;
		n += !life_submit(dev, &q);
	}
	wrong = life_collect(dev, res, n);
	nth_module(0);
	for (i = 0; i < NR; i++)
		close(s[i][0]);
	for (i = 0; i < NR; i++) {
		if (life_reader_join(&reader[i]) < 0)
			wrong = "wrong bytes";
		close(s[i][1]);
	}
	for (i = 0; i < n && !wrong; i++) {
		ended[res[i].status]++;
		if ((long)res[i].bytes != reader[res[i].cookie].got)
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
	if (system("mkfs.ext4 -qF /dev/vda 65536 >/dev/null 2>&1") ||
	    mount("/dev/vda", "mnt", "ext4", 0, NULL))
		ktap_bail("ext4 on /dev/vda");
	dev = life_open();
	file = life_file("mnt/source", SIZE);
	sync();
	for (round = 0; round < ROUNDS && !wrong; round++)
		wrong = round_of(dev, file, round);
	if (!ktap_ok(!wrong, "transfers end once, with what they tell"))
		ktap_note("round %u: %s", round - 1, wrong);
	ktap_note("done %u, no memory %u, file error %u, socket error %u",
		  ended[ZCOPY_STATUS_DONE], ended[ZCOPY_STATUS_NO_MEMORY],
		  ended[ZCOPY_STATUS_FILE_ERROR],
		  ended[ZCOPY_STATUS_SOCKET_ERROR]);
	ktap_ok(ended[ZCOPY_STATUS_NO_MEMORY] + ended[ZCOPY_STATUS_FILE_ERROR] +
		life_counter("reject_no_memory"), "some did fail");
	ktap_ok(life_rest(), "at rest");
	close(file);
	ktap_eq(umount("mnt"), 0, "the file system is free");
	return ktap_done();
}
