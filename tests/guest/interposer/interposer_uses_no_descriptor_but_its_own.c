// SPDX-License-Identifier: GPL-2.0
/*
 * A program closes descriptors that it does not know, or puts its own files in
 * their place.  Its sendfile(2) still works through zcopy, and the interposer
 * neither uses nor closes the program's files.  The interposer may also send
 * through a zcopy device that the program itself has opened.
 * guest: timeout=90
 */
#include "ktap.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dev.h"
#include "peers.h"
#include "same.h"

#define SIZE	(2 << 20)
#define PART	50000
#define LEAST_CALLS	(2 + 3 + 2 + 1 + 1)	/* of the situations together */

static int file;
static struct pair s;
static unsigned int parts;	/* sent and not read yet */

/* The number of the interposer's descriptor; in a plain run, 1000 */
static int number(void)
{
	int fd = interposed_device();

	return fd < 0 ? 1000 : fd;
}

static void send_part(void)
{
	off_t off = PART * parts;

	printf(" %zd", sendfile(s.near, file, &off, PART));
	if (off != PART * (parts + 1))
		printf(" offset %lld", (long long)off);
	parts++;
}

static void read_all(void)
{
	printf(" %ld", sock_check(s.far, 0, PART * parts));
}

static void closes_it(void)
{
	send_part();
	close(number());
	send_part();
	read_all();
}

static void closes_all(void)
{
	close_range(s.far + 1, ~0U, 0);
	send_part();
	send_part();
	close_range(s.far + 1, ~0U, 0);
	send_part();
	read_all();
}

static void puts_a_file_there(void)
{
	int fd = number(), mine = open("mine", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct stat st;

	dup2(mine, fd);
	send_part();
	send_part();
	printf(" %d", write(fd, "x", 1) == 1);
	fstat(mine, &st);
	printf(" size %lld", (long long)st.st_size);
	read_all();
}

static void puts_a_socket_there(void)
{
	int fd = number();
	struct pair other;

	other = pair_open(false);
	dup2(other.near, fd);
	send_part();
	printf(" %zd", recv(other.far, &fd, 1, MSG_DONTWAIT));
	read_all();
}

static void *send_whole(void *arg)
{
	off_t off = 0;

	(void)arg;
	while (off < SIZE && sendfile(s.near, file, &off, SIZE - off) > 0)
		;
	return NULL;
}

/* The library may send with the program's own open device, which stays open. */
static void puts_a_device_there(void)
{
	int fd = number(), mine = dev_open(0);
	pthread_t thread;

	s = pair_open(true);
	dup2(mine, fd);
	close(mine);
	pthread_create(&thread, NULL, send_whole, NULL);
	printf(" %ld", sock_check(s.far, 0, SIZE));
	pthread_join(thread, NULL);
	printf(" told %d", dev_cancel(fd, 0));
}

static void prepare(void)
{
	file = file_to_read("file", SIZE);
	s = pair_open(false);
}

static const struct situation situations[] = {
	{ .name = "closes it", .run = closes_it },
	{ .name = "closes all that it does not know, twice", .run = closes_all },
	{ .name = "puts a file of its own in its place", .run = puts_a_file_there },
	{ .name = "puts a socket of its own in its place", .run = puts_a_socket_there },
	{ .name = "puts an open device of its own in its place", .run = puts_a_device_there },
	{ 0 }
};

int main(int argc, char **argv)
{
	struct interposed did = same_interposed(argc, argv, situations, prepare);

	ktap_ok(did.calls >= LEAST_CALLS, "all calls were seen");
	ktap_ok(did.taken == did.calls, "and all were taken");
	return ktap_done();
}

