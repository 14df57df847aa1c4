// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of sendfile(2) and of calls that change its outcome (positions,
 * file sizes, non-blocking mode, duplicates, forks, shutdowns, nonsense) run from
 * one seed, without and with the interposer.  The program continues after a short
 * count, so that its output does not depend on time; the bytes of each connection
 * are hashed.
 * guest: timeout=180 skip-on=debug takes=17
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chance.h"
#include "interposed.h"
#include "peers.h"
#include "wordhash.h"

#define SEQUENCES	80
#define STEPS		30
#define SIZE		(300 * 1024)

static struct chance luck;
static struct pair tcp;
static int file;
static volatile sig_atomic_t pipes;

static void on_signal(int sig)
{
	pipes += sig == SIGPIPE;
}

struct reader_of {
	uint64_t bytes;
	struct wordhash hash;
	unsigned int chunk, pause_us;
	pthread_t thread;
};

static void *read_all(void *arg)
{
	struct reader_of *r = arg;
	static unsigned char buf[65536];
	ssize_t n;

	while ((n = recv(tcp.far, buf, r->chunk, 0)) > 0) {
		wordhash_add(&r->hash, buf, n);
		r->bytes += n;
		if (r->pause_us && r->bytes % 7 == 0)
			usleep(r->pause_us);
	}
	return NULL;
}

static const char *ended(ssize_t ret)
{
	return ret < 0 ? strerrorname_np(errno) : "";
}

/* Goes on until all is sent, the file ends, or something is wrong. */
static void send_all(int out, int in, off_t *off, size_t count)
{
	struct pollfd pfd = { .fd = out, .events = POLLOUT };
	size_t sent = 0;
	ssize_t ret = 0;

	while (sent < count || !count) {
		ret = sendfile(out, in, off, count - sent);
		if (ret > 0)
			sent += ret;
		else if (ret < 0 && errno == EAGAIN)
			poll(&pfd, 1, -1);
		else if (!(ret < 0 && errno == EINTR))
			break;
	}
	printf(" %zu%s", sent, ended(ret));
	if (off)
		printf("@%lld", (long long)*off);
	printf(":%lld", (long long)lseek(in, 0, SEEK_CUR));
}

static off_t an_offset(void)
{
	return chance_of(&luck, 10) ? chance_of(&luck, SIZE + 5000) :
	       (off_t)chance_number(&luck);
}

static size_t a_count(void)
{
	switch (chance_of(&luck, 6)) {
	case 0: return chance_number(&luck);
	case 1: return chance_of(&luck, 20);
	case 2: return SIZE;
	default: return chance_of(&luck, 100000);
	}
}

static void with_offset(int out, int in)
{
	off_t off = an_offset();

	send_all(out, in, &off, a_count());
}

static void forked(void)
{
	off_t off = an_offset();
	size_t count = a_count();
	bool position = chance_of(&luck, 2);

	fflush(stdout);
	if (!fork()) {
		send_all(tcp.near, file, position ? NULL : &off, count);
		fflush(stdout);
		_exit(0);
	}
	while (wait(NULL) < 0)
		;
}

static void nonsense(void)
{
	int fds[] = { -1, file, tcp.near, tcp.far, 0, 9999 };
	int out = fds[chance_of(&luck, 6)], in = fds[chance_of(&luck, 6)];
	off_t *where = (off_t *)(uintptr_t)chance_of(&luck, 4096);
	ssize_t ret;

	/*
	 * Only calls that send nothing: a write would change the file, a socket
	 * would wait.
	 */
	if (out == file || in == tcp.near || in == tcp.far || out == tcp.far)
		out = -1;
	ret = sendfile(out, in, where, 1 + chance_of(&luck, 1000));
	printf(" %zd%s", ret, ended(ret));
}

/* Waits until no bytes of the file are in flight, so that it may be changed. */
static void at_rest(void)
{
	int unsent = 1, unread = 1;

	while (unsent || unread) {
		if (ioctl(tcp.near, SIOCOUTQ, &unsent) ||
		    ioctl(tcp.far, FIONREAD, &unread))
			die("queues");
		if (unsent || unread)
			usleep(1000);
	}
}

static void resize(void)
{
	off_t size = chance_of(&luck, SIZE);

	at_rest();
	if (ftruncate(file, size))
		die("ftruncate");
	file_write(file, chance(&luck), size, chance_of(&luck, SIZE - size + 1));
}

static void step(void)
{
	int twin, n;

	switch (chance_of(&luck, 14)) {
	case 0:
		printf(" seek");
		lseek(file, chance_of(&luck, SIZE + 10000), SEEK_SET);
		break;
	case 1:
		printf(" resize");
		resize();
		break;
	case 2:
		printf(" nonblock");
		set_nonblock(tcp.near, chance_of(&luck, 2));
		break;
	case 3:
		printf(" twin");
		twin = dup(chance_of(&luck, 2) ? file : tcp.near);
		lseek(file, chance_of(&luck, SIZE), SEEK_SET);
		if (lseek(twin, 0, SEEK_CUR) >= 0)
			send_all(tcp.near, twin, NULL, a_count());
		else
			with_offset(twin, file);
		close(twin);
		break;
	case 4:
		printf(" fork");
		forked();
		break;
	case 5:
		printf(" nonsense");
		nonsense();
		break;
	case 6:
		printf(" write");
		n = 1 + chance_of(&luck, 10);
		while (send(tcp.near, "0123456789", n,
			    n % 2 ? MSG_MORE : 0) < 0 &&
		       (errno == EAGAIN || errno == EINTR))
			usleep(1000);
		break;
	case 7:
		if (chance_of(&luck, 8))
			break;
		printf(" shutdown");
		shutdown(tcp.near, SHUT_WR);
		break;
	case 8: case 9: case 10:
		printf(" here");
		send_all(tcp.near, file, NULL, a_count());
		break;
	default:
		printf(" at");
		with_offset(tcp.near, file);
	}
}

static void storm(void)
{
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = chance_of(&luck, 2) ? SA_RESTART : 0 };
	struct itimerval it = { { 0, 3000 }, { 0, 3000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static void sequence(uint64_t seed)
{
	struct reader_of r = { 0 };
	struct itimerval off = { 0 };
	sigset_t all, old;

	chance_start(&luck, seed);
	file = file_make("file", 0, seed, SIZE);
	tcp = chance_of(&luck, 2) ? pair_tight(AF_INET) : pair_loopback(AF_INET);
	r.chunk = chance_of(&luck, 2) ? 65536 : 3000;
	r.pause_us = chance_of(&luck, 3) ? 0 : 500;
	signal(SIGPIPE, on_signal);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (pthread_create(&r.thread, NULL, read_all, &r))
		die("thread");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!chance_of(&luck, 4))
		storm();
	for (int i = 0; i < STEPS; i++)
		step();
	setitimer(ITIMER_REAL, &off, NULL);
	shutdown(tcp.near, SHUT_WR);
	pthread_join(r.thread, NULL);
	printf(" got %llu %llx sigpipe %d", (unsigned long long)r.bytes,
	       (unsigned long long)wordhash_end(&r.hash), (int)pipes);
	fflush(stdout);
	_exit(0);
}

static int print_all(void)
{
	uint64_t seed = chance_seed();
	int status;

	for (unsigned int i = 0; i < SEQUENCES; i++) {
		printf("%u:", i);
		fflush(stdout);
		if (!fork())
			sequence(seed + i);
		wait(&status);
		printf("%s\n", status ? " DIED" : "");
	}
	return 0;
}

static unsigned int lines, differ, died;

static void compare(const char *plain, const char *interposed)
{
	lines++;
	died += plain && strstr(plain, "DIED");
	if (plain && interposed && !strcmp(plain, interposed))
		return;
	differ++;
	note("plain:      %s", plain ?: "(nothing)");
	note("interposed: %s", interposed ?: "(nothing)");
}

int main(int argc, char **argv)
{
	struct interposed did;
	char seed[32];

	if (argc > 1 && !strcmp(argv[1], "print"))
		return print_all();
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)chance_seed());
	setenv("ZCOPY_SEED", seed, 1);
	did = interposed_compare("print", compare);
	note("%u processes, %llu calls, %llu taken, %llu bytes", did.processes,
	     did.calls, did.taken, did.bytes);
	ktap_eq(lines, SEQUENCES + 2, "all sequences were run");
	ktap_eq(differ, 0, "plain and interposed say the same");
	ktap_eq(died, 0, "none died");
	ktap_ok(did.taken > 5 * SEQUENCES && did.taken < did.calls,
		"many calls were taken, and some not");
	return ktap_done();
}
