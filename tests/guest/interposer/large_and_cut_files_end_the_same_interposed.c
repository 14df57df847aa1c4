// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile(2) sends files beyond 4 GiB, counts beyond 2 GiB, and files that are
 * truncated before and during the call.  Counts, offsets and bytes are the same
 * with the interposer as without it.
 * guest: timeout=300 skip-on=debug takes=12
 */
#include "ktap.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "same.h"
#include "sendfiles.h"

static void s_sparse(void)
{
	int fd = sparse(5 * GIB);
	struct hash h = { 0 };

	hash_start(&h, tcp.far);
	at(tcp.near, fd, 5 * GIB - MIB, 2 * MIB);
	at(tcp.near, fd, 4 * GIB - 70000, 140000);
	lseek(fd, 5 * GIB - 100000, SEEK_SET);
	here(tcp.near, fd, SIZE + 1);
	close(tcp.near);
	hash_end(&h, true);
}

static void *discard_all(void *arg)
{
	struct hash *h = arg;
	ssize_t n;

	while ((n = recv(h->fd, NULL, 1 << 24, MSG_TRUNC)) > 0)
		h->bytes += n;
	return NULL;
}

static void discard(struct hash *h)
{
	int least = 256 << 10;

	h->fd = tcp.far;
	/* 2 GiB need not wake the reader for each segment. */
	if (setsockopt(h->fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof(least)))
		die("SO_RCVLOWAT");
	if (pthread_create(&h->thread, NULL, discard_all, h))
		die("thread");
}

static void s_cap(void)
{
	int fd = sparse(5 * GIB);
	struct hash h = { 0 };

	discard(&h);
	at(tcp.near, fd, 1, 1LL << 40);
	close(tcp.near);
	pthread_join(h.thread, NULL);
	printf(" got %llu", (unsigned long long)h.bytes);
}

static void s_shrunk(void)
{
	at(tcp.near, file, 0, 10);
	if (ftruncate(file, 5000))
		die("ftruncate");
	at(tcp.near, file, 0, SIZE);
	at(tcp.near, file, 5000, SIZE);
	arrived();
}

/* A reader that begins when a process is over */
struct follower {
	struct hash h;
	pid_t pid;
	pthread_t thread;
};

static void *follow(void *arg)
{
	struct follower *f = arg;

	waitpid(f->pid, NULL, 0);
	hash_start(&f->h, tcp.far);
	return NULL;
}

/* Truncates the file while it is being sent: before the peer reads, most of it waits. */
static void s_shrinks(void)
{
	int fd = file_make("big", 0, 7, BIG);
	struct follower f = { .pid = fork() };
	off_t off = 0;

	if (!f.pid) {
		sleep_ms(500);
		_exit(truncate("big", BIG - 1000000) ? 1 : 0);
	}
	tight();
	if (pthread_create(&f.thread, NULL, follow, &f))
		die("thread");
	call(tcp.near, fd, &off, BIG, true);
	printf(" offset %lld", (long long)off);
	call(tcp.near, fd, &off, BIG, true);
	pthread_join(f.thread, NULL);
	close(tcp.near);
	hash_end(&f.h, true);
}

static const struct situation situations[] = {
	S(sparse), { "cap", s_cap, .slow = true }, S(shrunk), S(shrinks),
	{ 0 }
};

int main(int argc, char **argv)
{
	struct interposed did = same_interposed(argc, argv, situations, sendfiles_prepare);

	ktap_ok(did.taken >= 4 && did.bytes > 3 * MIB, "calls were taken");
	return ktap_done();
}
