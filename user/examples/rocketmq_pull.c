// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Answers a pull as RocketMQ does: a header, then the messages of one queue, which
 * are scattered in the commit log among the messages of other queues.  RocketMQ maps
 * the log and writes each message from the mapping; here each message is an element
 * of one list, and the whole pull is one call.
 *
 * The consume queue has for each message its position in the commit log (8 bytes),
 * its size (4) and the hash of its tag (8), in network order.
 *
 *	rocketmq_pull PORT COMMITLOG QUEUE   then: echo "FIRST MAX TAG" | nc HOST PORT
 */
#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "zcopy.h"

struct entry {
	uint64_t	position;
	uint32_t	size;
	uint64_t	tag;
} __attribute__((packed));

static char head[84];	/* the header has a fixed length */

/* Build the list; the header's text is filled in last, when the sums are known */
static int build(struct zcopy_list *list, int log, int queue, uint64_t first,
		 uint64_t max, uint64_t tag)
{
	uint64_t bytes = 0, count = 0, i = first;
	struct entry e;
	int err;

	zcopy_list_reset(list);
	err = zcopy_list_memory(list, head, sizeof(head));
	for (; count < max && !err &&
	       pread(queue, &e, sizeof(e), i * sizeof(e)) == sizeof(e); i++) {
		if (tag && be64toh(e.tag) != tag)	/* 0: every tag */
			continue;
		err = zcopy_list_file(list, log, be64toh(e.position),
				      be32toh(e.size));
		bytes += be32toh(e.size);
		count++;
	}
	snprintf(head, sizeof(head), "%20" PRIu64 " messages %20" PRIu64
		 " bytes, next %20" PRIu64, count, bytes, i);
	head[sizeof(head) - 1] = '\n';
	return err;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int door = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct zcopy_query query = { 0 };
	struct zcopy_list *list;
	int log, queue, conn, e;
	struct zcopy *z;

	if (argc != 4 || atoi(argv[1]) > 65535)
		errx(2, "usage: rocketmq_pull PORT COMMITLOG QUEUE");
	log = open(argv[2], O_RDONLY | O_CLOEXEC);
	queue = open(argv[3], O_RDONLY | O_CLOEXEC);
	e = zcopy_open(&z, 0);
	if (e || zcopy_query(z, &query) || zcopy_list_new(&list))
		errx(1, "cannot open " ZCOPY_DEVICE ": %s", zcopy_strerror(e));
	any.sin6_port = htons(atoi(argv[1]));
	if (log < 0 || queue < 0 ||
	    bind(door, (struct sockaddr *)&any, sizeof(any)) || listen(door, 64))
		err(1, "cannot serve %s on port %s", argv[2], argv[1]);
	for (; (conn = accept(door, NULL, NULL)) >= 0; close(conn)) {
		struct zcopy_result res = { 0 };
		uint64_t first, max, tag;
		struct zcopy_sink sink;
		struct zcopy_send req;
		char ask[200] = "";

		if (read(conn, ask, sizeof(ask) - 1) <= 0 ||
		    sscanf(ask, "%" SCNu64 " %" SCNu64 " %" SCNu64, &first, &max,
			   &tag) != 3)
			continue;
		/* a list has a limited length; the next pull goes on from here */
		if (max > query.max_elems - 1)
			max = query.max_elems - 1;
		if (build(list, log, queue, first, max, tag))
			continue;
		zcopy_sink_init(&sink, conn);
		zcopy_send_init(&req, list, &sink, 1);
		if (zcopy_send(z, &req, &res) || res.status != ZCOPY_STATUS_DONE)
			warnx("not all was sent");
	}
	err(1, "cannot accept");
}
