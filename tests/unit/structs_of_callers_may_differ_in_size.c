// SPDX-License-Identifier: GPL-2.0
/*
 * Callers may be compiled with older, smaller structs or with larger structs than the
 * library knows.  The library writes nothing beyond a caller's struct, sets its
 * additional fields to 0, walks arrays with the caller's element size, and passes the
 * caller's sizes to the module.
 * sources: user/lib/send.c user/lib/open.c user/lib/list.c
 * needs: nl zcopy
 */
#include "ktap.h"

#include <stdarg.h>
#include <stdbool.h>

#include "zcopy.h"

#define ROOM	512
#define MARK	0xa5

/* The arguments of the library's last call to the module */
static union {
	unsigned char bytes[ROOM];
	struct zcopy_send send;
	struct zcopy_wait wait;
	struct zcopy_batch batch;
	struct zcopy_query query;
} asked;

int ioctl(int fd, unsigned long cmd, ...)
{
	va_list list;
	uint32_t *arg;

	(void)fd;
	va_start(list, cmd);
	arg = va_arg(list, uint32_t *);
	va_end(list);
	memset(&asked, 0, sizeof(asked));
	memcpy(&asked, arg, *arg < sizeof(asked) ? *arg : sizeof(asked));
	return 0;
}

static unsigned char room[ROOM] __attribute__((aligned(8)));

static void *marked(void)
{
	return memset(room, MARK, sizeof(room));
}

/* True if all bytes from there on are MARK */
static bool untouched(size_t from)
{
	for (size_t i = from; i < sizeof(room); i++)
		if (room[i] != MARK)
			return false;
	return true;
}

static bool zero(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (room[i])
			return false;
	return true;
}

#define OLDER(s)	(sizeof(struct s) - 8)
#define NEWER(s)	(sizeof(struct s) + 24)

static void check_fill(const char *name, size_t ours, size_t theirs)
{
	ktap_ok(untouched(theirs), "%s: nothing beyond %zu bytes", name, theirs);
	if (theirs > ours)
		ktap_ok(zero(ours, theirs), "%s: zeros where we know nothing", name);
}

static void fill(struct zcopy *z, struct zcopy_list *list, bool newer)
{
	size_t size = newer ? NEWER(zcopy_sink) : OLDER(zcopy_sink);

	(zcopy_sink_init)(marked(), 7, size);
	check_fill("a socket", sizeof(struct zcopy_sink), size);
	size = newer ? NEWER(zcopy_send) : OLDER(zcopy_send);
	(zcopy_send_init)(marked(), list, NULL, 3, size, 99);
	check_fill("a transfer", sizeof(struct zcopy_send), size);
	ktap_ok(((struct zcopy_send *)room)->size == size &&
		((struct zcopy_send *)room)->sink_size == 99, "with the sizes that it has");
	size = newer ? NEWER(zcopy_query) : OLDER(zcopy_query);
	ktap_eq((zcopy_query)(z, marked(), size), 0, "a query");
	check_fill("a query", sizeof(struct zcopy_query), size);
	ktap_eq(asked.query.size, size, "of the size that it has");
}

int main(void)
{
	int handle[4] = { -1 };		/* as the library's: a descriptor */
	struct zcopy *z = (struct zcopy *)handle;
	struct zcopy_result results[2];
	struct zcopy_send send = { .size = sizeof(send) }, *reqs;
	struct zcopy_list *list;
	struct zcopy_sink sink;
	struct zcopy_query query;

	if (zcopy_list_new(&list))
		die("no memory");
	fill(z, list, false);
	fill(z, list, true);
	(zcopy_send)(z, &send, results, 111);
	ktap_eq(asked.send.result_size, 111, "send: results of the caller's size");
	(zcopy_wait)(z, 0, results, 2, 0, 0, 112);
	ktap_eq(asked.wait.result_size, 112, "wait: the same");
	reqs = marked();
	(zcopy_submit_batch)(z, reqs, 2, NEWER(zcopy_send));
	ktap_eq(asked.batch.send_size, NEWER(zcopy_send), "batch: transfers of that size");
	reqs = (void *)(room + NEWER(zcopy_send));
	ktap_ok(!reqs->results && !reqs->result_size, "walked in such steps");
	ktap_ok(untouched(2 * NEWER(zcopy_send)), "and not beyond them");

	/* As they are called */
	zcopy_sink_init(&sink, 7);
	zcopy_send_init(&send, list, &sink, 1);
	ktap_ok(send.size == sizeof(send) && send.sink_size == sizeof(sink) && sink.fd == 7,
		"the macros give the sizes of the header");
	ktap_eq(zcopy_query(z, &query), 0, "a query");
	ktap_eq(asked.query.size, sizeof(query), "of its size");
	zcopy_send(z, &send, results);
	ktap_eq(asked.send.result_size, sizeof(results[0]), "results of theirs");
	zcopy_wait(z, 0, results, 2, 0, 0);
	ktap_eq(asked.wait.result_size, sizeof(results[0]), "waiting, too");
	zcopy_list_free(list);
	return ktap_done();
}
