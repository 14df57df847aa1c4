// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer that announced more bytes than its files have leaves its last record open
 * in the kernel's TLS.  Its end closes that record and then waits until TCP has taken
 * it, as the end of a whole record does: if the program closes the socket after the
 * completion, the peer gets all bytes, however late it reads.
 *
 * needs: zcopy
 * guest: timeout=120 takes=9
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/tls.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "slowfile.h"
#include "tls.h"

#define SIZE	12000ULL		/* of the file; less than a record, more than the room */
#define TRIES	5

static int file, pseudo, slow;
static char text[64];			/* what the file under /proc says */
static size_t text_len;

/* ---- why a record is open at the end ---- */

static unsigned int beyond(struct zcopy_elem *e)
{
	e[0] = elem_file(file, 0, 2 * SIZE);
	return 1;
}

static unsigned int no_size(struct zcopy_elem *e)
{
	e[0] = elem_file(file, 0, SIZE);
	e[1] = elem_file(pseudo, 0, ZCOPY_LEN_EOF);
	return 2;
}

static unsigned int empty(struct zcopy_elem *e)
{
	slow = slowfile_open(0);
	slowfile_ends();
	e[0] = elem_file(file, 0, SIZE);
	e[1] = elem_file(slow, 0, ZCOPY_LEN_EOF);
	return 2;
}

static unsigned int broken(struct zcopy_elem *e)
{
	slow = slowfile_open(MIB);
	slowfile_fails();
	e[0] = elem_file(file, 0, SIZE);
	e[1] = elem_file(slow, 0, MIB);
	return 2;
}

static const struct list {
	const char *name;
	unsigned int (*make)(struct zcopy_elem *e);
	uint32_t status;
} lists[] = {
	{ "a range beyond the end", beyond, ZCOPY_STATUS_TRUNCATED },
	{ "a file without a size behind it", no_size, ZCOPY_STATUS_DONE },
	{ "an empty file of a server behind it", empty, ZCOPY_STATUS_DONE },
	{ "a file that cannot be read behind it", broken, ZCOPY_STATUS_FILE_ERROR },
};

static const char * const doors[] = {
	[DOOR_SEND] = "send", [DOOR_WAIT] = "submit", [DOOR_URING] = "ring",
};

/* ---- one transfer ---- */

struct flight {
	struct cramped c;
	struct door d;
	struct request q;
	struct zcopy_elem e[2];
	struct zcopy_result res;
	pthread_t thread;
	bool over;
	int err;
};

static void *run(void *arg)
{
	struct flight *f = arg;

	f->err = door_run(&f->d, &f->q, &f->res);
	__atomic_store_n(&f->over, true, __ATOMIC_SEQ_CST);
	return NULL;
}

static bool over(const struct flight *f, unsigned int ms)
{
	for (unsigned int i = 0; i < ms && !__atomic_load_n(&f->over, __ATOMIC_SEQ_CST); i += 5)
		sleep_ms(5);
	return __atomic_load_n(&f->over, __ATOMIC_SEQ_CST);
}

static void take_off(struct flight *f, enum door_kind door, const struct list *l,
		     unsigned int version)
{
	*f = (struct flight){ .c = cramped_open(version) };
	slow = -1;
	f->q = (struct request){ .elems = f->e, .nr = l->make(f->e), .sock = f->c.p.near };
	door_open(&f->d, door);
	if (pthread_create(&f->thread, NULL, run, f))
		die("a thread");
	over(f, 400 * guest_scale());
}

/* The program closes the socket as soon as it knows of the end; the peer reads late. */
static void land(struct flight *f, struct reader *r)
{
	if (over(f, 0)) {
		close(f->c.p.near);
		f->c.p.near = -1;
		sleep_ms(200);
	}
	r->fd = f->c.p.far;
	reader_start(r);
	pthread_join(f->thread, NULL);
	if (f->c.p.near >= 0)
		close(f->c.p.near);
	f->c.p.near = -1;
	reader_join(r);
	if (slow >= 0)
		slowfile_close(slow);
	door_close(&f->d);
	pair_close(&f->c.p);
}

static void expect(struct stream *want, const struct list *l)
{
	struct stream tail = {0}, last = {0};

	stream_zero(want, CRAMPED_RECORDS * TLS_RECORD);
	stream_pattern(&tail, 8, 0, SIZE);
	stream_append(want, &tail);
	if (l->make == no_size) {
		stream_bytes(&last, text, text_len);
		stream_append(want, &last);
	}
	stream_free(&tail);
	stream_free(&last);
}

static void cell(enum door_kind door, const struct list *l, unsigned int version)
{
	uint64_t bytes = SIZE + (l->make == no_size ? text_len : 0);
	struct stream want = {0};
	unsigned int tries = 0;
	struct reader r;
	struct flight f;
	bool cut, waits;

	expect(&want, l);
	do {
		r = (struct reader){ .want = &want };
		take_off(&f, door, l, version);
		cut = cramped_cut(&f.c, bytes);
		waits = !over(&f, 0);
		land(&f, &r);
	} while (!cut && ++tries < TRIES);
	ktap_ok(cut, "%s, %s, TLS %x: TCP has room for a part", doors[door], l->name, version);
	ktap_ok(waits, "the end waits for the rest");
	ktap_ok(!f.err && f.res.status == l->status && f.res.bytes == bytes, "and tells how");
	if (f.err || f.res.status != l->status || f.res.bytes != bytes)
		note("%d, status %u, %llu bytes", f.err, f.res.status,
		     (unsigned long long)f.res.bytes);
	ktap_ok(reader_happy(&r), "after the program's close all bytes arrive");
	stream_free(&want);
}

static bool has_servers(void)
{
	int fd = slowfile_open(0);

	if (fd >= 0)
		slowfile_close(fd);
	return fd >= 0;
}

int main(void)
{
	bool servers = has_servers();

	file = file_make("source", 0, 8, SIZE);
	pseudo = open("/proc/sys/kernel/ostype", O_RDONLY | O_CLOEXEC);
	text_len = pread(pseudo, text, sizeof(text), 0);
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (lists[i].make != beyond && lists[i].make != no_size && !servers)
			continue;
		cell(DOOR_SEND, &lists[i], i % 2 ? TLS_1_3_VERSION : TLS_1_2_VERSION);
		cell(DOOR_WAIT, &lists[i], i % 2 ? TLS_1_2_VERSION : TLS_1_3_VERSION);
		if (dev_has(ZCOPY_FEAT_URING))
			cell(DOOR_URING, &lists[i], TLS_1_3_VERSION);
	}
	return ktap_done();
}
