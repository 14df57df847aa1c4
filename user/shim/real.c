// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The sendfile that the program would use without this library: the next one in
 * load order, or the system call itself.
 */
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

static ssize_t (*next)(int, int, off_t *, size_t);

void shim_real_init(void)
{
	next = (ssize_t (*)(int, int, off_t *, size_t))dlsym(RTLD_NEXT, "sendfile");
}

ssize_t shim_real(int out_fd, int in_fd, off_t *offset, size_t count)
{
	/* Another library's constructor may call before ours has run. */
	if (!next)
		return syscall(SYS_sendfile, out_fd, in_fd, offset, count);
	return next(out_fd, in_fd, offset, count);
}
