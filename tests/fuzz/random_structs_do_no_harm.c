// SPDX-License-Identifier: GPL-2.0
/*
 * Passes structs with random damage to every verb of the device, and uses damaged
 * ioctl numbers.  Each accepted request completes once, and nothing is left.
 * guest: timeout=25
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "chance.h"
#include "counters.h"
#include "dev.h"
#include "nlraw.h"
#include "peers.h"

#define SIZE	(256 << 10)
#define LIMIT_MS 20000
#define SPACE	16384

/* All structs are in one mapping, so that damaged pointers often stay inside. */
struct arena {
	struct raw q;
	struct zcopy_wait w;
	struct zcopy_cancel c;
	struct zcopy_query y;
	struct zcopy_sendfile f;
	char more[SPACE];
};

static struct arena *a;
static int dev, file;
static struct pair s;
static struct chance luck;

static void fill(void)
{
	unsigned int i;

	memset(a, 0, sizeof(*a));
	raw_fill(&a->q, s.near, file, chance_of(&luck, 9000),
		 chance_of(&luck, 70000));
	a->q.s.nr_elems = chance_of(&luck, RAW_ELEMS + 1);
	for (i = 1; i < RAW_ELEMS; i++) {
		a->q.e[i] = a->q.e[0];
		if (chance_of(&luck, 2)) {
			a->q.e[i].kind = ZCOPY_ELEM_MEMORY;
			a->q.e[i].fd = 0;
			a->q.e[i].off = (uintptr_t)a->more;
			a->q.e[i].len = chance_of(&luck, SPACE);
		}
	}
	a->q.s.cookie = chance(&luck);
	if (!chance_of(&luck, 64))
		a->q.s.rate = chance_number(&luck);
	a->w.size = sizeof(a->w);
	a->w.results = (uintptr_t)a->more;
	a->w.nr_results = 1 + chance_of(&luck, 8);
	a->w.result_size = sizeof(struct zcopy_result);
	a->w.min = chance_of(&luck, 2);
	a->w.timeout_ns = 1000000;
	a->c.size = sizeof(a->c);
	a->c.flags = ZCOPY_CANCEL_ALL;
	a->y.size = sizeof(a->y);
	a->f.size = sizeof(a->f);
	a->f.flags = chance_of(&luck, 2) ? ZCOPY_F_DONTWAIT : 0;
	a->f.sock = s.near;
	a->f.file = file;
	a->f.off = chance_of(&luck, 9000);
	a->f.len = chance_of(&luck, 70000);
	a->f.head = a->f.tail = (uintptr_t)a->more;
	a->f.head_len = chance_of(&luck, SPACE);
	a->f.tail_len = chance_of(&luck, 3);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/*
 * A rate of a few bytes per second is a valid request, and a synchronous send waits
 * for it; alarms interrupt such calls.
 */
static void ring_alarms(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval it = { { 0, 300000 }, { 0, 300000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static void hear_alarms(bool yes)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(yes ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL);
}

/* Puts a new connection under the same two descriptors: the old one may be shut down. */
static void renew(void)
{
	struct pair fresh = pair_open(false);

	dup3(fresh.near, s.near, O_CLOEXEC);
	dup3(fresh.far, s.far, O_CLOEXEC);
	close(fresh.near);
	close(fresh.far);
}

static void verb(void)
{
	static const unsigned long cmds[] = {
		ZCOPY_IOC_QUERY, ZCOPY_IOC_SEND, ZCOPY_IOC_SUBMIT,
		ZCOPY_IOC_SUBMIT, ZCOPY_IOC_WAIT, ZCOPY_IOC_CANCEL,
		ZCOPY_IOC_SENDFILE,
	};
	unsigned int which = chance_of(&luck, 7);
	unsigned long cmd = cmds[which];
	struct {
		void *at;
		size_t len;
	} args[] = {
		{ &a->y, sizeof(a->y) }, { &a->q.s, sizeof(a->q.s) },
		{ &a->q.s, sizeof(a->q.s) }, { &a->q.s, sizeof(a->q.s) },
		{ &a->w, sizeof(a->w) }, { &a->c, sizeof(a->c) },
		{ &a->f, sizeof(a->f) },
	};
	void *arg = args[which].at;
	size_t len = args[which].len;

	if (which == 1) {
		a->q.s.results = (uintptr_t)&a->q.r;
		a->q.s.result_size = sizeof(a->q.r);
		if (chance_of(&luck, 2))
			a->q.s.flags = ZCOPY_F_DONTWAIT;
	}
	switch (chance_of(&luck, 5)) {
	case 0:
		chance_damage(&luck, &a->q.e, sizeof(a->q.e));
		break;
	case 1:
		chance_damage(&luck, &a->q.k, sizeof(a->q.k));
		break;
	case 2:
		cmd ^= 1UL << chance_of(&luck, 32);
		break;
	default:
		chance_damage(&luck, arg, len);
	}
	(void)!ioctl(dev, cmd, arg);
}

/* Reads at both ends: a damaged descriptor may be that of the other end. */
static void *drain_always(void *unused)
{
	static char buf[262144];

	for (;;) {
		while (recv(s.far, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		while (recv(s.near, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		usleep(4000);
	}
	return unused;
}

int main(void)
{
	struct zcopy_result res;
	uint64_t start = now_ms();
	unsigned int calls = 0;
	pthread_t thread;
	int tries = 0;
	struct nlraw nl;

	chance_start(&luck, chance_seed());
	/* Far from other mappings, because the kernel writes where damaged pointers point */
	a = mmap((void *)0x100000000000, sizeof(*a), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (a == MAP_FAILED)
		die("mmap");
	/* High numbers, so that damaged descriptors do not hit them */
	file = fcntl(file_to_read("source", SIZE), F_DUPFD_CLOEXEC, 200);
	dev = fcntl(dev_open(0), F_DUPFD_CLOEXEC, 210);
	s = pair_open(false);
	hear_alarms(false);
	ring_alarms();
	pthread_create(&thread, NULL, drain_always, NULL);
	while (now_ms() - start < LIMIT_MS) {
		unsigned int i;

		renew();
		hear_alarms(true);
		for (i = 0; i < 200; i++, calls++) {
			fill();
			verb();
		}
		hear_alarms(false);
	}
	nlraw_open(&nl);
	ktap_eq(nlraw_cancel_all(&nl), 0, "all that runs is cancelled");
	close(nl.fd);
	note("%u calls, %llu accepted", calls,
	     (unsigned long long)counter_of("transfers_submitted"));
	ktap_ok(counter_of("transfers_submitted") > 10, "some were accepted");
	ktap_ok(counters_rest(), "at rest");
	while (dev_wait(dev, 0, &res, 1, 1, 100) == 1)
		tries++;
	note("%d completions were left to collect", tries);
	renew();
	fill();
	raw_fill(&a->q, s.near, file, 0, 4096);
	ktap_eq(raw_send(dev, &a->q), 0, "what is right still works");
	close(dev);
	return ktap_done();
}

