// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Owns the verb recv: a peer to send to.  It reads each connection to its end and
 * hashes or discards the bytes.  Without -1 and -o each connection has its own
 * process, so that a slow connection delays no other.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "json.h"
#include "units.h"
#include "zcctl.h"

#define BUFFER_SIZE	(1 << 20)

const struct opt recv_opts[] = {
	{ "once", '1', NULL, "leave after one connection", NULL, 0 },
	{ "output", 'o', "FILE", "write the bytes there, anew for each connection",
	  NULL, OPT_FILE },
	{ "discard", 0, NULL, "drop the bytes in the kernel, without SHA-256",
	  NULL, 0 },
	{ "quiet", 'q', NULL, "do not say when it is ready", NULL, 0 },
	{ NULL, 0, NULL, NULL, NULL, 0 }
};

/* One connection */
struct conn {
	int		sock;
	int		out;
	EVP_MD_CTX	*md;
	char		*buf;
	uint64_t	bytes;
	uint64_t	ns;
	char		peer[ADDR_ROOM];
	char		sha256[2 * EVP_MAX_MD_SIZE + 1];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int write_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, buf, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= n;
	}
	return 0;
}

/* Read to the end; 0 or a negative errno */
static int drain(struct conn *c)
{
	int flags = c->md ? 0 : MSG_TRUNC;
	int err = 0;
	ssize_t n;

	for (;;) {
		n = recv(c->sock, c->buf, BUFFER_SIZE, flags);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		c->bytes += n;
		if (c->md)
			EVP_DigestUpdate(c->md, c->buf, n);
		if (c->out >= 0)
			err = write_all(c->out, c->buf, n);
		if (err)
			return err;
	}
}

static void finish_hash(struct conn *c)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int len, i;

	if (!c->md || !EVP_DigestFinal_ex(c->md, md, &len))
		return;
	for (i = 0; i < len; i++)
		sprintf(c->sha256 + 2 * i, "%02x", md[i]);
}

static int report(const struct zcctl *zc, const struct conn *c, int err)
{
	char bytes[UNITS_ROOM], took[UNITS_ROOM], rate[UNITS_ROOM];
	struct json_object *obj = json_object_new_object();

	json_text(obj, "peer", c->peer);
	json_number(obj, "bytes", c->bytes);
	json_text(obj, "sha256", c->sha256);
	json_number(obj, "duration_ns", c->ns);
	json_number(obj, "error", -err);
	out_line(zc, obj, "%" PRIu64 " bytes (%s) from %s in %s, %s%s%s%s%s",
		 c->bytes, units_bytes(bytes, c->bytes), c->peer,
		 units_duration(took, c->ns), units_rate(rate, c->bytes, c->ns),
		 c->sha256[0] ? ", sha256 " : "", c->sha256, err ? ", failed: " : "",
		 err ? strerror(-err) : "");
	return err ? ZC_FAILED : ZC_DONE;
}

static int open_output(const struct zcctl *zc, int flags, int *fd)
{
	const char *path = args_get(&zc->args, "output");

	*fd = -1;
	if (!path)
		return 0;
	*fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	if (*fd < 0)
		return out_fail(zc, ZC_FAILED, errno, NULL, "cannot write %s: %s",
				path, strerror(errno));
	return 0;
}

/* Fail before a peer sends.  A pipe is opened later, as that waits for its reader. */
static int check_output(const struct zcctl *zc)
{
	const char *path = args_get(&zc->args, "output");
	struct stat st;
	int ret, fd;

	if (path && !stat(path, &st) && S_ISFIFO(st.st_mode))
		return 0;
	ret = open_output(zc, O_NOCTTY, &fd);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int serve(const struct zcctl *zc, struct conn *c)
{
	uint64_t begin = now_ns();
	int ret, err;

	ret = open_output(zc, O_TRUNC, &c->out);
	if (ret)
		return ret;
	c->buf = malloc(BUFFER_SIZE);
	if (!args_has(&zc->args, "discard"))
		c->md = EVP_MD_CTX_new();
	if (!c->buf || (c->md && !EVP_DigestInit_ex(c->md, EVP_sha256(), NULL)))
		err = -ENOMEM;
	else
		err = drain(c);
	c->ns = now_ns() - begin;
	finish_hash(c);
	ret = report(zc, c, err);
	EVP_MD_CTX_free(c->md);
	free(c->buf);
	if (c->out >= 0)
		close(c->out);
	return ret;
}

/* End with the parent, and close the listening socket: the next recv needs the port. */
static void become_child(pid_t parent, int lsock)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* RACE: the parent may have ended before the prctl(2). */
	if (getppid() != parent)
		_exit(ZC_FAILED);
	close(lsock);
}

/* Accept a connection; returns an exit code, or -1 to go on */
static int accept_one(const struct zcctl *zc, int lsock)
{
	bool alone = args_has(&zc->args, "once") || args_has(&zc->args, "output");
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	pid_t parent = getpid(), pid;
	struct conn c = { 0 };
	int ret = -1;

	c.sock = accept4(lsock, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);
	if (c.sock < 0) {
		if (errno == EINTR || errno == ECONNABORTED)
			return -1;
		return out_fail(zc, ZC_FAILED, errno, NULL, "cannot accept: %s",
				strerror(errno));
	}
	addr_format(c.peer, &ss);
	pid = alone ? 0 : fork();
	if (!pid && !alone)
		become_child(parent, lsock);
	if (pid < 0)
		ret = out_fail(zc, ZC_FAILED, errno, NULL, "cannot fork: %s",
			       strerror(errno));
	if (!pid)
		ret = serve(zc, &c);
	if (!pid && !alone)
		_exit(ret);
	close(c.sock);
	return args_has(&zc->args, "once") || pid < 0 ? ret : -1;
}

/* Print the address as given, but for port 0 the port that the kernel chose */
static void tell_where(int lsock, const struct addr *addr, const char *where)
{
	int before = strlen(where) - strlen(addr->port);
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	char at[ADDR_ROOM] = "";

	if (strspn(addr->port, "0") == strlen(addr->port) &&
	    !getsockname(lsock, (struct sockaddr *)&ss, &len) &&
	    *addr_format(at, &ss))
		fprintf(stderr, "listening on %.*s%s\n", before, where,
			strrchr(at, ':') + 1);
	else
		fprintf(stderr, "listening on %s\n", where);
}

int cmd_recv(struct zcctl *zc)
{
	const char *where = zc->args.pos[0];
	struct addr addr;
	const char *why;
	int lsock, ret, err;

	err = addr_split(&addr, where, 1);
	if (err == -ERANGE)
		return zcctl_misuse(zc, "recv: \"%.60s\": ports are 0 to 65535, in digits only", where);
	if (err)
		return zcctl_misuse(zc, "recv: \"%.60s\" is not [HOST:]PORT", where);
	if (args_has(&zc->args, "discard") && args_has(&zc->args, "output"))
		return zcctl_misuse(zc, "recv: --discard and --output exclude each other");
	ret = check_output(zc);
	if (ret)
		return ret;
	lsock = addr_listen(&addr, &why);
	if (lsock < 0)
		return out_fail(zc, ZC_FAILED, lsock,
				lsock == -EACCES ? "ports below 1024 take root (CAP_NET_BIND_SERVICE)" :
				why ? "is it an address of this machine? see: ip addr" : NULL,
				"cannot listen on %s: %s", where,
				why ? why : strerror(-lsock));
	signal(SIGCHLD, SIG_IGN);
	if (!args_has(&zc->args, "quiet"))
		tell_where(lsock, &addr, where);
	do {
		ret = accept_one(zc, lsock);
	} while (ret < 0);
	close(lsock);
	return ret;
}
