// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers to one socket run one after the other in the order of submission and
 * complete in that order, whichever process submits them and through which door:
 * many transfers of one process, and a mix of synchronous and asynchronous ones of
 * two processes.
 *
 * needs: zcopy
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define MANY 200
#define PART (100 * KIB + 1)

static const uint64_t sizes[] = { 1, 70000, 0, 4096, 13, 300001, 2, 0, 65536, 5 };

static uint64_t size_of(unsigned int i)
{
	return sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];
}

static bool collect(int dev, bool by_read, struct zcopy_result *res)
{
	unsigned int got = 0;

	while (got < MANY) {
		int n = by_read ? dev_read(dev, res + got, MANY - got, 10000) :
			dev_wait(dev, 0, res + got, MANY - got,
				 MANY - got < 7 ? 1 : 7, 10000);

		if (n <= 0) {
			note("%u results, then %d", got, n);
			return false;
		}
		got += n;
	}
	return true;
}

static void many(bool by_read, int start_with_reader)
{
	static struct zcopy_result res[MANY];
	static uint64_t ids[MANY];
	struct pair p = pair_tight(AF_INET);
	int fd = file_make("many", 0, 61, MIB), dev = dev_open(0);
	struct stream want = {0};
	struct reader r = { .fd = p.far, .want = &want,
			    .kind = start_with_reader ? READER_FAST : READER_GATED };
	unsigned int swapped = 0, wrong = 0;

	for (unsigned int i = 0; i < MANY; i++)
		stream_pattern(&want, 61, 997 * i, size_of(i));
	reader_start(&r);
	for (unsigned int i = 0; i < MANY; i++) {
		struct zcopy_elem elem = elem_file(fd, 997 * i, size_of(i));
		struct request q = { .elems = &elem, .nr = 1, .sock = p.near,
				     .cookie = i };

		if (dev_submit(dev, &q, &ids[i]))
			die("submit");
	}
	reader_go(&r);
	ktap_ok(collect(dev, by_read, res), "%u results by %s", MANY,
		by_read ? "read" : "wait");
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	for (unsigned int i = 0; i < MANY; i++) {
		swapped += res[i].id != ids[i];
		wrong += res[i].cookie >= MANY || res[i].status ||
			 res[i].bytes != size_of(res[i].cookie);
	}
	ktap_eq(swapped, 0, "they come in the order of submission");
	ktap_eq(wrong, 0, "they are right");
	ktap_ok(reader_happy(&r) && r.eof, "the stream is in that order");
	close(dev);
	close(fd);
	pair_close(&p);
	stream_free(&want);
}

enum { LEGS = 6 };

struct shared {
	int err[LEGS];
	struct zcopy_result res[LEGS];
};

struct mix {
	struct pair pair;
	int fd;
	struct shared *shared;
};

/* Even transfers are synchronous, odd ones are not, every third is by netlink. */
static enum door_kind door_of(unsigned int i)
{
	return i % 2 == 0 ? DOOR_SEND : i % 3 == 0 ? DOOR_NETLINK : DOOR_WAIT;
}

static void run_leg(struct mix *m, unsigned int i)
{
	struct zcopy_elem elem = elem_file(m->fd, 4099 * i, PART);
	struct request q = { .elems = &elem, .nr = 1, .sock = m->pair.near,
			     .cookie = i };
	struct door d;

	door_open(&d, door_of(i));
	m->shared->err[i] = door_run(&d, &q, &m->shared->res[i]);
	door_close(&d);
	_exit(0);
}

/* Waits until the process sleeps; false: it never does. */
static bool sleeps(pid_t pid)
{
	uint64_t end = now_ms() + 30000;
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (state != 'S' && now_ms() < end) {
		FILE *f = fopen(path, "re");

		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			die("%s", path);
		fclose(f);
		sleep_ms(1);
	}
	return state == 'S';
}

static void mixed(void)
{
	struct mix m = { .pair = pair_tight(AF_INET),
			 .fd = file_make("mixed", 0, 62, MIB) };
	struct stream want = {0};
	struct reader r = { .fd = m.pair.far, .want = &want,
			    .kind = READER_GATED, .stop_at = 1000 };
	uint64_t filler_id;
	struct zcopy_elem filler = elem_file(m.fd, 0, MIB);
	struct request q = { .elems = &filler, .nr = 1, .sock = m.pair.near };
	struct zcopy_result res;
	int dev = dev_open(0);
	bool right = true;
	pid_t pids[LEGS];

	m.shared = mmap(NULL, sizeof(*m.shared), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	stream_pattern(&want, 62, 0, MIB);
	if (dev_submit(dev, &q, &filler_id))
		die("submit");
	for (unsigned int i = 0; i < LEGS; i++) {
		stream_pattern(&want, 62, 4099 * i, PART);
		fflush(stdout);
		pids[i] = fork();
		if (!pids[i])
			run_leg(&m, i);
		if (pids[i] < 0 || !live_becomes(i + 2, 30000))
			die("transfer %u did not get in line", i);
		/* It counts as live before it is in the queue; then its process sleeps. */
		sleep_ms(50);
		if (!sleeps(pids[i]))
			die("process %u does not wait", i);
	}
	reader_start(&r);
	reader_go(&r);
	for (unsigned int i = 0; i < LEGS; i++)
		waitpid(pids[i], NULL, 0);
	ktap_eq(dev_wait(dev, filler_id, &res, 1, 1, 10000), 1,
		"the transfer that they waited behind ends");
	shutdown(m.pair.near, SHUT_WR);
	reader_join(&r);
	for (unsigned int i = 0; i < LEGS; i++)
		right &= !m.shared->err[i] && !m.shared->res[i].status &&
			 m.shared->res[i].bytes == PART &&
			 m.shared->res[i].cookie == i;
	ktap_ok(right, "transfers of %d processes end as they should", LEGS + 1);
	ktap_ok(reader_happy(&r) && r.eof, "the stream is in the order of arrival");
	close(dev);
	close(m.fd);
	pair_close(&m.pair);
	stream_free(&want);
}

/* A caller that does not wait for its turn, or not for long, gets an answer. */
static void impatient(void)
{
	struct pair p = pair_tight(AF_INET);
	int fd = file_make("first", 0, 63, MIB), dev = dev_open(0);
	struct timeval limit = { .tv_usec = 300000 };
	struct zcopy_elem elem = elem_file(fd, 0, MIB);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near };
	struct zcopy_result res;
	uint64_t start, took;

	if (dev_submit(dev, &q, NULL))
		die("submit");
	q.flags = ZCOPY_F_DONTWAIT;
	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_AGAIN &&
		res.error == EBUSY && !res.bytes, "one is first: who does not wait is told so");
	q.flags = 0;
	setsockopt(p.near, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	start = now_ns();
	ktap_ok(!dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_AGAIN &&
		res.error == EAGAIN && !res.bytes, "SO_SNDTIMEO counts in the line too");
	took = (now_ns() - start) / 1000000;
	ktap_ok(took >= 290 && took < 30000, "after that time: %llu ms",
		(unsigned long long)took);
	close(dev);
	close(fd);
	pair_close(&p);
}

int main(void)
{
	many(true, false);
	many(false, false);
	many(true, true);
	many(false, true);
	mixed();
	impatient();
	return ktap_done();
}
