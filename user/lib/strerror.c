// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the texts for the errno table at the top of <linux/zcopy.h>.  For other
 * errors the C library's text is used.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static const struct {
	int		err;
	const char	*text;
} words[] = {
	{ ENOTTY,	"the verb is not known to this kernel" },
	{ E2BIG,	"more elements, sockets or fields than this kernel takes" },
	{ EINVAL,	"a value is wrong" },
	{ EOPNOTSUPP,	"not offered by this kernel, or not for such a file or socket" },
	{ EBADF,	"a descriptor is closed or not open for reading" },
	{ ENOTSOCK,	"the destination is not a socket" },
	{ EISDIR,	"the source is a directory" },
	{ ENOTCONN,	"the socket is not connected" },
	{ EPIPE,	"the socket's sending side is shut down" },
	{ EFAULT,	"a pointer is not valid" },
	{ EACCES,	"permission denied" },
	{ EAGAIN,	"a limit on live transfers is reached" },
	{ EDQUOT,	"a limit of this user is reached" },
	{ EBUSY,	"in use by another call" },
	{ ENOENT,	"no such transfer, or not yours" },
	{ ENOMEM,	"no memory" },
	{ EINTR,	"interrupted by a signal" },
	{ ESPIPE,	"the file has no position that could be moved" },
	{ ECANCELED,	"the device is being closed" },
};

const char *zcopy_strerror(int err)
{
	const char *text;
	size_t i;

	if (err < 0)
		err = -err;
	for (i = 0; i < ZCI_ARRAY_SIZE(words); i++)
		if (words[i].err == err)
			return words[i].text;
	text = strerrordesc_np(err);
	return text ? text : "unknown error";
}
