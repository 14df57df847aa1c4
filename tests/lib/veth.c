// SPDX-License-Identifier: GPL-2.0
/*
 * A veth whose far end is in its own network namespace; see peers.h.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peers.h"
#include "peers_priv.h"

#define NEAR4	"10.77.0.1"
#define FAR4	"10.77.0.2"
#define NEAR6	"fd77::1"
#define FAR6	"fd77::2"

static pid_t veth_keeper(void)
{
	int ready[2];
	char c;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET))
			_exit(1);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		die("a network namespace");
	close(ready[0]);
	return pid;
}

static void veth_addresses(const struct veth *v)
{
	/* One process for each end: starting one takes an emulated machine long. */
	if (shell("set -e\n"
		  "ip -batch - <<E\n"
		  "addr add " NEAR4 "/24 dev " VETH_NEAR "\n"
		  "addr add " NEAR6 "/64 dev " VETH_NEAR " nodad\n"
		  "link set " VETH_NEAR " up\n"
		  "E\n"
		  "nsenter -t %d -n ip -batch - <<E\n"
		  "addr add " FAR4 "/24 dev " VETH_FAR "\n"
		  "addr add " FAR6 "/64 dev " VETH_FAR " nodad\n"
		  "link set lo up\n"
		  "link set " VETH_FAR " up\n"
		  "E\n", v->keeper))
		die("setting up a veth");
	sleep_ms(100);
}

bool veth_up(struct veth *v)
{
	shell("modprobe -q veth 2>/dev/null");
	v->keeper = veth_keeper();
	if (shell("ip link add " VETH_NEAR " type veth peer name " VETH_FAR
		  " netns %d 2>/dev/null", v->keeper)) {
		veth_down(v);
		return false;
	}
	veth_addresses(v);
	return true;
}

/* When the namespace goes, the far device comes back, maybe under a new name. */
bool veth_up_devices(struct veth *v, const char *driver)
{
	shell("modprobe -q %s 2>/dev/null", driver);
	v->keeper = veth_keeper();
	if (shell("n=; for d in /sys/class/net/*; do "
		  "[ $d/device/driver -ef /sys/bus/*/drivers/%s ] && "
		  "n=\"$n ${d##*/}\"; done; set -- $n; "
		  "[ $# = 2 ] && ip link set $1 name " VETH_NEAR " && "
		  "ip link set $2 netns %d name " VETH_FAR, driver, v->keeper)) {
		veth_down(v);
		return false;
	}
	veth_addresses(v);
	return true;
}

int veth_near(const char *what)
{
	return shell("ethtool -K " VETH_NEAR " %s >/dev/null 2>&1", what);
}

/* Enters the namespace of a process; returns the own one for the way back. */
static int netns_enter(pid_t pid)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0 || fd < 0 || setns(fd, CLONE_NEWNET))
		die("entering %s", path);
	close(fd);
	return own;
}

struct pair pair_veth(const struct veth *v, int family)
{
	struct sockaddr_storage ss;
	int own, listener, near;
	socklen_t len;

	own = netns_enter(v->keeper);
	listener = peers_listen(family, family == AF_INET ? FAR4 : FAR6, 0,
				&ss, &len);
	if (setns(own, CLONE_NEWNET))
		die("back to the own namespace");
	close(own);
	near = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (near < 0)
		die("socket");
	return peers_connect(listener, near, &ss, len);
}

void veth_down(struct veth *v)
{
	/* A real device cannot be deleted; renaming it frees the name. */
	shell("ip link del " VETH_NEAR " 2>/dev/null || { "
	      "ip link set " VETH_NEAR " down; ip addr flush dev " VETH_NEAR "; "
	      "ip link set " VETH_NEAR " name "
	      "nic$(cat /sys/class/net/" VETH_NEAR "/ifindex); } 2>/dev/null");
	if (v->keeper > 0) {
		kill(v->keeper, SIGKILL);
		waitpid(v->keeper, NULL, 0);
	}
	v->keeper = 0;
}
