// SPDX-License-Identifier: GPL-2.0
/*
 * Passes descriptors and changes rights; see hand.h.
 */
#include "hand.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

void hand_pair(int u[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, u))
		die("a pair of sockets");
}

void hand_over(int u, int fd)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { .h = { .cmsg_len = CMSG_LEN(sizeof(int)),
		       .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { .iov_base = "", .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &c, .msg_controllen = sizeof(c) };

	memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
	if (sendmsg(u, &m, 0) != 1)
		die("handing over");
}

int hand_take(int u)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int))];
	} c;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &c, .msg_controllen = sizeof(c) };
	int fd;

	if (recvmsg(u, &m, MSG_CMSG_CLOEXEC) != 1 ||
	    m.msg_controllen < CMSG_LEN(sizeof(int)))
		die("taking what is handed over");
	memcpy(&fd, CMSG_DATA(&c.h), sizeof(fd));
	return fd;
}

void hand_become(unsigned int uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		die("another user");
}

int hand_to_child(unsigned int uid, int (*run)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (uid)
			hand_become(uid);
		status = run(arg);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("a child");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
