// SPDX-License-Identifier: GPL-2.0
/*
 * A close that may have to wait keeps no worker from other transfers: the last
 * close of an unnamed file on a frozen file system, and of a TLS socket with a
 * record that its program could not send to the end.  There are more such closes
 * than CPUs.
 *
 * needs: zcopy
 * guest: timeout=60
 */
#include "ktap.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "counters.h"
#include "cut.h"
#include "dev.h"
#include "fixture.h"
#include "peers.h"
#include "tls.h"

#define NR	8
#define EACH	(1 * MIB)
#define HOT	(1 * MIB)	/* more than a submission sends itself */
#define SECONDS	(1000 * (int)guest_scale())

static int dev;

struct flight {
	struct pair p;
	uint64_t id;
};

static void start(struct flight *f, int file)
{
	struct raw q;

	raw_fill(&q, f->p.near, file, 0, EACH);
	if (raw_submit(dev, &q))
		die("submit");
	f->id = q.s.id;
}

/* Another transfer, from the cache to a peer that reads */
static void hot_one(const char *what)
{
	int other = dev_open(0), file = file_to_read("hot", HOT);
	struct pair s;
	struct reader reader;
	struct zcopy_result res;
	struct raw q;

	s = pair_open(false);
	raw_fill(&q, s.near, file, 0, HOT);
	reader_expect(&reader, s.far, HOT);
	if (raw_submit(other, &q))
		die("submit");
	ktap_ok(dev_wait(other, q.s.id, &res, 1, 1, 10 * SECONDS) == 1 &&
		res.status == ZCOPY_STATUS_DONE, "%s: another transfer is done", what);
	close(s.near);
	close(other);
	ktap_eq(reader_got(&reader), HOT, "%s: and arrives", what);
	close(s.far);
	close(file);
}

static void end(const struct flight *f, uint32_t status, uint32_t other,
		const char *what)
{
	struct zcopy_result res;
	unsigned int n = 0;

	for (unsigned int i = 0; i < NR; i++)
		n += dev_wait(dev, f[i].id, &res, 1, 1, 10 * SECONDS) == 1 &&
		     (res.status == status || res.status == other);
	ktap_eq(n, NR, "%s: all end", what);
}

static void frozen_files(void)
{
	struct reader readers[NR];
	struct flight f[NR];
	unsigned int right = 0;
	int root, file;

	mkdir("disk", 0755);
	if (!fs_ext4("/dev/vda 65536") ||
	    mount("/dev/vda", "disk", "ext4", 0, NULL))
		die("a disk");
	root = open("disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (unsigned int i = 0; i < NR; i++) {
		f[i].p = pair_tight(AF_INET);
		file = file_to_read("disk/file", EACH);
		start(&f[i], file);
		unlink("disk/file");
		close(file);
	}
	sleep_ms(SECONDS);	/* until all wait for their peers */
	if (ioctl(root, FIFREEZE, 0))
		die("to freeze it");
	for (unsigned int i = 0; i < NR; i++)
		reader_expect(&readers[i], f[i].p.far, EACH);
	sleep_ms(SECONDS);
	hot_one("files without a name, on ice");
	if (ioctl(root, FITHAW, 0))
		die("to thaw it");
	/* CHANGED: losing its name changes a file. */
	end(f, ZCOPY_STATUS_DONE, ZCOPY_STATUS_CHANGED, "files without a name, on ice");
	for (unsigned int i = 0; i < NR; i++) {
		close(f[i].p.near);
		right += reader_got(&readers[i]) == EACH;
		close(f[i].p.far);
	}
	ktap_eq(right, NR, "what they had arrives");
	close(root);
	ktap_ok(fs_umount_soon("disk"), "the disk is free");
}

static void records_of_programs(void)
{
	int file = file_to_read("file", EACH);
	struct flight f[NR];
	struct pair p = pair_tight(AF_INET);
	bool tls = pair_tls(&p);

	pair_close(&p);
	if (!tls) {
		ktap_skip("no TLS in this kernel");
		close(file);
		return;
	}
	for (unsigned int i = 0; i < NR; i++) {
		f[i].p = pair_cut_record();
		start(&f[i], file);
	}
	for (unsigned int i = 0; i < NR; i++) {
		close(f[i].p.near);
		if (dev_cancel(dev, f[i].id) != 1)
			die("cancel");
	}
	sleep_ms(SECONDS);
	hot_one("records of programs");
	for (unsigned int i = 0; i < NR; i++)
		close(f[i].p.far);
	end(f, ZCOPY_STATUS_CANCELLED, ZCOPY_STATUS_CANCELLED, "records of programs");
	close(file);
}

int main(void)
{
	dev = dev_open(0);
	frozen_files();
	records_of_programs();
	ktap_ok(counters_rest(), "at rest");
	close(dev);
	return ktap_done();
}

