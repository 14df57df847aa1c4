// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile(2) is called at any offset, from any position, with any count and any
 * pointer to the offset.  Return value, errno, both offsets and the bytes are the
 * same with the interposer as without it.
 *
 * guest: skip-on=debug
 */
#include "ktap.h"

#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <unistd.h>

#include "same.h"
#include "sendfiles.h"

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

static unsigned long long io_of(const char *key)
{
	FILE *f = fopen("/proc/self/io", "r");
	unsigned long long n = 0;
	char line[80];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			sscanf(line, "%*s %llu", &n);
	if (f)
		fclose(f);
	return n;
}

/* inotify watchers and the I/O accounting see the send. */
static void s_noticed(void)
{
	unsigned long long rchar = io_of("rchar:"), wchar = io_of("wchar:");
	struct inotify_event event = { 0 };
	int watch = inotify_init1(IN_NONBLOCK);

	inotify_add_watch(watch, "file", IN_ACCESS);
	at(tcp.near, file, 0, SIZE);
	printf(" told %d", read(watch, &event, sizeof(event)) == sizeof(event) &&
	       event.mask == IN_ACCESS);
	at(tcp.near, file, SIZE, SIZE);
	printf(" told %d", read(watch, &event, sizeof(event)) == sizeof(event));
	printf(" counted %d %d", io_of("rchar:") - rchar >= SIZE,
	       io_of("wchar:") - wchar >= SIZE);
	arrived();
	close(watch);
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
	/* A read-only offset: bytes are sent, and then the call fails. */
	call(tcp.near, file, (off_t *)(map + page), 10, true);
	call(-1, file, (off_t *)8, 10, true);
	/* An unaligned offset is no error. */
	memset(map, 0, 64);
	call(tcp.near, file, (off_t *)(map + 3), 10, true);
	printf(" %d", map[3]);
	arrived();
}

/* The end of the main thread's stack, after which no page is mapped */
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

static const struct situation situations[] = {
	S(whole), S(part), S(byte), S(beyond), S(at_end), S(past_end), S(far_off),
	S(last), S(over), S(negative), S(lowest), S(none), S(minus), S(half),
	S(most), S(none_bad), S(position), S(position_kept), S(noticed), S(pieces), S(pointer),
	S(pointer_on_stack),
	{ 0 }
};

int main(int argc, char **argv)
{
	struct interposed did;

	/*
	 * With random addresses the kernel puts the clock's pages anywhere behind the
	 * stack; right behind it, an offset is read from them that differs each time.
	 */
	personality(ADDR_NO_RANDOMIZE);
	did = same_interposed(argc, argv, situations, sendfiles_prepare);
	ktap_ok(did.taken > 20, "calls were taken");
	ktap_ok(did.taken < did.calls, "and some were not");
	return ktap_done();
}
