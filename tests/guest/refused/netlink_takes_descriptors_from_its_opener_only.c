// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel takes descriptors in a netlink message only from the program that
 * opened the socket.  It does not take them from a setuid program that prints its
 * input, a child, a daemon that was handed the socket, a program executed since, a
 * program that changed its rights, or a sender with credentials lent by an io_uring
 * ring.
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "hand.h"
#include "nlraw.h"
#include "peers.h"
#include "refuse.h"
#include "ring.h"

#define STRANGER	4711
#define LEN		4096
#define SECRET_FD	25	/* of the setuid program, which opens it */
#define NOT_SETUID	100
#define LEAKED		101

enum way { BY_SEND, BY_WRITE, BY_ADDRESS, BY_RING, BY_RING_ASYNC };

static struct nlraw nl;
static struct ring ring;
static int dev, file, personality;
static struct pair pair;

static int by_ring(const struct nlraw_msg *m, enum way way, int lent)
{
	struct io_uring_sqe *sqe = ring_sqe(&ring);
	struct io_uring_cqe cqe;

	sqe->opcode = IORING_OP_SEND;
	sqe->fd = nl.fd;
	sqe->addr = (uintptr_t)m;
	sqe->len = m->h.nlmsg_len;
	sqe->personality = lent;
	sqe->flags = way == BY_RING_ASYNC ? IOSQE_ASYNC : 0;
	if (ring_submit(&ring) != 1 || !ring_wait(&ring, &cqe, 10000))
		return -ETIME;
	return cqe.res;
}

/* Returns the errno of the verdict, positive, or 0. */
static int submit_by(enum way way, int lent)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	static struct nlraw_msg m;
	int len;

	nlraw_submit(&nl, &m, dev, pair.near, file, 0, LEN);
	nlraw_number(&nl, &m);
	len = m.h.nlmsg_len;
	if (way == BY_WRITE)
		len -= write(nl.fd, &m, len);
	else if (way == BY_ADDRESS)
		len -= sendto(nl.fd, &m, len, 0, (void *)&to, sizeof(to));
	else if (way == BY_SEND)
		len -= send(nl.fd, &m, len, 0);
	else
		len -= by_ring(&m, way, lent);
	return len ? ETIME : -nlraw_listen(&nl);
}

static int plainly(void *way)
{
	return submit_by((uintptr_t)way, 0);
}

static int lent(void *way)
{
	return submit_by((uintptr_t)way, personality);
}

static int through_its_own(void *way)
{
	nlraw_open(&nl);
	return submit_by((uintptr_t)way, 0);
}

static int after_a_change(void *unused)
{
	(void)unused;
	nlraw_open(&nl);
	hand_become(STRANGER);
	return submit_by(BY_SEND, 0);
}

/* Changes the rights and then changes them back. */
static int after_a_change_and_back(void *unused)
{
	(void)unused;
	nlraw_open(&nl);
	if (seteuid(STRANGER) || seteuid(0))
		return ECHILD;
	return submit_by(BY_WRITE, 0);
}

static int reopened_after_a_change(void *unused)
{
	(void)unused;
	nlraw_open(&nl);
	hand_become(STRANGER);
	close(nl.fd);
	nlraw_open(&nl);
	return submit_by(BY_SEND, 0);
}

/* The same user, the same process, another program */
static int another_program(void *unused)
{
	char arg[5][16];
	int at[4], i;

	(void)unused;
	nlraw_open(&nl);
	at[0] = dup(nl.fd);
	at[1] = dup(dev);
	at[2] = dup(pair.near);
	at[3] = dup(file);
	for (i = 0; i < 4; i++)
		snprintf(arg[i], sizeof(arg[i]), "%d", at[i]);
	snprintf(arg[4], sizeof(arg[4]), "%u", nl.family);
	execl("/proc/self/exe", "again", arg[0], arg[1], arg[2], arg[3], arg[4],
	      NULL);
	return ECHILD;
}

/* Runs after exec, in the other program. */
static int again(char **arg)
{
	nl.fd = atoi(arg[0]);
	dev = atoi(arg[1]);
	pair.near = atoi(arg[2]);
	file = atoi(arg[3]);
	nl.family = atoi(arg[4]);
	return submit_by(BY_SEND, 0);
}

/* The setuid program: has a secret open, and prints what it is told */
static int echo(void)
{
	char words[8192];
	ssize_t n = read(0, words, sizeof(words));

	if (geteuid() || dup2(open("secret", O_RDONLY), SECRET_FD) < 0)
		return NOT_SETUID;
	return write(2, words, n) == n ? 0 : EIO;
}

/* Runs the setuid program with a netlink socket as its standard error. */
static int has_it_printed(void *unused)
{
	static struct nlraw_msg m;
	int said[2], status;
	char byte;
	pid_t pid;

	(void)unused;
	nlraw_open(&nl);
	nlraw_submit(&nl, &m, 20, 21, SECRET_FD, 0, 6);
	nlraw_number(&nl, &m);
	if (pipe(said) || write(said[1], &m, m.h.nlmsg_len) < 0)
		return ECHILD;
	pid = fork();
	if (!pid) {
		dup2(said[0], 0);
		dup2(nl.fd, 2);
		dup2(dev, 20);
		dup2(pair.near, 21);
		execl("./tool", "echo", NULL);
		_exit(ECHILD);
	}
	waitpid(pid, &status, 0);
	if (status)
		return WEXITSTATUS(status);
	status = -nlraw_listen(&nl);
	sleep_ms(100);
	return recv(pair.far, &byte, 1, MSG_DONTWAIT) == 1 ? LEAKED : status;
}

static void refused(const char *what, unsigned int uid, int (*run)(void *arg),
		    enum way way)
{
	struct refuse before;
	const char *wrong;
	int err;

	refuse_before(&before, pair.far);
	err = hand_to_child(uid, run, (void *)(uintptr_t)way);
	wrong = refuse_after(&before, "netlink_not_opener");
	if (err == NOT_SETUID)
		ktap_skip("%s: programs are not setuid here", what);
	else if (!ktap_ok(err == EACCES && !wrong, "%s: refused", what))
		note("%s; %s", err == LEAKED ? "its secret was sent" :
		     strerror(err), wrong ? wrong : "counters as they should");
	while (recv(pair.far, &before, sizeof(before), MSG_DONTWAIT) > 0)
		;
}

static void taken(int err, const char *what)
{
	ktap_eq(err, 0, "%s: taken", what);
	ktap_eq(err ? 0 : sock_check(pair.far, 0, LEN), err ? 0 : LEN,
		"%s: and sent", what);
	counters_rest();
}

static void *in_a_thread(void *unused)
{
	(void)unused;
	return (void *)(uintptr_t)submit_by(BY_SEND, 0);
}

/* The daemon started before the socket was opened, and is handed the socket. */
static int daemon_was_handed(void)
{
	int u[2], status;
	pid_t pid;

	hand_pair(u);
	pid = fork();
	if (!pid) {
		nl.fd = hand_take(u[1]);
		dev = hand_take(u[1]);
		if (read(u[1], &nl.family, sizeof(nl.family)) < 0)
			_exit(ECHILD);
		_exit(submit_by(BY_SEND, 0));
	}
	nlraw_open(&nl);
	dev = dev_open(0);
	hand_over(u[0], nl.fd);
	hand_over(u[0], dev);
	if (write(u[0], &nl.family, sizeof(nl.family)) < 0)
		die("a pipe");
	waitpid(pid, &status, 0);
	close(u[0]);
	close(u[1]);
	return WEXITSTATUS(status);
}

static void by_rings(void)
{
	if (ring_open(&ring, 4, 0)) {
		ktap_skip("no rings here");
		return;
	}
	taken(submit_by(BY_RING, 0), "by a ring");
	taken(submit_by(BY_RING_ASYNC, 0), "by a worker of a ring");
	refused("a child, by the ring", 0, plainly, BY_RING);
	refused("a child, by a worker of the ring", 0, plainly, BY_RING_ASYNC);
	personality = syscall(SYS_io_uring_register, ring.fd,
			      IORING_REGISTER_PERSONALITY, NULL, 0);
	if (personality <= 0) {
		ktap_skip("no personalities here");
		return;
	}
	taken(submit_by(BY_RING, personality), "with its own credentials, lent");
	refused("a child, with the opener's, lent", 0, lent, BY_RING);
	refused("a stranger, with the opener's, lent", STRANGER, lent, BY_RING);
}

static void make_tool(void)
{
	char self[256] = "", cmd[600];
	int secret = open("secret", O_WRONLY | O_CREAT, 0600);

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    write(secret, "secret", 6) != 6 || chmod(".", 0755))
		die("a setuid program");
	close(secret);
	snprintf(cmd, sizeof(cmd), "cp %s tool && chmod 4755 tool", self);
	if (system(cmd))
		die("a setuid program");
}

int main(int argc, char **argv)
{
	pthread_t thread;
	void *err;

	if (argc == 6 && !strcmp(argv[0], "again"))
		return again(argv + 1);
	if (!strcmp(argv[0], "echo"))
		return echo();
	make_tool();
	pair = pair_open(false);
	file = file_to_read("source", LEN);

	ktap_eq(daemon_was_handed(), EACCES, "a daemon that was handed the socket");
	taken(submit_by(BY_SEND, 0), "the opener, by send(2)");
	taken(submit_by(BY_WRITE, 0), "the opener, by write(2)");
	taken(submit_by(BY_ADDRESS, 0), "the opener, with an address");
	pthread_create(&thread, NULL, in_a_thread, NULL);
	pthread_join(thread, &err);
	taken((uintptr_t)err, "a thread of the opener");
	taken(hand_to_child(0, through_its_own, BY_SEND), "a child, by its own socket");
	taken(hand_to_child(STRANGER, through_its_own, BY_SEND),
	      "a stranger that was handed the device, through a socket of its own");
	taken(hand_to_child(0, reopened_after_a_change, NULL),
	      "after a change of rights, by a new socket");

	refused("a setuid program that prints what it is told", STRANGER,
		has_it_printed, BY_WRITE);
	refused("a child, by send(2)", 0, plainly, BY_SEND);
	refused("a child, by write(2)", 0, plainly, BY_WRITE);
	refused("a child, with an address", 0, plainly, BY_ADDRESS);
	refused("a stranger", STRANGER, plainly, BY_SEND);
	refused("after a change of rights", 0, after_a_change, BY_SEND);
	refused("after a change and back", 0, after_a_change_and_back, BY_WRITE);
	refused("another program in the same process", 0, another_program, BY_SEND);
	by_rings();
	ktap_ok(counters_rest(), "all end");
	return ktap_done();
}

