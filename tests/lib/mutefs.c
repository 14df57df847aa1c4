// SPDX-License-Identifier: GPL-2.0
/* A FUSE server that keeps requests; see mutefs.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "mutefs.h"

enum { TALKS = FUSEFS_NODE, FIRST_MUTE };

static void answer_read(struct fusefs *f, uint64_t unique, uint64_t off, uint32_t size)
{
	char content[FUSEFS_MOST];

	if (off >= MUTEFS_SIZE)
		size = 0;
	else if (size > MUTEFS_SIZE - off)
		size = MUTEFS_SIZE - off;
	pattern_fill(content, 0, off, size);
	fusefs_reply(f, unique, 0, content, size);
}

static bool keep(struct fusefs *f, const struct fuse_in_header *in, const void *arg)
{
	struct mutefs *m = (struct mutefs *)f;
	struct mutefs_kept *k;
	bool kept;

	if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET ||
	    in->opcode == FUSE_INTERRUPT)
		return false;
	pthread_mutex_lock(&m->lock);
	kept = in->opcode < 64 && (m->mute >> in->opcode & 1) &&
	       in->nodeid >= FIRST_MUTE && m->nr_kept < MUTEFS_KEPT;
	if (kept) {
		k = &m->kept[m->nr_kept++];
		k->in = *in;
		if (in->opcode == FUSE_READ)
			k->arg.read = *(const struct fuse_read_in *)arg;
		else if (in->opcode == FUSE_WRITE)
			k->arg.write = *(const struct fuse_write_in *)arg;
		m->unanswered++;
	}
	pthread_mutex_unlock(&m->lock);
	return kept;
}

static uint64_t node_of(struct fusefs *unused, const char *name)
{
	const char *number = name + strcspn(name, "0123456789");

	(void)unused;
	/* overlayfs looks up hidden names, which do not exist. */
	if (name[0] == '.')
		return 0;
	return strncmp(name, "talks", 5) ? FIRST_MUTE + atoi(number) : TALKS;
}

bool mutefs_start(struct mutefs *m, const char *dir, uint32_t flags)
{
	memset(m, 0, sizeof(*m));
	m->fs = (struct fusefs) {
		.flags = flags, .for_all = true, .size = MUTEFS_SIZE,
		.valid = flags & FUSE_AUTO_INVAL_DATA ? 0 : 1000,
		.node_of = node_of, .keep = keep, .read = answer_read,
	};
	pthread_mutex_init(&m->lock, NULL);
	return fusefs_start(&m->fs, dir);
}

int mutefs_file(const char *dir, unsigned int nr)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/file%u", dir, nr);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	return fd;
}

void mutefs_mute(struct mutefs *m, uint64_t kinds)
{
	pthread_mutex_lock(&m->lock);
	m->mute = kinds;
	for (unsigned int i = 0; !kinds && i < m->nr_kept; i++)
		fusefs_answer(&m->fs, &m->kept[i].in, &m->kept[i].arg);
	if (!kinds)
		m->nr_kept = 0;
	pthread_mutex_unlock(&m->lock);
}

bool mutefs_silent(struct mutefs *m, unsigned int least, unsigned int ms)
{
	uint64_t end = now_ms() + ms;

	while (__atomic_load_n(&m->unanswered, __ATOMIC_ACQUIRE) < least) {
		if (now_ms() > end)
			return false;
		sleep_ms(20);
	}
	return true;
}

void mutefs_end(struct mutefs *m)
{
	mutefs_mute(m, 0);
	fusefs_end(&m->fs);
}
