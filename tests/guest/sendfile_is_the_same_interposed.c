// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile(2) in one situation after the other, plain and interposed: returns,
 * errno, offset, position, signals and bytes are the same.  Each situation is a
 * process; what it prints is compared.
 * guest: timeout=240
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interposed.h"
#include "life.h"
#include "peers.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define SIZE	100000
#define BIG	(4 << 20)
#define MARK	4242		/* an errno that nothing sets */

/* ---- what a situation has, and prints ---- */

static int file;		/* SIZE bytes of the pattern */
static struct pair tcp;
static volatile sig_atomic_t pipes, alarms;
static const char *situation = "";

static const char *name_of(int err)
{
	return strerrorname_np(err) ?: "?";
}

/* A count as it is, or whether it fell short, where that depends on time. */
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

static ssize_t call(int out, int in, off_t *off, size_t count, bool exact)
{
	ssize_t ret;

	errno = MARK;
	ret = sendfile(out, in, off, count);
	say(ret, count, exact);
	return ret;
}

/* With an offset: prints it and the position too. */
static ssize_t at(int out, int in, off_t off, size_t count)
{
	ssize_t ret = call(out, in, &off, count, true);

	printf(" offset %lld position %lld", (long long)off,
	       (long long)lseek(in, 0, SEEK_CUR));
	return ret;
}

/* Without one. */
static ssize_t here(int out, int in, size_t count)
{
	ssize_t ret = call(out, in, NULL, count, true);

	printf(" position %lld", (long long)lseek(in, 0, SEEK_CUR));
	return ret;
}

struct hash {
	int fd;
	uint64_t bytes, value;
	unsigned int pause_ms;
	int err;
	pthread_t thread;
};

static void *hash_all(void *arg)
{
	struct hash *h = arg;
	unsigned char buf[16384];
	ssize_t n;

	h->value = 14695981039346656037ULL;
	while ((n = recv(h->fd, buf, sizeof(buf), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			h->value = (h->value ^ buf[i]) * 1099511628211ULL;
		h->bytes += n;
		if (h->pause_ms && h->bytes < 300000)
			sleep_ms(h->pause_ms);
	}
	h->err = n ? errno : 0;
	return NULL;
}

static void hash_start(struct hash *h, int fd)
{
	sigset_t all, old;

	h->fd = fd;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (pthread_create(&h->thread, NULL, hash_all, h))
		die("thread");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void hash_end(struct hash *h, bool tell)
{
	pthread_join(h->thread, NULL);
	if (tell)
		printf(" got %llu %llx", (unsigned long long)h->bytes,
		       (unsigned long long)h->value);
	if (h->err)
		printf(" reader %s", name_of(h->err));
}

/* What came, once the near end is closed. */
static void arrived(void)
{
	struct hash h = { 0 };

	close(tcp.near);
	hash_start(&h, tcp.far);
	hash_end(&h, true);
}

static void on_pipe(int sig)
{
	(void)sig;
	pipes++;
}

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void alarm_in(unsigned int ms, bool restart)
{
	struct sigaction sa = { .sa_handler = on_alarm,
				.sa_flags = restart ? SA_RESTART : 0 };
	struct itimerval it = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static void tight(void)
{
	pair_close(&tcp);
	tcp = pair_tight(AF_INET);
}

/* The socket takes no byte more. */
static void fill(int fd)
{
	static char junk[4096];

	for (int quiet = 0; quiet < 3; quiet++) {
		while (send(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
			quiet = 0;
		sleep_ms(30);
	}
}

static int sparse(off_t size)
{
	int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (ftruncate(fd, size))
		die("ftruncate");
	file_write(fd, 9, size - 65536, 65536);
	return fd;
}

static void discard(struct hash *h);

/* ---- offsets and positions ---- */

static void s_whole(void) { at(tcp.near, file, 0, SIZE); arrived(); }
static void s_part(void) { at(tcp.near, file, 4095, 4098); arrived(); }
static void s_byte(void) { at(tcp.near, file, SIZE - 1, 1); arrived(); }
static void s_beyond(void) { at(tcp.near, file, SIZE - 10, 100); arrived(); }
static void s_at_end(void) { at(tcp.near, file, SIZE, 10); arrived(); }
static void s_past_end(void) { at(tcp.near, file, SIZE + 5000, 10); arrived(); }
static void s_far_off(void) { at(tcp.near, file, 1LL << 62, 10); arrived(); }
static void s_last(void) { at(tcp.near, file, LLONG_MAX - 1, 1); arrived(); }
static void s_over(void) { at(tcp.near, file, LLONG_MAX - 5, 100); arrived(); }
static void s_negative(void) { at(tcp.near, file, -1, 10); arrived(); }
static void s_lowest(void) { at(tcp.near, file, LLONG_MIN, 10); arrived(); }
static void s_none(void) { at(tcp.near, file, 10, 0); here(tcp.near, file, 0); }
static void s_minus(void) { at(tcp.near, file, 10, -1); here(tcp.near, file, -1); }
static void s_half(void) { at(tcp.near, file, 10, (size_t)SSIZE_MAX + 1); }
static void s_most(void) { at(tcp.near, file, 10, SSIZE_MAX - 10); arrived(); }
static void s_none_bad(void) { at(-1, file, 0, 0); at(tcp.near, -1, 0, 0); at(file, file, 0, 0); }

static void s_position(void)
{
	int twin = dup(file);

	lseek(file, 1000, SEEK_SET);
	here(tcp.near, file, 5000);
	here(tcp.near, twin, 5000);
	at(tcp.near, file, 3, 5);
	here(tcp.near, file, SIZE);
	here(tcp.near, file, SIZE);
	lseek(file, SIZE + 77, SEEK_SET);
	here(tcp.near, file, 10);
	arrived();
}

static void s_position_kept(void)
{
	lseek(file, 77, SEEK_SET);
	here(-1, file, 10);
	shutdown(tcp.near, SHUT_WR);
	signal(SIGPIPE, SIG_IGN);
	here(tcp.near, file, 10);
	at(tcp.near, file, 5, 10);
}

static void s_pieces(void)
{
	off_t off = 0;

	for (size_t n = 1; off < SIZE; n = n * 3 + 1)
		call(tcp.near, file, &off, n, true);
	printf(" offset %lld", (long long)off);
	arrived();
}

static void s_pointer(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*(off_t *)(map + page) = 100;
	mprotect(map + page, page, PROT_READ);
	munmap(map + 2 * page, page);
	call(tcp.near, file, (off_t *)8, 10, true);
	call(tcp.near, file, (off_t *)-8, 10, true);
	call(tcp.near, file, (off_t *)(map + 2 * page), 10, true);
	call(tcp.near, file, (off_t *)(map + 2 * page - 4), 10, true);
	/* Read-only: it is sent, and then it fails. */
	call(tcp.near, file, (off_t *)(map + page), 10, true);
	call(-1, file, (off_t *)8, 10, true);
	/* Not aligned is no fault. */
	memset(map, 0, 64);
	call(tcp.near, file, (off_t *)(map + 3), 10, true);
	printf(" %d", map[3]);
	arrived();
}

/* Where the stack of the first thread ends, of which no page more is there */
static char *stack_end(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long end = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[stack]"))
			sscanf(line, "%*x-%lx", &end);
	if (f)
		fclose(f);
	if (!end)
		die("no stack");
	return (char *)end;
}

static void around_stack(char *end)
{
	off_t room[5000] = { [0] = 5, [2500] = 6, [4999] = 7 };

	call(tcp.near, file, &room[0], 10000, true);
	call(tcp.near, file, &room[2500], 10000, true);
	call(tcp.near, file, &room[4999], 10000, true);
	printf(" offsets %lld %lld %lld", (long long)room[0],
	       (long long)room[2500], (long long)room[4999]);
	call(tcp.near, file, (off_t *)(end - 4), 10000, true);
	call(tcp.near, file, (off_t *)end, 10000, true);
	call(tcp.near, file, (off_t *)(end + 4096), 10000, true);
}

static void *around_mine(void *end)
{
	around_stack(end);
	return NULL;
}

static void s_pointer_on_stack(void)
{
	const size_t stack = 2 << 20, beyond = 64 * 1024;
	char *map = mmap(NULL, stack + beyond, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	around_stack(stack_end());
	mprotect(map + stack, beyond, PROT_NONE);
	pthread_attr_init(&attr);
	if (pthread_attr_setstack(&attr, map, stack) ||
	    pthread_create(&thread, &attr, around_mine, map + stack))
		die("thread");
	pthread_join(thread, NULL);
	arrived();
}

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
	h->fd = tcp.far;
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

/* ---- sources ---- */

static void from(int fd)
{
	at(tcp.near, fd, 0, 1000);
	here(tcp.near, fd, 1000);
	arrived();
}

static int two(int fd[2], int which)
{
	if (fd[0] < 0)
		die("no descriptors");
	return fd[which];
}

static void s_in_closed(void) { close(file); from(file); }
static void s_in_negative(void) { from(-1); }
static void s_in_huge(void) { from(INT_MAX); }
static void s_in_wronly(void) { from(open("file", O_WRONLY)); }
static void s_in_path(void) { from(open("file", O_PATH)); }
static void s_in_rdwr(void) { from(open("file", O_RDWR | O_APPEND)); }
static void s_in_nonblock(void) { from(open("file", O_RDONLY | O_NONBLOCK)); }
static void s_in_dir(void) { from(open(".", O_RDONLY)); }
static void s_in_zero(void) { from(open("/dev/zero", O_RDONLY)); }
static void s_in_null(void) { from(open("/dev/null", O_RDONLY)); }
static void s_in_block(void) { from(open("/dev/vda", O_RDONLY)); }
static void s_in_event(void) { from(eventfd(1, EFD_NONBLOCK)); }
static void s_in_epoll(void) { from(epoll_create1(0)); }
static void s_in_self(void) { from(tcp.near); }
static void s_in_version(void) { from(open("/proc/version", O_RDONLY)); }
static void s_in_sysctl(void) { from(open("/proc/sys/kernel/ostype", O_RDONLY)); }
static void s_in_mem(void) { from(open("/proc/self/mem", O_RDONLY)); }
static void s_in_sysfs(void) { from(open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY)); }
static void s_in_cgroup(void) { from(open("/sys/fs/cgroup/cgroup.controllers", O_RDONLY)); }

static void s_in_empty(void)
{
	from(open("empty", O_RDONLY | O_CREAT, 0600));
}

static void s_in_direct(void)
{
	from(open("file", O_RDONLY | O_DIRECT));
}

static void s_in_gone(void)
{
	unlink("file");
	from(file);
}

static void s_in_memfd(void)
{
	int fd = memfd_create("m", 0);

	file_write(fd, 3, 0, 5000);
	lseek(fd, 0, SEEK_SET);
	from(fd);
}

static void s_in_pipe(void)
{
	int fd[2];

	if (pipe(fd) || write(fd[1], "hello", 5) != 5)
		die("pipe");
	close(fd[1]);
	from(two(fd, 0));
}

static void s_in_unix(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		die("socketpair");
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	from(two(fd, 0));
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

/* Cut off while it is on its way */
static void s_shrinks(void)
{
	int fd = file_make("big", 0, 7, BIG);
	struct hash h = { .pause_ms = 100 };
	pid_t pid = fork();
	off_t off = 0;

	if (!pid) {
		sleep_ms(500);
		_exit(truncate("big", BIG - 1000000) ? 1 : 0);
	}
	tight();
	hash_start(&h, tcp.far);
	call(tcp.near, fd, &off, BIG, true);
	printf(" offset %lld", (long long)off);
	call(tcp.near, fd, &off, BIG, true);
	waitpid(pid, NULL, 0);
	close(tcp.near);
	hash_end(&h, true);
}

/* ---- destinations ---- */

static void to(int fd)
{
	if (fd < 0)
		printf(" (not here)");
	at(fd, file, 1, 1000);
	here(fd, file, 1000);
	printf(" sigpipe %d", (int)pipes);
}

static void s_out_negative(void) { to(-1); }
static void s_out_path(void) { to(open("file", O_PATH)); }
static void s_out_rdonly(void) { to(open("file", O_RDONLY)); }
static void s_out_dir(void) { to(open(".", O_RDONLY)); }
static void s_out_null(void) { to(open("/dev/null", O_WRONLY)); }
static void s_out_event(void) { to(eventfd(0, EFD_NONBLOCK)); }
static void s_out_fresh(void) { to(socket(AF_INET, SOCK_STREAM, 0)); }
static void s_out_udp(void) { to(socket(AF_INET, SOCK_DGRAM, 0)); }
static void s_out_netlink(void) { to(socket(AF_NETLINK, SOCK_RAW, 0)); }
static void s_out_zcopy(void) { to(open("/dev/zcopy", O_RDWR)); }

static void s_out_closed(void)
{
	close(tcp.near);
	to(tcp.near);
}

static void s_out_file(void)
{
	struct stat st;
	int fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);

	to(fd);
	printf(" out position %lld", (long long)lseek(fd, 0, SEEK_CUR));
	lseek(fd, 10, SEEK_SET);
	at(fd, file, 50000, 5);
	fstat(fd, &st);
	printf(" size %lld", (long long)st.st_size);
}

static void s_out_append(void)
{
	to(open("out", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600));
}

static void s_out_same(void)
{
	int fd = open("file", O_RDWR);

	to(fd);
}

static void s_out_pipe(void)
{
	int fd[2];

	if (pipe(fd))
		die("pipe");
	to(two(fd, 1));
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	at(fd[1], file, 0, SIZE);
	at(fd[1], file, 0, SIZE);
	close(fd[0]);
	at(fd[1], file, 0, SIZE);
	printf(" sigpipe %d", (int)pipes);
}

static void s_out_unix(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		die("socketpair");
	to(two(fd, 1));
	close(fd[0]);
	to(fd[1]);
}

static void s_out_unix_dgram(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd))
		die("socketpair");
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	to(two(fd, 1));
}

static void s_out_udp_connected(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (void *)&sin, sizeof(sin)))
		die("connect");
	at(fd, file, 1, 1000);
}

static void s_out_listening(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (listen(fd, 1))
		die("listen");
	to(fd);
}

static void s_out_v6(void)
{
	pair_close(&tcp);
	tcp = pair_loopback(AF_INET6);
	to(tcp.near);
	arrived();
}

static void s_out_mptcp(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (l < 0 || bind(l, (void *)&sin, sizeof(sin)) || listen(l, 1) ||
	    getsockname(l, (void *)&sin, &len) ||
	    connect(fd, (void *)&sin, sizeof(sin))) {
		printf(" (not here)");
		return;
	}
	pair_close(&tcp);
	tcp = (struct pair) { .near = fd, .far = accept(l, NULL, NULL) };
	to(fd);
	arrived();
}

static void s_out_tcp_append(void)
{
	fcntl(tcp.near, F_SETFL, O_APPEND);
	to(tcp.near);
	arrived();
}

static void s_out_shut(void)
{
	shutdown(tcp.near, SHUT_WR);
	to(tcp.near);
}

static void s_out_shut_far(void)
{
	shutdown(tcp.far, SHUT_WR);
	sleep_ms(50);
	to(tcp.near);
	arrived();
}

static void s_out_reset(void)
{
	life_reset(tcp.far);
	sleep_ms(50);
	to(tcp.near);
	to(tcp.near);
}

static void s_out_reset_fin(void)
{
	shutdown(tcp.far, SHUT_WR);
	sleep_ms(50);
	life_reset(tcp.far);
	sleep_ms(50);
	to(tcp.near);
	to(tcp.near);
}

static void s_out_closed_far(void)
{
	close(tcp.far);
	sleep_ms(50);
	at(tcp.near, file, 0, 10);
	sleep_ms(100);
	at(tcp.near, file, 0, 10);
	at(tcp.near, file, 0, 10);
	printf(" sigpipe %d", (int)pipes);
}

static void s_corked(void)
{
	int one = 1;

	setsockopt(tcp.near, IPPROTO_TCP, TCP_CORK, &one, sizeof(one));
	at(tcp.near, file, 0, 10);
	sleep_ms(50);
	printf(" %d", recv(tcp.far, &one, 1, MSG_DONTWAIT | MSG_PEEK) > 0);
	arrived();
}

static void s_header(void)
{
	if (send(tcp.near, "header", 6, MSG_MORE) != 6)
		die("send");
	at(tcp.near, file, 0, 10);
	if (send(tcp.near, "trailer", 7, 0) != 7)
		die("send");
	here(tcp.near, file, 10);
	arrived();
}

/* ---- SIGPIPE ---- */

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

/* The peer goes away while we wait for it. */
static void reset_waiting(bool fin)
{
	int fd = file_make("big", 0, 7, BIG);
	pid_t pid;

	tight();
	pid = fork();
	if (!pid) {
		close(tcp.near);
		sleep_ms(300);
		if (fin)
			shutdown(tcp.far, SHUT_WR);
		sleep_ms(fin ? 100 : 0);
		life_reset(tcp.far);
		_exit(0);
	}
	close(tcp.far);
	call(tcp.near, fd, NULL, BIG, false);
	printf(" sigpipe %d", (int)pipes);
	call(tcp.near, fd, NULL, BIG, false);
	call(tcp.near, fd, NULL, BIG, false);
	printf(" sigpipe %d", (int)pipes);
	waitpid(pid, NULL, 0);
}

static void s_reset_waiting(void) { reset_waiting(false); }
static void s_reset_after_fin(void) { reset_waiting(true); }

/* ---- waiting ---- */

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
	alarm_in(300, false);
	call(tcp.near, file, &off, 1000, true);
	printf(" offset %lld alarms %d", (long long)off, (int)alarms);
}

static void s_signal_restart(void)
{
	struct hash h = { .pause_ms = 0 };
	pid_t pid;

	tight();
	fill(tcp.near);
	pid = fork();
	if (!pid) {
		/* Long after the alarm */
		sleep_ms(1000);
		hash_start(&h, tcp.far);
		hash_end(&h, false);
		_exit(0);
	}
	alarm_in(200, true);
	at(tcp.near, file, 0, 1000);
	printf(" alarms %d", (int)alarms);
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
	alarm_in(200, true);
	at(tcp.near, file, 0, 1000);
	printf(" alarms %d", (int)alarms);
}

static void s_signal_midway(void)
{
	int fd = file_make("big", 0, 7, BIG);

	tight();
	alarm_in(500, true);
	call(tcp.near, fd, NULL, BIG, false);
	printf(" alarms %d", (int)alarms);
}

/* Stopped and continued, with no handler to tell of: it goes on. */
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

/* ---- what programs do to themselves ---- */

/* The descriptor of the library, -1 if there is none */
static int library_fd(void)
{
	char path[64], where[64];
	ssize_t n;

	for (int fd = 3; fd < 1100; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, where, sizeof(where) - 1);
		if (n > 0 && !strncmp(where, "/dev/zcopy", n) && n == 10)
			return fd;
	}
	return -1;
}

static void s_closes_all(void)
{
	close_range(tcp.far > tcp.near ? tcp.far + 1 : tcp.near + 1, ~0U, 0);
	at(tcp.near, file, 0, SIZE);
	arrived();
}

static void s_takes_the_number(void)
{
	int fd = library_fd();
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
	fd = library_fd();
	printf(" %d", fd < 0 || (fcntl(fd, F_GETFD) == FD_CLOEXEC && fd > 800));
}

static void s_limit_reached(void)
{
	struct stat st;

	while (dup(0) >= 0)
		;
	at(tcp.near, file, 0, 10);
	printf(" %d", fstat(library_fd() < 0 ? 0 : library_fd(), &st));
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

#define S(name)	{ #name, s_##name }

static const struct {
	const char *name;
	void (*run)(void);
} situations[] = {
	S(whole), S(part), S(byte), S(beyond), S(at_end), S(past_end), S(far_off),
	S(last), S(over), S(negative), S(lowest), S(none), S(minus), S(half),
	S(most), S(none_bad), S(position), S(position_kept), S(pieces), S(pointer),
	S(pointer_on_stack),
	S(sparse), S(cap),
	S(in_closed), S(in_negative), S(in_huge), S(in_wronly), S(in_path),
	S(in_rdwr), S(in_nonblock), S(in_dir), S(in_zero), S(in_null), S(in_block),
	S(in_event), S(in_epoll), S(in_self), S(in_version), S(in_sysctl),
	S(in_mem), S(in_sysfs), S(in_cgroup), S(in_empty), S(in_direct),
	S(in_gone), S(in_memfd), S(in_pipe), S(in_unix), S(shrunk), S(shrinks),
	S(out_negative), S(out_path), S(out_rdonly), S(out_dir), S(out_null),
	S(out_event), S(out_fresh), S(out_udp), S(out_netlink), S(out_zcopy),
	S(out_closed), S(out_file), S(out_append), S(out_same), S(out_pipe),
	S(out_unix), S(out_unix_dgram), S(out_udp_connected), S(out_listening),
	S(out_v6), S(out_mptcp), S(out_tcp_append), S(out_shut), S(out_shut_far),
	S(out_reset), S(out_reset_fin), S(out_closed_far), S(corked), S(header),
	S(pipe_default), S(pipe_ignored), S(pipe_blocked), S(reset_waiting),
	S(reset_after_fin),
	S(nonblock), S(nonblock_all), S(slow_reader), S(timeout), S(signal),
	S(signal_restart), S(signal_timeout), S(signal_midway), S(stopped),
	S(killed),
	S(closes_all), S(takes_the_number), S(drops_rights), S(drops_all),
	S(low_numbers), S(limit_reached), S(threads), S(in_handler),
};

static void be_in(void (*run)(void))
{
	int fd = file_make("file", 0, 1, SIZE);

	file = open("file", O_RDWR);
	close(fd);
	tcp = pair_loopback(AF_INET);
	signal(SIGPIPE, on_pipe);
	alarm(60 * guest_scale());
	run();
	fflush(stdout);
	_exit(0);
}

static int print_all(void)
{
	int status;

	for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++) {
		situation = situations[i].name;
		if (!strcmp(situation, "cap") && guest_is_debug())
			continue;	/* 2 GiB twice take it too long */
		printf("%s:", situation);
		fflush(stdout);
		if (!fork())
			be_in(situations[i].run);
		wait(&status);
		if (status)
			printf(" ended with %d", status);
		printf("\n");
	}
	return 0;
}

static void compare(const char *plain, const char *interposed)
{
	bool same = plain && interposed && !strcmp(plain, interposed);

	ktap_ok(same, "%.100s", plain ?: interposed);
	if (!same)
		ktap_note("interposed: %s", interposed ?: "(nothing)");
}

int main(int argc, char **argv)
{
	struct interposed did;

	if (argc > 1 && !strcmp(argv[1], "print"))
		return print_all();
	did = interposed_compare("print", compare);
	ktap_note("%u processes, %llu calls, %llu taken, %llu bytes", did.processes,
		  did.calls, did.taken, did.bytes);
	ktap_ok(did.taken > 100 && did.bytes > 8 * MIB, "many calls were taken");
	ktap_ok(did.taken < did.calls, "and some were not");
	return ktap_done();
}
