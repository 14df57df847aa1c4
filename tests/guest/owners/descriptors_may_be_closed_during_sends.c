// SPDX-License-Identifier: GPL-2.0
/*
 * A SEND holds its files and its socket as long as it needs them, and no longer.  Other
 * threads may close their descriptors and unlink the files: what was begun is still
 * sent.  A process with one thread leaves no reference behind, neither by a SEND that is
 * refused after some of its files were taken, nor when others list its files meanwhile
 * or when it is killed.
 * guest: timeout=120
 */
#include "ktap.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(2 * MIB)
#define SHORT	5000
#define LATE_MS	(10000 * guest_scale())
#define ROUNDS	(guest_is_debug() ? 10 : 40)
#define RACES	(guest_is_debug() ? 1000 : 10000)
#define HEADER	100

static int dev;
static struct raw shared;
static int shared_err;

/* ---- other threads close what a SEND waits with ---- */

static void *send_shared(void *arg)
{
	(void)arg;
	shared_err = raw_send(dev, &shared);
	return NULL;
}

static bool closed_while_it_waits(void)
{
	struct pair s = pair_open(true);
	int file = file_to_read("source", SIZE);
	pthread_t thread;
	bool right;

	raw_fill(&shared, s.near, file, 0, SIZE);
	if (pthread_create(&thread, NULL, send_shared, NULL))
		die("a thread");
	live_begins(LATE_MS);
	unlink("source");
	close(file);
	close(s.near);
	right = sock_check(s.far, 0, SIZE) == SIZE;
	pthread_join(thread, NULL);
	right &= !shared_err && shared.r.bytes == SIZE;
	/* The peer's end of stream: nobody has the socket any more. */
	right &= recv(s.far, &(char){ 0 }, 1, 0) == 0;
	close(s.far);
	return right;
}

/* ---- and race with short ones ---- */

static int file_fd, near_fd;
static volatile bool stop;

static void *close_and_open(void *arg)
{
	int file = file_to_read("other", SHORT), near = dup(near_fd);

	(void)arg;
	while (!stop) {
		close(file_fd);
		if (dup2(file, file_fd) < 0)
			die("dup2");
		close(near_fd);
		if (dup2(near, near_fd) < 0)
			die("dup2");
	}
	close(file);
	close(near);
	return NULL;
}

static void closing_races(void)
{
	static const char header[HEADER];
	struct pair s = pair_open(false);
	struct reader r = { .fd = s.far, .kind = READER_FAST };
	struct stream want = { 0 };
	unsigned int sent = 0, refused = 0, wrong = 0;
	pthread_t thread;
	struct raw q;

	file_fd = file_to_read("source", SHORT);
	near_fd = s.near;
	for (unsigned int i = 0; i < RACES; i++) {
		stream_zero(&want, HEADER);
		stream_pattern(&want, 0, 0, SHORT);
	}
	r.want = &want;
	stop = false;
	if (pthread_create(&thread, NULL, close_and_open, NULL))
		die("a thread");
	reader_start(&r);
	while (sent < RACES && !wrong) {
		raw_fill(&q, near_fd, file_fd, 0, SHORT);
		q.e[1] = q.e[0];
		q.e[0] = elem_memory(header, HEADER);
		q.s.nr_elems = 2;
		switch (raw_send(dev, &q)) {
		case 0:
			sent++;
			wrong += q.r.bytes != HEADER + SHORT;
			break;
		case -EBADF:
			refused++;
			break;
		default:
			wrong++;
		}
	}
	stop = true;
	pthread_join(thread, NULL);
	shutdown(near_fd, SHUT_WR);
	reader_join(&r);
	note("%u sent, %u refused", sent, refused);
	ktap_ok(!wrong && reader_happy(&r), "descriptors that come and go: right bytes, or EBADF");
	stream_free(&want);
	close(file_fd);
	close(near_fd);
	close(s.far);
}

/* ---- a process with one thread ---- */

static void ends_at_once(int far)
{
	struct pair s = pair_open(false);
	struct raw q;
	int file = file_to_read("mnt/source", SHORT);

	(void)far;
	raw_fill(&q, s.near, file, 0, SHORT);
	if (raw_send(dev, &q) || sock_check(s.far, 0, SHORT) != SHORT)
		_exit(1);
}

static void is_refused(int far)
{
	struct pair s = pair_open(false);
	int file = file_to_read("mnt/source", SHORT);
	int write_only = open("mnt/source", O_WRONLY);
	struct raw q;

	(void)far;
	for (unsigned int i = 0; i < 5; i++) {
		raw_fill(&q, s.near, file, 0, SHORT);
		q.e[1] = q.e[0];
		q.s.nr_elems = 2;
		if (i == 0)
			q.e[1].fd = -1;
		else if (i == 1)
			q.e[1].fd = write_only;
		else if (i == 2)
			q.e[1].record = 1;
		else if (i == 3)
			q.k.fd = file;
		else
			q.e[1].len = 1ULL << 63;
		if (!raw_send(dev, &q))
			_exit(1);
	}
}

/* Waits for its peer until it is killed. */
static void waits(int far)
{
	struct pair s = pair_open(true);
	struct raw q;
	int file = file_to_read("mnt/source", SIZE);

	(void)far;
	raw_fill(&q, s.near, file, 0, SIZE);
	raw_send(dev, &q);
	_exit(1);
}

/* The paths of all live transfers' files are asked for, over and over. */
static void list_files(void)
{
	for (unsigned int i = 0; i < 200; i++)
		live_newest();
	shell("zcctl list >/dev/null 2>&1; id=$(zcctl list -j 2>/dev/null | "
	      "grep -o '\"id\": *[0-9]*' | grep -o '[0-9]*$' | head -n 1); "
	      "for i in 1 2 3; do zcctl show \"$id\" >/dev/null 2>&1; done");
}

/* Forks, so that the child has one thread and a table of its own; then unmounts. */
static void leaves_nothing(void (*does)(int far), bool kill_it, const char *what)
{
	bool right = true;

	for (unsigned int i = 0; i < ROUNDS / 4 && right; i++) {
		int status;
		pid_t pid;

		if (mount("none", "mnt", "tmpfs", 0, NULL))
			die("mount");
		pid = fork();
		if (!pid) {
			does(-1);
			_exit(0);
		}
		if (kill_it) {
			live_begins(LATE_MS);
			list_files();
			kill(pid, SIGKILL);
		}
		waitpid(pid, &status, 0);
		right = kill_it || (WIFEXITED(status) && !WEXITSTATUS(status));
		right &= !umount("mnt");
		if (!right)
			umount2("mnt", MNT_DETACH);
	}
	ktap_ok(right, "one thread, %s: its file system can be unmounted", what);
}

int main(void)
{
	bool right = true;

	ktap_plan(6);
	dev = dev_open(0);
	mkdir("mnt", 0755);
	leaves_nothing(ends_at_once, false, "done");
	leaves_nothing(is_refused, false, "refused");
	leaves_nothing(waits, true, "listed and killed");
	for (unsigned int i = 0; i < ROUNDS && right; i++)
		right = closed_while_it_waits();
	ktap_ok(right, "closed by another thread while it waits: all is sent");
	closing_races();
	ktap_ok(counters_rest(), "at rest");
	return ktap_done();
}
