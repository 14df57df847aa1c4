// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * sendfile(2), served by the module where it can be.  The module is asked at
 * once; what it refuses was not begun, and goes to the next sendfile, which
 * says what is wrong in the kernel's own words.
 */
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

#define EXPORT	__attribute__((visibility("default")))

/* Tells these transfers from others in listings and events: "sendfile" */
#define COOKIE	0x656c6966646e6573ULL

_Static_assert(sizeof(off_t) == 8, "sendfile and sendfile64 are the same here");

/*
 * Can the offset be read and written?  The kernel is asked: it copies the offset
 * in and out again even when the descriptors are none, and sends no signal if it
 * cannot.
 */
static bool is_there(off_t *offset)
{
	syscall(SYS_sendfile, -1, -1, offset, 0);
	return errno == EBADF;
}

/*
 * A count that is cut to the most that a call sends must fit behind the offset
 * all the same.  Others are the module's to judge, which knows the offset.
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
 * Returns 0, or the errno of a refusal; @res stays empty if it was not the device.
 * The offset, or the file's position, is moved before a signal handler runs.
 */
static int ask(int device, int out_fd, int in_fd, off_t *offset, size_t count,
	       struct zcopy_result *res)
{
	struct zcopy_elem elem = {
		.kind = ZCOPY_ELEM_FILE, .fd = in_fd, .off = (uintptr_t)offset,
		.len = count < SHIM_MOST ? count : SHIM_MOST,
	};
	struct zcopy_sink sink = { .fd = out_fd };
	struct zcopy_send send = {
		.size = sizeof(send),
		.flags = ZCOPY_F_POSITION,
		.elems = (uintptr_t)&elem,
		.nr_elems = 1,
		.elem_size = sizeof(elem),
		.sinks = (uintptr_t)&sink,
		.nr_sinks = 1,
		.sink_size = sizeof(sink),
		.cookie = COOKIE,
		.results = (uintptr_t)res,
		.result_size = sizeof(*res),
	};

	res->size = 0;
	return ioctl(device, ZCOPY_IOC_SEND, &send) ? errno : 0;
}

static enum shim_why no_device(int why, int *error)
{
	*error = why;
	return why == EACCES || why == EPERM ? SHIM_WHY_no_access : SHIM_WHY_no_device;
}

/* Why the call is passed on; SHIM_WHY_NR: @v says what the program is told. */
static enum shim_why serve(int out_fd, int in_fd, off_t *offset, size_t count,
			   struct shim_verdict *v, int *error)
{
	struct zcopy_result res;
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
		refused = ask(device, out_fd, in_fd, offset, count, &res);
		/* Whoever waited for long was not asking a stranger. */
		if ((!refused && res.size) || refused == EINTR)
			break;
		/* Meanwhile another thread installed one, for all. */
		why = shim_sealed();
		if (why != SHIM_WHY_NR)
			return why;
		if (!shim_device_lost(device))
			break;
		device = shim_device();
		if (device < 0)
			return no_device(-device, error);
	}

	*v = shim_decide_result(refused, &res);
	return v->what == SHIM_PASS ? v->why : SHIM_WHY_NR;
}

/* As the kernel raises it: from the process itself, to the thread that wrote */
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
	/* Sealed meanwhile, the next call gets the signal from the kernel. */
	if (v.sigpipe && shim_sealed() == SHIM_WHY_NR)
		raise_sigpipe();
	errno = v.what == SHIM_FAIL ? v.error : saved;
	return v.what == SHIM_FAIL ? -1 : v.ret;
}

EXPORT ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
	__attribute__((alias("shim_sendfile")));
EXPORT ssize_t sendfile64(int out_fd, int in_fd, off64_t *offset, size_t count)
	__attribute__((alias("shim_sendfile")));
