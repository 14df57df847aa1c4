// SPDX-License-Identifier: GPL-2.0
/*
 * A program loads the interposer with dlopen(3) and closes it again, many times,
 * from threads, in a child, and with the interposer's descriptor number taken by a
 * file of the program.  No descriptor and no mapping stays, and the program's file
 * is not closed.
 * guest: timeout=90
 */
#include "ktap.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counters.h"
#include "dev.h"
#include "fixture.h"
#include "interposed.h"
#include "peers.h"

#define LIBRARY	"libzcopy-sendfile.so"
#define PART	50000
#define ROUNDS	50

typedef ssize_t sendfile_fn(int out, int in, off_t *off, size_t count);

static int file;

static void *load(void)
{
	void *lib = dlopen(LIBRARY, RTLD_NOW);

	if (!lib)
		die("%s", dlerror());
	return lib;
}

/* Sends with the library's sendfile(); true if the module served it. */
static bool sends(void *lib)
{
	sendfile_fn *fn = (sendfile_fn *)dlsym(lib, "sendfile");
	uint64_t before = counter_of("transfers_submitted");
	off_t off = 0;
	struct pair s;
	bool ok;

	s = pair_open(false);
	ok = fn && fn(s.near, file, &off, PART) == PART &&
	     sock_check(s.far, 0, PART) == PART &&
	     counter_of("transfers_submitted") == before + 1;
	close(s.near);
	close(s.far);
	return ok;
}

static unsigned int mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned int n = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, LIBRARY) || strstr(line, "counts");
	if (f)
		fclose(f);
	return n;
}

static void again_and_again(void)
{
	unsigned int fds = fd_count(), sent = 0;

	for (int i = 0; i < ROUNDS; i++) {
		void *lib = load();

		sent += sends(lib);
		if (!i)
			ktap_eq(fd_count(), fds + 1, "loaded, it has one descriptor");
		dlclose(lib);
	}
	ktap_eq(sent, ROUNDS, "it sent each time");
	ktap_eq(fd_count(), fds, "no descriptor stays");
	ktap_eq(mappings(), 0, "and no mapping");
	for (int i = 0; i < ROUNDS; i++)
		dlclose(load());
	ktap_eq(fd_count(), fds, "nor of those that sent nothing");
}

static void *load_and_unload(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++)
		dlclose(load());
	return NULL;
}

static void from_threads(void)
{
	unsigned int fds = fd_count();
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, load_and_unload, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	ktap_eq(fd_count(), fds, "threads leave none");
}

static void others_stay_open(void)
{
	int mine = open("mine", O_RDWR | O_CREAT | O_TRUNC, 0600), fd;
	void *lib = load();
	struct stat a, b;

	fd = interposed_device();
	ktap_ok(fd > 2 && dup2(mine, fd) == fd, "the program takes the number");
	dlclose(lib);
	fstat(mine, &a);
	ktap_ok(!fstat(fd, &b) && a.st_ino == b.st_ino, "its file stays open");
	close(fd);

	lib = load();
	fd = interposed_device();
	close(fd);
	dlclose(lib);
	ktap_ok(fcntl(fd, F_GETFD) < 0, "a closed number stays closed");

	lib = load();
	fd = interposed_device();
	mine = dev_open(0);
	dup2(mine, fd);
	dlclose(lib);
	ktap_ok(!dev_cancel(fd, 0), "an open device of the program's stays, too");
	close(fd);
	close(mine);
}

static void in_a_child(void)
{
	unsigned int fds = fd_count();
	void *lib = load();
	int status;

	if (!fork()) {
		dlclose(lib);
		_exit(fd_count() != fds);
	}
	wait(&status);
	ktap_eq(status, 0, "a child that unloads it has none");
	ktap_ok(fd_count() == fds + 1 && sends(lib), "and its parent sends on");
	dlclose(lib);
	ktap_eq(fd_count(), fds, "until it unloads it");
}

int main(void)
{
	setenv("ZCOPY_SENDFILE_LEAST", "0", 1);
	file = file_to_read("file", PART);
	again_and_again();
	from_threads();
	others_stay_open();
	in_a_child();
	return ktap_done();
}

