// SPDX-License-Identifier: GPL-2.0
/*
 * For every combination of size, offset, end of the range, source, door, socket,
 * address family, reader, neighbours and cache state, the stream is exact and the
 * result says what happened.  Any two values meet in at least one row; pairs that
 * cannot meet are listed with the reason. sends_more_than_4_gib.c covers that, and
 * sends_files_without_a_page_cache.c covers files without a size.
 *
 * needs: zcopy
 * guest: timeout=300 takes=20
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choices.h"
#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"

enum dim { SIZE, OFF, END, SOURCE, DOOR, SOCK, FAMILY, READER, SHAPE, CACHE, DIMS };

enum { OFF_0, OFF_1, OFF_4095, OFF_4097, OFF_4G, OFF_PAST };
enum { END_INSIDE, END_EOF, END_BEYOND };
enum { SRC_SYSFS = FS_NR, SRC_DIRECT, SRC_NR };
enum { BLOCKING, NONBLOCK };
enum { ONE, TWO, PROCESSES };
enum { WARM, COLD };

/* The largest is four times what a send buffer grows to. */
static const uint64_t sizes[] = {
	0, 1, 4095, 4096, 4097, 65535, 65537, MIB + 3, 16 * MIB,
};
#define SIZE_16M 8

static const uint64_t offsets[] = { 0, 1, 4095, 4097, 4 * GIB - 1, 0 };

static const char *const words[DIMS][PAIRWISE_VALUES] = {
	[SIZE] = { "0", "1", "4095", "4096", "4097", "65535", "65537",
		   "1 MiB + 3", "16 MiB" },
	[OFF] = { "0", "1", "4095", "4097", "4 GiB - 1", "past the end" },
	[END] = { "inside", "to the end of", "beyond the end of" },
	[SOURCE] = { "ext4", "xfs", "btrfs", "tmpfs", "huge tmpfs", "overlay",
		     "sysfs", "direct ext4" },
	[DOOR] = { "send", "submit+wait", "submit+read", "netlink",
		   "io_uring" },
	[SOCK] = { "blocking", "non-blocking" },
	[FAMILY] = { "IPv4", "IPv6" },
	[READER] = { "fast", "1 KiB", "pausing" },
	[SHAPE] = { "alone", "two in a row", "two processes" },
	[CACHE] = { "warm", "cold" },
};

static const struct pairwise_never rules[] = {
	{ SOURCE, SRC_SYSFS, SIZE, SIZE_16M, "the file is not so long" },
	{ SOURCE, SRC_SYSFS, OFF, OFF_4G, "the file is not so long" },
	{ SOURCE, SRC_SYSFS, OFF, OFF_PAST, "its end is a test of its own" },
	{ SOURCE, SRC_SYSFS, END, END_EOF, "its end is a test of its own" },
	{ SOURCE, SRC_SYSFS, END, END_BEYOND, "its end is a test of its own" },
	{ SOURCE, SRC_SYSFS, CACHE, COLD, "it has no cache" },
	{ SOURCE, SRC_DIRECT, CACHE, COLD, "it does not use the cache" },
	{ SOURCE, FS_TMPFS, CACHE, COLD, "the cache is the file" },
	{ SOURCE, FS_HUGE, CACHE, COLD, "the cache is the file" },
	{ SOURCE, FS_OVERLAY, CACHE, COLD, "it lies on tmpfs" },
	{ OFF, OFF_PAST, END, END_INSIDE, "past the end is not inside" },
	{ SIZE, SIZE_16M, READER, READER_SMALL, "16384 reads say no more than 1025" },
};

/* The values of each dimension that the slow debug guest tests. */
static const unsigned char debug_sizes[] = { 0, 1, 4, 6, 7 };
static const unsigned char debug_offs[] = { OFF_0, OFF_4095, OFF_PAST };
static const unsigned char debug_readers[] = { READER_FAST, READER_SMALL };

static struct choices all;

struct leg {			/* one transfer of a row */
	int file;
	uint64_t seed;
	struct request q;
	struct zcopy_elem elem;
	struct zcopy_result res;
	int err;
};

struct row {
	const unsigned char *v;	/* real values by dimension */
	uint64_t off, len, gets;
	struct pair pair;
	struct leg legs[2];
	struct stream want;
};

struct shared {			/* shared with the second process */
	bool first_started, first_over;
	uint64_t turns;			/* taken before the row */
	int err;
	struct zcopy_result res;
};

static struct shared *shared;
/* A file without a page cache that is long, and does not change. */
static char *sysfs_text;
#define SYSFS_PATH "/sys/kernel/btf/vmlinux"
#define SYSFS_BYTES (2 * MIB)

static void choose_sources(void)
{
	for (unsigned int i = 0; i < SRC_NR; i++) {
		if (i < FS_NR && !fs_mount(i))
			ktap_skip("%s: %s", words[SOURCE][i], fs_why());
		else if (i == SRC_SYSFS && access(SYSFS_PATH, R_OK))
			ktap_skip("sysfs: this kernel has no " SYSFS_PATH);
		else if (i == SRC_DIRECT && !fs_mount(FS_EXT4))
			ktap_skip("direct ext4: %s", fs_why());
		else
			choose_too(&all, SOURCE, i);
	}
}

static void choose_values(void)
{
	choose_all(&all, SIZE, 9);
	choose_all(&all, OFF, 6);
	choose_all(&all, END, 3);
	choose_all(&all, DOOR, 4);
	if (dev_has(ZCOPY_FEAT_URING))
		choose_too(&all, DOOR, DOOR_URING);
	else
		ktap_skip("io_uring: this kernel has no commands");
	choose_all(&all, SOCK, 2);
	choose_all(&all, FAMILY, 2);
	choose_all(&all, READER, 3);
	choose_all(&all, SHAPE, 3);
	choose_all(&all, CACHE, 2);
	choose_sources();
	if (!guest_is_debug())
		return;
	choose_some(&all, SIZE, debug_sizes, sizeof(debug_sizes));
	choose_some(&all, OFF, debug_offs, sizeof(debug_offs));
	choose_some(&all, READER, debug_readers, sizeof(debug_readers));
	ktap_skip("4095, 4096, 65535 bytes and 16 MiB: left to the faster guests");
	ktap_skip("offsets 1, 4097 and 4 GiB - 1: left to the faster guests");
	ktap_skip("a pausing reader: left to the faster guests");
}

static void read_sysfs(void)
{
	int fd = open(SYSFS_PATH, O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	ssize_t n = 1;

	if (fd < 0)
		return;
	sysfs_text = malloc(SYSFS_BYTES);
	while (sysfs_text && n > 0 && got < SYSFS_BYTES) {
		n = read(fd, sysfs_text + got, SYSFS_BYTES - got);
		if (n > 0)
			got += n;
	}
	if (got != SYSFS_BYTES)
		die(SYSFS_PATH);
	close(fd);
}

static void make_file(struct row *w, struct leg *leg, unsigned int nr)
{
	unsigned int src = w->v[SOURCE];
	uint64_t from = w->v[OFF] == OFF_4G ? w->off : 0;
	uint64_t to = w->v[OFF] == OFF_PAST ? sizes[w->v[SIZE]] : w->off + w->gets;
	char path[128];
	int fd;

	if (src == SRC_SYSFS) {
		leg->file = open(SYSFS_PATH, O_RDONLY | O_CLOEXEC);
		if (leg->file < 0)
			die(SYSFS_PATH);
		return;
	}
	snprintf(path, sizeof(path), "%s/%u",
		 fs_mount(src == SRC_DIRECT ? FS_EXT4 : src), nr);
	fd = file_make(path, 0, 0, 0);
	if (w->v[END] == END_INSIDE)
		to += 777;
	file_write(fd, leg->seed, from, to - from);
	if (w->v[CACHE] == COLD || src == SRC_DIRECT)
		file_uncache(fd);
	leg->file = open(path, O_RDONLY | O_CLOEXEC |
			 (src == SRC_DIRECT ? O_DIRECT : 0));
	if (leg->file < 0)
		die("%s again", path);
	close(fd);
	unlink(path);
}

/*
 * Files whose content may depend on the reader are read at submission where workers
 * run the transfer: no more than a list may have in memory, and none through netlink.
 */
static bool is_refused(const struct row *w)
{
	return w->v[SOURCE] == SRC_SYSFS && w->v[DOOR] != DOOR_SEND &&
	       (w->v[DOOR] == DOOR_NETLINK || sizes[w->v[SIZE]] > 64 * KIB);
}

static void make_leg(struct row *w, unsigned int i)
{
	struct leg *leg = &w->legs[i];
	uint64_t off = w->off;
	uint64_t len = w->len;

	leg->seed = 1000 + 2 * w->off + i;
	if (w->v[SOURCE] == SRC_SYSFS)
		off += 100 * i;
	make_file(w, leg, i);
	leg->elem = elem_file(leg->file, off, len);
	leg->q = (struct request){
		.elems = &leg->elem, .nr = 1, .sock = w->pair.near,
		.cookie = 0x1122334455667788ULL + i,
	};
	if (is_refused(w))
		return;
	if (w->v[SOURCE] == SRC_SYSFS)
		stream_bytes(&w->want, sysfs_text + off, w->gets);
	else
		stream_pattern(&w->want, leg->seed, off, w->gets);
}

static void plan_row(struct row *w)
{
	uint64_t size = sizes[w->v[SIZE]];

	w->off = offsets[w->v[OFF]];
	w->gets = size;
	w->len = size;
	if (w->v[OFF] == OFF_PAST) {
		w->off = size + 4097;
		w->gets = 0;
	}
	if (w->v[END] == END_EOF)
		w->len = ZCOPY_LEN_EOF;
	if (w->v[END] == END_BEYOND)
		w->len += 5000;
	w->pair = pair_loopback(w->v[FAMILY] ? AF_INET6 : AF_INET);
	set_nonblock(w->pair.near, w->v[SOCK] == NONBLOCK);
}

static void run_leg(struct row *w, struct leg *leg)
{
	struct door d;

	door_open(&d, w->v[DOOR]);
	leg->err = door_run(&d, &leg->q, &leg->res);
	door_close(&d);
}

static void run_two(struct row *w)
{
	struct leg *a = &w->legs[0], *b = &w->legs[1];
	uint64_t id_a, id_b;
	struct door d;

	door_open(&d, w->v[DOOR]);
	if (d.kind == DOOR_SEND) {
		a->err = door_run(&d, &a->q, &a->res);
		b->err = door_run(&d, &b->q, &b->res);
	} else {
		a->err = door_start(&d, &a->q, &id_a);
		b->err = door_start(&d, &b->q, &id_b);
		if (!a->err)
			a->err = door_finish(&d, id_a, &a->res);
		if (!b->err)
			b->err = door_finish(&d, id_b, &b->res);
		if (!a->err && !b->err &&
		    (a->res.id != id_a || b->res.id != id_b))
			a->err = -EPROTO;
	}
	door_close(&d);
}

/*
 * A send that retries can be overtaken between two tries; all other doors keep
 * their place.
 */
static void run_second_process(struct row *w)
{
	bool retries = w->v[DOOR] == DOOR_SEND && w->v[SOCK] == NONBLOCK;

	while (!__atomic_load_n(&shared->first_over, __ATOMIC_ACQUIRE)) {
		/*
		 * It is live before it is in the queue; its first turn shows that
		 * it is queued.
		 */
		if (!retries && w->v[DOOR] == DOOR_SEND &&
		    counter_of("turns") > shared->turns)
			break;
		if (!retries && __atomic_load_n(&shared->first_started, __ATOMIC_ACQUIRE))
			break;
		sleep_ms(1);
	}
	run_leg(w, &w->legs[1]);
	shared->err = w->legs[1].err;
	shared->res = w->legs[1].res;
	_exit(0);
}

static pid_t start_second_process(struct row *w)
{
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	shared->turns = counter_of("turns");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		run_second_process(w);
	return pid;
}

static void run_processes(struct row *w, pid_t child)
{
	struct leg *a = &w->legs[0];
	uint64_t id;
	struct door d;

	door_open(&d, w->v[DOOR]);
	if (d.kind == DOOR_SEND) {
		a->err = door_run(&d, &a->q, &a->res);
	} else {
		a->err = door_start(&d, &a->q, &id);
		__atomic_store_n(&shared->first_started, true, __ATOMIC_RELEASE);
		if (!a->err)
			a->err = door_finish(&d, id, &a->res);
	}
	__atomic_store_n(&shared->first_over, true, __ATOMIC_RELEASE);
	door_close(&d);
	waitpid(child, NULL, 0);
	w->legs[1].err = shared->err;
	w->legs[1].res = shared->res;
}

/* True if the result of one transfer is right; prints what is wrong. */
static bool leg_is_right(const struct row *w, const struct leg *leg)
{
	const struct zcopy_result *r = &leg->res;
	unsigned int src = w->v[SOURCE];
	unsigned int status = w->v[END] == END_BEYOND ? ZCOPY_STATUS_TRUNCATED :
			      ZCOPY_STATUS_DONE;
	const char *wrong = NULL;

	if (is_refused(w))
		return leg->err == -EOPNOTSUPP;
	if (leg->err) {
		note("%s", strerror(-leg->err));
		return false;
	}
	if (r->status != status)
		wrong = "status";
	else if (r->bytes != w->gets)
		wrong = "bytes";
	else if (r->cookie != leg->q.cookie)
		wrong = "cookie";
	else if (!result_adds_up(r))
		wrong = "sums";
	else if (src < SRC_SYSFS && r->bytes_by_ref != w->gets)
		wrong = "bytes by reference";
	else if (src == SRC_SYSFS && r->copied[ZCOPY_COPY_NO_CACHE] != w->gets)
		wrong = "bytes copied for want of a cache";
	else if (src == SRC_DIRECT && r->copied[ZCOPY_COPY_DIRECT] != w->gets)
		wrong = "bytes copied for O_DIRECT";
	else if (w->v[CACHE] == COLD && w->gets && !r->cache_miss_bytes)
		wrong = "bytes not in the cache";
	else if (w->v[CACHE] == WARM && src < FS_OVERLAY &&
		 r->cache_hit_bytes != w->gets)
		wrong = "bytes in the cache";
	if (wrong) {
		note("wrong %s:", wrong);
		result_note(r);
	}
	return !wrong;
}

static bool run_row(const unsigned char *v)
{
	struct row w = { .v = v };
	unsigned int legs = v[SHAPE] == ONE ? 1 : 2;
	struct reader r = { .kind = v[READER], .want = &w.want };
	bool right = true;
	pid_t child = 0;

	plan_row(&w);
	for (unsigned int i = 0; i < legs; i++)
		make_leg(&w, i);
	r.fd = w.pair.far;
	if (v[SHAPE] == PROCESSES)
		child = start_second_process(&w);
	reader_start(&r);
	if (v[SHAPE] == ONE)
		run_leg(&w, &w.legs[0]);
	else if (v[SHAPE] == TWO)
		run_two(&w);
	else
		run_processes(&w, child);
	shutdown(w.pair.near, SHUT_WR);
	reader_join(&r);
	for (unsigned int i = 0; i < legs; i++) {
		right &= leg_is_right(&w, &w.legs[i]);
		close(w.legs[i].file);
	}
	right &= reader_happy(&r) && r.eof;
	pair_close(&w.pair);
	stream_free(&w.want);
	return right;
}

int main(int argc, char **argv)
{
	unsigned int only = argc > 1 ? atoi(argv[1]) : 0;
	const struct pairwise *p = &all.rows;
	uint64_t start = now_ns(), slowest = 0;
	bool made;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	choose_values();
	made = choices_make(&all, DIMS, rules, sizeof(rules) / sizeof(*rules));
	ktap_ok(made, "all %u pairs that can be have a row", pairwise_pairs(p));
	ktap_eq(pairwise_missing(p), 0, "no pair is missing");
	ktap_eq(pairwise_wrong(p), 0, "no impossible pair is in a row");
	for (unsigned int i = 0; i < p->nr_never; i++) {
		const struct pairwise_never *n = &p->never[i];

		note("never %s with %s: %s", words[n->dim_a][all.values[n->dim_a][n->a]],
		     words[n->dim_b][all.values[n->dim_b][n->b]], n->why);
	}
	note("%u rows, made in %llu ms", p->nr_rows,
	     (unsigned long long)(now_ns() - start) / 1000000);
	read_sysfs();
	for (unsigned int i = 0; i < p->nr_rows; i++) {
		unsigned char v[DIMS];
		uint64_t t = now_ns();

		for (unsigned int d = 0; d < DIMS; d++)
			v[d] = choices_value(&all, i, d);
		if (only && only != i + 1)
			continue;
		ktap_ok(run_row(v),
			"row %u: %s bytes from %s %s %s (%s) by %s to a %s %s socket, %s reader, %s",
			i + 1, words[SIZE][v[SIZE]], words[OFF][v[OFF]],
			words[END][v[END]], words[SOURCE][v[SOURCE]],
			words[CACHE][v[CACHE]], words[DOOR][v[DOOR]],
			words[SOCK][v[SOCK]], words[FAMILY][v[FAMILY]],
			words[READER][v[READER]], words[SHAPE][v[SHAPE]]);
		if (now_ns() - t > slowest) {
			slowest = now_ns() - t;
			note("slowest so far: %llu ms",
			     (unsigned long long)slowest / 1000000);
		}
	}
	return ktap_done();
}
