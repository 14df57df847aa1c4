// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Several progress bars take a line each and one line for the total.  They redraw
 * themselves and are erased at the end.  If there are more bars than terminal lines,
 * only the total is drawn.
 * sources: user/zcctl/progress.c user/zcctl/units.c
 */
#include "ktap.h"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/zcctl/progress.h"

#define BARS	4

static char text[1 << 14];

static void draw(void)
{
	struct progress_bar bars[BARS] = {
		{ .label = "10.0.0.1:1" }, { .label = "10.0.0.2:2" },
		{ .label = "[2001:db8:1234:5678::9]:3333" }, { .label = "h:4" },
	};
	struct progress_bar *shown[BARS];
	struct progress p;
	int look, i;

	progress_start(&p, true);
	for (look = 1; look <= 2; look++) {
		for (i = 0; i < BARS; i++) {
			shown[i] = &bars[i];
			bars[i].asked = 100 << 20;
			bars[i].bytes = (uint64_t)look * (i + 1) << 20;
			bars[i].ns = look * 1000000000ULL;
		}
		progress_show(&p, shown, BARS);
	}
	progress_end(&p);
	fputs("end", stderr);
}

static void run(unsigned short rows)
{
	struct winsize ws = { .ws_row = rows, .ws_col = 90 };
	size_t len = 0;
	int master;
	ssize_t n;
	pid_t pid = forkpty(&master, NULL, NULL, &ws);

	if (pid < 0)
		die("no terminal");
	if (!pid) {
		draw();
		_exit(0);
	}
	while ((n = read(master, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	close(master);
	waitpid(pid, NULL, 0);
}

static int count(const char *what)
{
	const char *p = text;
	int nr = 0;

	while ((p = strstr(p, what))) {
		p += strlen(what);
		nr++;
	}
	return nr;
}

int main(void)
{
	run(24);
	ktap_ok(count("10.0.0.1:1 ") == 2 && count("h:4 ") == 2, "a line each");
	ktap_eq(count(":3333 "), 2, "of a long name the end, with the port");
	ktap_ok(strstr(text, "20.0 MiB of 400 MiB  10.0 MiB/s") != NULL,
		"one for all, bytes and rate added up");
	ktap_eq(count("\033[4A"), 2, "up to the first before each drawing and wiping");
	ktap_ok(strstr(text, "\r\033[Jend") != NULL, "wiped at the end");
	run(5);
	ktap_ok(count("h:4") == 0 && count("of 400 MiB") == 2 && !count("A\r"),
		"too few lines: one for all");
	return ktap_done();
}
