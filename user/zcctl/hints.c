// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the next steps that zcctl tells after a failure.  A verb that knows more than the
 * errno has a hint of its own.
 */
#include "hints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"

struct hint {
	int		err;
	const char	*text;
};

static const char *look_up(const struct hint *table, size_t nr, int err)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (table[i].err == abs(err))
			return table[i].text;
	return NULL;
}

const char *hint_system(int err)
{
	static const struct hint table[] = {
		{ ENOENT,	"is the path right?" },
		{ ENOTDIR,	"is the path right?" },
		{ ELOOP,	"do the symbolic links of the path lead in a circle?" },
		{ ENAMETOOLONG,	"choose a shorter path" },
		{ EISDIR,	"name a file, not a directory" },
		{ EACCES,	"look at the rights of the path, and at your groups: ls -ld PATH; id" },
		{ EPERM,	"look at the rights of the path, and at your groups: ls -ld PATH; id" },
		{ ETXTBSY,	"end the program that uses the file, or name another file" },
		{ EROFS,	"choose a file system that can be written" },
		{ ENOSPC,	"make room on that file system, or choose another: df -h" },
		{ EDQUOT,	"make room for this user, or choose another file system: quota" },
		{ EFBIG,	"choose a shorter file" },
		{ ENOEXEC,	"is it a program, or a script without its first line \"#!\"?" },
		{ EMFILE,	"allow more open files: ulimit -n" },
		{ ENFILE,	"allow more open files: sysctl fs.file-max" },
		{ ENOMEM,	"end other programs, or allow more memory, and try again: free -h" },
		{ EAGAIN,	"allow more processes: ulimit -u" },
		{ EADDRINUSE,	"choose another port, or see what listens there: ss -ltnp" },
		{ EADDRNOTAVAIL, "see this machine's addresses: ip addr" },
		{ EAFNOSUPPORT,	"does this kernel have IPv6? see: ip addr" },
		{ EINTR,	"try again" },
		{ EBADF,	"is standard input open for reading?" },
	};
	const char *text = look_up(table, ARRAY_SIZE(table), err);

	return text ? text : "the kernel's log may say more: dmesg";
}

const char *hint_request(int err)
{
	static const struct hint table[] = {
		{ EPERM,	"this needs root (CAP_NET_ADMIN)" },
		{ EACCES,	"this needs root (CAP_NET_ADMIN)" },
		{ EOPNOTSUPP,	"see what there is with: zcctl features" },
		{ ENODEV,	"load it as root: modprobe zcopy; see also: zcctl doctor" },
		{ ENOENT,	"see the live ones with: zcctl list" },
		{ EAGAIN,	"try again: the transfers changed meanwhile" },
		{ ENOBUFS,	"try again: the answer was lost" },
		{ EBUSY,	"try again" },
		{ EINVAL,	"are module and zcctl of one release? see: zcctl features, zcctl --version" },
		{ EPROTO,	"are module and zcctl of one release? see: zcctl features, zcctl --version" },
		{ ENODATA,	"record again, with the same words: ZCCTL_RECORD" },
	};
	const char *text = look_up(table, ARRAY_SIZE(table), err);

	return text ? text : hint_system(err);
}

const char *hint_submission(int err)
{
	static const struct hint table[] = {
		{ EACCES,	"does a security module (SELinux, AppArmor) forbid it? see: dmesg, ausearch -m avc" },
		{ EPERM,	"does a security module (SELinux, AppArmor) forbid it? see: dmesg, ausearch -m avc" },
		{ EOPNOTSUPP,	"sources are regular files (of FUSE, or guarded by fanotify: with --any-pid), destinations TCP connections: man 7 zcopy" },
		{ EISDIR,	"name a file, not a directory" },
		{ EBADF,	"is standard input open for reading?" },
		{ E2BIG,	"see the most that one transfer takes with: zcctl features" },
		{ EAGAIN,	"try again when others have ended, or see: zcctl limits" },
		{ EDQUOT,	"try again when your others have ended, or see: zcctl limits" },
		{ ENOTCONN,	"is the peer still there? try again" },
		{ EPIPE,	"is the peer still there? try again" },
		{ ECANCELED,	"try again" },
	};
	const char *text = look_up(table, ARRAY_SIZE(table), err);

	return text ? text : hint_request(err);
}

const char *hint_result(const struct zcopy_result *res)
{
	switch (res->status) {
	case ZCOPY_STATUS_TRUNCATED:
		return "send it again when it has its length, or less of it with --length";
	case ZCOPY_STATUS_CANCELLED:
		return "what was sent stays sent; the rest can be sent with --offset";
	case ZCOPY_STATUS_AGAIN:
		return "without --nowait the transfer waits";
	case ZCOPY_STATUS_SOCKET_ERROR:
		return res->error == ENOTRECOVERABLE ?
			"do not change the file in place; write a new one and rename it" :
			"is the peer still there, and what does it say?";
	case ZCOPY_STATUS_NO_MEMORY:
		return hint_system(ENOMEM);
	case ZCOPY_STATUS_DEADLINE:
		return "give it more time with --deadline, or see what it waits for: zcctl show";
	case ZCOPY_STATUS_IDLE:
		return "does the peer read? give it more time with --idle";
	default:
		return hint_system(EIO);
	}
}

const char *hint_cause(const struct zcopy_result *res)
{
	switch (res->status) {
	case ZCOPY_STATUS_SOCKET_ERROR:
	case ZCOPY_STATUS_FILE_ERROR:
		return res->error ? strerror(res->error) : "";
	case ZCOPY_STATUS_AGAIN:
		return res->error == EBUSY ? "others to this socket come first" : "";
	default:
		return "";
	}
}
