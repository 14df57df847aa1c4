// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <sys/socket.h>

#include "fixture.h"
#include "response.h"

static const char header[RESPONSE_HEADER] = "a header, and zeroes behind it";

void response_fill(struct raw *q, unsigned int i, int sock, int file)
{
	raw_fill(q, sock, file, i * RESPONSE_FILE, RESPONSE_FILE);
	q->e[1] = q->e[0];
	q->e[0] = elem_memory(header, RESPONSE_HEADER);
	q->s.nr_elems = 2;
}

bool response_comes(int fd, unsigned int i)
{
	char got[RESPONSE_BYTES];

	return recv(fd, got, sizeof(got), MSG_WAITALL) == (ssize_t)sizeof(got) &&
	       !memcmp(got, header, RESPONSE_HEADER) &&
	       pattern_holds(got + RESPONSE_HEADER, 0, i * RESPONSE_FILE, RESPONSE_FILE);
}
