// SPDX-License-Identifier: GPL-2.0
/*
 * Loads the module with one early or late allocation of its start failing.  Then
 * either the module is not loaded and has left nothing, or it is loaded and works.
 * Allocations of the kernel's own module loader do not fail.
 * guest: timeout=50 module=no
 */
#include "ktap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dev.h"
#include "nth.h"
#include "peers.h"

#define LIMIT_MS 120000
#define ROUNDS	50

static int load(unsigned int percent)
{
	int fd = open("/zcopy.ko", O_RDONLY | O_CLOEXEC);
	int ret;

	if (!nth_function("do_one_initcall", percent))
		ktap_skip_all("no do_one_initcall in this kernel");
	ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	nth_function(NULL, 0);
	close(fd);
	return ret;
}

static bool traces(void)
{
	struct stat st;

	return !stat("/sys/module/zcopy", &st) || !stat(ZCOPY_DEVICE, &st) ||
	       !stat("/proc/net/zcopy", &st) || !lstat("/proc/zcopy", &st);
}

/* Loads and unloads once without failures: the module must work. */
static bool works(void)
{
	struct zcopy_result res;
	struct raw q;
	int dev = dev_open(0), file = file_to_read("source", 4096);
	struct pair s;
	bool good;

	s = pair_open(false);
	raw_fill(&q, s.near, file, 0, 4096);
	good = !raw_submit(dev, &q) && !dev_collect(dev, &res, 1) &&
	       res.status == ZCOPY_STATUS_DONE &&
	       sock_check(s.far, 0, 4096) == 4096;
	close(dev);
	close(file);
	close(s.near);
	close(s.far);
	return good;
}

static bool unload(void)
{
	unsigned int tries;

	for (tries = 0; tries < 200; tries++) {
		if (!syscall(SYS_delete_module, "zcopy", O_NONBLOCK))
			return true;
		sleep_ms(10);
	}
	return false;
}

int main(void)
{
	unsigned int n, refused = 0, loaded = 0, left = 0, broken = 0, other = 0;
	uint64_t start = now_ms();

	if (!nth_setup())
		ktap_skip_all("no fault injection in this kernel");
	for (n = 0; n < ROUNDS && now_ms() - start < LIMIT_MS &&
	     !left && !broken; n++) {
		int ret = load(1 + n % 20);

		if (ret) {
			refused++;
			other += ret != -ENOMEM;
			left = traces();
			continue;
		}
		loaded++;
		broken = !works() || !unload();
	}
	note("%u times: %u not loaded, %u loaded all the same", n, refused,
	     loaded);
	ktap_eq(left, 0, "what is not loaded leaves nothing");
	ktap_eq(broken, 0, "what is loaded works and goes");
	ktap_eq(other, 0, "it is always ENOMEM");
	ktap_ok(refused > 5, "some did fail");
	ktap_eq(load(0), 0, "without failures it loads");
	ktap_ok(works() && unload(), "and works");
	return ktap_done();
}

