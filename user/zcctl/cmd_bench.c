// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb bench: measures every method to send a file on this machine, over
 * loopback, from the page cache.  The cost of a method is the CPU time of the sending
 * process; the CPU time of the receiver, which all methods share, is shown beside it.
 * Where the processor's counters can be had, they are shown, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "bench_counters.h"
#include "bench_page.h"
#include "json.h"
#include "units.h"
#include "zcctl.h"

#define HEADER_MAX	(64U << 10)
/* Fewest responses of each method, however slow it is */
#define LEAST_ROUNDS	2
/* Parts of a method's time that are looked at one by one */
#define PARTS		5
#define GB		1000000000.0

const struct opt bench_opts[] = {
	{ "method", 'm', "NAME", "this method; may be repeated; all if not given",
	  "read_write|mmap_write|sendfile|sendfile_gather|splice|tee|zcopy",
	  OPT_MANY },
	{ "time", 't', "SECONDS", "time for each; 1 if not given", NULL, 0 },
	{ "dir", 0, "DIR", "where the file is made; TMPDIR or /tmp if not given",
	  NULL, OPT_DIR },
	{ "report", 'r', "DIR", "write a page of HTML with pictures to it", NULL, OPT_DIR },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

static const char *const default_cases[] = { "200+4K", "64K", "1M", "16M" };

/* One run of the verb */
struct bench {
	struct zcctl		*zc;
	uint64_t		time_ns;
	int			file;
	struct zcopy		*dev;
	const char		*no_zcopy;	/* why zcopy is missing, else NULL */
	struct bench_counters	thread, machine;
	struct json_object	*rows;
	bool			failed;
	size_t			measured;
};

/* Results of one method in one case */
struct figure {
	const char	*skipped;		/* why, NULL if it was measured */
	int		err;
	uint64_t	responses;
	uint64_t	bytes;
	uint64_t	ns;
	uint64_t	sender_ns;
	double		least, most;	/* of a part: the sender's ns for a byte */
	uint64_t	receiver_ns;
	struct bench_count	thread, machine;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* SIZE or HEADER+SIZE */
static int parse_case(const char *text, size_t *header, size_t *size)
{
	const char *plus = strchr(text, '+');
	uint64_t h = 0, n;
	char buf[32];

	if (plus) {
		if ((size_t)(plus - text) >= sizeof(buf))
			return -EINVAL;
		memcpy(buf, text, plus - text);
		buf[plus - text] = '\0';
		if (units_parse_size(buf, &h) || !h || h > HEADER_MAX)
			return -EINVAL;
		text = plus + 1;
	}
	if (units_parse_size(text, &n) || !n)
		return -EINVAL;
	*header = h;
	*size = n;
	return 0;
}

static bool is_chosen(const struct zcctl *zc, const char *name)
{
	bool any = false;
	size_t i;

	for (i = 0; i < zc->args.nr_uses; i++) {
		if (strcmp(zc->args.uses[i].opt->name, "method") != 0)
			continue;
		if (strcmp(zc->args.uses[i].value, name) == 0)
			return true;
		any = true;
	}
	return !any;
}

static int open_file(struct bench *b)
{
	const char *dir = args_get(&b->zc->args, "dir");
	int err;

	if (!dir)
		dir = getenv("TMPDIR");
	if (!dir || !*dir)
		dir = "/tmp";
	b->file = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (b->file >= 0)
		return ZC_DONE;
	err = errno;
	return out_fail(b->zc, ZC_FAILED, err, "choose another directory with --dir",
			"cannot make a file in %s: %s", dir, strerror(err));
}

/* Make the file as long as a case wants, every byte written */
static int grow_file(struct bench *b, size_t size)
{
	static char block[1 << 16];
	size_t at, n;
	ssize_t got;

	memset(block, 'z', sizeof(block));
	at = lseek(b->file, 0, SEEK_END);
	while (at < size) {
		n = size - at < sizeof(block) ? size - at : sizeof(block);
		got = pwrite(b->file, block, n, at);
		if (got <= 0)
			return got ? -errno : -ENOSPC;
		at += got;
	}
	return 0;
}

/* Keep the least and the most of all parts */
static void note_part(struct figure *fig, double ns_per_byte)
{
	if (!fig->least || ns_per_byte < fig->least)
		fig->least = ns_per_byte;
	if (ns_per_byte > fig->most)
		fig->most = ns_per_byte;
}

/* Send until a part of the time is over, and at least as often as @least */
static void run_part(const struct bench_method *m, struct bench_job *j,
		     struct figure *fig, uint64_t end, uint64_t least)
{
	uint64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), before = fig->responses;

	do {
		fig->err = m->run(j);
		fig->responses++;
	} while (!fig->err && (fig->responses < least ||
			       clock_ns(CLOCK_MONOTONIC) < end));
	note_part(fig, (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) /
		       ((fig->responses - before) * (j->header + j->size)));
}

/* Send for the given time; the peer reports when it had all bytes */
static void run(struct bench *b, const struct bench_method *m,
		struct bench_job *j, struct figure *fig)
{
	struct bench_report report = { 0 };
	struct bench_peer peer;
	uint64_t begin, cpu, end;
	unsigned int i;
	int err;

	fig->err = bench_peer_open(&peer);
	if (fig->err)
		return;
	j->sock = peer.sock;
	bench_counters_begin(&b->machine);
	bench_counters_begin(&b->thread);
	begin = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	end = begin + b->time_ns;
	for (i = 1; i <= PARTS && !fig->err &&
	     (fig->responses < LEAST_ROUNDS || clock_ns(CLOCK_MONOTONIC) < end); i++)
		run_part(m, j, fig, begin + b->time_ns / PARTS * i, i);
	fig->sender_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	fig->thread = bench_counters_end(&b->thread);
	err = bench_peer_close(&peer, &report);
	fig->machine = bench_counters_end(&b->machine);
	if (!fig->err)
		fig->err = err;
	fig->bytes = fig->responses * (j->header + j->size);
	/* a method that loses bytes gets no figures */
	if (!fig->err && report.bytes != fig->bytes)
		fig->err = -EBADMSG;
	fig->ns = report.end_ns - begin;
	fig->receiver_ns = report.cpu_ns;
}

static double per_gb(uint64_t ns, uint64_t bytes)
{
	return bytes ? ns * (GB / bytes) : 0;
}

static void report(struct bench *b, const char *name, const struct bench_job *j,
		   const char *method, const struct figure *fig)
{
	struct json_object *obj = json_object_new_object();
	uint64_t rate = fig->ns ? fig->bytes * 1e9 / fig->ns : 0;
	const char *why = fig->skipped ? fig->skipped :
			  fig->err ? strerror(-fig->err) : "";

	json_text(obj, "case", name);
	json_number(obj, "header_bytes", j->header);
	json_number(obj, "file_bytes", j->size);
	json_text(obj, "method", method);
	json_text(obj, "skipped", fig->skipped ? fig->skipped : "");
	json_number(obj, "errno", -fig->err);
	json_number(obj, "responses", *why ? 0 : fig->responses);
	json_number(obj, "bytes", *why ? 0 : fig->bytes);
	json_number(obj, "duration_ns", *why ? 0 : fig->ns);
	json_number(obj, "bytes_per_second", *why ? 0 : rate);
	json_number(obj, "sender_cpu_ns_per_gb", *why ? 0 :
		    (uint64_t)per_gb(fig->sender_ns, fig->bytes));
	json_number(obj, "sender_cpu_ns_per_gb_least", *why ? 0 : fig->least * GB);
	json_number(obj, "sender_cpu_ns_per_gb_most", *why ? 0 : fig->most * GB);
	json_number(obj, "receiver_cpu_ns_per_gb", *why ? 0 :
		    (uint64_t)per_gb(fig->receiver_ns, fig->bytes));
	bench_counts_json(obj, !*why, &b->thread, &fig->thread, &b->machine,
			  &fig->machine);
	json_object_array_add(b->rows, obj);
	b->failed |= fig->err != 0;
	b->measured += !*why;
	if (b->zc->json)
		return;
	if (*why) {
		printf("%-8s  %-15s  %s%s\n", name, method,
		       fig->err ? "failed: " : "not measured: ", why);
		fflush(stdout);
		return;
	}
	printf("%-8s  %-15s  %10.1f  %12.3f  %6.3f-%-6.3f  %14.3f", name, method, rate / 1e6,
	       per_gb(fig->sender_ns, fig->bytes) / 1e9, fig->least, fig->most,
	       per_gb(fig->receiver_ns, fig->bytes) / 1e9);
	bench_counts_print(&b->thread, &fig->thread, fig->bytes);
	bench_counts_print(&b->machine, &fig->machine, fig->bytes);
	printf("\n");
	fflush(stdout);
}

static int run_case(struct bench *b, const char *name)
{
	struct bench_job j = { .file = b->file, .dev = b->dev };
	const struct bench_method *m;
	struct figure fig;
	int err;

	parse_case(name, &j.header, &j.size);
	err = grow_file(b, j.size);
	if (err)
		return out_fail(b->zc, ZC_FAILED, err,
				"choose another directory with --dir, or a smaller case",
				"cannot make a file of %s: %s", name,
				strerror(-err));
	err = bench_prepare(&j);
	if (err) {
		bench_end(&j);
		return out_fail(b->zc, ZC_FAILED, err, NULL,
				"cannot prepare the case %s: %s", name,
				strerror(-err));
	}
	for (m = bench_methods; m->name; m++) {
		if (!is_chosen(b->zc, m->name))
			continue;
		memset(&fig, 0, sizeof(fig));
		if (m->needs_zcopy && !b->dev)
			fig.skipped = b->no_zcopy;
		else if (m->needs_header && !j.header)
			fig.skipped = "there is no header to gather";
		else
			run(b, m, &j, &fig);
		report(b, name, &j, m->name, &fig);
	}
	bench_end(&j);
	return ZC_DONE;
}

static void open_zcopy(struct bench *b)
{
	int err = zcopy_open(&b->dev, 0);

	if (!err)
		return;
	b->dev = NULL;
	b->no_zcopy = err == -EACCES || err == -EPERM ?
		      "no permission on " ZCOPY_DEVICE : "the module is not loaded";
}

static void print_heading(const struct bench *b)
{
	printf("%-8s  %-15s  %10s  %12s  %13s  %14s", "CASE", "METHOD", "MB/s", "SENDER s/GB",
	       "LEAST-MOST", "RECEIVER s/GB");
	bench_counts_heading(&b->thread, &b->machine);
	printf("\n");
}

static int write_page(struct bench *b)
{
	const char *dir = args_get(&b->zc->args, "report");
	int ret = dir ? bench_page_write(b->zc, dir, b->rows) : ZC_DONE;

	if (dir && !ret && !b->zc->json)
		printf("Pictures: %s/" BENCH_PAGE "\n", dir);
	return ret;
}

static int run_all(struct bench *b)
{
	char **words = b->zc->args.pos;
	size_t i, nr = b->zc->args.nr_pos;
	int ret = ZC_DONE;

	if (!b->zc->json)
		print_heading(b);
	if (!nr)
		for (i = 0; i < ARRAY_SIZE(default_cases) && !ret; i++)
			ret = run_case(b, default_cases[i]);
	for (i = 0; i < nr && !ret; i++)
		ret = run_case(b, words[i]);
	if (ret)
		return ret;
	if (!b->measured && b->no_zcopy && !b->failed)
		return out_fail(b->zc, ZC_UNAVAILABLE, 0,
				"see what is missing with: zcctl doctor",
				"cannot measure zcopy: %s", b->no_zcopy);
	ret = write_page(b);
	if (ret)
		return ret;
	if (b->zc->json)
		out_json(b->zc, json_object_get(b->rows));
	else
		bench_counts_missing(&b->thread, &b->machine);
	if (!b->zc->json && b->no_zcopy && is_chosen(b->zc, "zcopy"))
		printf("zcopy was not measured: %s; see: zcctl doctor\n",
		       b->no_zcopy);
	return b->failed ? ZC_FAILED : ZC_DONE;
}

int cmd_bench(struct zcctl *zc)
{
	const char *time = args_get(&zc->args, "time");
	struct bench b = { .zc = zc, .time_ns = 1000000000, .file = -1 };
	size_t header, size, i;
	int ret;

	for (i = 0; i < zc->args.nr_pos; i++)
		if (parse_case(zc->args.pos[i], &header, &size))
			return zcctl_misuse(zc, "bench: \"%.40s\" is neither SIZE nor HEADER+SIZE (header up to 64K)",
					    zc->args.pos[i]);
	if (time && units_parse_seconds(time, &b.time_ns))
		return zcctl_misuse(zc, "bench: --time: \"%.40s\" is no number of seconds",
				    time);
	signal(SIGPIPE, SIG_IGN);
	ret = open_file(&b);
	if (ret)
		return ret;
	b.rows = json_object_new_array();
	open_zcopy(&b);
	bench_counters_open(&b.thread, false);
	bench_counters_open(&b.machine, true);
	ret = run_all(&b);
	bench_counters_close(&b.thread);
	bench_counters_close(&b.machine);
	json_object_put(b.rows);
	zcopy_close(b.dev);
	close(b.file);
	return ret;
}
