// SPDX-License-Identifier: GPL-2.0
/*
 * A blocking sendfile(2) can hand a certain number of bytes to the socket of a peer
 * that does not read.  A send and a submission hand over as many: with TLS exactly
 * as many, without it to within one segment, because the bytes lie in buffers
 * differently and TCP counts buffers.
 *
 * needs: zcopy
 * guest: timeout=240 skip-on=debug takes=18
 */
#include "ktap.h"

#include <poll.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define PATIENCE (1000 * guest_scale())		/* ms */
#define TRIES	3
#define SEARCHES 5
#define LEAST	(80 * KIB)
#define STEP	(10 * KIB)
#define MARGIN	(4 * STEP)
#define SEGMENT	(64 * KIB)			/* on the loopback */
#define BUFFERS	3

enum way { SENDFILE, SEND, SUBMIT, WAYS };

static const char * const names[] = { "sendfile(2)", "send", "submit" };
static int file;

static void child(enum way way, int sock, uint64_t len)
{
	struct zcopy_elem e = elem_file(file, 0, len);
	struct request q = { .elems = &e, .nr = 1, .sock = sock };
	struct zcopy_result res;
	uint64_t all = 0;
	off_t off = 0;
	struct door d;
	ssize_t n = 1;

	if (way == SENDFILE) {
		for (; all < len && n > 0; all += n > 0 ? n : 0)
			n = sendfile(sock, file, &off, len - all);
		_exit(all != len);
	}
	door_open(&d, way == SEND ? DOOR_SEND : DOOR_WAIT);
	_exit(door_run(&d, &q, &res) || res.status != ZCOPY_STATUS_DONE);
}

static struct pair connected(bool secret, int sndbuf)
{
	struct pair p = pair_loopback(AF_INET);

	if (secret && !pair_tls(&p))
		ktap_skip_all("no TLS in this kernel");
	setsockopt(p.near, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
	return p;
}

/* The far end first: closing the near end would wait for room for a TLS record. */
static void disconnect(struct pair *p)
{
	close(p->far);
	p->far = -1;
	pair_close(p);
}

static bool ends(pid_t pid)
{
	struct pollfd p = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool over;

	if (p.fd < 0)
		die("pidfd_open");
	over = poll(&p, 1, PATIENCE) == 1;
	close(p.fd);
	return over;
}

/* True if the call returns although the peer does not read. */
static bool fits(enum way way, bool secret, int sndbuf, uint64_t len)
{
	struct pair p = connected(secret, sndbuf);
	int status = -1;
	pid_t pid;
	bool over;

	pid = fork();
	if (!pid)
		child(way, p.near, len);
	over = ends(pid);
	if (!over)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	disconnect(&p);
	return over && !status;
}

static bool once_in_a_while(enum way way, bool secret, int sndbuf, uint64_t len)
{
	for (unsigned int i = 0; i < TRIES; i++)
		if (fits(way, secret, sndbuf, len))
			return true;
	return false;
}

/*
 * A little less than what fits, so that few lengths need to be tried: one that does not
 * fit takes PATIENCE.
 */
static uint64_t about(bool secret, int sndbuf)
{
	struct pair p = connected(secret, sndbuf);
	off_t off = 0;

	set_nonblock(p.near, true);
	for (unsigned int quiet = 0; quiet < 3; quiet++) {
		while (sendfile(p.near, file, &off, MIB - off) > 0)
			quiet = 0;
		sleep_ms(10);
	}
	disconnect(&p);
	return off > (off_t)MARGIN ? off - MARGIN : 0;
}

/* How much fits by sendfile(2); a busy host may let more fit in one search than usual. */
static uint64_t search(bool secret, int sndbuf)
{
	uint64_t len = about(secret, sndbuf);
	bool less = false;		/* known not to fit: one step more */

	len = len > LEAST ? len - (len - LEAST) % STEP : LEAST;
	for (; len > LEAST && !fits(SENDFILE, secret, sndbuf, len); less = true)
		len -= STEP;
	while (!less && len < MIB && fits(SENDFILE, secret, sndbuf, len + STEP))
		len += STEP;
	return secret ? len : len - SEGMENT;
}

/* What never fits by this way does not fit after any search. */
static void fits_too(enum way way, bool secret, int sndbuf, uint64_t len)
{
	bool good = once_in_a_while(way, secret, sndbuf, len);

	for (unsigned int i = 1; i < SEARCHES && !good; i++) {
		uint64_t again = search(secret, sndbuf);

		len = again < len ? again : len;
		good = once_in_a_while(way, secret, sndbuf, len);
	}
	ktap_ok(good, "%s, buffer of %d: %llu bytes fit by %s, too",
		secret ? "TLS" : "plain", sndbuf, (unsigned long long)len, names[way]);
}

static void buffer_of(int sndbuf, bool secret)
{
	uint64_t len = search(secret, sndbuf);

	for (enum way way = SEND; way < WAYS; way++)
		fits_too(way, secret, sndbuf, len);
}

int main(void)
{
	file = file_make("source", 0, 8, MIB);
	for (unsigned int i = 0; i < BUFFERS; i++) {
		buffer_of(29192 + 7000 * i, false);
		buffer_of(15192 + 7000 * i, true);
	}
	return ktap_done();
}
