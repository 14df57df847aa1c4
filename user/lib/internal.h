/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Declarations that the files of libzcopy share; not part of the interface.
 */
#ifndef ZCI_INTERNAL_H
#define ZCI_INTERNAL_H

#include <linux/zcopy_netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdbool.h>

#include "zcopy.h"

/* Error sentence for -ENODEV */
#define ZCI_GONE		"the module was unloaded"

#define ZCI_ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct zcopy_list {
	struct zcopy_elem	*elems;
	unsigned int		nr;
	unsigned int		room;
};

/* A transfer as callers see it, and the result that it points to */
struct zci_transfer {
	struct zcopy_transfer	t;
	struct zcopy_result	result;
};

/* An event that has arrived but is not delivered yet */
struct zci_event {
	struct zci_event	*next;
	size_t			len;
	struct nlmsghdr		hdr[];
};

struct zcopy_nl {
	/* set once at creation */
	struct nl_sock		*sk;
	int			fd;
	bool			replay;
	int			record_fd;

	/* the family; zcopy_nl_renew() finds it again */
	uint16_t		family;
	uint32_t		group;
	bool			joined;
	bool			gone;

	/* set by zcopy_nl_all_namespaces() */
	bool			all_namespaces;

	/* one request at a time */
	bool			busy;
	bool			lost;
	uint32_t		seq;
	unsigned char		*buf;
	size_t			room;
	char			error[256];

	/* events in order of arrival */
	struct zci_event	*events;
	struct zci_event	**events_tail;
};

/* Takes one answer of a request; a value other than 0 is returned by the request */
typedef int (*zci_nl_fn)(struct zcopy_nl *nl, struct nlmsghdr *nlh, void *arg);

/* open.c and nl.c */
int zci_ioctl(int fd, unsigned long cmd, void *arg);
int zci_nl_open(struct zcopy_nl **nlp, int fd, bool replay, bool record);

/* nl_family.c */
int zci_nl_find(struct zcopy_nl *nl);
bool zci_nl_is_gone(struct zcopy_nl *nl);
bool zci_nl_notice(struct zcopy_nl *nl, struct nlmsghdr *nlh);

/* nl_request.c */
struct nl_msg *zci_nl_new(struct zcopy_nl *nl, uint8_t cmd, size_t room);
int zci_nl_put_scope(const struct zcopy_nl *nl, struct nl_msg *msg);
int zci_nl_ask(struct zcopy_nl *nl, struct nl_msg *msg, int flags, zci_nl_fn fn,
	       void *arg);
int zci_nl_request(struct zcopy_nl *nl, struct nl_msg *msg, int flags,
		   zci_nl_fn fn, void *arg);
void zci_nl_fail(struct zcopy_nl *nl, const char *sentence);
void zci_nl_extack(struct zcopy_nl *nl, struct nlattr *head, int len);

/* nl_recv.c */
int zci_nl_recv(struct zcopy_nl *nl);
bool zci_nl_is_event(const struct zcopy_nl *nl, struct nlmsghdr *nlh);
int zci_nl_queue(struct zcopy_nl *nl, const struct nlmsghdr *nlh);

/* nl_parse.c */
int zci_parse_transfer(struct nlattr *nest, struct zci_transfer *to);
int zci_parse_query(struct nlattr *nest, struct zcopy_query *query);
int zci_parse_counter(struct nlattr *nest, const char **name, uint64_t *value,
		      const char **help);
int zci_parse_limit(struct nlattr *nest, struct zcopy_limit *limit);

#endif /* ZCI_INTERNAL_H */
