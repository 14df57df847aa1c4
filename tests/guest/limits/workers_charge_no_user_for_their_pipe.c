// SPDX-License-Identifier: GPL-2.0
/*
 * A worker that reads from a disk has a pipe inside the kernel for its whole life.
 * The pipe is not charged to the user of the worker's first transfer: that user can
 * still create one when its limit is one pipe.
 * guest: timeout=60
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define USER	4909
#define MANY	12
#define SIZE	MIB

/* Limits the pages of a user's pipes to the size of one pipe. */
static int one_pipe(void)
{
	int p[2];

	return pipe(p) ? 1 : 0;
}

static int as_user(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
			_exit(2);
		_exit(one_pipe());
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

int main(void)
{
	struct zcopy_result res;
	struct pair pairs[MANY];
	struct reader r[MANY];
	struct stream want[MANY];
	int files[MANY], dev, bad = 0;
	uint64_t ids[MANY];
	unsigned int waits = 0;
	const char *dir;
	char path[128];

	dir = fs_mount(FS_EXT4);
	if (!dir)
		ktap_skip_all("%s", fs_why());
	dev = dev_open(0);
	if (shell("echo 0 >/proc/sys/fs/pipe-user-pages-soft") ||
	    shell("echo 16 >/proc/sys/fs/pipe-user-pages-hard"))
		ktap_skip_all("no limit on the pipes of a user");
	ktap_eq(as_user(), 0, "a user can make a pipe");

	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "%s/f%d", dir, i);
		files[i] = file_make(path, 0, i, SIZE);
		file_uncache(files[i]);
		pairs[i] = pair_loopback(AF_INET);
		want[i] = (struct stream) {};
		stream_pattern(&want[i], i, 0, SIZE);
		r[i] = (struct reader) { .fd = pairs[i].far, .want = &want[i] };
		reader_start(&r[i]);
	}
	if (seteuid(USER))
		die("seteuid");
	for (int i = 0; i < MANY; i++) {
		struct zcopy_elem elem = elem_file(files[i], 0, SIZE);
		struct request q = { .elems = &elem, .nr = 1, .sock = pairs[i].near };

		bad += dev_submit(dev, &q, &ids[i]) != 0;
	}
	if (seteuid(0))
		die("seteuid");
	ktap_eq(bad, 0, "a user submits %d transfers of files that are not cached", MANY);
	for (int i = 0; i < MANY; i++) {
		if (dev_wait(dev, ids[i], &res, 1, 1,
			     RESULT_MS) != 1 ||
		    res.status != ZCOPY_STATUS_DONE)
			bad++;
		waits += res.disk_waits;
		pair_close(&pairs[i]);
		reader_join(&r[i]);
		close(files[i]);
	}
	ktap_eq(bad, 0, "all end well");
	ktap_ok(waits >= MANY, "the disk was waited for %u times", waits);
	ktap_eq(as_user(), 0, "the user can still make a pipe");
	shell("echo 0 >/proc/sys/fs/pipe-user-pages-hard");
	close(dev);
	return ktap_done();
}
