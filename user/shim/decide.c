// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Decides which calls the module is asked for, and translates its answer into the
 * result of sendfile(2).  Pure functions; a table tests them.
 *
 * If nothing was sent and the socket is not the reason, the call is passed on to the
 * next sendfile, so that the program gets the kernel's own answer.  An answer of the
 * socket is returned as it is: a second attempt would lose the socket's error, or
 * wait twice.
 */
#include <errno.h>
#include <limits.h>

#include "shim.h"

enum shim_why shim_decide_count(size_t count, size_t least)
{
	if (!count || count > SSIZE_MAX)
		return SHIM_WHY_bad_range;
	return count < least ? SHIM_WHY_too_small : SHIM_WHY_NR;
}

enum shim_why shim_decide_range(off_t pos, size_t count)
{
	return pos < 0 || (off_t)count > LLONG_MAX - pos ? SHIM_WHY_bad_range :
	       SHIM_WHY_NR;
}

bool shim_decide_number(const char *text, size_t *value)
{
	size_t n = 0;

	if (!text || !*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = (unsigned char)*text - '0';

		if (digit > 9 || n > ((size_t)SSIZE_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*value = n;
	return true;
}

enum shim_why shim_decide_filters(const struct shim_status *st, const char *known)
{
	size_t harmless;
	bool told = shim_decide_number(known, &harmless);

	if (!st->mode)
		return SHIM_WHY_NR;
	if (!st->pid)
		return told ? SHIM_WHY_NR : SHIM_WHY_no_proc;
	/* The line is missing: the kernel has no seccomp. */
	if (st->mode < 0)
		return SHIM_WHY_NR;
	return told && st->filters >= 0 && (size_t)st->filters <= harmless ?
	       SHIM_WHY_NR : SHIM_WHY_seccomp;
}

static struct shim_verdict pass(enum shim_why why)
{
	return (struct shim_verdict) { .what = SHIM_PASS, .why = why };
}

static struct shim_verdict fail(int error)
{
	return (struct shim_verdict) {
		.what = SHIM_FAIL, .error = error, .sigpipe = error == EPIPE,
	};
}

static struct shim_verdict refused(int error)
{
	switch (error) {
	case EINTR:
		return fail(EINTR);
	case EBADF:
		return pass(SHIM_WHY_bad_descriptor);
	case EFAULT:
		return pass(SHIM_WHY_bad_pointer);
	case ENOTSOCK:
		return pass(SHIM_WHY_not_a_socket);
	case EOPNOTSUPP:
	case EISDIR:
		return pass(SHIM_WHY_not_served);
	case ENOTCONN:
	case EPIPE:
		return pass(SHIM_WHY_not_connected);
	case EAGAIN:
	case EDQUOT:
		return pass(SHIM_WHY_limit);
	default:
		return pass(SHIM_WHY_refused);
	}
}

struct shim_verdict shim_decide_result(int error, const struct zcopy_sendfile *s)
{
	if (error)
		return refused(error);
	if (s->bytes)
		return (struct shim_verdict) {
			.what = SHIM_RETURN,
			.ret = s->bytes,
			/* The kernel tries to send the rest, too, and raises SIGPIPE. */
			.sigpipe = s->status == ZCOPY_STATUS_SOCKET_ERROR &&
				   s->error == EPIPE,
		};
	switch (s->status) {
	case ZCOPY_STATUS_AGAIN:
		/*
		 * EBUSY: another transfer is using the socket, which need not be
		 * full, so that poll(2) cannot tell when to try again.  Passed
		 * on, the bytes may mix, as those of two sendfile(2) at once.
		 */
		return s->error == EBUSY ? pass(SHIM_WHY_in_line) : fail(EAGAIN);
	case ZCOPY_STATUS_CANCELLED:
		return fail(EINTR);
	case ZCOPY_STATUS_SOCKET_ERROR:
		return fail(s->error ? s->error : EIO);
	default:
		return pass(SHIM_WHY_nothing_sent);
	}
}
