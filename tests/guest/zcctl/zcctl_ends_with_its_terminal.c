// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * When the terminal of a send goes away, zcctl ends, and the transfer with it.  A
 * transfer that was detached there, or whose zcctl ignores the hangup (nohup), goes
 * on.
 * guest: timeout=60
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "peers.h"

#define SIZE	(8 << 20)

static int listen_any(char *where, size_t room)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(sock, (void *)&sin, len) || listen(sock, 4) ||
	    getsockname(sock, (void *)&sin, &len))
		die("no listener");
	snprintf(where, room, "127.0.0.1:%u", ntohs(sin.sin_port));
	return sock;
}

static bool live(uint64_t nr)
{
	uint64_t end = now_ms() + 20000;

	while (counter_of("transfers_active") != nr) {
		if (now_ms() > end)
			return false;
		sleep_ms(20);
	}
	return true;
}

static void terminal_goes(const char *option, bool spared, bool goes_on)
{
	const char *what = option[2] == 'd' ? "detached" :
			   spared ? "spared" : "followed";
	int listener, conn, master;
	char where[64];
	pid_t pid;

	listener = listen_any(where, sizeof(where));
	fflush(stdout);
	pid = forkpty(&master, NULL, NULL, NULL);
	if (!pid) {
		if (spared)
			signal(SIGHUP, SIG_IGN);
		execlp("zcctl", "zcctl", "send", option, "file", where, NULL);
		_exit(127);
	}
	conn = accept(listener, NULL, NULL);
	ktap_ok(conn >= 0 && live(1), "%s: it is live", what);
	if (goes_on && !spared)
		sleep_ms(300);
	close(master);
	if (!spared)
		waitpid(pid, NULL, 0);
	if (goes_on) {
		sleep_ms(500);
		ktap_eq(counter_of("transfers_active"), 1,
			"%s: it goes on without its terminal", what);
		ktap_eq(sock_check(conn, 0, SIZE), SIZE, "%s: and arrives", what);
	} else {
		ktap_ok(live(0), "%s: it ends with its terminal", what);
	}
	if (spared)
		waitpid(pid, NULL, 0);
	close(conn);
	close(listener);
	ktap_ok(counters_rest(), "%s: at rest", what);
}

int main(void)
{
	close(file_to_read("file", SIZE));
	terminal_goes("--until=queued", false, false);
	terminal_goes("-q", false, false);
	terminal_goes("-q", true, true);
	terminal_goes("--detach", false, true);
	return ktap_done();
}
