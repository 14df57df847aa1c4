// SPDX-License-Identifier: GPL-2.0
/*
 * recv(2) copies while it holds the socket's lock, and the copy faults; see held.h.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "held.h"

#define PAGE 4096

bool held_begin(struct held *h)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
		.range.len = HELD_MOST * PAGE,
	};

	memset(h, 0, sizeof(*h));
	h->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (h->uffd < 0)
		return false;
	h->area = mmap(NULL, HELD_MOST * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)h->area;
	if (h->area == MAP_FAILED || ioctl(h->uffd, UFFDIO_API, &api) ||
	    ioctl(h->uffd, UFFDIO_REGISTER, &reg))
		die("memory that nobody fills");
	return true;
}

static void *receive(void *arg)
{
	const struct held_one *one = arg;

	recv(one->sock, one->page, PAGE, 0);
	return NULL;
}

void held_lock(struct held *h, const struct pair *s)
{
	struct held_one *one = &h->one[h->nr];
	static const char bytes[64];

	if (h->nr == HELD_MOST)
		die("too many sockets to be held");
	one->sock = s->near;
	one->page = h->area + PAGE * h->nr++;
	if (send(s->far, bytes, sizeof(bytes), 0) != sizeof(bytes))
		die("bytes to receive");
	/*
	 * These bytes also acknowledge some: a transfer that waited for room gets
	 * the lock before it is held.
	 */
	sleep_ms(100 * guest_scale());
	if (pthread_create(&one->thread, NULL, receive, one))
		die("a thread that receives");
}

bool held_all(struct held *h, unsigned int ms)
{
	uint64_t end = now_ms() + ms;
	struct uffd_msg m;

	while (h->asleep < h->nr) {
		if (read(h->uffd, &m, sizeof(m)) == sizeof(m))
			h->asleep++;
		else if (now_ms() > end)
			return false;
		else
			sleep_ms(5);
	}
	return true;
}

void held_end(struct held *h)
{
	/* The waiting faults now find zero pages. */
	close(h->uffd);
	for (unsigned int i = 0; i < h->nr; i++)
		pthread_join(h->one[i].thread, NULL);
	munmap(h->area, HELD_MOST * PAGE);
}

