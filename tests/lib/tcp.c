// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP tells of a connection.  A file of its own: the kernel's header has more
 * of struct tcp_info than the C library's, and the two exclude each other.
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "peers.h"
#include "peers_priv.h"

uint64_t tcp_written(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		die("TCP_INFO");
	return info.tcpi_notsent_bytes + info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
}
