// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * libzcopy's verbs that not every module offers: batches, rates, eventfds, many
 * sockets, io_uring entries, limits.  A verb that the query does not offer fails
 * with the errno that the library promises, and its test is left out.
 * needs: zcopy uring
 * guest: timeout=60
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <liburing.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zcopy.h"
#include "zcopy_uring.h"

#define SIZE		(300 << 10)
#define PAIRS		3
#define PATIENCE_NS	30000000000ULL

static struct zcopy_query query;
static struct zcopy_list *list;
static int near[PAIRS], far[PAIRS];
static struct zcopy *z;

static int has_verb(unsigned long cmd)
{
	return query.verbs >> (cmd & 0x1f) & 1;
}

static void make_pairs(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int i, sock = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(sock, (void *)&sin, len) || listen(sock, PAIRS) ||
	    getsockname(sock, (void *)&sin, &len))
		die("no listener");
	for (i = 0; i < PAIRS; i++) {
		near[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(near[i], (void *)&sin, len))
			die("no connection");
		far[i] = accept(sock, NULL, NULL);
	}
	close(sock);
}

static void close_pairs(void)
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		close(near[i]);
		close(far[i]);
	}
}

/* Counts bytes that come, up to @want, and checks that they are the file's. */
static size_t drain(int sock, size_t want)
{
	static unsigned char buf[1 << 16];
	size_t got = 0;
	ssize_t i, n;

	while (got < want && (n = read(sock, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++, got++)
			if (buf[i] != (unsigned char)(got % SIZE * 7 >> 3))
				return got;
	return got;
}

static void use_batch(void)
{
	struct zcopy_sink sinks[PAIRS];
	struct zcopy_send reqs[PAIRS];
	struct zcopy_result res[PAIRS];
	size_t got = 0;
	int i;

	make_pairs();
	for (i = 0; i < PAIRS; i++) {
		zcopy_sink_init(&sinks[i], near[i]);
		zcopy_send_init(&reqs[i], list, &sinks[i], 1);
	}
	if (!has_verb(ZCOPY_IOC_BATCH)) {
		ktap_eq(zcopy_submit_batch(z, reqs, PAIRS), -ENOTTY, "no batches: ENOTTY");
		ktap_skip("batch: not offered by this module");
	} else {
		ktap_eq(zcopy_submit_batch(z, reqs, PAIRS), PAIRS, "batch: all started");
		for (i = 0; i < PAIRS; i++)
			got += drain(far[i], SIZE);
		ktap_eq(got, PAIRS * SIZE, "batch: every byte");
		ktap_eq(zcopy_wait(z, ZCOPY_ID_ANY, res, PAIRS, PAIRS, PATIENCE_NS),
			PAIRS, "batch: a completion each");
	}
	close_pairs();
}

static void use_eventfd(void)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct zcopy_result res;
	struct zcopy_sink sink;
	struct zcopy_send req;
	eventfd_t count = 0;

	if (!has_verb(ZCOPY_IOC_EVENTFD)) {
		ktap_eq(zcopy_set_eventfd(z, fd), -ENOTTY, "no eventfds: ENOTTY");
		ktap_skip("eventfd: not offered by this module");
		close(fd);
		return;
	}
	make_pairs();
	ktap_eq(zcopy_set_eventfd(z, fd), 0, "eventfd: set");
	zcopy_sink_init(&sink, near[0]);
	zcopy_send_init(&req, list, &sink, 1);
	ktap_eq(zcopy_submit(z, &req, NULL), 0, "eventfd: submit");
	ktap_eq(drain(far[0], SIZE), SIZE, "eventfd: every byte");
	ktap_eq(poll(&pfd, 1, 30000), 1, "eventfd: raised");
	eventfd_read(fd, &count);
	ktap_eq(count, 1, "eventfd: by one");
	ktap_eq(zcopy_wait(z, ZCOPY_ID_ANY, &res, 1, 0, 0), 1,
		"eventfd: then there is a completion");
	ktap_eq(zcopy_set_eventfd(z, -1), 0, "eventfd: taken back");
	close(fd);
	close_pairs();
}

static void use_rate(void)
{
	struct zcopy_result res;
	struct zcopy_sink sink;
	struct zcopy_send req;
	uint64_t id = 1;

	if (!(query.features & ZCOPY_FEAT_RATE) || !has_verb(ZCOPY_IOC_RATE)) {
		ktap_ok(zcopy_set_rate(z, id, 1) == -ENOTTY ||
			zcopy_set_rate(z, id, 1) == -EOPNOTSUPP, "no rates: refused");
		ktap_skip("rate: not offered by this module");
		return;
	}
	make_pairs();
	zcopy_sink_init(&sink, near[0]);
	zcopy_send_init(&req, list, &sink, 1);
	req.rate = 1000;	/* would take five minutes */
	ktap_eq(zcopy_submit(z, &req, &id), 0, "rate: submit");
	ktap_eq(zcopy_set_rate(z, id, 0), 0, "rate: none any more");
	ktap_eq(drain(far[0], SIZE), SIZE, "rate: every byte");
	ktap_eq(zcopy_wait(z, id, &res, 1, 1, PATIENCE_NS), 1, "rate: it ends at once");
	ktap_eq(zcopy_set_rate(z, id, 0), -ENOENT, "rate: of what is over");
	close_pairs();
}

static void use_fanout(void)
{
	struct zcopy_sink sinks[PAIRS];
	struct zcopy_result res[PAIRS];
	struct zcopy_send req;
	unsigned int seen = 0;
	size_t got = 0;
	int i;

	make_pairs();
	for (i = 0; i < PAIRS; i++)
		zcopy_sink_init(&sinks[i], near[i]);
	zcopy_send_init(&req, list, sinks, PAIRS);
	if (!(query.features & ZCOPY_FEAT_FANOUT)) {
		ktap_ok(zcopy_submit(z, &req, NULL) < 0, "no fan-out: refused");
		ktap_skip("fan-out: not offered by this module");
	} else {
		ktap_eq(zcopy_submit(z, &req, NULL), 0, "fan-out: submit");
		for (i = 0; i < PAIRS; i++)
			got += drain(far[i], SIZE);
		ktap_eq(got, PAIRS * SIZE, "fan-out: every byte");
		ktap_eq(zcopy_wait(z, ZCOPY_ID_ANY, res, PAIRS, PAIRS, PATIENCE_NS),
			PAIRS, "fan-out: a completion each");
		for (i = 0; i < PAIRS; i++)
			seen |= 1U << res[i].sink;
		ktap_eq(seen, 7, "fan-out: told apart by their index");
	}
	close_pairs();
}

static void use_uring(void)
{
	struct zcopy_result res = { 0 };
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct zcopy_sink sink;
	struct io_uring ring;
	struct zcopy_send req;

	if (!(query.features & ZCOPY_FEAT_URING)) {
		ktap_skip("io_uring: not offered by this kernel or module");
		return;
	}
	if (io_uring_queue_init(4, &ring, 0)) {
		ktap_skip("io_uring: no ring here");
		return;
	}
	make_pairs();
	zcopy_sink_init(&sink, near[0]);
	zcopy_send_init(&req, list, &sink, 1);
	sqe = io_uring_get_sqe(&ring);
	if (!sqe)
		die("no entry in a fresh ring");
	zcopy_uring_prep(sqe, zcopy_fd(z), &req, &res);
	ktap_eq(io_uring_submit(&ring), 1, "io_uring: submit");
	ktap_eq(drain(far[0], SIZE), SIZE, "io_uring: every byte");
	ktap_ok(!io_uring_wait_cqe(&ring, &cqe) && cqe->res == 0 &&
		res.bytes == SIZE && res.status == ZCOPY_STATUS_DONE,
		"io_uring: completion and result");
	io_uring_queue_exit(&ring);
	close_pairs();
}

static int on_limit(const struct zcopy_limit *limit, void *arg)
{
	struct zcopy_limit *keep = arg;

	if (strcmp(limit->name, "max_user_transfers") == 0)
		keep->value = limit->value;
	keep->used += limit->value > 0 && limit->help[0];
	return 0;
}

static void use_limits(void)
{
	struct zcopy_limit limit = { .name = "max_user_transfers" }, seen = { 0 };
	struct zcopy_nl *nl;
	int err;

	if (zcopy_nl_open(&nl))
		die("no netlink");
	err = zcopy_nl_limits_get(nl, on_limit, &limit);
	if (err) {
		ktap_eq(err, -EOPNOTSUPP, "no limits: EOPNOTSUPP");
		ktap_skip("limits: not offered by this module");
		zcopy_nl_close(nl);
		return;
	}
	ktap_ok(limit.value && limit.used >= 6, "limits: six, with help");
	limit.value++;
	ktap_eq(zcopy_nl_limits_set(nl, &limit, 1), 0, "limits: set");
	ktap_ok(!zcopy_nl_limits_get(nl, on_limit, &seen) &&
		seen.value == limit.value, "limits: as it was set");
	limit.value--;
	ktap_eq(zcopy_nl_limits_set(nl, &limit, 1), 0, "limits: set back");
	limit.name = "max_nothing";
	ktap_ok(zcopy_nl_limits_set(nl, &limit, 1) == -EINVAL &&
		zcopy_nl_error(nl)[0], "limits: no such one, in words");
	zcopy_nl_close(nl);
}

int main(void)
{
	static unsigned char data[SIZE];
	int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	size_t i;

	for (i = 0; i < SIZE; i++)
		data[i] = i * 7 >> 3;
	if (file < 0 || write(file, data, SIZE) != SIZE || zcopy_list_new(&list) ||
	    zcopy_list_file(list, file, 0, ZCOPY_LEN_EOF) || zcopy_open(&z, 0) ||
	    zcopy_query(z, &query))
		die("no file or no device");
	use_batch();
	use_eventfd();
	use_rate();
	use_fanout();
	use_uring();
	use_limits();
	zcopy_close(z);
	zcopy_list_free(list);
	return ktap_done();
}
