// SPDX-License-Identifier: GPL-2.0
/* mincore(2) tells which part of a file is in the page cache; see cached.h. */
#include "cached.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "peers.h"

#define TRIES	600		/* to drop a file; 50 ms between them */

uint64_t cached_bytes(int fd, uint64_t off, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE), nr = len / page, i;
	unsigned char *vec = malloc(nr);
	uint64_t bytes = 0;
	void *map;

	map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, off);
	if (!vec || map == MAP_FAILED || mincore(map, len, vec))
		die("mincore");
	for (i = 0; i < nr; i++)
		bytes += vec[i] & 1 ? page : 0;
	munmap(map, len);
	free(vec);
	return bytes;
}

void cached_read(int fd, uint64_t off, size_t len)
{
	char *buf = malloc(len);

	if (!buf || posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM) ||
	    pread(fd, buf, len, off) != (ssize_t)len ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL))
		die("reading a range");
	free(buf);
}

/* Makes each CPU free the buffers that it has kept, and with them pages of files. */
static void stir(void)
{
	struct pair s = pair_open(false);

	pair_stir(&s);
	close(s.near);
	close(s.far);
}

void cached_drop(int fd)
{
	size_t page = sysconf(_SC_PAGESIZE), len;
	struct stat st;

	if (fstat(fd, &st))
		die("the size of a file");
	len = (st.st_size + page - 1) / page * page;
	file_uncache(fd);
	for (int i = 0; i < TRIES && len && cached_bytes(fd, 0, len); i++) {
		if (i)
			sleep_ms(50);
		stir();
		file_uncache(fd);
	}
}

