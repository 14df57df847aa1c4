// SPDX-License-Identifier: GPL-2.0
/*
 * Limits on transfers, elements and pinned bytes, in all and of one user:
 * anybody reads them and what is used, an administrator sets all that are given
 * or none; at the limit one more is refused by name, and what ends makes room.
 * guest: timeout=60
 */
#include "ktap.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "life.h"
#include "nlraw.h"
#include "refuse.h"

#define USER	4811
#define NR	6
#define SIZE	(1 << 20)

static const char *const names[NR] = {
	"max_transfers", "max_user_transfers", "max_elements",
	"max_user_elements", "max_pinned_bytes", "max_user_pinned_bytes",
};

struct limits {
	unsigned int nr;		/* answered */
	uint64_t value[NR], used[NR];
};

static struct limits first;
static int dev, file, s[2];

static unsigned int index_of(const char *name)
{
	unsigned int i = 0;

	while (i < NR && strcmp(names[i], name))
		i++;
	return i;
}

static void take(struct limits *l, const struct nlattr *nest)
{
	int left = nest->nla_len - NLA_HDRLEN;
	uint64_t value = 0, used = 0;
	const struct nlattr *a;
	const char *name = "";
	unsigned int i;

	for (a = nest + 1; left >= NLA_HDRLEN;
	     a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len))) {
		if (a->nla_type == ZCOPY_A_L_NAME)
			name = (const char *)(a + 1);
		else if (a->nla_type == ZCOPY_A_L_VALUE)
			memcpy(&value, a + 1, 8);
		else if (a->nla_type == ZCOPY_A_L_USED)
			memcpy(&used, a + 1, 8);
		left -= NLA_ALIGN(a->nla_len);
	}
	i = index_of(name);
	if (i == NR || value == 0)
		return;
	l->value[i] = value;
	l->used[i] = used;
	l->nr++;
}

static void get(struct limits *l)
{
	static _Alignas(8) char buf[16384];
	const struct nlmsghdr *h = (const void *)buf;
	static struct nlraw_msg m;
	const struct nlattr *a;
	struct nlraw nl;
	int len;

	memset(l, 0, sizeof(*l));
	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_LIMITS_GET, 0);
	m.h.nlmsg_flags = NLM_F_REQUEST;
	if (send(nl.fd, &m.h, m.h.nlmsg_len, 0) < 0 ||
	    recv(nl.fd, buf, sizeof(buf), 0) < NLMSG_HDRLEN ||
	    h->nlmsg_type != nl.family)
		ktap_bail("no answer");
	a = (const void *)((const char *)NLMSG_DATA(h) + GENL_HDRLEN);
	for (len = NLMSG_PAYLOAD(h, GENL_HDRLEN); len >= NLA_HDRLEN;
	     len -= NLA_ALIGN(a->nla_len),
	     a = (const void *)((const char *)a + NLA_ALIGN(a->nla_len))) {
		if ((a->nla_type & NLA_TYPE_MASK) == ZCOPY_A_LIMIT)
			take(l, a);
	}
	close(nl.fd);
}

static void put(struct nlraw_msg *m, const char *name, uint64_t value)
{
	struct nlattr *nest = nlraw_nest(m, ZCOPY_A_LIMIT);

	nlraw_put(m, ZCOPY_A_L_NAME, name, strlen(name) + 1);
	nlraw_u64(m, ZCOPY_A_L_VALUE, value);
	nlraw_end(m, nest);
}

static int set(const char *name, uint64_t value, const char *other, uint64_t v2)
{
	static struct nlraw_msg m;
	struct nlraw nl;
	int ret;

	nlraw_open(&nl);
	nlraw_begin(&nl, &m, ZCOPY_CMD_LIMITS_SET, 0);
	put(&m, name, value);
	if (other)
		put(&m, other, v2);
	ret = nlraw_talk(&nl, &m);
	close(nl.fd);
	return ret;
}

/* As another user: what he sees, and that he may not set. */
static int as_user(int (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setresuid(USER, USER, USER))
			_exit(99);
		_exit(what());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int reads_not_sets(void)
{
	struct refuse before;
	struct limits l;

	get(&l);
	if (l.nr != NR || l.used[0] != 1 || l.used[1] || l.value[0] != first.value[0])
		return 1;
	refuse_before(&before, -1);
	if (set(names[0], 5, NULL, 0) != -EACCES)
		return 2;
	return refuse_after(&before, "limit_not_admin") ? 3 : 0;
}

/* All rights there are, but in a user namespace of its own */
static int sets_in_a_namespace(void)
{
	if (unshare(CLONE_NEWUSER))
		return 0;	/* not allowed here: nothing to show */
	return set(names[0], 5, NULL, 0) == -EACCES ? 0 : 1;
}

static uint64_t sndbuf(void)
{
	socklen_t len = sizeof(int);
	int size = 0;

	getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, &len);
	return size;
}

/* Six elements: five pieces of memory of 1000 bytes each, and the file. */
static void request(struct life_req *q)
{
	static char bytes[1000];
	unsigned int i;

	life_req(q, s[0], file, 0, SIZE);
	for (i = 1; i < 6; i++) {
		q->e[i].kind = ZCOPY_ELEM_MEMORY;
		q->e[i].off = (uintptr_t)bytes;
		q->e[i].len = sizeof(bytes);
	}
	q->s.nr_elems = 6;
}

/* Until the one that is live waits for its socket, and counts nothing any more */
static void settle(void)
{
	uint64_t was, turns = life_counter("turns");

	do {
		was = turns;
		life_nap(50);
		turns = life_counter("turns");
	} while (turns != was);
}

/*
 * With one live: the limit is set so that another just fits, which is then
 * refused once it is lower by one.
 */
static void try_limit(unsigned int i, uint64_t used, int err, const char *why)
{
	struct zcopy_result res;
	struct refuse before;
	struct life_req q;
	struct limits l;

	get(&l);
	ktap_eq(l.used[i], used, "%s: used", names[i]);
	ktap_eq(set(names[i], 2 * used - 1, NULL, 0), 0, "%s: lowered", names[i]);
	request(&q);
	settle();
	refuse_before(&before, -1);
	ktap_eq(life_submit(dev, &q), err, "%s: one more is refused", names[i]);
	ktap_ok(!refuse_after(&before, why), "%s: as %s", names[i], why);
	request(&q);
	ktap_eq(life_send(dev, &q), err, "%s: a synchronous one too", names[i]);
	ktap_eq(set(names[i], 2 * used, NULL, 0), 0, "%s: raised by one", names[i]);
	request(&q);
	ktap_eq(life_submit(dev, &q), 0, "%s: now it fits", names[i]);
	ktap_eq(set(names[i], 1, NULL, 0), 0,
		"%s: can be set to less than is used", names[i]);
	life_cancel(dev, q.s.id);
	ktap_eq(life_wait(dev, q.s.id, &res, 1, 1, 10000), 1, "%s: it ends", names[i]);
	get(&l);
	ktap_eq(l.used[i], used, "%s: and gives back its share", names[i]);
	ktap_eq(set(names[i], first.value[i], NULL, 0), 0, "%s: reset", names[i]);
}

/* More than are remembered once they have nothing live */
static int many_users(void)
{
	unsigned int i, bad = 0;
	struct life_req q;

	for (i = 0; i < 300; i++) {
		if (setresuid(20000 + i, 20000 + i, 0))
			return 99;
		life_req(&q, s[0], 0, 0, 0);
		q.s.nr_elems = 0;
		bad += life_submit(dev, &q) != 0;
		if (setresuid(0, 0, 0))
			return 99;
	}
	return bad;
}

int main(void)
{
	struct limits l;
	struct life_req q;
	unsigned int i;
	uint64_t room;

	dev = life_open();
	file = life_file("source", SIZE);
	life_pair(s, true);
	get(&first);
	ktap_eq(first.nr, NR, "all limits are told");
	for (i = 0; i < NR; i++) {
		ktap_eq(first.used[i], 0, "%s: nothing is used at rest", names[i]);
		if (i % 2)
			ktap_eq(first.value[i], first.value[i - 1] / 4,
				"%s: a quarter", names[i]);
	}

	request(&q);
	ktap_eq(life_submit(dev, &q), 0, "one is parked");
	settle();
	ktap_eq(as_user(reads_not_sets), 0, "another user reads, but sets nothing");
	ktap_eq(as_user(sets_in_a_namespace), 0,
		"nor does one who rules a namespace of his own");
	get(&l);
	ktap_ok(!memcmp(l.value, first.value, sizeof(l.value)), "nothing was changed");

	ktap_eq(set(names[0], 7, "max_nothing", 8), -EINVAL, "one of two is wrong");
	get(&l);
	ktap_eq(l.value[0], first.value[0], "none was set");
	ktap_eq(set(names[0], 70000, names[4], ~0ULL), 0, "two that are right");
	get(&l);
	ktap_ok(l.value[0] == 70000 && l.value[4] == ~0ULL, "both are set");
	ktap_eq(set(names[0], first.value[0], names[4], first.value[4]), 0, "reset");

	room = sndbuf() + 5000;
	try_limit(0, 1, -EAGAIN, "too_many_transfers");
	try_limit(1, 1, -EDQUOT, "user_limit");
	try_limit(2, 6, -EAGAIN, "elements_limit");
	try_limit(3, 6, -EDQUOT, "user_elements_limit");
	try_limit(4, room, -EAGAIN, "pinned_limit");
	try_limit(5, room, -EDQUOT, "user_pinned_limit");

	ktap_eq(many_users(), 0, "300 users come by, and wait in line");
	get(&l);
	ktap_eq(l.used[0], 301, "all are live");
	ktap_eq(l.used[1], 1, "one of them is ours");
	close(s[1]);
	close(dev);
	ktap_ok(life_rest(), "all end");
	get(&l);
	for (i = 0; i < NR; i++)
		ktap_eq(l.used[i], 0, "%s: nothing is used in the end", names[i]);
	return ktap_done();
}
