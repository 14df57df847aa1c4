// SPDX-License-Identifier: GPL-2.0
/*
 * What TCP reports of a connection.  This is a file of its own because the kernel's
 * header has more of struct tcp_info than the C library's, and the two cannot be
 * included together.
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

unsigned int tcp_segments(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		die("TCP_INFO");
	return info.tcpi_data_segs_out;
}
