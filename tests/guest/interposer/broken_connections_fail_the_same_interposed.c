// SPDX-License-Identifier: GPL-2.0
/*
 * The connection is shut down, reset or closed before sendfile(2) or while it
 * waits, and SIGPIPE is caught, ignored, blocked or left to kill.  Errno and
 * signals are the same with the interposer as without it.
 * guest: timeout=120 skip-on=debug
 */
#include "ktap.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peers.h"
#include "same.h"
#include "sendfiles.h"

/* Waits until the socket has seen that: the other CPU may have to bring the packet. */
static void until_seen(int sock, short what)
{
	struct pollfd p = { .fd = sock, .events = what };

	if (poll(&p, 1, 30000) != 1)
		printf(" not seen");
}

static void s_out_shut(void)
{
	shutdown(tcp.near, SHUT_WR);
	to(tcp.near);
}

static void s_out_shut_far(void)
{
	shutdown(tcp.far, SHUT_WR);
	until_seen(tcp.near, POLLRDHUP);
	to(tcp.near);
	arrived();
}

static void s_out_reset(void)
{
	sock_reset(tcp.far);
	until_seen(tcp.near, 0);
	to(tcp.near);
	to(tcp.near);
}

static void s_out_reset_fin(void)
{
	shutdown(tcp.far, SHUT_WR);
	until_seen(tcp.near, POLLRDHUP);
	sock_reset(tcp.far);
	until_seen(tcp.near, 0);
	to(tcp.near);
	to(tcp.near);
}

static void s_out_closed_far(void)
{
	close(tcp.far);
	until_seen(tcp.near, POLLRDHUP);
	at(tcp.near, file, 0, 10);
	until_seen(tcp.near, 0);
	at(tcp.near, file, 0, 10);
	at(tcp.near, file, 0, 10);
	printf(" sigpipe %d", (int)pipes);
}

static void s_pipe_default(void)
{
	signal(SIGPIPE, SIG_DFL);
	shutdown(tcp.near, SHUT_WR);
	fflush(stdout);
	at(tcp.near, file, 0, 10);
}

static void s_pipe_ignored(void)
{
	signal(SIGPIPE, SIG_IGN);
	s_out_shut();
}

static void s_pipe_blocked(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s_out_shut();
	sigpending(&set);
	printf(" pending %d", sigismember(&set, SIGPIPE));
}

/* Waits until bytes came and no more come: the sender waits in its call. */
static void until_full(int sock)
{
	unsigned int quiet = 0, looks = 0;
	int unread = 0, last = -1;

	for (; quiet < 6 && looks < 600; looks++, last = unread) {
		sleep_ms(50);
		if (ioctl(sock, FIONREAD, &unread))
			die("FIONREAD");
		quiet = unread && unread == last ? quiet + 1 : 0;
	}
}

/* The peer goes away while sendfile(2) waits for it. */
static void reset_waiting(bool fin)
{
	int fd = file_make("big", 0, 7, BIG);
	pid_t pid;

	tight();
	pid = fork();
	if (!pid) {
		close(tcp.near);
		until_full(tcp.far);
		if (fin)
			shutdown(tcp.far, SHUT_WR);
		sleep_ms(fin ? 100 : 0);
		sock_reset(tcp.far);
		_exit(0);
	}
	close(tcp.far);
	call(tcp.near, fd, NULL, BIG, false);
	printf(" sigpipe %d", (int)pipes);
	if (pipes)
		printf(" code %d by itself %d", pipe_info.si_code,
		       pipe_info.si_pid == getpid());
	call(tcp.near, fd, NULL, BIG, false);
	call(tcp.near, fd, NULL, BIG, false);
	printf(" sigpipe %d", (int)pipes);
	waitpid(pid, NULL, 0);
}

static void s_reset_waiting(void) { reset_waiting(false); }
static void s_reset_after_fin(void) { reset_waiting(true); }

static const struct situation situations[] = {
	S(out_shut), S(out_shut_far), S(out_reset), S(out_reset_fin),
	S(out_closed_far), S(pipe_default), S(pipe_ignored), S(pipe_blocked),
	S(reset_waiting), S(reset_after_fin),
	{ 0 }
};

int main(int argc, char **argv)
{
	struct interposed did = same_interposed(argc, argv, situations, sendfiles_prepare);

	ktap_ok(did.taken >= 3, "calls were taken");
	return ktap_done();
}
