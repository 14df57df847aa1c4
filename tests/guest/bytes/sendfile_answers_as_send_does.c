// SPDX-License-Identifier: GPL-2.0
/*
 * ZCOPY_IOC_SENDFILE sends what ZCOPY_IOC_SEND sends for the same header, file and
 * trailer, and answers the same: each row goes through both, to sockets in the same
 * state.  It writes its answer to the fields that are for it, and to no others; what
 * cannot be written is refused before a byte is sent.
 * guest: timeout=60
 */
#include "ktap.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dev.h"
#include "peers.h"

#define SIZE		100000		/* of the file */
#define ROOM		(256 * KIB)

struct row {
	const char *what;
	uint32_t head_len, tail_len;
	uint64_t off, len;
	uint32_t flags, until, end;
	bool full;			/* the socket has no room, and nobody reads */
	bool shut;			/* the socket's sending side is shut down */
};

static const struct row rows[] = {
	{ "a file", .len = SIZE },
	{ "a small file", .len = 700 },
	{ "a small file with a header", .head_len = 200, .len = 700 },
	{ "a page with a header", .head_len = 200, .off = 4096, .len = 4096 },
	{ "an odd range with a header and a trailer", .head_len = 187, .tail_len = 33, .off = 4095, .len = 20001 },
	{ "a trailer alone", .tail_len = 512, .off = 8192, .len = 1000 },
	{ "a header longer than a page", .head_len = 5000, .len = 16384 },
	{ "no byte of the file", .head_len = 100, .tail_len = 100, .len = 0 },
	{ .what = "nothing" },
	{ "to the end", .head_len = 10, .tail_len = 10, .off = SIZE - 5000, .len = ZCOPY_LEN_EOF },
	{ "to the end, from behind it", .head_len = 10, .tail_len = 10, .off = SIZE + 1, .len = ZCOPY_LEN_EOF },
	{ "more than there is", .head_len = 10, .tail_len = 10, .off = SIZE - 100, .len = 200 },
	{ "until acknowledged", .head_len = 200, .len = 4096, .until = ZCOPY_UNTIL_ACKED },
	{ "until released", .head_len = 200, .len = 4096, .until = ZCOPY_UNTIL_RELEASED },
	{ "shut down at the end", .head_len = 200, .len = 4096, .end = ZCOPY_END_SHUTDOWN },
	{ "corked at the end", .head_len = 200, .len = 4096, .end = ZCOPY_END_CORK },
	{ "more to come", .head_len = 200, .len = 4096, .flags = ZCOPY_F_MORE },
	{ "a stable copy", .head_len = 200, .len = 4096, .flags = ZCOPY_F_STABLE },
	{ "what is cached", .head_len = 200, .len = 4096, .flags = ZCOPY_F_NOWAIT },
	{ "without waiting", .head_len = 200, .tail_len = 10, .len = SIZE, .flags = ZCOPY_F_DONTWAIT },
	{ "as it is read", .head_len = 200, .tail_len = 10, .len = SIZE, .flags = ZCOPY_F_AS_READ },
	{ "no room, without waiting", .head_len = 200, .tail_len = 10, .len = SIZE, .flags = ZCOPY_F_DONTWAIT, .full = true },
	{ "a closed side", .head_len = 200, .tail_len = 10, .len = SIZE, .shut = true },
};

static char head[8192], tail[8192];
static int dev, file;

static int by_send(int sock, const struct row *row, struct zcopy_result *res)
{
	struct zcopy_elem e[3];
	struct request q = {
		.elems = e, .sock = sock, .flags = row->flags, .until = row->until,
		.end = row->end, .cookie = 5,
	};

	if (row->head_len)
		e[q.nr++] = elem_memory(head, row->head_len);
	e[q.nr++] = elem_file(file, row->off, row->len);
	if (row->tail_len)
		e[q.nr++] = elem_memory(tail, row->tail_len);
	return dev_send(dev, &q, res);
}

static void fill(struct zcopy_sendfile *s, int sock, const struct row *row)
{
	*s = (struct zcopy_sendfile) {
		.size = sizeof(*s), .flags = row->flags, .sock = sock, .file = file,
		.off = row->off, .len = row->len, .head = (uintptr_t)head,
		.tail = (uintptr_t)tail, .head_len = row->head_len,
		.tail_len = row->tail_len, .cookie = 5, .until = row->until,
		.end = row->end, .id = ~0ULL, .bytes = ~0ULL, .bytes_by_ref = ~0ULL,
		.status = ~0U, .error = ~0U,
	};
}

static int by_sendfile(int sock, const struct row *row, struct zcopy_result *res)
{
	struct zcopy_sendfile s;

	fill(&s, sock, row);
	if (ioctl(dev, ZCOPY_IOC_SENDFILE, &s))
		return -errno;
	*res = (struct zcopy_result) {
		.id = s.id, .status = s.status, .error = s.error, .bytes = s.bytes,
		.bytes_by_ref = s.bytes_by_ref,
	};
	return 0;
}

/* Sends to a new connection; returns what came there, or -1 with the errno in @res. */
static long run(const struct row *row, struct zcopy_result *res, char *got,
		int (*send_it)(int, const struct row *, struct zcopy_result *))
{
	struct pair s = pair_open(row->full);
	static char filler[ROOM];
	long before = 0, n, sum = 0;
	int err;

	if (row->full)
		while ((n = send(s.near, filler, sizeof(filler), MSG_DONTWAIT)) > 0)
			before += n;
	if (row->shut)
		shutdown(s.near, SHUT_WR);
	memset(res, 0, sizeof(*res));
	err = send_it(s.near, row, res);
	shutdown(s.near, SHUT_WR);
	while ((n = recv(s.far, got + sum, ROOM - sum, 0)) > 0) {
		sum += n;
		/* The filler went first. */
		if (before) {
			n = sum < before ? sum : before;
			memmove(got, got + n, sum - n);
			before -= n;
			sum -= n;
		}
	}
	pair_close(&s);
	if (err)
		res->error = -err;
	return err ? -1 : sum;
}

static void compare(const struct row *row)
{
	static char first[ROOM], second[ROOM];
	struct zcopy_result a, b;
	long want = run(row, &a, first, by_send);
	long n = run(row, &b, second, by_sendfile);

	if (ktap_ok(n == want && a.error == b.error && a.status == b.status &&
		    a.bytes == b.bytes && a.bytes_by_ref == b.bytes_by_ref &&
		    (want < 0 || (b.id > a.id && !memcmp(first, second, n))),
		    "%s: the same bytes and answer", row->what))
		return;
	note("SEND: %ld bytes came, status %u, error %u, %llu sent, %llu by reference", want,
	     a.status, a.error, (unsigned long long)a.bytes,
	     (unsigned long long)a.bytes_by_ref);
	note("SENDFILE: %ld bytes came, status %u, error %u, %llu sent, %llu by reference", n,
	     b.status, b.error, (unsigned long long)b.bytes,
	     (unsigned long long)b.bytes_by_ref);
}

/* The answer is written to its fields, at any address, and nothing beside it. */
static void writes_only_its_answer(unsigned int shift)
{
	const struct row row = { .head_len = 200, .len = 4096 };
	unsigned char room[sizeof(struct zcopy_sendfile) + 64];
	struct zcopy_sendfile want, s;
	struct pair p = pair_open(false);
	bool clean = true;

	memset(room, 0xa5, sizeof(room));
	fill(&want, p.near, &row);
	memcpy(room + 16 + shift, &want, sizeof(want));
	ktap_eq(ioctl(dev, ZCOPY_IOC_SENDFILE, room + 16 + shift), 0, "at address + %u: sent",
		shift);
	memcpy(&s, room + 16 + shift, sizeof(s));
	memset(room + 16 + shift, 0xa5, sizeof(s));
	for (unsigned int i = 0; i < sizeof(room); i++)
		clean &= room[i] == 0xa5;
	ktap_ok(clean, "at address + %u: nothing around it is written", shift);
	ktap_ok(!memcmp(&s, &want, offsetof(struct zcopy_sendfile, id)) &&
		s.id && s.id != want.id && s.bytes == 4296 && s.status == ZCOPY_STATUS_DONE &&
		!s.error && s.bytes_by_ref <= 4096, "at address + %u: the answer is", shift);
	pair_close(&p);
}

/* A struct that cannot be written to: EFAULT, and no byte is sent. */
static void answer_that_cannot_be_written(void)
{
	struct zcopy_sendfile *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct row row = { .len = 4096 };
	struct pair p = pair_open(false);
	char byte;

	if (s == MAP_FAILED)
		die("mmap");
	fill(s, p.near, &row);
	mprotect(s, 4096, PROT_READ);
	ktap_eq(ioctl(dev, ZCOPY_IOC_SENDFILE, s) ? errno : 0, EFAULT, "a struct to read only");
	ktap_eq(recv(p.far, &byte, 1, MSG_DONTWAIT), -1, "nothing was sent");
	munmap(s, 4096);
	pair_close(&p);
}

/* The offset moves, in the caller's memory or in the file. */
static void moves_an_offset(void)
{
	struct pair p = pair_open(false);
	struct row row = { .len = 5000, .flags = ZCOPY_F_POSITION };
	struct zcopy_sendfile s;
	int64_t at = 1234;

	fill(&s, p.near, &row);
	s.off = (uintptr_t)&at;
	ktap_eq(ioctl(dev, ZCOPY_IOC_SENDFILE, &s), 0, "an offset in memory: sent");
	ktap_eq(at, 6234, "an offset in memory: moved");
	lseek(file, 100, SEEK_SET);
	fill(&s, p.near, &row);
	ktap_eq(ioctl(dev, ZCOPY_IOC_SENDFILE, &s), 0, "the file's offset: sent");
	ktap_eq(lseek(file, 0, SEEK_CUR), 5100, "the file's offset: moved");
	lseek(file, 0, SEEK_SET);
	pair_close(&p);
}

int main(void)
{
	dev = dev_open(0);
	file = file_to_read("source", SIZE);
	pattern_fill(head, 11, 0, sizeof(head));
	pattern_fill(tail, 12, 0, sizeof(tail));
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		compare(&rows[i]);
	for (unsigned int shift = 0; shift < 8; shift += 3)
		writes_only_its_answer(shift);
	answer_that_cannot_be_written();
	moves_an_offset();
	return ktap_done();
}
