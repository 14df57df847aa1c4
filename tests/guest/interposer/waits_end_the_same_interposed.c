// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile(2) to a full socket: non-blocking, with a slow reader, with a time
 * limit, interrupted, stopped and killed.  Return value, errno, offset and bytes
 * are the same with the interposer as without it.
 * guest: timeout=120 skip-on=debug takes=25
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "same.h"
#include "sendfiles.h"

static void s_nonblock(void)
{
	int fd = file_make("big", 0, 7, BIG);
	off_t off = 5;

	tight();
	set_nonblock(tcp.near, true);
	call(tcp.near, fd, &off, BIG, false);
	printf(" %d", off > 5 && off < BIG);
	fill(tcp.near);
	off = 5;
	call(tcp.near, fd, &off, BIG, true);
	printf(" offset %lld", (long long)off);
	call(tcp.near, fd, NULL, 1, true);
	printf(" position %lld", (long long)lseek(fd, 0, SEEK_CUR));
	printf(" sigpipe %d", (int)pipes);
}

/* All of it arrives, in as many calls as it takes. */
static void s_nonblock_all(void)
{
	int fd = file_make("big", 0, 7, BIG);
	struct hash h = { 0 };
	bool again = false;
	off_t off = 0;

	tight();
	set_nonblock(tcp.near, true);
	hash_start(&h, tcp.far);
	while (off < BIG) {
		if (sendfile(tcp.near, fd, &off, BIG) >= 0)
			continue;
		if (errno != EAGAIN)
			break;
		again = true;
		sleep_ms(1);
	}
	printf(" offset %lld %d", (long long)off, again);
	close(tcp.near);
	hash_end(&h, true);
}

static void s_slow_reader(void)
{
	int fd = file_make("big", 0, 7, BIG);
	struct hash h = { .pause_ms = 20 };

	tight();
	hash_start(&h, tcp.far);
	at(tcp.near, fd, 0, BIG);
	close(tcp.near);
	hash_end(&h, true);
}

static void s_timeout(void)
{
	struct timeval tv = { 0, 200000 };
	int fd = file_make("big", 0, 7, BIG);
	uint64_t start;
	off_t off = 0;

	tight();
	setsockopt(tcp.near, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	call(tcp.near, fd, &off, BIG, false);
	printf(" %d", off > 0 && off < BIG);
	fill(tcp.near);
	off = 0;
	start = now_ns();
	call(tcp.near, fd, &off, BIG, false);
	printf(" waited %d offset %lld", now_ns() - start > 150000000,
	       (long long)off);
}

static void s_signal(void)
{
	off_t off = 5;

	tight();
	fill(tcp.near);
	alarms_every(300, false);
	call(tcp.near, file, &off, 1000, true);
	printf(" offset %lld", (long long)off);
	alarms_end();
}

static void s_signal_restart(void)
{
	struct hash h = { .pause_ms = 0 };
	pid_t pid;

	tight();
	fill(tcp.near);
	/* The child inherits no timer. */
	alarms_every(200, true);
	pid = fork();
	if (!pid) {
		/* Long after an alarm */
		sleep_ms(1000);
		hash_start(&h, tcp.far);
		hash_end(&h, false);
		_exit(0);
	}
	at(tcp.near, file, 0, 1000);
	alarms_end();
	close(tcp.near);
	shutdown(tcp.far, SHUT_RDWR);
	waitpid(pid, NULL, 0);
}

static void s_signal_timeout(void)
{
	struct timeval tv = { 5, 0 };

	tight();
	fill(tcp.near);
	setsockopt(tcp.near, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	alarms_every(200, true);
	at(tcp.near, file, 0, 1000);
	alarms_end();
}

static void s_signal_midway(void)
{
	int fd = file_make("big", 0, 7, BIG);

	tight();
	alarms_every(500, true);
	call(tcp.near, fd, NULL, BIG, false);
	alarms_end();
}

#define ALARMS	20		/* so many may come before the call has sent a byte */

static sigjmp_buf out_of_it;
static off_t *seen_at;
static unsigned int too_early;
static bool gone;		/* out of the call */

static void leave_if(bool sent)
{
	if (gone || (!sent && too_early++ < ALARMS))
		return;
	gone = true;
	printf(" in the handler %d", sent);
	siglongjmp(out_of_it, 1);
}

static void leave(int sig)
{
	(void)sig;
	leave_if(*seen_at > 0 && *seen_at < BIG);
}

static void leave_at(int sig)
{
	(void)sig;
	leave_if(lseek(file, 0, SEEK_CUR) > 0);
}

/* A program that jumps out of its handler learns from the offset how much was sent. */
static void left_by(void (*handler)(int), int fd, off_t *off)
{
	struct sigaction sa = { .sa_handler = handler };
	struct itimerval it = { { 0, 500000 }, { 0, 500000 } }, none = { 0 };
	struct hash h = { 0 };
	ssize_t n;

	tight();
	seen_at = off;
	too_early = 0;
	gone = false;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	if (!sigsetjmp(out_of_it, 1)) {
		/* An alarm that came before the first byte is no end. */
		do
			n = sendfile(tcp.near, fd, off, BIG);
		while (n < 0 && errno == EINTR);
		printf(" returned %zd", n);
	}
	setitimer(ITIMER_REAL, &none, NULL);
	close(tcp.near);
	hash_start(&h, tcp.far);
	hash_end(&h, false);
	printf(" as it arrived %d", h.bytes > 0 &&
	       (off_t)h.bytes == (off ? *off : lseek(fd, 0, SEEK_CUR)));
}

static void s_left(void)
{
	static off_t off;

	off = 0;
	left_by(leave, file_make("big", 0, 7, BIG), &off);
}

static void s_left_position(void)
{
	file = open("big", O_RDONLY);
	left_by(leave_at, file, NULL);
}

/* Stopped and continued without a handler: sendfile(2) goes on. */
static void s_stopped(void)
{
	struct hash h = { 0 };
	pid_t pid;
	int status;

	tight();
	fill(tcp.near);
	pid = fork();
	if (!pid) {
		close(tcp.far);
		at(tcp.near, file, 0, 1000);
		fflush(stdout);
		_exit(0);
	}
	close(tcp.near);
	sleep_ms(200);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	sleep_ms(200);
	hash_start(&h, tcp.far);
	waitpid(pid, &status, 0);
	hash_end(&h, false);
}

static void s_killed(void)
{
	pid_t pid;
	int status;

	tight();
	fill(tcp.near);
	pid = fork();
	if (!pid) {
		off_t off = 0;

		/* A socket that was full may have room again. */
		while (sendfile(tcp.near, file, &off, 1000) > 0)
			off = 0;
		_exit(0);
	}
	sleep_ms(200);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf(" %d", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}

static const struct situation situations[] = {
	S(nonblock), S(nonblock_all), S(slow_reader), S(timeout), S(signal),
	S(signal_restart), S(signal_timeout), S(signal_midway), S(left), S(left_position), S(stopped),
	S(killed),
	{ 0 }
};

int main(int argc, char **argv)
{
	struct interposed did = same_interposed(argc, argv, situations, sendfiles_prepare);

	ktap_ok(did.taken > 10 && did.bytes > 8 * MIB, "calls were taken");
	return ktap_done();
}
