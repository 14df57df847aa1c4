// SPDX-License-Identifier: GPL-2.0
/*
 * What the interposer asks the module for, which filters keep it from asking, and how
 * it handles the answer: a row for every possible answer.
 * sources: user/shim/decide.c
 */
#include "ktap.h"

#include <limits.h>

#include "../../user/shim/shim.h"

static const struct {
	const char *name;
	off_t pos;
	size_t count;
	bool asked;		/* the module */
} ranges[] = {
	{ "a byte", 0, 1, true },
	{ "nothing", 0, 0, false },
	{ "the most", 5, 0x7ffff000, true },
	{ "more than the most", 5, 0x7ffff001, true },
	{ "the largest count", 0, SSIZE_MAX, true },
	{ "a negative count", 0, (size_t)SSIZE_MAX + 1, false },
	{ "-1", 0, SIZE_MAX, false },
	{ "a negative offset", -1, 1, false },
	{ "the lowest offset", LLONG_MIN, 1, false },
	{ "up to the last offset", LLONG_MAX - 7, 7, true },
	{ "beyond the last offset", LLONG_MAX - 7, 8, false },
	{ "beyond it by far", 8, SSIZE_MAX, false },
};

static const struct {
	const char *name;
	struct shim_status seen;
	const char *known;
	long why;
} filters[] = {
	{ "no filter", { .pid = 1 }, NULL, SHIM_WHY_NR },
	{ "no seccomp in the kernel", { .pid = 1, .mode = -1, .filters = -1 }, NULL,
	  SHIM_WHY_NR },
	{ "no /proc", { .mode = -1, .filters = -1 }, NULL, SHIM_WHY_no_proc },
	{ "no /proc, and the user says there is none", { .mode = -1, .filters = -1 }, "0",
	  SHIM_WHY_NR },
	{ "a filter", { .pid = 1, .mode = 2, .filters = 1 }, NULL, SHIM_WHY_seccomp },
	{ "a filter that is known", { .pid = 1, .mode = 2, .filters = 1 }, "1", SHIM_WHY_NR },
	{ "fewer than are known", { .pid = 1, .mode = 2, .filters = 1 }, "2", SHIM_WHY_NR },
	{ "nonsense is known", { .pid = 1, .mode = 2, .filters = 1 }, "1x", SHIM_WHY_seccomp },
	{ "a negative number is", { .pid = 1, .mode = 2, .filters = 1 }, "-1", SHIM_WHY_seccomp },
	{ "more than there can be", { .pid = 1, .mode = 2, .filters = 1 },
	  "99999999999999999999", SHIM_WHY_seccomp },
	{ "nonsense, and no /proc", { .mode = -1, .filters = -1 }, "no", SHIM_WHY_no_proc },
	{ "nothing, and no /proc", { .mode = -1, .filters = -1 }, "", SHIM_WHY_no_proc },
	{ "one more than are known", { .pid = 1, .mode = 2, .filters = 2 }, "1",
	  SHIM_WHY_seccomp },
	{ "a word, not a number", { .pid = 1, .mode = 2, .filters = 1 }, "all",
	  SHIM_WHY_seccomp },
	{ "filters without a number", { .pid = 1, .mode = 2, .filters = -1 }, "9",
	  SHIM_WHY_seccomp },
	{ "strict mode", { .pid = 1, .mode = 1, .filters = 0 }, NULL, SHIM_WHY_seccomp },
};

#define OK	ZCOPY_STATUS_DONE

static const struct {
	const char *name;
	int refused;			/* errno of the ioctl */
	unsigned int status, error;
	unsigned long long bytes;
	enum shim_what what;
	long value;			/* returned, errno, or reason */
	bool sigpipe;
} answers[] = {
	{ "all", 0, OK, 0, 100, SHIM_RETURN, 100, false },
	{ "all of a changed file", 0, ZCOPY_STATUS_CHANGED, 0, 7, SHIM_RETURN, 7, false },
	{ "2 GiB", 0, OK, 0, 0x7ffff000, SHIM_RETURN, 0x7ffff000, false },
	{ "up to the end", 0, ZCOPY_STATUS_TRUNCATED, ENODATA, 5, SHIM_RETURN, 5, false },
	{ "at the end", 0, ZCOPY_STATUS_TRUNCATED, ENODATA, 0, SHIM_PASS,
	  SHIM_WHY_nothing_sent, false },
	{ "none", 0, OK, 0, 0, SHIM_PASS, SHIM_WHY_nothing_sent, false },
	{ "some, then full", 0, ZCOPY_STATUS_AGAIN, EAGAIN, 9, SHIM_RETURN, 9, false },
	{ "full", 0, ZCOPY_STATUS_AGAIN, EAGAIN, 0, SHIM_FAIL, EAGAIN, false },
	{ "behind another", 0, ZCOPY_STATUS_AGAIN, EBUSY, 0, SHIM_PASS,
	  SHIM_WHY_in_line, false },
	{ "some, then a signal", 0, ZCOPY_STATUS_CANCELLED, EINTR, 9, SHIM_RETURN, 9, false },
	{ "a signal", 0, ZCOPY_STATUS_CANCELLED, EINTR, 0, SHIM_FAIL, EINTR, false },
	{ "cancelled by an administrator", 0, ZCOPY_STATUS_CANCELLED, ECANCELED, 0,
	  SHIM_FAIL, EINTR, false },
	{ "reset", 0, ZCOPY_STATUS_SOCKET_ERROR, ECONNRESET, 0, SHIM_FAIL, ECONNRESET, false },
	{ "some, then reset", 0, ZCOPY_STATUS_SOCKET_ERROR, ECONNRESET, 3, SHIM_RETURN, 3, false },
	{ "broken pipe", 0, ZCOPY_STATUS_SOCKET_ERROR, EPIPE, 0, SHIM_FAIL, EPIPE, true },
	{ "some, then broken pipe", 0, ZCOPY_STATUS_SOCKET_ERROR, EPIPE, 3, SHIM_RETURN, 3, true },
	{ "timed out", 0, ZCOPY_STATUS_SOCKET_ERROR, ETIMEDOUT, 0, SHIM_FAIL, ETIMEDOUT, false },
	{ "a file that fails", 0, ZCOPY_STATUS_FILE_ERROR, EIO, 0, SHIM_PASS,
	  SHIM_WHY_nothing_sent, false },
	{ "some, then a file that fails", 0, ZCOPY_STATUS_FILE_ERROR, EIO, 4096,
	  SHIM_RETURN, 4096, false },
	{ "no memory", 0, ZCOPY_STATUS_NO_MEMORY, ENOMEM, 0, SHIM_PASS,
	  SHIM_WHY_nothing_sent, false },
	{ "refused: EBADF", EBADF, 0, 0, 0, SHIM_PASS, SHIM_WHY_bad_descriptor, false },
	{ "refused: EFAULT", EFAULT, 0, 0, 0, SHIM_PASS, SHIM_WHY_bad_pointer, false },
	{ "refused: ENOTSOCK", ENOTSOCK, 0, 0, 0, SHIM_PASS, SHIM_WHY_not_a_socket, false },
	{ "refused: EOPNOTSUPP", EOPNOTSUPP, 0, 0, 0, SHIM_PASS, SHIM_WHY_not_served, false },
	{ "refused: EISDIR", EISDIR, 0, 0, 0, SHIM_PASS, SHIM_WHY_not_served, false },
	{ "refused: ENOTCONN", ENOTCONN, 0, 0, 0, SHIM_PASS, SHIM_WHY_not_connected, false },
	{ "refused: EPIPE", EPIPE, 0, 0, 0, SHIM_PASS, SHIM_WHY_not_connected, false },
	{ "refused: EAGAIN", EAGAIN, 0, 0, 0, SHIM_PASS, SHIM_WHY_limit, false },
	{ "refused: EDQUOT", EDQUOT, 0, 0, 0, SHIM_PASS, SHIM_WHY_limit, false },
	{ "refused: EINVAL", EINVAL, 0, 0, 0, SHIM_PASS, SHIM_WHY_refused, false },
	{ "refused: ENOMEM", ENOMEM, 0, 0, 0, SHIM_PASS, SHIM_WHY_refused, false },
	{ "refused: ENOTTY", ENOTTY, 0, 0, 0, SHIM_PASS, SHIM_WHY_refused, false },
	{ "a signal before anything", EINTR, 0, 0, 0, SHIM_FAIL, EINTR, false },
};

#define NR(a)	(sizeof(a) / sizeof((a)[0]))

int main(void)
{
	for (size_t i = 0; i < NR(ranges); i++) {
		enum shim_why why = shim_decide_count(ranges[i].count, 0);

		if (why == SHIM_WHY_NR)
			why = shim_decide_range(ranges[i].pos, ranges[i].count);
		ktap_eq(why, ranges[i].asked ? SHIM_WHY_NR : SHIM_WHY_bad_range,
			"%s", ranges[i].name);
	}
	ktap_eq(shim_decide_count(99, 100), SHIM_WHY_too_small, "too few bytes");
	ktap_eq(shim_decide_count(100, 100), SHIM_WHY_NR, "just enough");
	ktap_eq(shim_decide_count(1, 0), SHIM_WHY_NR, "any number");
	for (size_t i = 0; i < NR(filters); i++)
		ktap_eq(shim_decide_filters(&filters[i].seen, filters[i].known),
			filters[i].why, "%s", filters[i].name);
	for (size_t i = 0; i < NR(answers); i++) {
		struct zcopy_sendfile res = {
			.status = answers[i].status, .error = answers[i].error,
			.bytes = answers[i].bytes,
		};
		struct shim_verdict v;
		long value;

		v = shim_decide_result(answers[i].refused, &res);
		value = v.what == SHIM_RETURN ? v.ret :
			v.what == SHIM_FAIL ? v.error : (long)v.why;
		ktap_ok(v.what == answers[i].what && value == answers[i].value &&
			v.sigpipe == answers[i].sigpipe, "%s", answers[i].name);
	}
	return ktap_done();
}
