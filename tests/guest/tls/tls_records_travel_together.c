// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's TLS hands records to TCP as they become ready.  Records of one
 * transfer share segments about as often as those of a sendfile(2) do.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "ktap.h"
#include "peers.h"
#include "tls.h"

#define PIECE	(256 * KIB)
#define PIECES	32
#define COUNTED	16

static int dev, file;

static bool by_sendfile(int sock, off_t at)
{
	off_t end = at + PIECE;

	while (at < end)
		if (sendfile(sock, file, &at, end - at) <= 0)
			return false;
	return true;
}

static bool by_zcopy(int sock, off_t at)
{
	struct zcopy_elem e = elem_file(file, at, PIECE);
	struct request q = { .elems = &e, .nr = 1, .sock = sock };
	struct zcopy_result res;

	return !dev_send(dev, &q, &res) && res.status == ZCOPY_STATUS_DONE;
}

/* Waits until all is acknowledged.  Returns the count of segments with data so far. */
static unsigned int sent_so_far(int sock)
{
	socklen_t len = sizeof(struct tcp_info);
	struct tcp_info info;
	int left = 1;

	while (left && !ioctl(sock, SIOCOUTQ, &left))
		usleep(1000);
	getsockopt(sock, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_data_segs_out;
}

static bool arrives(int sock, off_t at)
{
	static char got[PIECE], want[PIECE];

	pattern_fill(want, 8, at, PIECE);
	return recv(sock, got, PIECE, MSG_WAITALL) == PIECE && !memcmp(got, want, PIECE);
}

/*
 * Counts the segments of the last pieces, each of which the peer reads before the next
 * is sent.  The connection is past slow start and does not hold small segments back.
 * 0: it failed.
 */
static unsigned int segments(bool (*send)(int sock, off_t at))
{
	struct pair p = pair_loopback(AF_INET);
	unsigned int nr = 0, i;
	bool good = true;
	int one = 1;

	if (!pair_tls(&p))
		ktap_skip_all("no TLS in this kernel");
	setsockopt(p.near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (i = 0; good && i < PIECES; i++) {
		if (i == PIECES - COUNTED)
			nr = sent_so_far(p.near);
		good = send(p.near, i * PIECE) && arrives(p.far, i * PIECE);
	}
	nr = sent_so_far(p.near) - nr;
	pair_close(&p);
	return good ? nr : 0;
}

int main(void)
{
	unsigned int plain, ours, i;

	dev = dev_open(0);
	file = file_make("file", 0, 8, PIECES * PIECE);
	plain = segments(by_sendfile);
	ours = segments(by_zcopy);
	/* How records are joined depends on when the host lets the guest's CPUs run. */
	for (i = 0; i < 4 && ours > plain + plain / 2; i++) {
		unsigned int p = segments(by_sendfile), o = segments(by_zcopy);

		plain = p > plain ? p : plain;
		ours = o < ours ? o : ours;
	}
	ktap_ok(plain, "4 MiB by sendfile(2): %u segments", plain);
	ktap_ok(ours && ours <= plain + plain / 2, "by zcopy: %u", ours);
	close(file);
	close(dev);
	return ktap_done();
}
