/* SPDX-License-Identifier: GPL-2.0 */
/* The interface between the floor module and the bench program. */
#ifndef FLOOR_H
#define FLOOR_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Bytes that one call into the socket sends */
#define FLOOR_CALL		(2 * 1024 * 1024)

/* struct floor_send - send @bytes; returns when the socket has taken them */
struct floor_send {
	__s32		fd;
	__u32		huge;	/* one compound page a call, not 512 pages */
	__aligned_u64	bytes;	/* a multiple of FLOOR_CALL */
};

#define FLOOR_DEVICE		"/dev/zcopy-floor"
#define FLOOR_IOC_SEND		_IO('F', 0x70)

#endif
