// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the report of the verb bench: a page of HTML with a picture and a table for each
 * case, and with what was measured on.  The page fetches nothing.
 */
#include "bench_page.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench_nics.h"
#include "zcctl.h"

#define NS		1e9
#define LEFT		150
#define BARS		520
#define BAR		22

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;max-width:56em;margin:2em auto;"
	"padding:0 1em;color:#222;background:#fff}"
	"table{border-collapse:collapse;margin:.6em 0 1.6em}"
	"td,th{border-bottom:1px solid #ddd;padding:.2em .8em;text-align:right}"
	"td:first-child,th:first-child{text-align:left}"
	"svg{max-width:100%;height:auto}"
	"svg text{font:12px system-ui,sans-serif;fill:#333}"
	".sender{fill:#1457a8}.receiver{fill:#b9cfe8}.spread{stroke:#000;stroke-width:1.5}"
	".key{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}";

/* Text that may have any characters */
static void put(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		default:
			fputc(*text, f);
		}
	}
}

static const char *text_of(struct json_object *row, const char *key)
{
	return json_object_get_string(json_object_object_get(row, key));
}

static double number_of(struct json_object *row, const char *key)
{
	return json_object_get_int64(json_object_object_get(row, key));
}

static bool was_measured(struct json_object *row)
{
	return number_of(row, "bytes") > 0;
}

static void fact(FILE *f, const char *name, const char *value)
{
	fprintf(f, "<tr><td>%s<td>", name);
	put(f, value);
	fputs("\n", f);
}

static void processor(char *name, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256], *colon;

	snprintf(name, size, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) != 0 || !colon)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(name, size, "%s", colon + 2);
		break;
	}
	if (f)
		fclose(f);
}

static void machine(FILE *f)
{
	char name[256], buf[400];
	time_t now = time(NULL);
	struct utsname u;

	uname(&u);
	fputs("<h2>The machine</h2>\n<table>\n", f);
	snprintf(buf, sizeof(buf), "%s %s, %s", u.sysname, u.release, u.machine);
	fact(f, "Kernel", buf);
	processor(name, sizeof(name));
	snprintf(buf, sizeof(buf), "%s, %ld online", name, sysconf(_SC_NPROCESSORS_ONLN));
	fact(f, "Processors", buf);
	fact(f, "zcctl", ZCOPY_VERSION);
	strftime(buf, sizeof(buf), "%F %H:%M UTC", gmtime(&now));
	fact(f, "Measured", buf);
	fputs("</table>\n<p>All was sent over loopback, from the page cache. The network "
	      "devices are listed because a device without scatter/gather makes every "
	      "method copy once more.</p>\n", f);
	bench_nics(f);
}

/*
 * The longest bar of a case, in ns of CPU for a GB.  The spread does not count: a single
 * part in which the machine did something else would make all bars too short to compare.
 */
static double longest(struct json_object *rows, size_t from, size_t to)
{
	double most = 1, n;
	size_t i;

	for (i = from; i < to; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		n = number_of(row, "sender_cpu_ns_per_gb") +
		    number_of(row, "receiver_cpu_ns_per_gb");
		if (n > most)
			most = n;
	}
	return most;
}

/* From least to most; an arrow where the most is beyond the scale.  Returns the end. */
static double spread(FILE *f, double low, double high, double y)
{
	bool beyond = high > LEFT + BARS;

	if (low > LEFT + BARS)
		low = LEFT + BARS;
	if (beyond)
		high = LEFT + BARS;
	fprintf(f, "<line class='spread' x1='%.1f' x2='%.1f' y1='%.0f' y2='%.0f'/>\n",
		low, high, y, y);
	if (beyond)
		fprintf(f, "<path d='M%.1f %.0fl-7 -4v8z'/>\n", high + 3, y);
	return beyond ? high + 3 : high;
}

static void bar(FILE *f, struct json_object *row, size_t n, double scale)
{
	double sender = number_of(row, "sender_cpu_ns_per_gb");
	double receiver = number_of(row, "receiver_cpu_ns_per_gb");
	double low = LEFT + scale * number_of(row, "sender_cpu_ns_per_gb_least");
	double high = LEFT + scale * number_of(row, "sender_cpu_ns_per_gb_most");
	double end = LEFT + scale * (sender + receiver), y = n * BAR, tip;

	fprintf(f, "<text x='%d' y='%.0f' text-anchor='end'>%s</text>\n", LEFT - 8, y + 15,
		text_of(row, "method"));
	if (!was_measured(row)) {
		fprintf(f, "<text x='%d' y='%.0f'>not measured</text>\n", LEFT, y + 15);
		return;
	}
	fprintf(f, "<rect class='sender' x='%d' y='%.0f' width='%.1f' height='16'/>\n"
		"<rect class='receiver' x='%.1f' y='%.0f' width='%.1f' height='16'/>\n",
		LEFT, y + 3, scale * sender, LEFT + scale * sender, y + 3,
		scale * receiver);
	tip = spread(f, low, high, y + 11);
	fprintf(f, "<text x='%.1f' y='%.0f'>%.3f</text>\n", (tip > end ? tip : end) + 6,
		y + 15, sender / NS);
}

static void picture(FILE *f, struct json_object *rows, size_t from, size_t to)
{
	double scale = BARS / longest(rows, from, to);
	size_t i;

	fprintf(f, "<svg viewBox='0 0 %d %zu' width='%d' role='img' "
		"aria-label='CPU time of each method'>\n", LEFT + BARS + 70,
		(to - from) * BAR + 4, LEFT + BARS + 70);
	for (i = from; i < to; i++)
		bar(f, json_object_array_get_idx(rows, i), i - from, scale);
	fputs("</svg>\n<p><span class='key' style='background:#1457a8'></span>CPU seconds "
	      "of the sender for a GB, with least and most of the parts it was measured in; "
	      "an arrow: the most is beyond the scale, the table has it"
	      "<span class='key' style='background:#b9cfe8'></span>of the receiver</p>\n", f);
}

static void line(FILE *f, struct json_object *row)
{
	const char *why = text_of(row, "skipped");
	int err = number_of(row, "errno");

	fprintf(f, "<tr><td>%s", text_of(row, "method"));
	if (!was_measured(row)) {
		fputs("<td colspan='5'>", f);
		put(f, err ? strerror(err) : why);
		fputs("\n", f);
		return;
	}
	fprintf(f, "<td>%.1f<td>%.3f<td>%.3f to %.3f<td>%.3f<td>%.0f\n",
		number_of(row, "bytes_per_second") / 1e6,
		number_of(row, "sender_cpu_ns_per_gb") / NS,
		number_of(row, "sender_cpu_ns_per_gb_least") / NS,
		number_of(row, "sender_cpu_ns_per_gb_most") / NS,
		number_of(row, "receiver_cpu_ns_per_gb") / NS,
		number_of(row, "responses"));
}

static void one_case(FILE *f, struct json_object *rows, size_t from, size_t to)
{
	size_t i;

	fputs("<h2>", f);
	put(f, text_of(json_object_array_get_idx(rows, from), "case"));
	fputs("</h2>\n", f);
	picture(f, rows, from, to);
	fputs("<table>\n<tr><th>method<th>MB/s<th>sender s/GB<th>least to most"
	      "<th>receiver s/GB<th>responses\n", f);
	for (i = from; i < to; i++)
		line(f, json_object_array_get_idx(rows, i));
	fputs("</table>\n", f);
}

static void page(FILE *f, struct json_object *rows)
{
	size_t from = 0, to, nr = json_object_array_length(rows);

	fprintf(f, "<!DOCTYPE html>\n<html lang='en'>\n<meta charset='utf-8'>\n"
		"<title>zcctl bench</title>\n<style>%s</style>\n"
		"<h1>Ways to send a file, measured on this machine</h1>\n", style);
	machine(f);
	for (; from < nr; from = to) {
		const char *name = text_of(json_object_array_get_idx(rows, from), "case");

		for (to = from + 1; to < nr; to++)
			if (strcmp(text_of(json_object_array_get_idx(rows, to), "case"),
				   name) != 0)
				break;
		one_case(f, rows, from, to);
	}
	fputs("</html>\n", f);
}

int bench_page_write(const struct zcctl *zc, const char *dir, struct json_object *rows)
{
	char path[PATH_MAX];
	bool wrong;
	FILE *f;

	snprintf(path, sizeof(path), "%s/" BENCH_PAGE, dir);
	f = mkdir(dir, 0777) && errno != EEXIST ? NULL : fopen(path, "we");
	if (f) {
		page(f, rows);
		wrong = ferror(f);
		if (!fclose(f) && !wrong)
			return ZC_DONE;
	}
	return out_fail(zc, ZC_FAILED, errno, "choose another directory with --report",
			"cannot write %.200s: %s", path, strerror(errno));
}
