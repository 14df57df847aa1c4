// SPDX-License-Identifier: GPL-2.0
/*
 * Counts old and new bytes; see mix.h.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fixture.h"
#include "ktap.h"
#include "mix.h"

#define CHUNK	(64 * KIB)

void mix_write(int file, uint64_t seed, uint64_t len)
{
	file_write(file, seed, 0, len);
}

void mix_count(struct mix *m, const void *got, uint64_t pos, size_t len)
{
	const unsigned char *c = got;
	unsigned char *old = malloc(len), *new = malloc(len);

	if (!old || !new)
		die("memory");
	pattern_fill(old, MIX_OLD, pos, len);
	pattern_fill(new, MIX_NEW, pos, len);
	for (size_t i = 0; i < len; i++) {
		m->old += c[i] == old[i];
		m->new += c[i] == new[i] && new[i] != old[i];
	}
	m->bytes += len;
	free(old);
	free(new);
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
	ktap_note("%llu bytes of %llu: %llu old, %llu new",
		  (unsigned long long)m->bytes, (unsigned long long)len,
		  (unsigned long long)m->old, (unsigned long long)m->new);
	return false;
}

void mix_room(int sock, int which, int bytes)
{
	if (setsockopt(sock, SOL_SOCKET, which, &bytes, sizeof(bytes)))
		die("buffer of a socket");
}
