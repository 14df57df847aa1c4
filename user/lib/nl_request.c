// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Runs a request: sends it, passes each answer to a function and stops at the
 * acknowledgement.  Events that arrive in between are queued for later, so that one
 * socket serves both.
 */
#include <errno.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

/* Longest wait for an answer after the socket has lost messages */
#define LOST_WAIT_MS	1000

struct request {
	uint32_t	seq;
	bool		over;
	bool		torn;
	int		ret;
	zci_nl_fn	fn;
	void		*arg;
};

void zci_nl_fail(struct zcopy_nl *nl, const char *sentence)
{
	snprintf(nl->error, sizeof(nl->error), "%s", sentence);
}

struct nl_msg *zci_nl_new(struct zcopy_nl *nl, uint8_t cmd, size_t room)
{
	struct nl_msg *msg = nlmsg_alloc_size(room);

	if (msg && !genlmsg_put(msg, 0, 0, nl->family, 0, 0, cmd,
				ZCOPY_GENL_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

/* Say which network namespaces a request is about: all, or the caller's */
int zci_nl_put_scope(const struct zcopy_nl *nl, struct nl_msg *msg)
{
	return nl->all_namespaces ?
		nla_put_flag(msg, ZCOPY_A_ALL_NAMESPACES) : 0;
}

void zci_nl_extack(struct zcopy_nl *nl, struct nlattr *head, int len)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	struct nlattr *text;

	if (nla_parse(tb, NLMSGERR_ATTR_MAX, head, len, NULL))
		return;
	text = tb[NLMSGERR_ATTR_MSG];
	if (text)
		snprintf(nl->error, sizeof(nl->error), "%.*s", nla_len(text),
			 (const char *)nla_data(text));
}

/* An acknowledgement holds an errno, the request's header and maybe a sentence */
static int on_ack(struct zcopy_nl *nl, struct nlmsghdr *nlh)
{
	struct nlmsgerr *err = nlmsg_data(nlh);
	int skip = sizeof(*err);

	if (nlmsg_datalen(nlh) < skip)
		return -EPROTO;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) && nlmsg_datalen(nlh) > skip)
		zci_nl_extack(nl, (void *)((char *)nlmsg_data(nlh) + skip),
			      nlmsg_datalen(nlh) - skip);
	return err->error;
}

/* The end of a dump holds an errno and maybe a sentence */
static int on_done(struct zcopy_nl *nl, struct nlmsghdr *nlh)
{
	int skip = NLMSG_ALIGN(sizeof(int));
	int err;

	if (nlmsg_datalen(nlh) < (int)sizeof(int))
		return 0;
	memcpy(&err, nlmsg_data(nlh), sizeof(err));
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) && nlmsg_datalen(nlh) > skip)
		zci_nl_extack(nl, (void *)((char *)nlmsg_data(nlh) + skip),
			      nlmsg_datalen(nlh) - skip);
	return err;
}

static void take(struct zcopy_nl *nl, struct request *rq, struct nlmsghdr *nlh)
{
	int ret = 0;

	if (zci_nl_notice(nl, nlh)) {
		return;
	} else if (zci_nl_is_event(nl, nlh)) {
		ret = zci_nl_queue(nl, nlh);
	} else if (nlh->nlmsg_seq != rq->seq || rq->over) {
		return;
	} else if (nlh->nlmsg_type == NLMSG_ERROR) {
		rq->over = true;
		ret = on_ack(nl, nlh);
	} else if (nlh->nlmsg_type == NLMSG_DONE) {
		rq->over = true;
		ret = on_done(nl, nlh);
	} else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && !rq->ret && rq->fn) {
		ret = rq->fn(nl, nlh, rq->arg);
	}
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		rq->torn = true;
	if (!rq->ret)
		rq->ret = ret;
}

static int transmit(struct zcopy_nl *nl, struct nl_msg *msg, int flags)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	int err;

	nl->error[0] = '\0';
	nlh->nlmsg_seq = ++nl->seq;
	nlh->nlmsg_flags |= NLM_F_REQUEST | (flags & NLM_F_DUMP ? flags :
					      flags | NLM_F_ACK);
	if (nl->replay)
		return 0;
	nlh->nlmsg_pid = nl_socket_get_local_port(nl->sk);
	do {
		err = sendto(nl->fd, nlh, nlh->nlmsg_len, MSG_NOSIGNAL, NULL, 0);
	} while (err < 0 && errno == EINTR);
	return err < 0 ? -errno : 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

/*
 * The kernel answers before sendto() returns, so an answer that is not there may be
 * lost.  Returns -ETIME if none came by @until; 0 waits without limit.
 */
static int receive(struct zcopy_nl *nl, uint64_t until)
{
	struct pollfd pfd = { .fd = nl->fd, .events = POLLIN };
	uint64_t now;
	int ret;

	if (until) {
		now = now_ms();
		if (now >= until)
			return -ETIME;
		ret = poll(&pfd, 1, until - now);
		if (ret <= 0)
			return ret ? -errno : -ETIME;
	}
	return zci_nl_recv(nl);
}

static void take_all(struct zcopy_nl *nl, struct request *rq, int len)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)nl->buf;

	for (; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
		take(nl, rq, nlh);
}

/*
 * After a netlink socket was full, the kernel drops all messages for it, answers
 * too, until it has been read empty, and reports ENOBUFS only once.  So empty the
 * socket before a request.
 */
static int make_room(struct zcopy_nl *nl)
{
	struct pollfd pfd = { .fd = nl->fd, .events = POLLIN };
	struct request none = { .over = true };
	int len;

	while (!nl->replay && poll(&pfd, 1, 0) > 0) {
		len = zci_nl_recv(nl);
		if (len == -ENOBUFS)
			nl->lost = true;
		else if (len < 0 && len != -EINTR)
			return len;
		if (len > 0)
			take_all(nl, &none, len);
	}
	return none.ret;
}

int zci_nl_ask(struct zcopy_nl *nl, struct nl_msg *msg, int flags, zci_nl_fn fn,
	       void *arg)
{
	struct request rq = { .fn = fn, .arg = arg };
	uint64_t until = 0;
	int len, err;

	if (nl->busy) {
		nlmsg_free(msg);
		return -EBUSY;
	}
	err = make_room(nl);
	if (!err)
		err = transmit(nl, msg, flags);
	nlmsg_free(msg);
	if (err)
		return err;

	nl->busy = true;
	rq.seq = nl->seq;
	while (!rq.over) {
		len = receive(nl, until);
		if (len == -EINTR)
			continue;
		if (len == -ENOBUFS) {
			/* Messages were lost; the answer may still be there */
			nl->lost = true;
			until = until ? until : now_ms() + LOST_WAIT_MS;
			continue;
		}
		if (len < 0) {
			rq.ret = len == -ETIME ? -ENOBUFS : len;
			break;
		}
		take_all(nl, &rq, len);
	}
	nl->busy = false;
	if (!rq.ret && rq.torn)
		rq.ret = -EAGAIN;
	return rq.ret;
}

/*
 * As zci_nl_ask(), but returns -ENODEV if the module was unloaded.  The module gives
 * a sentence with every refusal; an -ENOENT or -EPROTONOSUPPORT without a sentence
 * comes from netlink, which does not know the family any more, or soon will not.
 */
int zci_nl_request(struct zcopy_nl *nl, struct nl_msg *msg, int flags,
		   zci_nl_fn fn, void *arg)
{
	int err = zci_nl_ask(nl, msg, flags, fn, arg);

	if (!err || nl->error[0])
		return err;
	/* A dump that begins while the module is being unloaded cannot pin it. */
	if (err == -EPROTONOSUPPORT && !nl->replay)
		nl->gone = true;
	else if (err != -ENOENT || !zci_nl_is_gone(nl))
		return err;
	zci_nl_fail(nl, ZCI_GONE);
	return -ENODEV;
}
