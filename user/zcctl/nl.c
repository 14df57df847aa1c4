// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Opens netlink: live, live with a recording (ZCCTL_RECORD names the file), or from a
 * recording (ZCCTL_REPLAY).  Also owns the error texts and exit codes for refusals of
 * the module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "hints.h"
#include "zcctl.h"

bool nl_is_replay(void)
{
	return getenv("ZCCTL_REPLAY") != NULL;
}

static int open_replay(struct zcctl *zc, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return out_fail(zc, ZC_FAILED, errno, NULL,
				"cannot open the recording %s: %s", path,
				strerror(errno));
	err = zcopy_nl_open_replay(&zc->nl, fd);
	if (err) {
		close(fd);
		return out_fail(zc, ZC_FAILED, err, "make one with: ZCCTL_RECORD=FILE zcctl ...",
				"%s is no recording of zcctl", path);
	}
	return ZC_DONE;
}

/* Record if asked to; returns an exit code, or a negative errno, not reported */
static int open_live(struct zcctl *zc, const char *record)
{
	int fd, err;

	if (!record)
		return zcopy_nl_open(&zc->nl);
	fd = open(record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return out_fail(zc, ZC_FAILED, errno, NULL,
				"cannot write the recording %s: %s", record,
				strerror(errno));
	err = zcopy_nl_open_record(&zc->nl, fd);
	if (err)
		close(fd);
	return err;
}

/* A sandbox may forbid netlink, and a kernel may lack it. */
static bool is_forbidden(int err)
{
	return err == -EACCES || err == -EPERM || err == -EAFNOSUPPORT ||
	       err == -EPROTONOSUPPORT;
}

int nl_open(struct zcctl *zc)
{
	const char *replay = getenv("ZCCTL_REPLAY");
	int err = replay ? open_replay(zc, replay) :
			   open_live(zc, getenv("ZCCTL_RECORD"));

	if (!err)
		zcopy_nl_all_namespaces(zc->nl,
					args_has(&zc->args, "all-namespaces"));
	if (err >= 0)
		return err;
	if (err == -ENOENT)
		return out_fail(zc, ZC_UNAVAILABLE, err,
				"load it as root: modprobe zcopy; see also: zcctl doctor",
				"cannot reach zcopy: the module is not loaded");
	return out_fail(zc, is_forbidden(err) ? ZC_UNAVAILABLE : ZC_FAILED, err,
			is_forbidden(err) ? "is this a sandbox or a container without netlink?" :
			NULL, "cannot reach zcopy by netlink: %s", strerror(-err));
}

int nl_fail_open(const struct zcctl *zc, int err, const char *what)
{
	struct doctor_node n = { .err = err };
	struct finding f;

	switch (-err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return out_fail(zc, ZC_UNAVAILABLE, err,
				"load it as root: modprobe zcopy; see also: zcctl doctor",
				"cannot %s: there is no " ZCOPY_DEVICE
				", the module is not loaded", what);
	case EACCES:
	case EPERM:
		doctor_look_node(&n, "");
		doctor_say_device(&n, &f);
		return out_fail(zc, ZC_UNAVAILABLE, err, f.hint, "cannot %s: %s", what,
				f.text);
	default:
		return out_fail(zc, ZC_FAILED, err, NULL,
				"cannot %s: cannot open " ZCOPY_DEVICE ": %s", what,
				strerror(-err));
	}
}

const char *nl_why(const struct zcctl *zc, int err)
{
	const char *sentence = zcopy_nl_error(zc->nl);
	const char *general = zcopy_strerror(err);

	if (!*sentence || !strncmp(general, sentence, strlen(sentence)))
		return general;
	return sentence;
}

int nl_code(int err)
{
	return err == -EPERM || err == -EACCES || err == -ENODEV || err == -EOPNOTSUPP ?
	       ZC_UNAVAILABLE : ZC_FAILED;
}

int nl_fail(const struct zcctl *zc, int err, const char *fmt, ...)
{
	const char *why = nl_why(zc, err);
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (err == -ENODEV)
		why = "the module was unloaded meanwhile";
	else if (err == -EAGAIN)
		why = "the transfers changed meanwhile";
	else if (err == -ENODATA && nl_is_replay())
		why = "the recording ends here";
	return out_fail(zc, nl_code(err), err, hint_request(err), "%s: %s", what, why);
}
