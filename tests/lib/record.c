// SPDX-License-Identifier: GPL-2.0
/*
 * Receives records of the kernel's TLS together with their type; see record.h.
 */
#include <errno.h>
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

ssize_t record_take(int fd, void *buf, size_t len, unsigned char *type)
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
	ssize_t n;

	/* The completion of a ring's command interrupts the thread of the ring. */
	do {
		n = recvmsg(fd, &msg, 0);
	} while (n < 0 && errno == EINTR);
	*type = n < 0 ? 0 : type_of(&msg);
	return n;
}

ssize_t record_recv(int fd, char *buf, size_t len, bool *ends)
{
	unsigned char type;
	ssize_t n = record_take(fd, buf, len, &type);

	*ends = n == 2 && type == ALERT && buf[1] == CLOSE_NOTIFY;
	return n;
}
