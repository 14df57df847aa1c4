// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * sendfile(2), served by the module where possible.  The module is asked without
 * looking at the descriptors first.  A call that it refuses has not begun and goes to
 * the next sendfile, which gives the kernel's own answer.
 */
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

#define EXPORT	__attribute__((visibility("default")))

/* Identifies these transfers in listings and events; the bytes read "sendfile" */
#define COOKIE	0x656c6966646e6573ULL

_Static_assert(sizeof(off_t) == 8, "sendfile and sendfile64 are the same here");

/*
 * Can the offset be read and written?  The kernel can tell without a signal:
 * sendfile(2) copies the offset in and out even if the descriptors are invalid.
 */
static bool is_there(off_t *offset)
{
	syscall(SYS_sendfile, -1, -1, offset, 0);
	return errno == EBADF;
}

/*
 * ask() cuts a count to SHIM_MOST, so check here whether the full count fits behind
 * the offset.  The module checks a smaller count itself, as it knows the offset.
 */
static enum shim_why judge(int in_fd, off_t *offset, size_t count)
{
	off_t pos;

	if (count <= SHIM_MOST)
		return SHIM_WHY_NR;
	if (offset && !is_there(offset))
		return SHIM_WHY_bad_pointer;
	pos = offset ? *offset : lseek(in_fd, 0, SEEK_CUR);
	return shim_decide_range(pos, count);
}

/*
 * Returns 0, or the errno of a refusal; the id stays 0 if @device was not the device.
 * The module moves the offset, or the file's position, before a signal handler runs.
 */
static int ask(int device, int out_fd, int in_fd, off_t *offset, size_t count,
	       struct zcopy_sendfile *s)
{
	*s = (struct zcopy_sendfile) {
		.size = sizeof(*s),
		.flags = ZCOPY_F_POSITION | ZCOPY_F_AS_READ,
		.sock = out_fd,
		.file = in_fd,
		.off = (uintptr_t)offset,
		.len = count < SHIM_MOST ? count : SHIM_MOST,
		.cookie = COOKIE,
	};
	return ioctl(device, ZCOPY_IOC_SENDFILE, s) ? errno : 0;
}

static enum shim_why no_device(int why, int *error)
{
	*error = why;
	return why == EACCES || why == EPERM ? SHIM_WHY_no_access : SHIM_WHY_no_device;
}

/* Returns why the call is passed on, or SHIM_WHY_NR: @v is the program's answer. */
static enum shim_why serve(int out_fd, int in_fd, off_t *offset, size_t count,
			   struct shim_verdict *v, int *error)
{
	struct zcopy_sendfile s;
	int device, refused;
	enum shim_why why;

	*error = 0;
	if (shim_off)
		return SHIM_WHY_off;
	why = shim_sealed();
	if (why != SHIM_WHY_NR)
		return why;
	why = shim_decide_count(count, shim_least);
	if (why != SHIM_WHY_NR)
		return why;
	device = shim_device();
	if (device < 0)
		return no_device(-device, error);
	why = judge(in_fd, offset, count);
	if (why != SHIM_WHY_NR)
		return why;

	for (;;) {
		refused = ask(device, out_fd, in_fd, offset, count, &s);
		/* A result, or EINTR after a wait, comes from the device only. */
		if ((!refused && s.id) || refused == EINTR)
			break;
		/* Another thread may have installed a filter for all meanwhile. */
		why = shim_sealed();
		if (why != SHIM_WHY_NR)
			return why;
		if (!shim_device_lost(device))
			break;
		device = shim_device();
		if (device < 0)
			return no_device(-device, error);
	}

	*v = shim_decide_result(refused, &s);
	return v->what == SHIM_PASS ? v->why : SHIM_WHY_NR;
}

/* Raise SIGPIPE as the kernel does: from this process, to the calling thread */
static void raise_sigpipe(void)
{
	siginfo_t info = { .si_signo = SIGPIPE, .si_code = SI_USER };
	pid_t pid = getpid();

	info.si_pid = pid;
	info.si_uid = getuid();
	syscall(SYS_rt_tgsigqueueinfo, pid, syscall(SYS_gettid), SIGPIPE, &info);
}

ssize_t shim_sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
{
	int saved = errno, error;
	struct shim_verdict v;
	enum shim_why why;

	why = serve(out_fd, in_fd, offset, count, &v, &error);
	if (why != SHIM_WHY_NR) {
		shim_report_passed(why, error);
		errno = saved;
		return shim_real(out_fd, in_fd, offset, count);
	}
	shim_report_taken(v.what == SHIM_RETURN ? v.ret : 0);
	/* If a filter came meanwhile, the kernel raises SIGPIPE at the next call. */
	if (v.sigpipe && shim_sealed() == SHIM_WHY_NR)
		raise_sigpipe();
	errno = v.what == SHIM_FAIL ? v.error : saved;
	return v.what == SHIM_FAIL ? -1 : v.ret;
}

EXPORT ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
	__attribute__((alias("shim_sendfile")));
EXPORT ssize_t sendfile64(int out_fd, int in_fd, off64_t *offset, size_t count)
	__attribute__((alias("shim_sendfile")));
