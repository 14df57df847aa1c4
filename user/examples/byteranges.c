// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sends a multipart/byteranges response (RFC 9110, 14.6) as one list of elements:
 * status lines, then a part header and the range for each range, then the closing
 * boundary.  It is one call and one transfer, without a gap between the pieces.
 *
 *	byteranges PORT FILE FIRST-LAST...	answers one connection
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zcopy.h"

#define BOUNDARY	"zcopy_boundary_3d6b6a416f9b5"
#define PARTS_MAX	64
#define PART_ROOM	200

static int accept_one(const char *port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(atoi(port)) };
	int door = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(door, (struct sockaddr *)&any, sizeof(any)) || listen(door, 1))
		err(1, "cannot listen on port %s", port);
	return accept(door, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const char tail[] = "\r\n--" BOUNDARY "--\r\n";
	/* the list points into these buffers until it is submitted */
	static char parts[PARTS_MAX][PART_ROOM], head[300], ask[4096];
	uint64_t first, last, total = strlen(tail);
	struct zcopy_result res = { 0 };
	struct zcopy_list *list;
	struct zcopy_sink sink;
	struct zcopy_send req;
	struct zcopy *z;
	struct stat st;
	int file, conn, i, e;

	if (argc < 4 || argc > 3 + PARTS_MAX || atoi(argv[1]) > 65535)
		errx(2, "usage: byteranges PORT FILE FIRST-LAST...");
	file = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &st))
		err(1, "cannot open %s", argv[2]);
	e = zcopy_open(&z, 0);
	if (e || zcopy_list_new(&list))
		errx(1, "cannot open " ZCOPY_DEVICE ": %s", zcopy_strerror(e));

	/* first pass: compute the length for the first header ... */
	for (i = 3; i < argc; i++) {
		if (sscanf(argv[i], "%" SCNu64 "-%" SCNu64, &first, &last) != 2 ||
		    first > last || last >= (uint64_t)st.st_size)
			errx(2, "%s is no range of %s", argv[i], argv[2]);
		total += snprintf(parts[i - 3], PART_ROOM, "\r\n--" BOUNDARY
				  "\r\nContent-Range: bytes %" PRIu64 "-%" PRIu64
				  "/%" PRIu64 "\r\n\r\n", first, last,
				  (uint64_t)st.st_size) + last - first + 1;
	}
	snprintf(head, sizeof(head), "HTTP/1.1 206 Partial Content\r\n"
		 "Content-Type: multipart/byteranges; boundary=" BOUNDARY "\r\n"
		 "Content-Length: %" PRIu64 "\r\n\r\n", total);

	/* ... second pass: build the list, in the order of the bytes */
	e = zcopy_list_memory(list, head, strlen(head));
	for (i = 3; i < argc && !e; i++) {
		sscanf(argv[i], "%" SCNu64 "-%" SCNu64, &first, &last);
		e = zcopy_list_memory(list, parts[i - 3], strlen(parts[i - 3]));
		if (!e)
			e = zcopy_list_file(list, file, first, last - first + 1);
	}
	if (e || zcopy_list_memory(list, tail, strlen(tail)))
		errx(1, "cannot build the list");

	conn = accept_one(argv[1]);
	if (read(conn, ask, sizeof(ask)) <= 0)
		errx(1, "the peer asked nothing");
	zcopy_sink_init(&sink, conn);
	zcopy_send_init(&req, list, &sink, 1);
	e = zcopy_send(z, &req, &res);
	if (e)
		errx(1, "refused: %s", zcopy_strerror(e));
	printf("%s: %llu bytes, %llu of them by reference\n",
	       zcopy_status_name(res.status), (unsigned long long)res.bytes,
	       (unsigned long long)res.bytes_by_ref);
	return res.status != ZCOPY_STATUS_DONE;
}
