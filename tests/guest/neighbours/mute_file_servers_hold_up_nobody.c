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
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "mutefs.h"
#include "peers.h"

#define MUTE		40		/* more than may wait for such servers */
#define PARKED		4
#define COLD		4
#define KILLED		2
#define EACH		MUTEFS_SIZE
#define SECONDS		(1000 * guest_scale())

static int dev;
static struct mutefs fs;

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
	uint64_t then;

	dev = dev_open(0);
	if (!mutefs_start(&fs, "mnt", 0))
		ktap_skip_all("no FUSE here");
	mutefs_mute(&fs, MUTE_READ);
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
	mutefs_silent(&fs, 1, 10 * SECONDS);
	ktap_ok(fs.unanswered, "%u reads are not answered", fs.unanswered);

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
	mutefs_end(&fs);
	close(disk);
	umount("disk");
	ktap_ok(counters_rest(), "at rest");
	close(dev);
	return ktap_done();
}

