// SPDX-License-Identifier: GPL-2.0
/*
 * Content, expected streams and files; see fixture.h.  Content is a mixed
 * 64-bit word for each eighth position, so that nothing has to be stored.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#define CHUNK (256 * KIB)	/* written at once */
#define LOOK (16 * KIB)		/* compared at once, on the stack */

bool guest_is_debug(void)
{
	const char *kind = getenv("GUEST_KIND");

	return kind && !strcmp(kind, "debug");
}

unsigned int guest_scale(void)
{
	return guest_is_debug() ? 4 : 1;
}

uint64_t now_ms(void)
{
	return now_ns() / 1000000;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* All but the idle and iowait columns of the first line of /proc/stat. */
uint64_t cpu_ns(void)
{
	unsigned long long t[8] = {0};
	FILE *f = fopen("/proc/stat", "re");

	if (!f || fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu",
			 &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6],
			 &t[7]) != 8)
		die("/proc/stat");
	fclose(f);
	return (t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) *
	       (1000000000ULL / sysconf(_SC_CLK_TCK));
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

unsigned int fd_count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	if (!dir)
		die("/proc/self/fd");
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Not system(3): busybox's shell takes its own "ip" for the real one. */
int shell(const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;
	int status;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execlp("bash", "bash", "-c", cmd, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("running %s", cmd);
	return status;
}

/* ---- content ---- */

static inline uint64_t pattern_word(uint64_t seed, uint64_t index)
{
	uint64_t v = (index + 1) * 0x9e3779b97f4a7c15ULL ^ seed * 0xd1342543de82ef95ULL;

	v ^= v >> 31;
	v *= 0xbf58476d1ce4e5b9ULL;
	return v ^ v >> 29;
}

void pattern_fill(void *buf, uint64_t seed, uint64_t pos, size_t len)
{
	char *to = buf;
	uint64_t word;
	size_t n;

	if (pos % 8 && len) {
		word = pattern_word(seed, pos / 8);
		n = 8 - pos % 8 < len ? 8 - pos % 8 : len;
		memcpy(to, (char *)&word + pos % 8, n);
		to += n;
		pos += n;
		len -= n;
	}
	for (; len >= 8; len -= 8, pos += 8, to += 8) {
		word = pattern_word(seed, pos / 8);
		memcpy(to, &word, 8);
	}
	if (len) {
		word = pattern_word(seed, pos / 8);
		memcpy(to, &word, len);
	}
}

bool pattern_holds(const void *buf, uint64_t seed, uint64_t pos, size_t len)
{
	const struct piece p = { PIECE_PATTERN, seed, pos, len, NULL };
	struct stream s = { .pieces = (struct piece *)&p, .nr = 1, .len = len };
	struct stream_pos at = {0};

	return stream_check(&s, &at, buf, len) < 0;
}

static void stream_add(struct stream *s, struct piece p)
{
	if (!p.len)
		return;
	if (!(s->nr & (s->nr - 1))) {
		s->pieces = realloc(s->pieces, (s->nr ? 2 * s->nr : 1) * sizeof(p));
		if (!s->pieces)
			die("memory for a stream");
	}
	s->pieces[s->nr++] = p;
	s->len += p.len;
}

void stream_pattern(struct stream *s, uint64_t seed, uint64_t pos, uint64_t len)
{
	stream_add(s, (struct piece){ PIECE_PATTERN, seed, pos, len, NULL });
}

void stream_zero(struct stream *s, uint64_t len)
{
	stream_add(s, (struct piece){ PIECE_ZERO, 0, 0, len, NULL });
}

void stream_bytes(struct stream *s, const void *bytes, uint64_t len)
{
	stream_add(s, (struct piece){ PIECE_BYTES, 0, 0, len, bytes });
}

void stream_append(struct stream *s, const struct stream *tail)
{
	for (unsigned int i = 0; i < tail->nr; i++)
		stream_add(s, tail->pieces[i]);
}

void stream_free(struct stream *s)
{
	free(s->pieces);
	memset(s, 0, sizeof(*s));
}

static size_t differs_at(const char *a, const char *b, size_t len)
{
	size_t i = 0;

	while (i < len && a[i] == b[i])
		i++;
	return i;
}

static bool piece_holds(const struct piece *p, uint64_t at, const char *buf,
			size_t len, size_t *wrong)
{
	static const char zeros[LOOK];
	char made[LOOK];
	const char *want = made;

	if (p->kind == PIECE_ZERO)
		want = zeros;
	else if (p->kind == PIECE_BYTES)
		want = (const char *)p->bytes + at;
	else
		pattern_fill(made, p->seed, p->pos + at, len);
	if (!memcmp(buf, want, len))
		return true;
	*wrong = differs_at(buf, want, len);
	return false;
}

long stream_check(const struct stream *s, struct stream_pos *at,
		  const void *buf, size_t len)
{
	const char *from = buf;
	size_t done = 0, wrong;

	while (done < len) {
		const struct piece *p = s->pieces + at->piece;
		size_t n = len - done;

		if (at->piece == s->nr)
			return done;
		if (n > p->len - at->in_piece)
			n = p->len - at->in_piece;
		if (n > LOOK)
			n = LOOK;
		if (!piece_holds(p, at->in_piece, from + done, n, &wrong))
			return done + wrong;
		done += n;
		at->in_piece += n;
		if (at->in_piece == p->len) {
			at->piece++;
			at->in_piece = 0;
		}
	}
	return -1;
}

/* ---- files ---- */

void file_write(int fd, uint64_t seed, uint64_t pos, uint64_t len)
{
	char *buf = malloc(CHUNK);

	if (!buf)
		die("memory");
	while (len) {
		size_t n = len < CHUNK ? len : CHUNK;

		pattern_fill(buf, seed, pos, n);
		if (pwrite(fd, buf, n, pos) != (ssize_t)n)
			die("writing %zu bytes at %llu", n, (unsigned long long)pos);
		pos += n;
		len -= n;
	}
	free(buf);
}

static long tick(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return t.tv_nsec;
}

void file_settle(void)
{
	long now = tick();

	while (tick() == now)
		sleep_ms(1);
}

/* The descriptor is open for reading and writing, with @flags besides. */
int file_make(const char *path, int flags, uint64_t seed, uint64_t len)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s", path);
	file_write(fd, seed, 0, len);
	file_settle();
	if (!flags)
		return fd;
	if (fsync(fd))
		die("fsync %s", path);
	close(fd);
	fd = open(path, O_RDWR | O_CLOEXEC | flags);
	if (fd < 0)
		die("%s again", path);
	return fd;
}

int file_to_read(const char *path, uint64_t len)
{
	int fd = file_make(path, 0, 0, len);

	if (fchmod(fd, 0644))
		die("%s", path);
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	return fd;
}

void file_uncache(int fd)
{
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die("dropping a file from the cache");
}
