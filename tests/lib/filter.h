/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seccomp filters as programs install them to restrict themselves.
 */
#ifndef ZCOPY_TESTS_FILTER_H
#define ZCOPY_TESTS_FILTER_H

enum filter_kind {
	FILTER_NOTHING,		/* forbids nothing */
	FILTER_KILL,		/* ioctl and fcntl kill the process */
	FILTER_ERRNO,		/* ioctl and fcntl fail with EPERM */
	FILTER_LIST,		/* all but sendfile, read, recv, write, exit, fork, wait kill */
};

enum filter_way {
	FILTER_PRCTL,		/* prctl(2) */
	FILTER_SYSCALL,		/* syscall(2) for seccomp(2) */
	FILTER_SYSCALL_PRCTL,	/* syscall(2) for prctl(2) */
	FILTER_ALL_THREADS,	/* seccomp(2), for all threads of the process */
};

/* 0, or -1 and errno */
int filter_install(enum filter_kind kind, enum filter_way way);

#endif
