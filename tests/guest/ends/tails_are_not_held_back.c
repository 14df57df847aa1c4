// SPDX-License-Identifier: GPL-2.0
/*
 * The last bytes of a transfer arrive at once, even if the socket was told that more
 * would follow and then the file turned out to be shorter: the peer does not have to
 * wait for the 200 ms after which TCP sends data that it holds back.  A transfer with
 * ZCOPY_F_MORE does hold its tail back, until the next transfer.
 *
 * needs: zcopy
 * guest: timeout=100
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

#define PROMPT_NS (150 * 1000000ULL)
#define TRIES 10	/* one of them has to be prompt: guests are slow */
#define LEAST 3		/* of those that hold back */

static char memory[32];
static int files[2];		/* 100 bytes and 70001 bytes */
static int version;

struct scene {
	const char *name;
	uint64_t gets;
	unsigned int status;
	unsigned int nr;
	struct zcopy_elem elems[4];
};

static void nodelay(int sock, int on)
{
	if (setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("TCP_NODELAY");
}

/* Accepts any bytes: other tests check the content. */
static long anything(void *arg, uint64_t at, const char *buf, size_t len)
{
	(void)arg;
	(void)at;
	(void)buf;
	(void)len;
	return -1;
}

/* Nanoseconds until the last byte came, on a connection that was used before */
static uint64_t delay_of(const struct scene *s, enum door_kind kind, bool nagle,
			 bool *right)
{
	struct zcopy_elem elems[4];
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = elems, .nr = s->nr, .sock = p.near };
	struct reader r = { .fd = p.far, .check = anything, .enough = 5 };
	struct zcopy_result res;
	struct door d;
	uint64_t start;

	memcpy(elems, s->elems, sizeof(elems));
	nodelay(p.near, !nagle);
	reader_start(&r);
	if (send(p.near, "hello", 5, 0) != 5)
		die("send");
	reader_join(&r);
	r = (struct reader){ .fd = p.far, .check = anything, .enough = s->gets };
	door_open(&d, kind);
	start = now_ns();
	reader_start(&r);
	*right = !door_run(&d, &q, &res) && res.status == s->status &&
		 res.bytes == s->gets;
	reader_join(&r);
	*right &= r.bytes == s->gets && !r.err;
	door_close(&d);
	pair_close(&p);
	return r.last_ns > start ? r.last_ns - start : 0;
}

static void is_prompt(const struct scene *s, enum door_kind kind, bool nagle)
{
	uint64_t best = ~0ULL;
	bool right = true;

	for (unsigned int i = 0; i < TRIES && right && best > PROMPT_NS; i++) {
		uint64_t ns = delay_of(s, kind, nagle, &right);

		if (ns < best)
			best = ns;
	}
	ktap_ok(right && best < PROMPT_NS * guest_scale(), "%s, by %s%s (%llu ms)", s->name,
		kind == DOOR_SEND ? "send" : kind == DOOR_NETLINK ? "netlink" : "submit",
		nagle ? ", with Nagle" : "", (unsigned long long)best / 1000000);
}

static bool readable_within(int fd, int ms)
{
	char c;

	for (; ms > 0; ms -= 5) {
		if (recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 1)
			return true;
		sleep_ms(5);
	}
	return false;
}

/* TCP itself sends the tail after 200 ms. */
static void more_holds_back(void)
{
	struct zcopy_elem elem = elem_file(files[0], 0, 100);
	struct pair p = pair_loopback(AF_INET);
	struct request q = { .elems = &elem, .nr = 1, .sock = p.near,
			     .flags = ZCOPY_F_MORE };
	int dev = dev_open(0), held = 0;
	struct zcopy_result res;
	char buf[256];

	for (unsigned int i = 0; i < LEAST || (i < TRIES && !held); i++) {
		q.flags = ZCOPY_F_MORE;
		if (dev_send(dev, &q, &res))
			die("ZCOPY_F_MORE");
		held += !readable_within(p.far, 50);
		q.flags = 0;
		if (dev_send(dev, &q, &res))
			die("a send");
		if (recv(p.far, buf, 200, MSG_WAITALL) != 200)
			die("200 bytes");
	}
	ktap_ok(held, "ZCOPY_F_MORE holds a tail back until more comes");
	close(dev);
	pair_close(&p);
}

int main(void)
{
	struct scene scenes[] = {
		{ "a short file", 100, ZCOPY_STATUS_DONE, 1,
		  { elem_file(0, 0, ZCOPY_LEN_EOF) } },
		{ "a longer file", 70001, ZCOPY_STATUS_DONE, 1,
		  { elem_file(1, 0, ZCOPY_LEN_EOF) } },
		{ "header, file, trailer", 132, ZCOPY_STATUS_DONE, 3,
		  { elem_memory(memory, 16), elem_file(0, 0, 100),
		    elem_memory(memory, 16) } },
		{ "empty elements at the end", 116, ZCOPY_STATUS_DONE, 4,
		  { elem_memory(memory, 16), elem_file(0, 0, 100),
		    elem_file(0, 0, 0), elem_memory(memory, 0) } },
		{ "a file shorter than promised", 100, ZCOPY_STATUS_TRUNCATED, 1,
		  { elem_file(0, 0, 10000) } },
		{ "a longer file shorter than promised", 70001,
		  ZCOPY_STATUS_TRUNCATED, 1, { elem_file(1, 0, MIB) } },
		{ "a file shorter than promised before a trailer", 116,
		  ZCOPY_STATUS_TRUNCATED, 3,
		  { elem_memory(memory, 16), elem_file(0, 0, 5000),
		    elem_memory(memory, 16) } },
		{ "memory, and a file that has nothing", 16,
		  ZCOPY_STATUS_TRUNCATED, 2,
		  { elem_memory(memory, 16), elem_file(0, 100, 1000) } },
		{ "a file without a size", 0, ZCOPY_STATUS_DONE, 1,
		  { elem_file(2, 0, ZCOPY_LEN_EOF) } },
	};
	char text[4096];

	files[0] = file_make("short", 0, 1, 100);
	files[1] = file_make("longer", 0, 1, 70001);
	version = open("/proc/version", O_RDONLY | O_CLOEXEC);
	for (unsigned int i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		struct scene *s = &scenes[i];

		for (unsigned int k = 0; k < s->nr; k++)
			if (s->elems[k].kind == ZCOPY_ELEM_FILE)
				s->elems[k].fd = s->elems[k].fd == 2 ? version :
						 files[s->elems[k].fd];
		if (!s->gets)
			s->gets = pread(version, text, sizeof(text), 0);
		is_prompt(s, DOOR_SEND, false);
		is_prompt(s, DOOR_SEND, true);
		is_prompt(s, DOOR_WAIT, false);
		/* Netlink takes no file whose bytes depend on the reading task. */
		if (s->elems[0].fd != version)
			is_prompt(s, DOOR_NETLINK, true);
	}
	more_holds_back();
	return ktap_done();
}
