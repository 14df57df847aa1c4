// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * sendfile(2), served by the module where it can be.  The module is asked at
 * once; what it refuses was not begun, and goes to the next sendfile, which
 * says what is wrong in the kernel's own words.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

#define EXPORT	__attribute__((visibility("default")))

/* Tells these transfers from others in listings and events: "sendfile" */
#define COOKIE	0x656c6966646e6573ULL

_Static_assert(sizeof(off_t) == 8, "sendfile and sendfile64 are the same here");

static bool off = true;
static size_t least = SHIM_LEAST;

__attribute__((constructor)) static void load(void)
{
	const char *word = getenv(SHIM_SWITCH_ENV), *few = getenv(SHIM_LEAST_ENV);
	int saved = errno;

	shim_real_init();
	shim_report_init();
	off = word && !strcmp(word, "off");
	if (few)
		least = strtoul(few, NULL, 10);
	if (!off)
		shim_device_init();
	errno = saved;
}

#define PAGE	4096UL
/* How far from its beginning the stack of a program's first thread is trusted */
#define DEEP	(1024 * 1024UL)

/* Where it begins: it lies in one piece below. Of glibc; others have none. */
extern void *__libc_stack_end __attribute__((weak));

/*
 * Does it lie in the part of the stack that is in use?  In the page that we are
 * on, or between us and the beginning, if this is the first thread's stack.
 */
static bool is_on_stack(const off_t *offset)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t first = (uintptr_t)offset;
	uintptr_t last = first + sizeof(*offset) - 1;
	uintptr_t end;

	if (first / PAGE == here / PAGE && last / PAGE == here / PAGE)
		return true;
	end = &__libc_stack_end ? (uintptr_t)__libc_stack_end : 0;
	return here <= first && first <= last && last < end && end - here < DEEP;
}

/*
 * Can the offset be read and written?  Otherwise the kernel is asked: it copies
 * the offset in and out again even when the descriptors are none, and sends no
 * signal if it cannot.
 */
static bool is_there(off_t *offset)
{
	if (is_on_stack(offset))
		return true;
	syscall(SYS_sendfile, -1, -1, offset, 0);
	return errno == EBADF;
}

/* Returns 0, or the errno of a refusal; @res stays empty if it was not the device. */
static int ask(int device, int out_fd, int in_fd, off_t pos, size_t len,
	       struct zcopy_result *res)
{
	struct zcopy_elem elem = {
		.kind = ZCOPY_ELEM_FILE, .fd = in_fd, .off = pos, .len = len,
	};
	struct zcopy_sink sink = { .fd = out_fd };
	struct zcopy_send send = {
		.size = sizeof(send),
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
	size_t len;
	off_t pos;

	*error = 0;
	if (off)
		return SHIM_WHY_off;
	why = shim_decide_count(count, least);
	if (why != SHIM_WHY_NR)
		return why;
	device = shim_device();
	if (device < 0)
		return no_device(-device, error);
	if (offset && !is_there(offset))
		return SHIM_WHY_bad_pointer;
	pos = offset ? *offset : lseek(in_fd, 0, SEEK_CUR);
	if (!offset && pos < 0)
		return SHIM_WHY_no_position;
	why = shim_decide_range(pos, count, &len);
	if (why != SHIM_WHY_NR)
		return why;

	for (;;) {
		refused = ask(device, out_fd, in_fd, pos, len, &res);
		if ((!refused && res.size) || !shim_device_lost(device))
			break;
		device = shim_device();
		if (device < 0)
			return no_device(-device, error);
	}

	*v = shim_decide_result(refused, &res);
	if (v->what == SHIM_PASS)
		return v->why;
	if (v->what == SHIM_RETURN && offset)
		*offset = pos + v->ret;
	else if (v->what == SHIM_RETURN)
		lseek(in_fd, pos + v->ret, SEEK_SET);
	return SHIM_WHY_NR;
}

EXPORT ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
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
	if (v.sigpipe)
		syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGPIPE);
	errno = v.what == SHIM_FAIL ? v.error : saved;
	return v.what == SHIM_FAIL ? -1 : v.ret;
}

EXPORT ssize_t sendfile64(int out_fd, int in_fd, off64_t *offset, size_t count)
	__attribute__((alias("sendfile")));
