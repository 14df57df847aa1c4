/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nlraw.c - messages to the netlink family, built byte by byte, malformed ones
 * included
 */
#ifndef ZCOPY_TESTS_NLRAW_H
#define ZCOPY_TESTS_NLRAW_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/zcopy_netlink.h>
#include <stddef.h>
#include <stdint.h>

struct nlraw {
	int fd;
	uint16_t family;
	uint32_t group;		/* number of the multicast group "events" */
	uint32_t seq;
	char words[256];	/* of the last refusal, "" if there were none */
	uint32_t answers;	/* messages that came before the verdict */
	uint32_t events;	/* events that came in between */
	uint64_t id;		/* ZCOPY_A_X_ID of the last answer, or 0 */
	uint32_t count;		/* ZCOPY_A_COUNT of the last answer, or 0 */
	uint64_t told;		/* a bit for each ZCOPY_A_X_* in the last answer */
	uint64_t told_event;	/* a bit for each ZCOPY_A_X_* in the last event */
	uint32_t netns;		/* ZCOPY_A_X_NETNS of the last answer, or 0 */
	uint32_t uid;		/* ZCOPY_A_X_UID of the last answer, or 0 */
	uint32_t pid;		/* ZCOPY_A_X_PID of the last answer, or 0 */
	uint32_t worker;	/* ZCOPY_A_X_WORKER of the last answer, or 0 */
};

/* A message under construction */
struct nlraw_msg {
	_Alignas(8) struct nlmsghdr h;
	struct genlmsghdr g;
	uint8_t body[70000];
};

/* Bails out if the netlink family does not exist. */
void nlraw_open(struct nlraw *n);
void nlraw_begin(const struct nlraw *n, struct nlraw_msg *m, uint8_t cmd,
		 uint16_t flags);
void nlraw_put(struct nlraw_msg *m, uint16_t type, const void *data, size_t len);
void nlraw_u32(struct nlraw_msg *m, uint16_t type, uint32_t v);
void nlraw_u64(struct nlraw_msg *m, uint16_t type, uint64_t v);
/* Begins a nest; nlraw_end() takes the returned pointer once the nest is filled. */
struct nlattr *nlraw_nest(struct nlraw_msg *m, uint16_t type);
void nlraw_end(struct nlraw_msg *m, struct nlattr *nest);
/* Sends a message and reads up to the verdict: 0 or a negative errno. */
int nlraw_talk(struct nlraw *n, struct nlraw_msg *m);
/* Only reads up to the verdict of a message that nlraw_number() numbered. */
int nlraw_listen(struct nlraw *n);
void nlraw_number(struct nlraw *n, struct nlraw_msg *m);
/*
 * Builds a message with an id and a flag (0: without) and calls nlraw_talk().  A
 * cancel without an id is for all transfers.
 */
int nlraw_about(struct nlraw *n, uint8_t cmd, uint64_t id, uint16_t flag);
int nlraw_dump(struct nlraw *n, uint16_t flag);
/*
 * Takes messages of the family until there are @want (it waits 30 seconds for each),
 * and those that come within 100 ms after; counts errors of the socket separately.
 */
unsigned int nlraw_events(struct nlraw *n, unsigned int want, unsigned int *errors);
/* Joins the group of events: 0 or a negative errno. */
int nlraw_join(struct nlraw *n);
/* Adds a further socket to a submission. */
void nlraw_sink(struct nlraw_msg *m, int sock);
/* Adds a limit and its new value. */
void nlraw_limit(struct nlraw_msg *m, const char *name, uint64_t value);
/* A whole submission of one file range to one socket */
void nlraw_submit(const struct nlraw *n, struct nlraw_msg *m, int dev, int sock,
		  int file, uint64_t off, uint64_t len);

/* Cancels all transfers, detached ones too: 0 or a negative errno. */
int nlraw_cancel_all(struct nlraw *n);

#endif /* ZCOPY_TESTS_NLRAW_H */
