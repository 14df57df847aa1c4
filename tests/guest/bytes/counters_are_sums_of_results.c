// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers end in every way, through every door.  Afterwards the module's counters of
 * bytes equal the sums over all results: bytes by reference, bytes copied for each
 * reason, and bytes that were in the cache or not.
 *
 * needs: zcopy
 */
#include "ktap.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "nlraw.h"
#include "peers.h"

#define LEN	MIB
#define SIZE	(4 * MIB)	/* of the file */
#define SEED	7
#define PART	40000		/* bytes that a peer reads before it stops */
#define HEADER	5000		/* bytes of memory before the file's, */
#define TRAILER	100		/* and after them */
#define BRIEF	200		/* bytes that are copied, being in short pieces */
#define LIMIT_NS (120 * MS)
#define PART_MS	(10000 * guest_scale())

struct run {
	const struct ending *ending;
	struct pair p;
	struct zcopy_elem e[CRUMBS + 2];
	struct request q;
	struct reader r;
	struct stream want;
	struct door d;
	struct zcopy_result res;
	pthread_t thread;
	int err;
};

static struct zcopy_result sum;
static int file;

/* ---- endings ---- */

static void cancel(struct run *run)
{
	struct nlraw nl;

	(void)run;
	nlraw_open(&nl);
	if (nlraw_cancel_all(&nl))
		note("not cancelled");
	close(nl.fd);
}

static void interrupt(struct run *run)
{
	pthread_kill(run->thread, SIGUSR1);
}

static void shut_down(struct run *run)
{
	shutdown(run->p.near, SHUT_WR);
}

static void reset(struct run *run)
{
	sock_reset(run->p.far);
	run->p.far = -1;
}

#define ONLY_SEND	(1U << DOOR_SEND)
#define ANY		(~0U)

static const struct ending {
	const char *name;
	unsigned int by;			/* doors */
	uint32_t status;
	void (*happens)(struct run *run);	/* once the peer has read a part */
	uint32_t flags;
	uint64_t deadline_ns, idle_ns;
	bool all;				/* the peer reads all */
	bool brief;
	uint64_t off;
} endings[] = {
	{ "all is sent", ANY, ZCOPY_STATUS_DONE, .all = true },
	{ "its file ends early", ANY, ZCOPY_STATUS_TRUNCATED, .all = true,
	  .off = SIZE - LEN / 2 },
	{ "all is sent, and copied", ANY, ZCOPY_STATUS_DONE, .all = true, .brief = true },
	{ "cancelled", ANY, ZCOPY_STATUS_CANCELLED, .happens = cancel },
	{ "interrupted", ONLY_SEND, ZCOPY_STATUS_CANCELLED, .happens = interrupt },
	{ "DONTWAIT", ONLY_SEND, ZCOPY_STATUS_AGAIN, .flags = ZCOPY_F_DONTWAIT },
	{ "shut down", ANY, ZCOPY_STATUS_SOCKET_ERROR, .happens = shut_down },
	{ "its peer resets", ANY, ZCOPY_STATUS_SOCKET_ERROR, .happens = reset },
	{ "deadline", ANY, ZCOPY_STATUS_DEADLINE, .deadline_ns = LIMIT_NS },
	{ "idle", ANY, ZCOPY_STATUS_IDLE, .idle_ns = LIMIT_NS },
};

/* ---- one transfer ---- */

static void prepare(struct run *run, const struct ending *ending, enum door_kind kind,
		    uint32_t flags)
{
	static const char memory[HEADER];
	uint64_t off = ending->off ? ending->off : 5;
	uint64_t header = ending->brief ? BRIEF : HEADER;
	uint64_t len = ending->brief ? BRIEF : LEN;
	unsigned int nr = 1;

	*run = (struct run){ .ending = ending };
	run->p = pair_tight(flags ? AF_INET6 : AF_INET);
	run->e[0] = elem_memory(memory, header);
	run->e[1] = elem_file(file, off, len);
	if (ending->brief)
		nr = elem_crumbs(run->e + 1, file, off, len);
	run->e[nr + 1] = elem_memory(memory, TRAILER);
	run->q = (struct request){
		.elems = run->e, .nr = nr + 2, .sock = run->p.near, .until = kind % 3,
		.flags = flags | ending->flags,
		.deadline_ns = ending->deadline_ns, .idle_ns = ending->idle_ns,
	};
	stream_zero(&run->want, header);
	stream_pattern(&run->want, SEED, off, len);
	stream_zero(&run->want, TRAILER);
	run->r = (struct reader){ .fd = run->p.far, .want = &run->want };
	if (!ending->all) {
		run->r.enough = PART;
		run->r.exact = true;
	}
	door_open(&run->d, kind);
}

static void *send_it(void *arg)
{
	struct run *run = arg;

	/* Not the door: it would go on after DONTWAIT. */
	run->err = run->d.kind == DOOR_SEND ? dev_send(run->d.dev, &run->q, &run->res) :
		   door_run(&run->d, &run->q, &run->res);
	return NULL;
}

static bool is_right(const struct run *run)
{
	return !run->err && run->res.status == run->ending->status &&
	       result_adds_up(&run->res) && run->r.bad_at < 0 &&
	       (!run->ending->all || run->r.bytes == run->res.bytes);
}

static void try_ending(const struct ending *ending, enum door_kind kind, uint32_t flags)
{
	struct run run;

	prepare(&run, ending, kind, flags);
	reader_start(&run.r);
	if (pthread_create(&run.thread, NULL, send_it, &run))
		die("a thread");
	if (ending->happens) {
		if (!reader_has(&run.r, PART, PART_MS))
			die("no part arrives");
		reader_join(&run.r);
		ending->happens(&run);
	}
	pthread_join(run.thread, NULL);
	shutdown(run.p.near, SHUT_RDWR);
	if (!ending->happens)
		reader_join(&run.r);
	if (!ktap_ok(is_right(&run), "%s%s, door %d: its result adds up", ending->name,
		     flags ? ", stable" : "", kind)) {
		note("error %d, %llu bytes came", run.err, (unsigned long long)run.r.bytes);
		result_note(&run.res);
	}
	result_sum(&sum, &run.res);
	door_close(&run.d);
	pair_close(&run.p);
	stream_free(&run.want);
}

static void try_door(enum door_kind kind)
{
	for (unsigned int i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (endings[i].by & (1U << kind))
			try_ending(&endings[i], kind, i % 2 ? ZCOPY_F_STABLE : 0);
}

/* ---- the sums ---- */

static void compare(void)
{
	static const char *const copied[ZCOPY_COPY_NR] = {
		"copied_no_sg", "copied_tls", "copied_direct", "copied_no_cache",
		"copied_stable", "copied_no_splice", "copied_memory", "copied_released",
	};

	ktap_ok(sum.copied_small, "some were copied, being in short pieces");
	ktap_eq(counter_of("copied_small"), sum.copied_small, "copied_small");

	ktap_eq(counter_of("bytes_by_ref"), sum.bytes_by_ref, "bytes by reference");
	ktap_eq(counter_of("bytes_copied"), sum.bytes_copied, "bytes copied");
	ktap_eq(sum.bytes_by_ref + sum.bytes_copied, sum.bytes, "which are all bytes");
	ktap_eq(counter_of("cache_hit_bytes"), sum.cache_hit_bytes, "bytes in the cache");
	ktap_eq(counter_of("cache_miss_bytes"), sum.cache_miss_bytes, "bytes read from disk");
	for (unsigned int i = 0; i < ZCOPY_COPY_NR; i++)
		ktap_eq(counter_of(copied[i]), sum.copied[i], "%s", copied[i]);
}

static void nothing(int sig)
{
	(void)sig;
}

int main(void)
{
	struct sigaction act = { .sa_handler = nothing };

	sigaction(SIGUSR1, &act, NULL);
	file = file_make("file", 0, SEED, SIZE);
	for (int kind = DOOR_SEND; kind <= DOOR_URING; kind++) {
		if (kind == DOOR_URING && !dev_has(ZCOPY_FEAT_URING))
			ktap_skip("door %d: not in this kernel", kind);
		else
			try_door(kind);
	}
	ktap_ok(counters_rest(), "at rest");
	compare();
	return ktap_done();
}
