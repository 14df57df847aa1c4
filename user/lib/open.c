// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the device handle: opens, closes and queries it.  A handle is just a
 * descriptor; all state is in the module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

struct zcopy {
	int	fd;
};

int zci_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int zcopy_open(struct zcopy **zp, unsigned int flags)
{
	int oflags = O_RDWR | O_CLOEXEC;
	struct zcopy *z;
	int err;

	if (flags & ~ZCOPY_OPEN_NONBLOCK)
		return -EINVAL;
	if (flags & ZCOPY_OPEN_NONBLOCK)
		oflags |= O_NONBLOCK;

	z = malloc(sizeof(*z));
	if (!z)
		return -ENOMEM;
	z->fd = open(ZCOPY_DEVICE, oflags);
	if (z->fd < 0) {
		err = -errno;
		free(z);
		return err;
	}
	*zp = z;
	return 0;
}

void zcopy_close(struct zcopy *z)
{
	if (!z)
		return;
	close(z->fd);
	free(z);
}

int zcopy_fd(const struct zcopy *z)
{
	return z->fd;
}

int (zcopy_query)(struct zcopy *z, struct zcopy_query *query, size_t size)
{
	memset(query, 0, size);
	query->size = size;
	return zci_ioctl(z->fd, ZCOPY_IOC_QUERY, query);
}
