// SPDX-License-Identifier: GPL-2.0
/* A FUSE server with one file; see slowfile.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "fixture.h"
#include "fusefs.h"
#include "slowfile.h"

#define ASKED	16		/* reads that can wait; more are answered at once */

static struct fusefs fs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t asked[ASKED];
static unsigned int nr_asked;
static bool ends;
static int how;			/* 0, or a negative errno */

static void answer_read(struct fusefs *f, uint64_t unique, uint64_t off, uint32_t size)
{
	bool now;

	(void)off;
	(void)size;
	pthread_mutex_lock(&lock);
	now = ends || nr_asked == ASKED;
	if (!now)
		asked[nr_asked++] = unique;
	pthread_mutex_unlock(&lock);
	if (now)
		fusefs_reply(f, unique, how, NULL, 0);
}

int slowfile_open(size_t says)
{
	int fd;

	ends = false;
	how = 0;
	nr_asked = 0;
	fs = (struct fusefs) { .size = says, .valid = 1000, .read = answer_read };
	if (!fusefs_start(&fs, "slow"))
		return -1;
	fd = open("slow/file", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("a file of the server");
	return fd;
}

bool slowfile_asked(void)
{
	bool any;

	pthread_mutex_lock(&lock);
	any = nr_asked;
	pthread_mutex_unlock(&lock);
	return any;
}

static void end_with(int error)
{
	pthread_mutex_lock(&lock);
	ends = true;
	how = error;
	for (unsigned int i = 0; i < nr_asked; i++)
		fusefs_reply(&fs, asked[i], how, NULL, 0);
	nr_asked = 0;
	pthread_mutex_unlock(&lock);
}

void slowfile_ends(void)
{
	end_with(0);
}

void slowfile_fails(void)
{
	end_with(-EIO);
}

void slowfile_close(int fd)
{
	close(fd);
	fusefs_end(&fs);
}
