// SPDX-License-Identifier: GPL-2.0
/*
 * A file that no program writes to during the transfer is DONE, not CHANGED,
 * although reading it updates its access time, and although earlier writes reach
 * the disk only now.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ktap.h"
#include "transfer.h"

#define LEN MIB
#define HELD (64 * KIB)

static int make_file(enum fs_kind fs)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/untouched", fs_mount(fs));
	fd = file_make(path, 0, 81, LEN);
	unlink(path);
	return fd;
}

static void after_reading(enum fs_kind fs, bool cold, uint32_t flags)
{
	int fd = make_file(fs);
	struct zcopy_elem elem = elem_file(fd, 0, LEN);
	struct request q = { .elems = &elem, .nr = 1, .flags = flags };
	struct pair p = pair_loopback(AF_INET);
	struct stream want = {0};
	struct zcopy_result res;

	stream_pattern(&want, 81, 0, LEN);
	if (cold)
		file_uncache(fd);
	if (!ktap_ok(transfer(&p, DOOR_WAIT, &q, &want, &res) &&
		     res.status == ZCOPY_STATUS_DONE, "%s, %s%s: done",
		     fs_name(fs), cold ? "cold" : "just written",
		     flags ? ", stable" : ""))
		result_note(&res);
	pair_close(&p);
	close(fd);
	stream_free(&want);
}

static void after_writeback(enum fs_kind fs)
{
	int fd = make_file(fs), dev = dev_open(0);
	struct zcopy_elem elem = elem_file(fd, 0, LEN);
	struct pair p = pair_tight(AF_INET);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near };
	struct stream want = {0};
	struct reader r = { .fd = p.far, .want = &want, .enough = LEN,
			    .kind = READER_GATED, .stop_at = HELD };
	struct zcopy_result res;

	stream_pattern(&want, 81, 0, LEN);
	if (dev_submit(dev, &q, NULL))
		die("submit");
	reader_start(&r);
	if (!reader_has(&r, HELD, RESULT_MS))
		die("the reader got nothing");
	if (fsync(fd))
		die("fsync");
	sleep_ms(50);
	reader_go(&r);
	if (dev_wait(dev, 0, &res, 1, 1, RESULT_MS) != 1)
		die("no completion");
	reader_join(&r);
	if (!ktap_ok(res.status == ZCOPY_STATUS_DONE && reader_happy(&r),
		     "%s, written back meanwhile: done", fs_name(fs)))
		result_note(&res);
	close(dev);
	pair_close(&p);
	close(fd);
	stream_free(&want);
}

int main(void)
{
	for (enum fs_kind fs = 0; fs < FS_NR; fs++) {
		if (!fs_mount(fs)) {
			ktap_skip("%s: %s", fs_name(fs), fs_why());
			continue;
		}
		after_reading(fs, false, 0);
		after_reading(fs, false, ZCOPY_F_STABLE);
		after_reading(fs, true, 0);
		after_reading(fs, true, ZCOPY_F_STABLE);
		after_writeback(fs);
	}
	return ktap_done();
}
