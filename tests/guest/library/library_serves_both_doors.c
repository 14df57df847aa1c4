// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * libzcopy against the kernel: send, submit, wait and cancel through the device;
 * submit, list, events and cancel through netlink.
 * needs: zcopy
 * guest: timeout=60
 */
#include "ktap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/zcopy_netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zcopy.h"

#define SIZE	(8 << 20)
#define LARGE	(128 << 20)	/* more than the buffers of two sockets can be */
#define PATIENCE_NS	20000000000ULL

static struct zcopy_list *list;
static int file, large, near, far;

static void make_pair(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	near = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(sock, (void *)&sin, len) || listen(sock, 1) ||
	    getsockname(sock, (void *)&sin, &len) ||
	    connect(near, (void *)&sin, len))
		die("no connection");
	far = accept(sock, NULL, NULL);
	close(sock);
}

static void close_pair(void)
{
	close(near);
	close(far);
}

static void make_request(struct zcopy_send *req, struct zcopy_sink *sink,
			 int fd, uint64_t len)
{
	zcopy_list_reset(list);
	if (zcopy_list_memory(list, "head", 4) ||
	    zcopy_list_file(list, fd, 0, len))
		die("no list");
	zcopy_sink_init(sink, near);
	zcopy_send_init(req, list, sink, 1);
}

static size_t drain(size_t want)
{
	static char buf[1 << 16];
	size_t got = 0;
	ssize_t n;

	while (got < want && (n = read(far, buf, sizeof(buf))) > 0)
		got += n;
	return got;
}

static void use_device(void)
{
	struct zcopy_result res = { 0 };
	struct zcopy_sink sink;
	struct zcopy_query query;
	struct zcopy_send req;
	struct zcopy *z;
	uint64_t id = 0;

	if (!ktap_eq(zcopy_open(&z, 0), 0, "open"))
		return;
	ktap_ok(fcntl(zcopy_fd(z), F_GETFD) & FD_CLOEXEC, "close-on-exec");
	ktap_eq(zcopy_open(&z, 1U << 31), -EINVAL, "unknown flag");
	ktap_ok(!zcopy_query(z, &query) && query.max_elems > 1 && query.version[0],
		"query");
	make_pair();
	make_request(&req, &sink, file, 1000);
	req.cookie = 77;
	ktap_ok(!zcopy_send(z, &req, &res) && res.status == ZCOPY_STATUS_DONE &&
		res.bytes == 1004 && res.cookie == 77, "send");
	ktap_eq(drain(1004), 1004, "send: the bytes");

	make_request(&req, &sink, file, ZCOPY_LEN_EOF);
	ktap_ok(!zcopy_submit(z, &req, &id) && id, "submit");
	ktap_eq(zcopy_wait(z, id, &res, 1, 0, 0), 0, "wait: not yet");
	ktap_eq(zcopy_wait(z, id + 99, &res, 1, 1, 0), -ENOENT, "wait: not mine");
	ktap_eq(drain(SIZE + 4), SIZE + 4, "submit: the bytes");
	ktap_ok(zcopy_wait(z, id, &res, 1, 1, PATIENCE_NS) == 1 &&
		res.id == id && res.bytes == SIZE + 4, "wait");

	/* The buffers have grown with the transfer before. */
	make_request(&req, &sink, large, ZCOPY_LEN_EOF);
	ktap_ok(!zcopy_submit(z, &req, &id), "submit again");
	ktap_eq(zcopy_cancel(z, id), 1, "cancel");
	ktap_ok(zcopy_wait(z, ZCOPY_ID_ANY, &res, 1, 1, PATIENCE_NS) == 1 &&
		res.status == ZCOPY_STATUS_CANCELLED, "cancelled");
	ktap_eq(zcopy_cancel(z, id), -ENOENT, "cancel: it is over");
	ktap_eq(zcopy_cancel_all(z), 0, "cancel all: nothing");
	zcopy_close(z);
	close_pair();
}

struct seen {
	struct zcopy_transfer	t;
	struct zcopy_result	result;
	char			file[256];
	uint64_t		id;
	int			count;
};

static int on_transfer(const struct zcopy_transfer *t, void *arg)
{
	struct seen *seen = arg;

	if (seen->id && t->result->id != seen->id)
		return 0;
	seen->t = *t;
	seen->result = *t->result;
	snprintf(seen->file, sizeof(seen->file), "%s", t->file ? t->file : "");
	seen->count++;
	return 0;
}

static int on_event(uint32_t event, const struct zcopy_transfer *t, void *arg)
{
	return event == ZCOPY_EVENT_COMPLETED ? on_transfer(t, arg) : 0;
}

static int on_counter(const char *name, uint64_t value, const char *help, void *arg)
{
	int *count = arg;

	(void)value;
	*count += name[0] && help[0];
	return 0;
}

static void use_netlink(void)
{
	struct seen seen = { 0 };
	struct zcopy_sink sink;
	struct zcopy_query query;
	struct zcopy_send req;
	struct zcopy_nl *nl;
	struct zcopy *z;
	uint64_t id = 0;
	int count = 0;

	if (!ktap_eq(zcopy_nl_open(&nl), 0, "netlink: open") ||
	    zcopy_open(&z, 0))
		return;
	ktap_ok(fcntl(zcopy_nl_fd(nl), F_GETFD) & FD_CLOEXEC,
		"netlink: close-on-exec");
	ktap_ok(!zcopy_nl_query(nl, &query) && query.max_elems > 1 &&
		query.version[0], "netlink: query");
	ktap_ok(!zcopy_nl_stats(nl, on_counter, &count) && count > 10,
		"netlink: counters with help");

	make_pair();
	make_request(&req, &sink, file, ZCOPY_LEN_EOF);
	req.cookie = 5;
	req.flags = ZCOPY_F_DETACHED;
	ktap_eq(zcopy_nl_submit(nl, file, &req, &id), -EACCES,
		"netlink: a file is not the device");
	ktap_ok(zcopy_nl_error(nl)[0], "netlink: and a sentence says so");
	note("%s", zcopy_nl_error(nl));
	ktap_ok(!zcopy_nl_submit(nl, zcopy_fd(z), &req, &id) && id,
		"netlink: submit");
	zcopy_close(z);
	seen.id = id;
	ktap_ok(!zcopy_nl_get(nl, id, on_transfer, &seen) && seen.count == 1 &&
		seen.result.cookie == 5 && strstr(seen.file, "file") &&
		seen.t.peer.ss_family == AF_INET, "netlink: look");
	ktap_ok(!zcopy_nl_dump(nl, on_transfer, &seen) && seen.count == 2,
		"netlink: dump");
	ktap_eq(zcopy_nl_events(nl, 0, on_event, &seen), 0, "netlink: no event yet");
	ktap_eq(drain(SIZE + 4), SIZE + 4, "netlink: it outlives the device");
	seen.count = 0;
	while (!seen.count && zcopy_nl_events(nl, 30000, on_event, &seen) > 0)
		;
	ktap_ok(seen.count == 1 && seen.result.status == ZCOPY_STATUS_DONE &&
		seen.result.bytes == SIZE + 4 && seen.result.cookie == 5,
		"netlink: the end is told to the one who submitted");
	ktap_eq(zcopy_nl_get(nl, id, on_transfer, &seen), -ENOENT,
		"netlink: it is no longer there");
	ktap_eq(zcopy_nl_cancel(nl, id), -ENOENT, "netlink: nor to be cancelled");
	ktap_eq(zcopy_nl_cancel(nl, 0), 0, "netlink: nothing to cancel");
	close_pair();
	zcopy_nl_close(nl);
}

int main(void)
{
	static char data[SIZE];

	file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (file < 0 || write(file, data, SIZE) != SIZE || zcopy_list_new(&list))
		die("no file");
	large = open("large", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (large < 0 || ftruncate(large, LARGE))
		die("no large file");
	use_device();
	use_netlink();
	zcopy_list_free(list);
	return ktap_done();
}
