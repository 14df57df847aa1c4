// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A static file server in one thread: epoll reports connections, requests and,
 * through the device, ended transfers.  A slow peer occupies no thread and no buffer.
 *
 *	epoll_server PORT DIRECTORY	then: curl http://localhost:PORT/FILE
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zcopy.h"

static struct zcopy *z;
static struct zcopy_list *list;
static int ep;

static void watch(int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

/* Send header and file as one list.  Returns 0 if a completion will come. */
static int answer(int conn, int dir)
{
	char ask[4096] = "", path[1024], head[160] = "HTTP/1.0 404 Not Found\r\n\r\n";
	struct zcopy_sink sink;
	struct zcopy_send req;
	struct stat st = { 0 };
	int file, ret;

	if (read(conn, ask, sizeof(ask) - 1) <= 0 ||
	    sscanf(ask, "GET /%1023[^ ?/]", path) != 1)
		return -1;
	file = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file >= 0 && fstat(file, &st) == 0 && S_ISREG(st.st_mode))
		sprintf(head, "HTTP/1.0 200 OK\r\nContent-Length: %llu\r\n\r\n",
			(unsigned long long)st.st_size);
	zcopy_list_reset(list);
	zcopy_list_memory(list, head, strlen(head));
	if (S_ISREG(st.st_mode))	/* not more bytes than Content-Length */
		zcopy_list_file(list, file, 0, st.st_size);
	zcopy_sink_init(&sink, conn);
	zcopy_send_init(&req, list, &sink, 1);
	req.cookie = conn;	/* comes back in the completion */
	ret = zcopy_submit(z, &req, NULL);
	close(file);		/* the kernel has its own reference */
	return ret;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int door = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct zcopy_result res[64];
	struct epoll_event ev;
	int dir, e, n;

	if (argc != 3 || atoi(argv[1]) > 65535)
		errx(2, "usage: epoll_server PORT DIRECTORY");
	e = zcopy_open(&z, ZCOPY_OPEN_NONBLOCK);
	if (e || zcopy_list_new(&list))
		errx(1, "cannot open " ZCOPY_DEVICE ": %s", zcopy_strerror(e));
	dir = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	any.sin6_port = htons(atoi(argv[1]));
	if (dir < 0 || bind(door, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(door, 128))
		err(1, "cannot serve %s on port %s", argv[2], argv[1]);
	ep = epoll_create1(EPOLL_CLOEXEC);
	watch(door);
	watch(zcopy_fd(z));	/* or an eventfd, see zcopy_set_eventfd() */
	while (epoll_wait(ep, &ev, 1, -1) >= 0) {
		int fd = ev.data.fd;

		if (fd == door) {
			fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);
			if (fd >= 0)
				watch(fd);
		} else if (fd != zcopy_fd(z)) {
			/* ignore this peer until it has received its file */
			epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
			if (answer(fd, dir))
				close(fd);
		} else {
			while ((n = zcopy_wait(z, ZCOPY_ID_ANY, res, 64, 0, 0)) > 0)
				while (n--)
					close(res[n].cookie);
		}
	}
	err(1, "cannot wait for events");
}
