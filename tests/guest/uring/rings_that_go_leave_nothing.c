// SPDX-License-Identifier: GPL-2.0
/*
 * A ring is closed, or its process is killed or executes another program.  Whatever
 * the ring's commands wait for, they are cancelled and hold no file, socket or
 * module reference.
 * guest: timeout=120
 */
#include "ktap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "owned.h"

enum { CLOSE, KILL, EXEC, HOWS };

static const char *const hows[] = {
	"the ring is closed", "its process is killed",
	"its process executes another program",
};

static void act(struct owner *w, int how)
{
	/* The commands hold the device. */
	close(w->dev);
	if (how == CLOSE)
		owner_close_rest(w);
	if (how == EXEC)
		fcntl(w->ring.fd, F_SETFD, 0);
	owner_ready(w, 0);
	if (how == EXEC)
		execl("/bin/sleep", "sleep", "1000", NULL);
	for (;;)
		pause();
}

static void once(const struct owned_state *st, int how)
{
	const char *wrong = "not begun";
	struct owned o;
	int unused;

	if (owned_start(&o, st, true, act, how, &unused)) {
		if (how == KILL)
			kill(o.pid, SIGKILL);
		wrong = owned_left_nothing(&o, true);
	}
	if (!ktap_ok(!wrong, "%s; %s", st->name, hows[how]))
		note("%s", wrong);
	owned_end(&o);
}

int main(void)
{
	if (!dev_has(ZCOPY_FEAT_URING))
		ktap_skip_all("no io_uring commands here");
	for (unsigned int i = 0; i < owned_nr_states; i++)
		for (int how = 0; how < HOWS; how++)
			if (!(owned_states[i].flags & ZCOPY_F_DETACHED))
				once(&owned_states[i], how);
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
