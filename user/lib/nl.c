// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Opens and closes a netlink handle: its socket and the file of a recording.
 * nl_family.c finds the family's numbers, nl_request.c sends requests, nl_recv.c
 * receives.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* Enough for a burst of completions while the reader is busy */
#define RECEIVE_ROOM	(1 << 20)
/* A SUBMIT message carries all memory elements of a list, up to 64 KiB */
#define SEND_ROOM	(256 << 10)

static int open_socket(struct zcopy_nl *nl)
{
	int one = 1;

	nl->sk = nl_socket_alloc();
	if (!nl->sk)
		return -ENOMEM;
	if (nl_connect(nl->sk, NETLINK_GENERIC) < 0)
		return errno ? -errno : -EPROTONOSUPPORT;
	nl->fd = nl_socket_get_fd(nl->sk);
	/* If the kernel lacks these, only its error sentences are missing */
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	nl_socket_set_buffer_size(nl->sk, RECEIVE_ROOM, SEND_ROOM);
	return 0;
}

int zci_nl_open(struct zcopy_nl **nlp, int fd, bool replay, bool record)
{
	struct zcopy_nl *nl;
	int err = 0;

	nl = calloc(1, sizeof(*nl));
	if (!nl)
		return -ENOMEM;
	nl->fd = -1;
	nl->record_fd = record ? fd : -1;
	nl->replay = replay;
	nl->events_tail = &nl->events;
	if (replay)
		nl->fd = fd;
	else
		err = open_socket(nl);
	if (!err)
		err = zci_nl_find(nl);
	if (err) {
		/* on failure the caller keeps @fd */
		nl->record_fd = -1;
		if (replay)
			nl->fd = -1;
		zcopy_nl_close(nl);
		return err;
	}
	*nlp = nl;
	return 0;
}

int zcopy_nl_open(struct zcopy_nl **nlp)
{
	return zci_nl_open(nlp, -1, false, false);
}

int zcopy_nl_open_replay(struct zcopy_nl **nlp, int fd)
{
	return zci_nl_open(nlp, fd, true, false);
}

int zcopy_nl_open_record(struct zcopy_nl **nlp, int fd)
{
	return zci_nl_open(nlp, fd, false, true);
}

void zcopy_nl_close(struct zcopy_nl *nl)
{
	struct zci_event *ev;

	if (!nl)
		return;
	while ((ev = nl->events)) {
		nl->events = ev->next;
		free(ev);
	}
	if (nl->sk)
		nl_socket_free(nl->sk);
	else if (nl->fd >= 0)
		close(nl->fd);
	if (nl->record_fd >= 0)
		close(nl->record_fd);
	free(nl->buf);
	free(nl);
}

void zcopy_nl_all_namespaces(struct zcopy_nl *nl, int on)
{
	nl->all_namespaces = on;
}

int zcopy_nl_fd(const struct zcopy_nl *nl)
{
	return nl->fd;
}

const char *zcopy_nl_error(const struct zcopy_nl *nl)
{
	return nl->error;
}
