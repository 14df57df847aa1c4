// SPDX-License-Identifier: GPL-2.0
/*
 * Threads share an open device.  In each verb one of them waits for memory that no
 * page is provided for, and stays there; meanwhile the other threads can use all
 * verbs of the device.
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "peers.h"

#define PAGE	4096ULL
#define LEN	(300 * KIB)
#define SOON	(20000 * guest_scale())	/* ms; what is held up never comes */
#define NO_ID	(1ULL << 60)

static int dev, file, uffd;
static char *holes;		/* each access to a page of it waits */
static struct pair idle;	/* the connection of the threads that wait */

/* ---- waiting in each verb ---- */

static void submit(struct zcopy_send *s, unsigned long verb)
{
	struct zcopy_sink sink = { .fd = idle.near };

	s->size = sizeof(*s);
	s->sink_size = sizeof(sink);
	s->nr_sinks = 1;
	if (!s->sinks)
		s->sinks = (uintptr_t)&sink;
	ioctl(dev, verb, s);
}

static void in_elements(uint64_t at)
{
	struct zcopy_send s = { .elems = at, .nr_elems = 1,
				.elem_size = sizeof(struct zcopy_elem) };

	submit(&s, ZCOPY_IOC_SUBMIT);
}

static void in_sinks(uint64_t at)
{
	struct zcopy_send s = { .sinks = at };

	submit(&s, ZCOPY_IOC_SUBMIT);
}

static void in_memory(uint64_t at)
{
	struct zcopy_elem e = elem_memory((void *)(uintptr_t)at, 100);
	struct request q = { .elems = &e, .nr = 1, .sock = idle.near };

	dev_submit(dev, &q, NULL);
}

static void in_results(uint64_t at)
{
	struct zcopy_send s = { .results = at,
				.result_size = sizeof(struct zcopy_result) };

	submit(&s, ZCOPY_IOC_SEND);
}

static void in_position(uint64_t at)
{
	struct zcopy_elem e = elem_file(file, at, 100);
	struct request q = { .elems = &e, .nr = 1, .sock = idle.near,
			     .flags = ZCOPY_F_POSITION };
	struct zcopy_result res;

	dev_send(dev, &q, &res);
}

static void in_batch(uint64_t at)
{
	struct zcopy_batch b = { .size = sizeof(b), .sends = at, .nr_sends = 2,
				 .send_size = sizeof(struct zcopy_send) };

	ioctl(dev, ZCOPY_IOC_BATCH, &b);
}

static void in_its_struct(uint64_t at)
{
	ioctl(dev, ZCOPY_IOC_CANCEL, at);
}

/* The completion that the caller is going to collect */
static void submit_one(void)
{
	struct zcopy_elem e = elem_file(file, 0, 10);
	struct request q = { .elems = &e, .nr = 1, .sock = idle.near };

	if (dev_submit(dev, &q, NULL))
		die("a submission");
}

static void in_wait(uint64_t at)
{
	submit_one();
	dev_wait(dev, 0, (void *)(uintptr_t)at, 1, 1, -1);
}

static void in_read(uint64_t at)
{
	submit_one();
	if (read(dev, (void *)(uintptr_t)at, PAGE) < 0)
		note("read: %s", strerror(errno));
}

static const struct place {
	const char *name;
	void (*wait)(uint64_t at);
} places[] = {
	{ "the list of elements", in_elements },
	{ "the list of sockets", in_sinks },
	{ "a memory element", in_memory },
	{ "the results", in_results },
	{ "a position", in_position },
	{ "a batch", in_batch },
	{ "the verb's own struct", in_its_struct },
	{ "the results of a wait", in_wait },
	{ "the buffer of read", in_read },
};

#define PLACES (sizeof(places) / sizeof(places[0]))

/* ---- memory without pages ---- */

/* The page of a place */
static uint64_t hole(unsigned int i)
{
	return (uintptr_t)holes + i * PAGE;
}

static bool make_holes(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
		.range.len = PLACES * PAGE,
	};

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		return false;
	holes = mmap(NULL, PLACES * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)holes;
	if (holes == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("memory without pages");
	return true;
}

/* Waits until a thread faults at the place's page. */
static bool faults_at(unsigned int i)
{
	struct pollfd p = { .fd = uffd, .events = POLLIN };
	struct uffd_msg m;

	return poll(&p, 1, SOON) == 1 && read(uffd, &m, sizeof(m)) == sizeof(m) &&
	       m.event == UFFD_EVENT_PAGEFAULT &&
	       m.arg.pagefault.address / PAGE == hole(i) / PAGE;
}

/* The faults that wait now find zero pages. */
static void fill_holes(void)
{
	struct uffdio_range all = { (uintptr_t)holes, PLACES * PAGE };

	if (ioctl(uffd, UFFDIO_UNREGISTER, &all))
		die("providing the pages");
}

/* ---- the other threads ---- */

static void *wait_there(void *arg)
{
	const struct place *place = arg;

	place->wait(hole(place - places));
	return NULL;
}

/* Each verb once; the transfers have a short memory element, which shares a page. */
static void use(const char *beside)
{
	struct pair p = pair_loopback(AF_INET);
	struct zcopy_elem e[2] = { elem_memory("header", 6), elem_file(file, 0, LEN) };
	struct request q = { .elems = e, .nr = 2, .sock = p.near };
	struct pollfd pf = { .fd = dev, .events = POLLIN };
	struct zcopy_result res[2] = { 0 };
	uint64_t began = now_ms(), id = 0;
	struct zcopy_query query;
	bool good;

	good = !dev_submit(dev, &q, &id) && dev_wait(dev, id, &res[0], 1, 1, SOON) == 1 &&
	       !dev_send(dev, &q, &res[1]) && !dev_query(dev, &query) &&
	       dev_cancel(dev, NO_ID) == -ENOENT && poll(&pf, 1, 0) >= 0;
	live_count();
	began = now_ms() - began;
	for (unsigned int i = 0; i < 2; i++)
		good = good && res[i].status == ZCOPY_STATUS_DONE && res[i].bytes == 6 + LEN;
	ktap_ok(good && began < SOON, "one waits in %s: others use the device (%llu ms)",
		beside, (unsigned long long)began);
	pair_close(&p);
}

int main(void)
{
	pthread_t thread[PLACES];

	file = file_make("file", 0, 1, LEN);
	idle = pair_loopback(AF_INET);
	if (!make_holes())
		ktap_skip_all("no userfaultfd: %s", strerror(errno));
	dev = dev_open(0);
	for (unsigned int i = 0; i < PLACES; i++) {
		if (pthread_create(&thread[i], NULL, wait_there, (void *)&places[i]))
			die("a thread");
		ktap_ok(faults_at(i), "one waits in %s", places[i].name);
		use(places[i].name);
	}
	fill_holes();
	for (unsigned int i = 0; i < PLACES; i++)
		pthread_join(thread[i], NULL);
	close(dev);
	ktap_ok(live_becomes(0, SOON), "no transfer is left");
	pair_close(&idle);
	return ktap_done();
}
