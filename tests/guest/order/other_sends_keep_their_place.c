// SPDX-License-Identifier: GPL-2.0
/*
 * A program sends in other ways before and between transfers to the same socket: all
 * bytes arrive in the order of the calls, and the kernel reports each MSG_ZEROCOPY to
 * the program.  There is a row for each two ways, over loopback and over a veth.
 *
 * needs: zcopy
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "transfer.h"

#define LEN	(300 * KIB)	/* of a transfer, from offset FROM on */
#define FROM	100
#define OWN	20000		/* of a send by the program */
#define REPORT_MS 5000		/* longest wait for the next report */

enum { FILE_SEED = 1, OWN_SEED = 2 };

static char own[OWN];
static int file, own_file;

/* ---- ways to send ---- */

static void by_send(int sock)
{
	if (send(sock, own, OWN, 0) != OWN)
		die("send");
}

static void by_send_more(int sock)
{
	if (send(sock, own, OWN, MSG_MORE) != OWN)
		die("send with MSG_MORE");
}

static void by_zerocopy(int sock)
{
	int on = 1;

	if (setsockopt(sock, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)) ||
	    send(sock, own, OWN, MSG_ZEROCOPY) != OWN)
		die("send with MSG_ZEROCOPY");
}

static void by_sendfile(int sock)
{
	off_t off = 0;

	if (sendfile(sock, own_file, &off, OWN) != OWN)
		die("sendfile");
}

static void empty_pipe(int pipe, int sock, ssize_t len)
{
	ssize_t n;

	for (; len; len -= n) {
		n = splice(pipe, NULL, sock, NULL, len, SPLICE_F_MORE);
		if (n <= 0)
			die("splice to the socket");
	}
}

static void by_splice(int sock)
{
	ssize_t n, left;
	loff_t off = 0;
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		die("a pipe");
	for (left = OWN; left; left -= n) {
		n = splice(own_file, &off, p[1], NULL, left, 0);
		if (n <= 0)
			die("splice from the file");
		empty_pipe(p[0], sock, n);
	}
	close(p[0]);
	close(p[1]);
}

static void by_vmsplice(int sock)
{
	struct iovec iov = { own, OWN };
	int p[2];

	if (pipe2(p, O_CLOEXEC) || vmsplice(p[1], &iov, 1, 0) != OWN)
		die("vmsplice");
	empty_pipe(p[0], sock, OWN);
	close(p[0]);
	close(p[1]);
}

static const struct way {
	const char *name;
	void (*send)(int sock);
	unsigned int reports;
} ways[] = {
	{ "send", by_send, 0 },
	{ "MSG_MORE", by_send_more, 0 },
	{ "MSG_ZEROCOPY", by_zerocopy, 1 },
	{ "sendfile", by_sendfile, 0 },
	{ "splice", by_splice, 0 },
	{ "vmsplice", by_vmsplice, 0 },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* ---- reports ---- */

/* Reports of MSG_ZEROCOPY in a message of the error queue */
static unsigned int count_reports(struct msghdr *m)
{
	const struct sock_extended_err *e;
	unsigned int n = 0;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		e = (const void *)CMSG_DATA(c);
		if (e->ee_origin == SO_EE_ORIGIN_ZEROCOPY)
			n += e->ee_data - e->ee_info + 1;
	}
	return n;
}

/* Waits until @want sends are reported. */
static bool reported(int sock, unsigned int want)
{
	struct pollfd p = { .fd = sock };
	unsigned int n = 0;
	char room[256];

	while (n < want) {
		struct msghdr m = { .msg_control = room, .msg_controllen = sizeof(room) };

		if (poll(&p, 1, REPORT_MS * guest_scale()) != 1 ||
		    recvmsg(sock, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		n += count_reports(&m);
	}
	if (n != want)
		note("%u reports, not %u", n, want);
	return n == want;
}

/* ---- one of each ---- */

static bool send_all(int sock, const struct way *first, const struct way *second,
		     enum door_kind kind, uint32_t until)
{
	struct zcopy_elem e = elem_file(file, FROM, LEN);
	struct request q = { .elems = &e, .nr = 1, .sock = sock, .until = until };
	struct zcopy_result res[2] = { 0 };
	struct door d;
	bool good;

	door_open(&d, kind);
	first->send(sock);
	good = !door_run(&d, &q, &res[0]);
	second->send(sock);
	good = !door_run(&d, &q, &res[1]) && good;
	door_close(&d);
	for (int i = 0; i < 2; i++) {
		if (res[i].status == ZCOPY_STATUS_DONE && res[i].bytes == LEN)
			continue;
		result_note(&res[i]);
		good = false;
	}
	return good;
}

static void row(struct pair p, const struct way *first, const struct way *second,
		enum door_kind kind, uint32_t until)
{
	struct stream want = { 0 };
	struct reader r = { .fd = p.far, .want = &want };
	bool sent;

	for (int i = 0; i < 2; i++) {
		stream_pattern(&want, OWN_SEED, 0, OWN);
		stream_pattern(&want, FILE_SEED, FROM, LEN);
	}
	reader_start(&r);
	sent = send_all(p.near, first, second, kind, until);
	shutdown(p.near, SHUT_WR);
	reader_join(&r);
	ktap_ok(sent && reader_happy(&r) &&
		reported(p.near, first->reports + second->reports),
		"%s, transfer, %s, transfer (door %d, until %u)", first->name, second->name,
		kind, until);
	pair_close(&p);
	stream_free(&want);
}

int main(void)
{
	struct veth v;
	bool cable;

	pattern_fill(own, OWN_SEED, 0, OWN);
	file = file_make("file", 0, FILE_SEED, FROM + LEN);
	own_file = file_make("own", 0, OWN_SEED, OWN);
	cable = veth_up(&v);
	if (!cable)
		ktap_skip("over a veth: this kernel has none");
	for (unsigned int i = 0; i < WAYS * WAYS; i++) {
		const struct way *first = &ways[i / WAYS], *second = &ways[i % WAYS];

		row(pair_loopback(AF_INET), first, second, i % 2 ? DOOR_WAIT : DOOR_SEND,
		    i % 3);
		if (cable)
			row(pair_veth(&v, AF_INET6), first, second,
			    i % 2 ? DOOR_SEND : DOOR_WAIT, (i + 1) % 3);
	}
	if (cable)
		veth_down(&v);
	return ktap_done();
}
