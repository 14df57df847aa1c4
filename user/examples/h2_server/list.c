// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The frames that are sent next, as one list: heads of frames are pieces of memory, and
 * bodies of DATA frames are ranges of files between them.  The module sends the list into
 * the kernel's TLS; where one of the two is missing, OpenSSL sends a copy.
 *
 * The list is collected and submitted in one go, so all connections share it.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "h2_server.h"
#include "zcopy.h"

#define RECORD		16384	/* most bytes of a TLS record */
#define FRAME_HEAD	9
#define FULL		(64 * RECORD)	/* no DATA frame is added to so many bytes */
#define PATIENCE_NS	60000000000ULL	/* for a peer that takes nothing */

static struct zcopy *z;
static struct zcopy_list *list;
static struct zcopy_query query;
static unsigned char memory[RECORD];
static size_t used;	/* bytes of @memory */
static size_t bytes;	/* bytes of the list */

/* Returns a descriptor that is readable when lists were sent, or -1 without the module */
int list_open(void)
{
	int e = zcopy_open(&z, ZCOPY_OPEN_NONBLOCK);

	if (!e)
		e = zcopy_query(z, &query);
	if (!e)
		e = zcopy_list_new(&list);
	if (!e)
		return zcopy_fd(z);
	warnx("cannot open " ZCOPY_DEVICE ": %s; OpenSSL sends", strerror(-e));
	zcopy_close(z);
	z = NULL;
	return -1;
}

/* Chooses how lists are sent on a connection, after its handshake */
int list_choose(struct conn *c)
{
	static bool told;
	bool encrypts = BIO_get_ktls_send(SSL_get_wbio(c->ssl));

	c->by_kernel = z && encrypts;
	if (c->by_kernel)
		return 0;
	if (!encrypts && !told) {
		told = true;
		warnx("the kernel does not encrypt %s here (modprobe tls?); OpenSSL sends",
		      SSL_get_cipher_name(c->ssl));
	}
	/* what was collected, the last DATA frame, and all of @memory */
	c->copy = malloc(FULL + FRAME_HEAD + RECORD + sizeof(memory));
	return c->copy ? 0 : -1;
}

/* Is there no room for one more DATA frame? */
bool list_full(void)
{
	return bytes >= FULL || used + FRAME_HEAD > sizeof(memory) ||
	       (list && zcopy_list_count(list) + 2 > query.max_elems);
}

/*
 * The best length for the body of the next DATA frame: frame and record end together.
 * That is 16,375 bytes, or less after other frames.
 */
size_t list_next_body(void)
{
	size_t room = RECORD - bytes % RECORD;

	return room > FRAME_HEAD ? room - FRAME_HEAD : RECORD;
}

/* Appends memory, or a part of it.  Returns how much, 0 if the list is full. */
size_t list_memory(struct conn *c, const void *data, size_t len)
{
	unsigned char *to = c->by_kernel ? memory + used : c->copy + bytes;

	if (len > sizeof(memory) - used)
		len = sizeof(memory) - used;
	if (c->by_kernel && (zcopy_list_count(list) == query.max_elems ||
			     zcopy_list_memory(list, to, len)))
		return 0;
	memcpy(to, data, len);
	used += len;
	bytes += len;
	return len;
}

/* Appends a range of a file */
int list_file(struct conn *c, int file, off_t off, size_t len)
{
	if (c->by_kernel ? zcopy_list_file(list, file, off, len) != 0 :
			   pread(file, c->copy + bytes, len, off) != (ssize_t)len)
		return -1;
	bytes += len;
	return 0;
}

/* Begins to send what was collected, or forgets it */
int list_send(struct conn *c, bool really)
{
	struct zcopy_sink sink;
	struct zcopy_send req;
	int e = 0;

	if (really && bytes && c->by_kernel) {
		zcopy_sink_init(&sink, c->sock);
		zcopy_send_init(&req, list, &sink, 1);
		req.cookie = (uintptr_t)c;
		if (query.features & ZCOPY_FEAT_IDLE)
			req.idle_ns = PATIENCE_NS;
		e = zcopy_submit(z, &req, &c->id);
		if (e)
			warnx("refused: %s", zcopy_strerror(e));
	}
	c->sending = really && bytes && !e;
	c->copied = bytes;
	c->written = used = bytes = 0;
	if (list)
		zcopy_list_reset(list);
	return e;
}

/* Where OpenSSL sends: writes as much of the list as the socket takes */
void list_write(struct conn *c)
{
	int n = 1;

	while (n > 0 && c->written < c->copied) {
		n = SSL_write(c->ssl, c->copy + c->written, c->copied - c->written);
		if (n > 0)
			c->written += n;
	}
	if (n > 0)
		c->sending = false;
	else
		c->over = SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_WRITE;
}

/* Gives up a list that is being sent.  Where zcopy sends, the list ends soon after. */
void list_cancel(struct conn *c)
{
	if (c->by_kernel)
		zcopy_cancel(z, c->id);
	else
		c->sending = false;
}

/* Returns a connection whose list has ended, or NULL if none has */
struct conn *list_ended(void)
{
	struct zcopy_result res;
	struct conn *c;

	if (zcopy_wait(z, ZCOPY_ID_ANY, &res, 1, 0, 0) != 1)
		return NULL;
	c = (struct conn *)(uintptr_t)res.cookie;
	c->sending = false;
	/* a file may change while it is sent, but without all bytes the frames are wrong */
	if (res.status != ZCOPY_STATUS_DONE && res.status != ZCOPY_STATUS_CHANGED)
		c->over = true;
	return c;
}
