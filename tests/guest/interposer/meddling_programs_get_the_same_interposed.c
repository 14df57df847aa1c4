// SPDX-License-Identifier: GPL-2.0
/*
 * A program closes all descriptors that it does not know, takes the number of the
 * library's descriptor, has no free descriptor, drops its rights, or sends from
 * several threads or a signal handler.  Its sendfile(2) does the same with the
 * interposer as without it.
 */
#include "ktap.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "same.h"
#include "sendfiles.h"

static void s_closes_all(void)
{
	close_range(tcp.far > tcp.near ? tcp.far + 1 : tcp.near + 1, ~0U, 0);
	at(tcp.near, file, 0, SIZE);
	arrived();
}

static void s_takes_the_number(void)
{
	int fd = interposed_device();
	int mine = open("mine", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct stat st;

	fd = dup2(mine, fd < 0 ? 1000 : fd);
	at(tcp.near, file, 0, SIZE);
	at(tcp.near, file, 5, 10);
	fstat(mine, &st);
	printf(" mine: size %lld position %lld %d", (long long)st.st_size,
	       (long long)lseek(mine, 0, SEEK_CUR), write(fd, "x", 1) == 1);
	arrived();
}

static void s_drops_rights(void)
{
	mkdir("jail", 0755);
	if (chroot("jail") || chdir("/") || setgid(65534) || setuid(65534))
		die("dropping rights");
	at(tcp.near, file, 0, SIZE);
	if (!fork()) {
		at(tcp.near, file, 5, SIZE);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	arrived();
}

static void s_drops_all(void)
{
	close_range(tcp.far > tcp.near ? tcp.far + 1 : tcp.near + 1, ~0U, 0);
	s_drops_rights();
}

static void s_low_numbers(void)
{
	int fd = dup(0);

	printf(" next %d", fd - tcp.far);
	fd = interposed_device();
	printf(" %d", fd < 0 || (fcntl(fd, F_GETFD) == FD_CLOEXEC && fd > 800));
}

static void s_limit_reached(void)
{
	struct stat st;

	while (dup(0) >= 0)
		;
	at(tcp.near, file, 0, 10);
	printf(" %d", fstat(interposed_device() < 0 ? 0 : interposed_device(), &st));
}

static void *send_some(void *arg)
{
	off_t off = (long)arg;

	for (int i = 0; i < 50; i++, off = (long)arg)
		if (sendfile(tcp.near, file, &off, 64) != 64)
			return arg;
	return NULL;
}

static void s_threads(void)
{
	struct hash h = { 0 };
	pthread_t t[4];
	void *ret, *bad = NULL;

	hash_start(&h, tcp.far);
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, send_some, (void *)(i * 64 + 1));
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &ret);
		bad = ret ?: bad;
	}
	close(tcp.near);
	pthread_join(h.thread, NULL);
	printf(" %p %llu", bad, (unsigned long long)h.bytes);
}

static void send_in_handler(int sig)
{
	off_t off = 7;

	(void)sig;
	alarms += sendfile(tcp.near, file, &off, 8) == 8;
}

static void s_in_handler(void)
{
	struct hash h = { 0 };

	hash_start(&h, tcp.far);
	signal(SIGALRM, send_in_handler);
	for (int i = 0; i < 20; i++)
		raise(SIGALRM);
	printf(" %d", (int)alarms);
	close(tcp.near);
	hash_end(&h, true);
}

static const struct situation situations[] = {
	S(closes_all), S(takes_the_number), S(drops_rights), S(drops_all),
	S(low_numbers), S(limit_reached), S(threads), S(in_handler),
	{ 0 }
};

int main(int argc, char **argv)
{
	struct interposed did = same_interposed(argc, argv, situations, sendfiles_prepare);

	ktap_ok(did.taken > 200, "calls were taken");
	return ktap_done();
}
