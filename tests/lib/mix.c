// SPDX-License-Identifier: GPL-2.0
/*
 * Counts old and new bytes; see mix.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "ktap.h"
#include "mix.h"

#define CHUNK	(64 * KIB)
#define LOOK	4096		/* compared at once, on the stack */

void mix_write(int file, uint64_t seed, uint64_t len)
{
	file_write(file, seed, 0, len);
}

static uint64_t equal_bytes(uint64_t a, uint64_t b)
{
	uint64_t x = a ^ b;

	x |= x >> 4;
	x |= x >> 2;
	x |= x >> 1;
	return 8 - __builtin_popcountll(x & 0x0101010101010101ULL);
}

/* Words at a time, because emulated machines take long for each byte */
static void count_mixed(struct mix *m, const unsigned char *got, uint64_t pos, size_t len)
{
	unsigned char old[LOOK], new[LOOK];
	uint64_t c, o, n;
	size_t i = 0;

	pattern_fill(old, MIX_OLD, pos, len);
	pattern_fill(new, MIX_NEW, pos, len);
	for (; i + 8 <= len; i += 8) {
		memcpy(&c, got + i, 8);
		memcpy(&o, old + i, 8);
		memcpy(&n, new + i, 8);
		if (c != o && c != n)
			break;
		m->old += equal_bytes(c, o);
		m->new += c == n ? 8 - equal_bytes(n, o) : 0;
	}
	for (; i < len; i++) {
		m->old += got[i] == old[i];
		m->new += got[i] == new[i] && new[i] != old[i];
	}
}

void mix_count(struct mix *m, const void *got, uint64_t pos, size_t len)
{
	const unsigned char *c = got;
	unsigned char old[LOOK];

	for (size_t done = 0, n; done < len; done += n) {
		n = len - done < LOOK ? len - done : LOOK;
		pattern_fill(old, MIX_OLD, pos + done, n);
		if (!memcmp(c + done, old, n))
			m->old += n;
		else
			count_mixed(m, c + done, pos + done, n);
	}
	m->bytes += len;
}

bool mix_read(struct mix *m, int fd, uint64_t len)
{
	char *got = malloc(CHUNK);

	if (!got)
		die("memory");
	*m = (struct mix){ 0 };
	while (m->bytes < len) {
		uint64_t left = len - m->bytes;
		ssize_t n = read(fd, got, left < CHUNK ? left : CHUNK);

		if (n <= 0)
			break;
		mix_count(m, got, m->bytes, n);
	}
	free(got);
	return m->bytes == len;
}

bool mix_is_old(const struct mix *m, uint64_t len)
{
	if (m->bytes == len && m->old == len)
		return true;
	note("%llu bytes of %llu: %llu old, %llu new",
	     (unsigned long long)m->bytes, (unsigned long long)len,
	     (unsigned long long)m->old, (unsigned long long)m->new);
	return false;
}

void mix_room(int sock, int which, int bytes)
{
	if (setsockopt(sock, SOL_SOCKET, which, &bytes, sizeof(bytes)))
		die("buffer of a socket");
}
