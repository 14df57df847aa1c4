// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The sendfile that the program would have had without this library: the next
 * one in the order of loading, or the system call itself.
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
	/* Called before our constructor ran: by another one. */
	if (!next)
		return syscall(SYS_sendfile, out_fd, in_fd, offset, count);
	return next(out_fd, in_fd, offset, count);
}
