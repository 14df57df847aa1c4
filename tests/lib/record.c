// SPDX-License-Identifier: GPL-2.0
/*
 * Receives records of the kernel's TLS together with their type; see record.h.
 */
#include <linux/tls.h>
#include <sys/socket.h>

#include "record.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define ALERT		21
#define CLOSE_NOTIFY	0	/* behind the level */

static unsigned char type_of(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	return c && c->cmsg_level == SOL_TLS && c->cmsg_type == TLS_GET_RECORD_TYPE ?
	       *CMSG_DATA(c) : 0;
}

ssize_t record_recv(int fd, char *buf, size_t len, bool *ends)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(1)];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, 0);

	*ends = n == 2 && type_of(&msg) == ALERT && buf[1] == CLOSE_NOTIFY;
	return n;
}
