// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Delivers events.  A callback may use the handle, which overwrites the receive
 * buffer; so events are copied to a queue first and delivered from there only.
 */
#include <errno.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "internal.h"

static struct nla_policy policy[ZCOPY_A_MAX + 1] = {
	[ZCOPY_A_TRANSFER]	= { .type = NLA_NESTED },
	[ZCOPY_A_EVENT]		= { .type = NLA_U32 },
};

/* Receive one datagram and queue its events */
static int collect(struct zcopy_nl *nl)
{
	int len = zci_nl_recv(nl);
	struct nlmsghdr *nlh;
	int err;

	if (len < 0)
		return len;
	nlh = (struct nlmsghdr *)nl->buf;
	for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
		if (zci_nl_notice(nl, nlh) || !zci_nl_is_event(nl, nlh))
			continue;
		err = zci_nl_queue(nl, nlh);
		if (err)
			return err;
	}
	return 0;
}

static int deliver(struct zci_event *ev, zcopy_event_fn fn, void *arg)
{
	struct nlattr *tb[ZCOPY_A_MAX + 1];
	struct zci_transfer t;

	if (genlmsg_parse(ev->hdr, 0, tb, ZCOPY_A_MAX, policy) ||
	    !tb[ZCOPY_A_EVENT] || !tb[ZCOPY_A_TRANSFER] ||
	    zci_parse_transfer(tb[ZCOPY_A_TRANSFER], &t))
		return -EPROTO;
	return fn(nla_get_u32(tb[ZCOPY_A_EVENT]), &t.t, arg);
}

static int deliver_all(struct zcopy_nl *nl, zcopy_event_fn fn, void *arg)
{
	struct zci_event *ev;
	int count = 0;
	int ret = 0;

	while (!ret && (ev = nl->events)) {
		nl->events = ev->next;
		if (!nl->events)
			nl->events_tail = &nl->events;
		ret = deliver(ev, fn, arg);
		free(ev);
		if (ret == -EPROTO)
			return ret;
		count++;
	}
	return count;
}

int zcopy_nl_events(struct zcopy_nl *nl, int timeout_ms, zcopy_event_fn fn,
		    void *arg)
{
	struct pollfd pfd = { .fd = nl->fd, .events = POLLIN };
	int ret;

	if (nl->busy)
		return -EBUSY;
	nl->error[0] = '\0';
	while (!nl->events) {
		if (nl->lost) {
			/* The notice that the module is gone may be lost, too. */
			if (nl->joined)
				zci_nl_is_gone(nl);
			nl->lost = false;
			return -ENOBUFS;
		}
		if (nl->gone) {
			zci_nl_fail(nl, ZCI_GONE);
			return -ENODEV;
		}
		ret = poll(&pfd, 1, timeout_ms);
		if (ret <= 0)
			return ret ? -errno : 0;
		ret = collect(nl);
		if (ret == -ENOBUFS)
			nl->lost = true;
		else if (ret)
			return ret;
		else if (!nl->events && !nl->gone && timeout_ms >= 0)
			return 0;
	}
	return deliver_all(nl, fn, arg);
}

int zcopy_nl_missed(const struct zcopy_nl *nl, uint64_t *missed)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	*missed = 0;
	if (nl->replay)
		return 0;
	if (getsockopt(nl->fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0)
		return -errno;
	*missed = info[SK_MEMINFO_DROPS];
	return 0;
}
