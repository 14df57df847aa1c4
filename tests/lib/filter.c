// SPDX-License-Identifier: GPL-2.0
/*
 * Installing seccomp filters; see filter.h.
 */
#include "filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
/* For any other system call, skips the next line. */
#define IS(nr)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1)
#define SAY(what)	BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW(nr)	IS(nr), SAY(SECCOMP_RET_ALLOW)
#define FORBID(nr, how)	IS(nr), SAY(how)
#define PROG(lines)	{ .len = sizeof(lines) / sizeof((lines)[0]), .filter = (lines) }

static struct sock_filter nothing[] = { SAY(SECCOMP_RET_ALLOW) };

static struct sock_filter kills[] = {
	LOAD,
	FORBID(SYS_ioctl, SECCOMP_RET_KILL_PROCESS),
	FORBID(SYS_fcntl, SECCOMP_RET_KILL_PROCESS),
	SAY(SECCOMP_RET_ALLOW),
};

static struct sock_filter fails[] = {
	LOAD,
	FORBID(SYS_ioctl, SECCOMP_RET_ERRNO | EPERM),
	FORBID(SYS_fcntl, SECCOMP_RET_ERRNO | EPERM),
	SAY(SECCOMP_RET_ALLOW),
};

static struct sock_filter list[] = {
	LOAD,
	ALLOW(SYS_sendfile), ALLOW(SYS_read), ALLOW(SYS_recvfrom), ALLOW(SYS_write),
	ALLOW(SYS_exit_group), ALLOW(SYS_exit),
	/* What the C library calls for fork and wait */
	ALLOW(SYS_clone), ALLOW(SYS_set_robust_list), ALLOW(SYS_rseq), ALLOW(SYS_wait4),
	SAY(SECCOMP_RET_KILL_PROCESS),
};

static struct sock_fprog progs[] = {
	[FILTER_NOTHING] = PROG(nothing),
	[FILTER_KILL] = PROG(kills),
	[FILTER_ERRNO] = PROG(fails),
	[FILTER_LIST] = PROG(list),
};

int filter_install(enum filter_kind kind, enum filter_way way)
{
	struct sock_fprog *prog = &progs[kind];

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	switch (way) {
	case FILTER_PRCTL:
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog);
	case FILTER_SYSCALL:
		return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, prog);
	case FILTER_SYSCALL_PRCTL:
		return syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog, 0, 0);
	default:
		return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			       SECCOMP_FILTER_FLAG_TSYNC, prog);
	}
}
