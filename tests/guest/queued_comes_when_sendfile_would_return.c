// SPDX-License-Identifier: GPL-2.0
/*
 * A blocking sendfile(2) can hand a certain number of bytes to the socket of a peer
 * that does not read.  A send and a submission hand over as many: with TLS exactly
 * as many, without it to within one segment, because the bytes lie in buffers
 * differently and TCP counts buffers.
 *
 * needs: zcopy
 * guest: timeout=240 skip-on=debug
 */
#include "ktap.h"

#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define MS	1000000ULL
#define PATIENCE (1000 * guest_scale())		/* ms */
#define TRIES	3
#define STEP	(10 * KIB)
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

/* True if the call returns although the peer does not read. */
static bool fits(enum way way, bool secret, int sndbuf, uint64_t len)
{
	struct pair p = pair_loopback(AF_INET);
	int status = -1;
	pid_t pid;
	bool over = false;

	if (secret && !pair_tls(&p))
		ktap_skip_all("no TLS in this kernel");
	setsockopt(p.near, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
	pid = fork();
	if (!pid)
		child(way, p.near, len);
	for (unsigned int ms = 0; ms < PATIENCE && !over; ms += 5) {
		over = waitpid(pid, &status, WNOHANG) == pid;
		if (!over)
			sleep_ms(5);
	}
	if (!over) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	/*
	 * The far end first: closing the near end would wait for room for a TLS
	 * record.
	 */
	close(p.far);
	p.far = -1;
	pair_close(&p);
	return over && !status;
}

static bool once_in_a_while(enum way way, bool secret, int sndbuf, uint64_t len)
{
	for (unsigned int i = 0; i < TRIES; i++)
		if (fits(way, secret, sndbuf, len))
			return true;
	return false;
}

static void buffer_of(int sndbuf, bool secret)
{
	uint64_t len = 80 * KIB;

	while (len < MIB && fits(SENDFILE, secret, sndbuf, len + STEP))
		len += STEP;
	if (!secret)
		len -= SEGMENT;
	for (enum way way = SEND; way < WAYS; way++)
		ktap_ok(once_in_a_while(way, secret, sndbuf, len),
			"%s, buffer of %d: %llu bytes fit by %s, too",
			secret ? "TLS" : "plain", sndbuf, (unsigned long long)len,
			names[way]);
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
