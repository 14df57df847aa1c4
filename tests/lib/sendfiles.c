// SPDX-License-Identifier: GPL-2.0
/*
 * The building blocks for situations of sendfile(2); see sendfiles.h.
 */
#include "sendfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define MARK	4242		/* an errno that nothing sets */
#define NAP_MS	30		/* while a socket may get room */
#define QUIET	24		/* naps */

int file;
struct pair tcp;
volatile sig_atomic_t pipes, alarms;
siginfo_t pipe_info;

static const char *name_of(int err)
{
	return strerrorname_np(err) ?: "?";
}

/* Prints a count; where a short count depends on time, only that it is short. */
static void say(ssize_t ret, size_t count, bool exact)
{
	if (ret < 0)
		printf(" %s", name_of(errno));
	else if (exact || (size_t)ret == count || !ret)
		printf(" %zd", ret);
	else
		printf(" short");
	if (ret >= 0 && errno != MARK)
		printf("(errno touched)");
}

ssize_t call(int out, int in, off_t *off, size_t count, bool exact)
{
	ssize_t ret;

	errno = MARK;
	ret = sendfile(out, in, off, count);
	say(ret, count, exact);
	return ret;
}

ssize_t at(int out, int in, off_t off, size_t count)
{
	ssize_t ret = call(out, in, &off, count, true);

	printf(" offset %lld position %lld", (long long)off,
	       (long long)lseek(in, 0, SEEK_CUR));
	return ret;
}

ssize_t here(int out, int in, size_t count)
{
	ssize_t ret = call(out, in, NULL, count, true);

	printf(" position %lld", (long long)lseek(in, 0, SEEK_CUR));
	return ret;
}

void to(int fd)
{
	if (fd < 0)
		printf(" (not here)");
	at(fd, file, 1, 1000);
	here(fd, file, 1000);
	printf(" sigpipe %d", (int)pipes);
}

static void *hash_all(void *arg)
{
	struct hash *h = arg;
	unsigned char buf[16384];
	ssize_t n;

	while ((n = recv(h->fd, buf, sizeof(buf), 0)) > 0) {
		wordhash_add(&h->hash, buf, n);
		h->bytes += n;
		if (h->pause_ms && h->bytes < 300000)
			sleep_ms(h->pause_ms);
	}
	h->err = n ? errno : 0;
	return NULL;
}

void hash_start(struct hash *h, int fd)
{
	sigset_t all, old;

	h->fd = fd;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (pthread_create(&h->thread, NULL, hash_all, h))
		die("thread");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void hash_end(struct hash *h, bool tell)
{
	pthread_join(h->thread, NULL);
	if (tell)
		printf(" got %llu %llx", (unsigned long long)h->bytes,
		       (unsigned long long)wordhash_end(&h->hash));
	if (h->err)
		printf(" reader %s", name_of(h->err));
}

void arrived(void)
{
	struct hash h = { 0 };

	close(tcp.near);
	hash_start(&h, tcp.far);
	hash_end(&h, true);
}

static void on_pipe(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	pipe_info = *info;
	pipes++;
}

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

void alarms_every(unsigned int ms, bool restart)
{
	struct sigaction sa = { .sa_handler = on_alarm,
				.sa_flags = restart ? SA_RESTART : 0 };
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	struct itimerval it = { .it_value = tv, .it_interval = tv };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

void alarms_end(void)
{
	const struct itimerval none = { 0 };

	setitimer(ITIMER_REAL, &none, NULL);
	printf(" alarms %d", alarms > 0);
}

void tight(void)
{
	pair_close(&tcp);
	tcp = pair_tight(AF_INET);
}

/* So many naps are longer than TCP waits before it probes a closed window. */
static unsigned int naps(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	unsigned int nr;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		die("TCP_INFO");
	nr = (100 + 2 * info.tcpi_rto / 1000) / NAP_MS;
	return nr > QUIET ? nr : QUIET;
}

void fill(int fd)
{
	static char junk[4096];

	/*
	 * When TCP probes, after 200 ms or later in a slow guest, the peer may take some
	 * more.
	 */
	for (unsigned int quiet = 0; quiet < naps(fd); quiet++) {
		while (send(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
			quiet = 0;
		sleep_ms(NAP_MS);
	}
}

int sparse(off_t size)
{
	int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (ftruncate(fd, size))
		die("ftruncate");
	file_write(fd, 9, size - 65536, 65536);
	return fd;
}

void sendfiles_prepare(void)
{
	const struct sigaction on_pipes = {
		.sa_sigaction = on_pipe, .sa_flags = SA_SIGINFO | SA_RESTART,
	};
	int fd = file_make("file", 0, 1, SIZE);

	file = open("file", O_RDWR);
	close(fd);
	tcp = pair_loopback(AF_INET);
	sigaction(SIGPIPE, &on_pipes, NULL);
}
