// SPDX-License-Identifier: GPL-2.0
/*
 * Builds netlink messages byte by byte, sends them through a plain socket, and
 * takes the verdict with its sentence.  See nlraw.h.
 */
#include "nlraw.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "fixture.h"
#include "say.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

void nlraw_begin(const struct nlraw *n, struct nlraw_msg *m, uint8_t cmd,
		 uint16_t flags)
{
	memset(&m->h, 0, sizeof(m->h) + sizeof(m->g));
	m->h.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	m->h.nlmsg_type = n->family;
	m->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	m->g.cmd = cmd;
	m->g.version = ZCOPY_GENL_VERSION;
}

void nlraw_put(struct nlraw_msg *m, uint16_t type, const void *data, size_t len)
{
	uint8_t *at = (uint8_t *)m + m->h.nlmsg_len;
	struct nlattr a = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	memcpy(at, &a, sizeof(a));
	if (len)
		memcpy(at + NLA_HDRLEN, data, len);
	memset(at + NLA_HDRLEN + len, 0, NLA_ALIGN(len) - len);
	m->h.nlmsg_len += NLA_HDRLEN + NLA_ALIGN(len);
}

void nlraw_u32(struct nlraw_msg *m, uint16_t type, uint32_t v)
{
	nlraw_put(m, type, &v, sizeof(v));
}

void nlraw_u64(struct nlraw_msg *m, uint16_t type, uint64_t v)
{
	nlraw_put(m, type, &v, sizeof(v));
}

struct nlattr *nlraw_nest(struct nlraw_msg *m, uint16_t type)
{
	struct nlattr *nest = (void *)((uint8_t *)m + m->h.nlmsg_len);

	nlraw_put(m, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void nlraw_end(struct nlraw_msg *m, struct nlattr *nest)
{
	nest->nla_len = (uint8_t *)m + m->h.nlmsg_len - (uint8_t *)nest;
}

static struct nlattr *nlraw_find(void *data, int len, uint16_t type)
{
	struct nlattr *a = data;

	while (len >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN &&
	       (int)a->nla_len <= len) {
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		len -= NLA_ALIGN(a->nla_len);
		a = (void *)((char *)a + NLA_ALIGN(a->nla_len));
	}
	return NULL;
}

static void *nlraw_data(struct nlattr *a)
{
	return (char *)a + NLA_HDRLEN;
}

/* Copies an attribute of a nest, if the nest has it. */
static void nlraw_of(struct nlattr *nest, uint16_t type, void *to, size_t len)
{
	struct nlattr *a = nlraw_find(nlraw_data(nest),
				      nest->nla_len - NLA_HDRLEN, type);

	if (a)
		memcpy(to, nlraw_data(a), len);
}

/* A bit for each attribute that a nest has */
static uint64_t nlraw_told(struct nlattr *nest)
{
	uint64_t told = 0;
	uint16_t type;

	for (type = 1; type <= ZCOPY_A_X_MAX; type++)
		if (nlraw_find(nlraw_data(nest), nest->nla_len - NLA_HDRLEN, type))
			told |= 1ULL << type;
	return told;
}

/* Copies the sentence of an acknowledgement. */
static void nlraw_words(struct nlraw *n, struct nlmsghdr *h)
{
	struct nlmsgerr *e = NLMSG_DATA(h);
	int skip = sizeof(*e);
	struct nlattr *a;

	if (h->nlmsg_type == NLMSG_DONE)
		skip = sizeof(int);
	else if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) ||
	    (int)NLMSG_PAYLOAD(h, 0) <= skip)
		return;
	a = nlraw_find((char *)NLMSG_DATA(h) + skip, NLMSG_PAYLOAD(h, 0) - skip,
		       NLMSGERR_ATTR_MSG);
	if (a)
		snprintf(n->words, sizeof(n->words), "%.*s",
			 a->nla_len - NLA_HDRLEN, (char *)nlraw_data(a));
}

static void nlraw_answer(struct nlraw *n, struct nlmsghdr *h)
{
	struct genlmsghdr *g = NLMSG_DATA(h);
	char *attrs = (char *)g + GENL_HDRLEN;
	int len = NLMSG_PAYLOAD(h, 0) - GENL_HDRLEN;
	struct nlattr *a, *x;

	if (h->nlmsg_type == n->family && g->cmd == ZCOPY_CMD_EVENT) {
		n->events++;
		a = nlraw_find(attrs, len, ZCOPY_A_TRANSFER);
		n->told_event = a ? nlraw_told(a) : 0;
		return;
	}
	n->answers++;
	if (h->nlmsg_type != n->family)
		return;
	a = nlraw_find(attrs, len, ZCOPY_A_COUNT);
	if (a)
		memcpy(&n->count, nlraw_data(a), sizeof(n->count));
	x = nlraw_find(attrs, len, ZCOPY_A_TRANSFER);
	if (!x)
		return;
	n->told = nlraw_told(x);
	nlraw_of(x, ZCOPY_A_X_ID, &n->id, sizeof(n->id));
	nlraw_of(x, ZCOPY_A_X_NETNS, &n->netns, sizeof(n->netns));
	nlraw_of(x, ZCOPY_A_X_UID, &n->uid, sizeof(n->uid));
	nlraw_of(x, ZCOPY_A_X_PID, &n->pid, sizeof(n->pid));
	nlraw_of(x, ZCOPY_A_X_WORKER, &n->worker, sizeof(n->worker));
}

/* Handles one datagram.  Returns 1 if it held the verdict, which goes into @err. */
static int nlraw_take(struct nlraw *n, struct nlmsghdr *h, int len, int *err)
{
	for (; NLMSG_OK(h, (unsigned int)len); h = NLMSG_NEXT(h, len)) {
		if (h->nlmsg_type != NLMSG_ERROR && h->nlmsg_type != NLMSG_DONE) {
			nlraw_answer(n, h);
			continue;
		}
		if (h->nlmsg_seq != n->seq)
			continue;
		memcpy(err, NLMSG_DATA(h), sizeof(*err));
		nlraw_words(n, h);
		return 1;
	}
	return 0;
}

void nlraw_number(struct nlraw *n, struct nlraw_msg *m)
{
	m->h.nlmsg_seq = ++n->seq;
	n->words[0] = 0;
	n->answers = 0;
	n->events = 0;
	n->id = 0;
	n->count = 0;
	n->told = 0;
	n->told_event = 0;
	n->netns = 0;
	n->uid = 0;
	n->pid = 0;
	n->worker = 0;
}

int nlraw_listen(struct nlraw *n)
{
	static _Alignas(8) char buf[262144];
	int err = 0;

	for (;;) {
		ssize_t len = recv(n->fd, buf, sizeof(buf), 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (nlraw_take(n, (void *)buf, len, &err))
			return err;
	}
}

int nlraw_talk(struct nlraw *n, struct nlraw_msg *m)
{
	nlraw_number(n, m);
	if (send(n->fd, &m->h, m->h.nlmsg_len, 0) != (ssize_t)m->h.nlmsg_len)
		return -errno;
	return nlraw_listen(n);
}

int nlraw_about(struct nlraw *n, uint8_t cmd, uint64_t id, uint16_t flag)
{
	static struct nlraw_msg m;

	nlraw_begin(n, &m, cmd, 0);
	if (id)
		nlraw_u64(&m, ZCOPY_A_ID, id);
	else if (cmd == ZCOPY_CMD_CANCEL)
		nlraw_put(&m, ZCOPY_A_ALL, NULL, 0);
	if (cmd == ZCOPY_CMD_SET_RATE)
		nlraw_u64(&m, ZCOPY_A_RATE, 1000);
	if (flag)
		nlraw_put(&m, flag, NULL, 0);
	return nlraw_talk(n, &m);
}

int nlraw_dump(struct nlraw *n, uint16_t flag)
{
	static struct nlraw_msg m;

	nlraw_begin(n, &m, ZCOPY_CMD_GET, NLM_F_DUMP);
	if (flag)
		nlraw_put(&m, flag, NULL, 0);
	return nlraw_talk(n, &m);
}

unsigned int nlraw_events(struct nlraw *n, unsigned int want, unsigned int *errors)
{
	struct pollfd p = { .fd = n->fd, .events = POLLIN };
	static _Alignas(8) char buf[8192];
	unsigned int nr = 0;

	*errors = 0;
	while (poll(&p, 1, nr < want ? (int)(30000 * guest_scale()) : 100) == 1) {
		ssize_t len = recv(n->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (len > 0)
			nr += ((struct nlmsghdr *)buf)->nlmsg_type == n->family;
		else if (errno == ENOBUFS)
			++*errors;
		else
			break;
	}
	return nr;
}

int nlraw_join(struct nlraw *n)
{
	int group = n->group;

	return setsockopt(n->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
			  sizeof(group)) ? -errno : 0;
}

/* Asks the netlink controller for the numbers of the family and of its group. */
static void nlraw_resolve(struct nlraw *n)
{
	static _Alignas(8) char buf[16384];
	struct nlmsghdr *h = (void *)buf;
	struct nlraw_msg m;
	struct nlattr *a;
	char *attrs;
	ssize_t len;

	n->family = GENL_ID_CTRL;
	nlraw_begin(n, &m, CTRL_CMD_GETFAMILY, 0);
	m.h.nlmsg_flags = NLM_F_REQUEST;
	nlraw_put(&m, CTRL_ATTR_FAMILY_NAME, ZCOPY_GENL_NAME,
		  sizeof(ZCOPY_GENL_NAME));
	if (send(n->fd, &m.h, m.h.nlmsg_len, 0) < 0)
		die("sending to netlink");
	len = recv(n->fd, buf, sizeof(buf), 0);
	if (len < NLMSG_HDRLEN || h->nlmsg_type == NLMSG_ERROR)
		die("no netlink family");
	attrs = (char *)NLMSG_DATA(h) + GENL_HDRLEN;
	len = NLMSG_PAYLOAD(h, 0) - GENL_HDRLEN;
	a = nlraw_find(attrs, len, CTRL_ATTR_FAMILY_ID);
	if (!a)
		die("no number of the netlink family");
	memcpy(&n->family, nlraw_data(a), sizeof(n->family));
	a = nlraw_find(attrs, len, CTRL_ATTR_MCAST_GROUPS);
	if (a)
		a = nlraw_find(nlraw_data(a), a->nla_len - NLA_HDRLEN, 1);
	if (a)
		a = nlraw_find(nlraw_data(a), a->nla_len - NLA_HDRLEN,
			       CTRL_ATTR_MCAST_GRP_ID);
	if (a)
		memcpy(&n->group, nlraw_data(a), sizeof(n->group));
}

void nlraw_open(struct nlraw *n)
{
	struct timeval patience = { .tv_sec = 20 * guest_scale() };
	int on = 1;

	memset(n, 0, sizeof(*n));
	n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (n->fd < 0)
		die("a netlink socket");
	setsockopt(n->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(n->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	nlraw_resolve(n);
}

void nlraw_sink(struct nlraw_msg *m, int sock)
{
	struct nlattr *nest = nlraw_nest(m, ZCOPY_A_SINK);

	nlraw_u32(m, ZCOPY_A_SINK_FD, sock);
	nlraw_end(m, nest);
}

void nlraw_limit(struct nlraw_msg *m, const char *name, uint64_t value)
{
	struct nlattr *nest = nlraw_nest(m, ZCOPY_A_LIMIT);

	nlraw_put(m, ZCOPY_A_L_NAME, name, strlen(name) + 1);
	nlraw_u64(m, ZCOPY_A_L_VALUE, value);
	nlraw_end(m, nest);
}

void nlraw_submit(const struct nlraw *n, struct nlraw_msg *m, int dev, int sock,
		  int file, uint64_t off, uint64_t len)
{
	struct nlattr *nest;

	nlraw_begin(n, m, ZCOPY_CMD_SUBMIT, 0);
	if (dev >= 0)
		nlraw_u32(m, ZCOPY_A_DEV, dev);
	nlraw_sink(m, sock);
	nest = nlraw_nest(m, ZCOPY_A_ELEM);
	nlraw_u32(m, ZCOPY_A_ELEM_FD, file);
	nlraw_u64(m, ZCOPY_A_ELEM_OFF, off);
	nlraw_u64(m, ZCOPY_A_ELEM_LEN, len);
	nlraw_end(m, nest);
}

int nlraw_cancel_all(struct nlraw *n)
{
	static struct nlraw_msg m;

	nlraw_begin(n, &m, ZCOPY_CMD_CANCEL, 0);
	nlraw_put(&m, ZCOPY_A_ALL, NULL, 0);
	return nlraw_talk(n, &m);
}
