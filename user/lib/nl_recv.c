// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Receives messages from the kernel or from a recording, and keeps the queue of
 * events.  Messages from other processes are dropped unread.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static int make_room(struct zcopy_nl *nl, size_t len)
{
	unsigned char *buf;

	if (len <= nl->room)
		return 0;
	buf = realloc(nl->buf, len);
	if (!buf)
		return -ENOMEM;
	nl->buf = buf;
	nl->room = len;
	return 0;
}

/* Read exactly @len bytes of the recording; 0 at its end */
static ssize_t read_full(int fd, unsigned char *buf, size_t len)
{
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = read(fd, buf + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return got ? -EPROTO : 0;
		got += n;
	}
	return got;
}

/* Read one message of the recording into nl->buf */
static int recv_replay(struct zcopy_nl *nl)
{
	struct nlmsghdr hdr;
	size_t len;
	ssize_t n;
	int err;

	n = read_full(nl->fd, (unsigned char *)&hdr, sizeof(hdr));
	if (n <= 0)
		return n ? (int)n : -ENODATA;
	if (hdr.nlmsg_len < sizeof(hdr) || hdr.nlmsg_len > (1 << 20))
		return -EPROTO;
	len = NLMSG_ALIGN(hdr.nlmsg_len);
	err = make_room(nl, len);
	if (err)
		return err;
	memcpy(nl->buf, &hdr, sizeof(hdr));
	if (len > sizeof(hdr)) {
		n = read_full(nl->fd, nl->buf + sizeof(hdr), len - sizeof(hdr));
		if (n <= 0)
			return n ? (int)n : -EPROTO;
	}
	return len;
}

static int record(struct zcopy_nl *nl, size_t len)
{
	unsigned char *p = nl->buf;
	ssize_t n;

	while (len) {
		n = write(nl->record_fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= n;
	}
	return 0;
}

/* Receive one datagram into nl->buf; returns its length or a negative errno */
int zci_nl_recv(struct zcopy_nl *nl)
{
	struct sockaddr_nl from = { 0 };
	socklen_t fromlen;
	ssize_t len;
	int err;

	if (nl->replay)
		return recv_replay(nl);
	do {
		len = recv(nl->fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
		if (len < 0)
			return -errno;
		err = make_room(nl, len);
		if (err)
			return err;
		fromlen = sizeof(from);
		len = recvfrom(nl->fd, nl->buf, nl->room, 0,
			       (struct sockaddr *)&from, &fromlen);
		if (len < 0)
			return -errno;
	} while (from.nl_pid);
	if (nl->record_fd >= 0) {
		err = record(nl, len);
		if (err)
			return err;
	}
	return len;
}

bool zci_nl_is_event(const struct zcopy_nl *nl, struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl;

	if (!nl->family || nlh->nlmsg_type != nl->family ||
	    !genlmsg_valid_hdr(nlh, 0))
		return false;
	genl = genlmsg_hdr(nlh);
	return genl->cmd == ZCOPY_CMD_EVENT;
}

/* Keep a copy of an event for zcopy_nl_events() */
int zci_nl_queue(struct zcopy_nl *nl, const struct nlmsghdr *nlh)
{
	struct zci_event *ev = malloc(sizeof(*ev) + nlh->nlmsg_len);

	if (!ev)
		return -ENOMEM;
	ev->next = NULL;
	ev->len = nlh->nlmsg_len;
	memcpy(ev->hdr, nlh, nlh->nlmsg_len);
	*nl->events_tail = ev;
	nl->events_tail = &ev->next;
	return 0;
}
