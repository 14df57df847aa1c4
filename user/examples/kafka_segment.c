// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Serves a log as Kafka does: a request has topic, offset and maximum byte count; the
 * answer is one list with a header and a range of the segment file, as it is on the
 * disk.
 *
 * A segment DIRECTORY/TOPIC.log is a sequence of batches.  Each batch begins with its
 * first offset (8 bytes) and the length of the rest of the batch (4 bytes), in network
 * order.
 *
 *	kafka_segment PORT DIRECTORY	then: echo "TOPIC OFFSET MAX" | nc HOST PORT
 */
#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zcopy.h"

struct batch {
	uint64_t	offset;
	uint32_t	length;
} __attribute__((packed));

/* Find whole batches, from the one with @offset on, at most @max bytes */
static uint64_t find(int file, uint64_t offset, uint64_t max, uint64_t *position)
{
	struct batch b;
	uint64_t at, size, count = 0;

	for (at = 0; pread(file, &b, sizeof(b), at) == sizeof(b); at += size) {
		size = sizeof(b) + (uint64_t)be32toh(b.length);
		if (be64toh(b.offset) <= offset) {
			*position = at;
			count = size <= max ? size : 0;
		} else if (at + size - *position > max) {
			break;
		} else {
			count = at + size - *position;
		}
	}
	return count;
}

static void serve(struct zcopy *z, struct zcopy_list *list, int conn, int dir)
{
	char ask[300] = "", topic[200], path[204], head[80];
	struct zcopy_result res = { 0 };
	struct zcopy_sink sink;
	struct zcopy_send req;
	uint64_t offset, max, position = 0, count;
	int file;

	if (read(conn, ask, sizeof(ask) - 1) <= 0 ||
	    sscanf(ask, "%199[A-Za-z0-9_-] %" SCNu64 " %" SCNu64, topic, &offset,
		   &max) != 3)
		return;
	sprintf(path, "%s.log", topic);
	file = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	count = find(file, offset, max, &position);	/* 0 if there is none */
	sprintf(head, "%" PRIu64 " bytes from %" PRIu64 "\n", count, position);
	zcopy_list_reset(list);
	zcopy_list_memory(list, head, strlen(head));
	if (count)
		zcopy_list_file(list, file, position, count);
	zcopy_sink_init(&sink, conn);
	zcopy_send_init(&req, list, &sink, 1);
	if (zcopy_send(z, &req, &res) || res.status != ZCOPY_STATUS_DONE)
		warnx("%s from %" PRIu64 ": not all was sent", topic, offset);
	close(file);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int door = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct zcopy_list *list;
	struct zcopy *z;
	int dir, conn, e;

	if (argc != 3 || atoi(argv[1]) > 65535)
		errx(2, "usage: kafka_segment PORT DIRECTORY");
	dir = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	e = zcopy_open(&z, 0);
	if (e || zcopy_list_new(&list))
		errx(1, "cannot open " ZCOPY_DEVICE ": %s", zcopy_strerror(e));
	any.sin6_port = htons(atoi(argv[1]));
	if (dir < 0 || bind(door, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(door, 64))
		err(1, "cannot serve %s on port %s", argv[2], argv[1]);
	for (; (conn = accept(door, NULL, NULL)) >= 0; close(conn))
		serve(z, list, conn, dir);
	err(1, "cannot accept");
}
