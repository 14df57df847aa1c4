// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * On a terminal, zcctl send draws one line over itself, never wider than the
 * terminal, and erases it at the end.  Without a terminal it draws nothing.
 * guest: timeout=60
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE	(24 << 20)
#define COLUMNS	70

static char text[1 << 16];
static size_t len;

static int listen_any(char *where, size_t room)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t salen = sizeof(sin);
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(sock, (void *)&sin, sizeof(sin)) || listen(sock, 1) ||
	    getsockname(sock, (void *)&sin, &salen))
		die("no listener");
	snprintf(where, room, "127.0.0.1:%u", ntohs(sin.sin_port));
	return sock;
}

/* Read what the terminal shows until @until is there or @ms are over */
static int read_until(int fd, const char *until, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while (!until || !strstr(text, until)) {
		if (poll(&pfd, 1, ms) <= 0)
			return 0;
		n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			return !until;
		len += n;
		text[len] = '\0';
	}
	return 1;
}

/* The longest piece between carriage returns, control sequences left out */
static size_t longest_line(void)
{
	size_t best = 0, now = 0, i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\r' || text[i] == '\n')
			now = 0;
		else if (text[i] == '\033')
			i += 2;
		else if (++now > best)
			best = now;
	}
	return best;
}

int main(void)
{
	struct winsize ws = { .ws_row = 24, .ws_col = COLUMNS };
	static char buf[1 << 20];
	int sock, conn, master, status;
	char where[64];
	FILE *file;
	size_t i;
	pid_t pid;

	file = fopen("file", "w");
	for (i = 0; i < SIZE / sizeof(buf); i++)
		fwrite(buf, sizeof(buf), 1, file);
	if (!file || fclose(file))
		die("no file");

	sock = listen_any(where, sizeof(where));
	pid = forkpty(&master, NULL, NULL, &ws);
	if (pid < 0)
		die("no terminal");
	if (!pid) {
		execlp("zcctl", "zcctl", "send", "file", where, NULL);
		_exit(127);
	}
	conn = accept(sock, NULL, NULL);
	ktap_ok(read_until(master, " of 24.0 MiB", 20000),
		"a bar while the peer does not read");
	if (!ktap_ok(strstr(text, "% [") && strstr(text, "ETA "),
		     "percentage, bar, remaining time"))
		note("%s", text);
	read_until(master, "\033[K\r", 5000);
	while (read(conn, buf, sizeof(buf)) > 0)
		;
	read_until(master, NULL, 40000);
	waitpid(pid, &status, 0);
	ktap_eq(WEXITSTATUS(status), 0, "exit status");
	ktap_ok(longest_line() < COLUMNS, "the bar stays below the last column");
	ktap_ok(strstr(text, "\r\033[Kdone: 24.0 MiB") != NULL,
		"it is wiped before the summary");
	close(conn);

	len = 0;
	memset(text, 0, sizeof(text));
	snprintf(buf, sizeof(buf), "zcctl send file %s 2>err >out", where);
	pid = fork();
	if (!pid)
		_exit(WEXITSTATUS(system(buf)));
	conn = accept(sock, NULL, NULL);
	usleep(500000);
	while (read(conn, buf, sizeof(buf)) > 0)
		;
	waitpid(pid, &status, 0);
	ktap_eq(WEXITSTATUS(status), 0, "no terminal: exit status");
	file = fopen("err", "r");
	ktap_ok(file && fgetc(file) == EOF, "no terminal, no bar");
	return ktap_done();
}
