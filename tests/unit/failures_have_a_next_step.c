// SPDX-License-Identifier: GPL-2.0
/*
 * After every errno and every status there is a next step, and no sentence says the same
 * twice.
 * sources: user/zcctl/hints.c
 * needs: zcopy
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../user/zcctl/hints.h"
#include "ktap.h"

#define LAST_ERRNO	133

static bool is_step(const char *hint, int err)
{
	return hint && strlen(hint) > 5 && !strstr(hint, strerror(err));
}

static void check_errnos(const char *name, const char *(*hint)(int err))
{
	int err, bad = 0;

	for (err = 1; err <= LAST_ERRNO; err++) {
		if (is_step(hint(err), err) && hint(err) == hint(-err))
			continue;
		printf("# %d: %s\n", err, hint(err) ? hint(err) : "nothing");
		bad++;
	}
	ktap_ok(!bad, "%s: every errno, of either sign", name);
}

/* How the module ends transfers: a status, its errno, and whether the errno adds to it */
static const struct {
	uint32_t	status;
	int		err;
	bool		adds;
} ends[] = {
	{ ZCOPY_STATUS_TRUNCATED,	ENODATA,	false },
	{ ZCOPY_STATUS_CANCELLED,	ECANCELED,	false },
	{ ZCOPY_STATUS_CANCELLED,	EINTR,		false },
	{ ZCOPY_STATUS_AGAIN,		EAGAIN,		false },
	{ ZCOPY_STATUS_AGAIN,		EBUSY,		true },
	{ ZCOPY_STATUS_SOCKET_ERROR,	ECONNRESET,	true },
	{ ZCOPY_STATUS_SOCKET_ERROR,	ENOTRECOVERABLE, true },
	{ ZCOPY_STATUS_FILE_ERROR,	EIO,		true },
	{ ZCOPY_STATUS_NO_MEMORY,	ENOMEM,		false },
	{ ZCOPY_STATUS_DEADLINE,	ETIMEDOUT,	false },
	{ ZCOPY_STATUS_IDLE,		ETIMEDOUT,	false },
	{ ZCOPY_STATUS_IDLE + 100,	0,		false },
};

int main(void)
{
	size_t i;

	check_errnos("system", hint_system);
	check_errnos("requests", hint_request);
	check_errnos("submissions", hint_submission);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct zcopy_result res = {
			.status = ends[i].status, .error = ends[i].err,
		};

		ktap_ok(is_step(hint_result(&res), ends[i].err),
			"%s, %s: a next step", zcopy_status_name(res.status),
			strerror(ends[i].err));
		ktap_ok(!*hint_cause(&res) == !ends[i].adds,
			"%s, %s: %s", zcopy_status_name(res.status),
			strerror(ends[i].err),
			ends[i].adds ? "the errno adds to it" : "the status says all");
	}
	return ktap_done();
}
