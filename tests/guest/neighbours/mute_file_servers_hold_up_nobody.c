// SPDX-License-Identifier: GPL-2.0
/*
 * A FUSE server that no longer answers delays only transfers that read its files.
 * A submission returns, and cold files on a disk are sent.  Transfers of its files
 * that need no answer from the server end when they are cancelled.  A caller that
 * waits for its own transfers to several sockets can be killed.  When the server is
 * gone, all transfers end.
 *
 * needs: zcopy
 * guest: timeout=90
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"

#define MUTE		40		/* more than may wait for such servers */
#define PARKED		4
#define COLD		4
#define KILLED		2
#define EACH		(1 << 20)
#define SECONDS		1000

enum { ROOT = FUSE_ROOT_ID, TALKS, FALLS_SILENT };

static int dev, fuse;
static unsigned int unanswered;

static void reply(uint64_t unique, int error, const void *body, size_t len)
{
	static char out[sizeof(struct fuse_out_header) + EACH];
	struct fuse_out_header h = {
		.len = sizeof(h) + len, .error = error, .unique = unique,
	};

	memcpy(out, &h, sizeof(h));
	if (len)
		memcpy(out + sizeof(h), body, len);
	if (write(fuse, out, h.len) != (ssize_t)h.len)
		note("the server's answer: %s", strerror(errno));
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr) {
		.ino = node, .nlink = 1, .blksize = 4096, .size = node == ROOT ? 0 : EACH,
		.mode = node == ROOT ? S_IFDIR | 0755 : S_IFREG | 0444,
	};
}

static void serve_read(const struct fuse_in_header *in, const struct fuse_read_in *r)
{
	static char content[EACH];

	if (in->nodeid == FALLS_SILENT) {
		__atomic_add_fetch(&unanswered, 1, __ATOMIC_SEQ_CST);
		return;
	}
	pattern_fill(content, 0, r->offset, r->size);
	reply(in->unique, 0, content, r->size);
}

static void serve_one(const struct fuse_in_header *in, const void *arg)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096, .max_background = 1000, .congestion_threshold = 1000,
	};
	struct fuse_entry_out entry = { .attr_valid = 1000, .entry_valid = 1000 };
	struct fuse_attr_out attr = { .attr_valid = 1000 };
	struct fuse_open_out opened = { .open_flags = 0 };

	switch (in->opcode) {
	case FUSE_INIT:
		reply(in->unique, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		entry.nodeid = strcmp(arg, "talks") ? FALLS_SILENT : TALKS;
		entry.attr = attr_of(entry.nodeid);
		reply(in->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_GETATTR:
		attr.attr = attr_of(in->nodeid);
		reply(in->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		reply(in->unique, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		serve_read(in, arg);
		break;
	case FUSE_RELEASE:
		reply(in->unique, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		reply(in->unique, -ENOSYS, NULL, 0);
	}
}

/* Serves until the file system is gone. */
static void *serve(void *unused)
{
	static char in[FUSE_MIN_READ_BUFFER + EACH]
		__attribute__((aligned(__alignof__(struct fuse_in_header))));

	while (read(fuse, in, sizeof(in)) > 0)
		serve_one((void *)in, in + sizeof(struct fuse_in_header));
	return unused;
}

static pthread_t start_server(void)
{
	char options[80];
	pthread_t thread;

	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	mkdir("mnt", 0755);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,max_read=65536", fuse);
	if (fuse < 0 || mount("talker", "mnt", "fuse", 0, options))
		ktap_skip_all("no FUSE here");
	if (pthread_create(&thread, NULL, serve, NULL))
		die("a thread");
	return thread;
}

struct flight {
	struct pair s;
	uint64_t id;
};

static void start(struct flight *f, int file, bool small)
{
	struct raw q;

	f->s = pair_open(small);
	raw_fill(&q, f->s.near, file, 0, EACH);
	if (raw_submit(dev, &q))
		die("submit");
	f->id = q.s.id;
}

static void stop(struct flight *f, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		close(f[i].s.near);
		close(f[i].s.far);
	}
}

/* Counts the transfers that end in time with @status. */
static unsigned int end(const struct flight *f, unsigned int nr, uint32_t status)
{
	struct zcopy_result res;
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr; i++)
		n += dev_wait(dev, f[i].id, &res, 1, 1, 20 * SECONDS) == 1 &&
		     res.status == status;
	return n;
}

static void silence(unsigned int least)
{
	for (int i = 0; i < 200 && __atomic_load_n(&unanswered, __ATOMIC_SEQ_CST) < least; i++)
		sleep_ms(50);
	ktap_ok(unanswered >= least, "%u reads are not answered", unanswered);
}

static int cold_file(void)
{
	int file;

	mkdir("disk", 0755);
	if (!fs_ext4("/dev/vda 32768") ||
	    mount("/dev/vda", "disk", "ext4", 0, NULL))
		die("a disk");
	file = file_to_read("disk/cold", EACH);
	sync();
	if (posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED))
		die("to make it cold");
	return file;
}

/* A caller that waits for its own transfers to several sockets can be killed. */
static void killed(int silent)
{
	struct raw q;
	struct zcopy_sink to[2];
	struct zcopy_result res[2];
	int status = 0;
	struct pair s[2];
	uint64_t then;
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		s[i] = pair_open(false);
		to[i] = (struct zcopy_sink){ .fd = s[i].near };
	}
	pid = fork();
	if (!pid) {
		raw_fill(&q, s[0].near, silent, 0, EACH);
		q.s.sinks = (uintptr_t)to;
		q.s.nr_sinks = 2;
		q.s.results = (uintptr_t)res;
		raw_send(dev_open(0), &q);
		_exit(0);
	}
	while (counter_of("transfers_active") < 2)
		sleep_ms(10);
	sleep_ms(300);
	kill(pid, SIGKILL);
	then = now_ms();
	while (!waitpid(pid, &status, WNOHANG) && now_ms() - then < 10 * SECONDS)
		sleep_ms(20);
	ktap_ok(WIFSIGNALED(status), "who waits for several sockets can be killed");
	for (int i = 0; i < 2; i++) {
		close(s[i].near);
		close(s[i].far);
	}
}

int main(void)
{
	struct flight parked[PARKED], mute[MUTE], cold[COLD];
	int talks, silent, disk = cold_file();
	pthread_t server;
	uint64_t then;

	dev = dev_open(0);
	server = start_server();
	talks = open("mnt/talks", O_RDONLY | O_CLOEXEC);
	silent = open("mnt/silent", O_RDONLY | O_CLOEXEC);
	if (talks < 0 || silent < 0)
		die("its files");

	killed(silent);
	for (int i = 0; i < PARKED; i++)
		start(&parked[i], talks, true);
	for (int i = 0; i < 200 && counter_of("socket_waits") < PARKED; i++)
		sleep_ms(10);
	then = now_ms();
	for (int i = 0; i < MUTE; i++)
		start(&mute[i], silent, false);
	ktap_ok(now_ms() - then < 10 * SECONDS, "submissions return: %d in %llu ms", MUTE,
		(unsigned long long)(now_ms() - then));
	silence(1);

	for (int i = 0; i < COLD; i++)
		start(&cold[i], disk, false);
	ktap_eq(end(cold, COLD, ZCOPY_STATUS_DONE), COLD, "cold files of a disk are sent");
	for (int i = 0; i < COLD; i++)
		if (sock_check(cold[i].s.far, 0, EACH) != EACH)
			ktap_ok(0, "what arrives is theirs");
	for (int i = 0; i < PARKED; i++)
		dev_cancel(dev, parked[i].id);
	ktap_eq(end(parked, PARKED, ZCOPY_STATUS_CANCELLED), PARKED,
		"what waits for its peer stops when it is told to");
	ktap_eq(counter_of("transfers_active"), MUTE + KILLED, "the others do not");

	umount2("mnt", MNT_FORCE | MNT_DETACH);
	ktap_eq(end(mute, MUTE, ZCOPY_STATUS_FILE_ERROR), MUTE,
		"they fail when the server is gone");
	close(talks);
	close(silent);
	stop(parked, PARKED);
	stop(mute, MUTE);
	stop(cold, COLD);
	pthread_join(server, NULL);
	close(fuse);
	close(disk);
	umount("disk");
	ktap_ok(counters_rest(), "at rest");
	close(dev);
	return ktap_done();
}

