// SPDX-License-Identifier: GPL-2.0
/* Transfers that flow; see flows.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgroups.h"
#include "doors.h"
#include "flows.h"

#define FILE_NAME	"flows"
#define FILE_SIZE	(64 * MIB)
/* 64 GiB in all, which takes longer than any test looks at a flow. */
#define TIMES		1024

const char *flow_name(enum flow_door door)
{
	static const char *const names[] = {
		[FLOW_SUBMIT] = "SUBMIT", [FLOW_BATCH] = "BATCH",
		[FLOW_SEND_MANY] = "SEND to two", [FLOW_NETLINK] = "netlink",
		[FLOW_URING] = "io_uring", [FLOW_DETACHED] = "detached, submitter gone",
	};

	return names[door];
}

void flows_prepare(void)
{
	users_allow();
	close(file_to_read(FILE_NAME, FILE_SIZE));
}

bool flow_possible(enum flow_door door)
{
	return door != FLOW_URING || dev_has(ZCOPY_FEAT_URING);
}

/* ---- in the process ---- */

static struct zcopy_elem elems[TIMES];

static void fill(struct zcopy_send *s, struct zcopy_sink *sink, const struct flow *f,
		 unsigned int i)
{
	struct request q = {
		.elems = elems, .nr = TIMES, .sock = f->pair[i].near, .flags = f->flags,
		.deadline_ns = f->deadline_ns, .idle_ns = f->idle_ns,
	};

	request_fill(s, sink, &q);
}

static int batch(const struct flow *f)
{
	struct zcopy_sink sink[FLOW_SOCKETS];
	struct zcopy_send s[FLOW_SOCKETS];
	struct zcopy_batch b = {
		.size = sizeof(b), .sends = (uintptr_t)s, .nr_sends = FLOW_SOCKETS,
		.send_size = sizeof(*s),
	};

	for (unsigned int i = 0; i < FLOW_SOCKETS; i++)
		fill(&s[i], &sink[i], f, i);
	if (ioctl(dev_open(0), ZCOPY_IOC_BATCH, &b))
		return -errno;
	return b.started == FLOW_SOCKETS ? 0 : -EAGAIN;
}

static int send_many(const struct flow *f, struct user *me)
{
	struct zcopy_sink sink[FLOW_SOCKETS];
	struct zcopy_result res[FLOW_SOCKETS];
	struct zcopy_send s;

	fill(&s, sink, f, 0);
	for (unsigned int i = 1; i < FLOW_SOCKETS; i++) {
		sink[i] = sink[0];
		sink[i].fd = f->pair[i].near;
	}
	s.sinks = (uintptr_t)sink;
	s.nr_sinks = FLOW_SOCKETS;
	s.results = (uintptr_t)res;
	s.result_size = sizeof(*res);
	/* It returns at its end. */
	user_say(me, 0);
	return ioctl(dev_open(0), ZCOPY_IOC_SEND, &s) ? -errno : 0;
}

static int submit(const struct flow *f, struct user *me)
{
	static const enum door_kind kinds[] = {
		[FLOW_NETLINK] = DOOR_NETLINK, [FLOW_URING] = DOOR_URING,
	};
	struct request q = {
		.elems = elems, .nr = TIMES, .sock = f->pair[0].near, .flags = f->flags,
		.deadline_ns = f->deadline_ns, .idle_ns = f->idle_ns,
	};
	bool other = f->door == FLOW_NETLINK || f->door == FLOW_URING;
	struct zcopy_result res;
	struct door d;
	uint64_t id, t;
	long cancel;
	int err;

	if (f->door == FLOW_DETACHED)
		q.flags |= ZCOPY_F_DETACHED;
	door_open(&d, other ? kinds[f->door] : DOOR_WAIT);
	t = now_ms();
	err = door_start(&d, &q, &id);
	if (err || f->door == FLOW_DETACHED)
		return err;
	user_say(me, 0);
	user_hear(me, &cancel, -1);
	if (cancel) {
		t = now_ms();
		dev_cancel(d.dev, id);
	}
	memset(&res, 0, sizeof(res));
	err = door_finish(&d, id, &res);
	user_say(me, err ? err : (long)res.status);
	user_say(me, now_ms() - t);
	return 0;
}

static void flows(struct user *me, void *arg)
{
	const struct flow *f = arg;
	int err, file = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
	long go;

	for (unsigned int i = 0; i < TIMES; i++)
		elems[i] = elem_file(file, 0, FILE_SIZE);
	user_hear(me, &go, -1);
	switch (f->door) {
	case FLOW_BATCH:
		err = batch(f);
		break;
	case FLOW_SEND_MANY:
		err = send_many(f, me);
		break;
	default:
		err = submit(f, me);
	}
	user_say(me, err);
	if (f->door != FLOW_DETACHED)
		user_hear(me, &go, -1);
}

/* ---- in the test ---- */

struct reading {
	struct flow *flow;
	unsigned int nr;
};

static void *reads(void *arg)
{
	struct reading r = *(struct reading *)arg;
	ssize_t n;

	free(arg);
	do {
		n = recv(r.flow->pair[r.nr].far, NULL, MIB, MSG_TRUNC);
		if (n > 0)
			__atomic_add_fetch(&r.flow->bytes[r.nr], n, __ATOMIC_RELAXED);
	} while (n > 0);
	return NULL;
}

void flow_start(struct flow *f)
{
	long err = -ETIMEDOUT;

	for (unsigned int i = 0; i < FLOW_SOCKETS; i++) {
		struct reading *r = malloc(sizeof(*r));

		f->pair[i] = pair_loopback(AF_INET);
		f->bytes[i] = 0;
		*r = (struct reading){ f, i };
		if (pthread_create(&f->reader[i], NULL, reads, r))
			die("a reader");
	}
	user_start(&f->user, f->uid, flows, f);
	for (unsigned int i = 0; i < FLOW_SOCKETS; i++)
		close(f->pair[i].near);
	if (f->cgroup && !cgroup_put(f->cgroup, "cgroup.procs", "%d", f->user.pid))
		die("joining cgroup %s", f->cgroup);
	user_say(&f->user, 1);
	if (!user_hear(&f->user, &err, 20000) || err) {
		errno = -err;
		die("a flow by %s", flow_name(f->door));
	}
	if (f->door == FLOW_DETACHED && !user_ends(&f->user, 20000))
		die("a submitter that stays");
}

uint64_t flow_bytes(const struct flow *f)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < FLOW_SOCKETS; i++)
		sum += __atomic_load_n(&f->bytes[i], __ATOMIC_RELAXED);
	return sum;
}

bool flow_ends(struct flow *f, bool cancel, long *status, long *ms)
{
	user_say(&f->user, cancel);
	return user_hear(&f->user, status, RESULT_MS * guest_scale()) &&
	       user_hear(&f->user, ms, RESULT_MS * guest_scale());
}

void flow_stop(struct flow *f)
{
	user_kill(&f->user);
	user_ends(&f->user, 20000);
	for (unsigned int i = 0; i < FLOW_SOCKETS; i++) {
		shutdown(f->pair[i].far, SHUT_RD);
		pthread_join(f->reader[i], NULL);
		/* Ends a transfer that has no owner any more. */
		sock_reset(f->pair[i].far);
	}
}
