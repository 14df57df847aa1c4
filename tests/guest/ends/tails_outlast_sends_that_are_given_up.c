// SPDX-License-Identifier: GPL-2.0
/*
 * A transfer that ends early, while its program sleeps in its own send(2) on the
 * same TLS socket, has left bytes in an open record.  If that send is interrupted,
 * it closes no record, but the bytes are sent all the same.  If it lasts, the
 * transfer still ends; if the connection dies, the transfer ends at once.
 *
 * needs: zcopy
 * guest: timeout=120 takes=10
 */
#include "ktap.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "doors.h"
#include "fixture.h"
#include "peers.h"
#include "slowfile.h"
#include "tls.h"

#define RECORD	(16 * KIB)
#define TAIL	100
#define GIVES_UP 300			/* ms after the end: the program's own send */
#define PATIENCE 30000			/* ms for what may never come */
#define MOST	(3000 + PATIENCE)	/* the module itself waits 3 s for a send */

enum ending { CUT, CANCEL, RESET, STUCK };

static const char * const endings[] = {
	"a file that is too short", "a cancel", "a peer that resets", "a send that lasts",
};

struct flight {
	struct pair p;
	int slow;
	struct door d;
	struct request q;
	struct zcopy_elem e[2];
	struct zcopy_result res;
	pthread_t thread, own;
	uint64_t ended;
	int err;
	pid_t tid;			/* of the program's own send */
	bool slept, over;		/* that is */
};

static void buffer(int sock, int bytes)
{
	if (setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		die("SO_SNDBUFFORCE");
}

static void *run(void *arg)
{
	struct flight *f = arg;

	f->err = door_run(&f->d, &f->q, &f->res);
	__atomic_store_n(&f->ended, now_ns(), __ATOMIC_SEQ_CST);
	return NULL;
}

static void *send_own(void *arg)
{
	static char own[RECORD];
	struct flight *f = arg;

	__atomic_store_n(&f->tid, gettid(), __ATOMIC_SEQ_CST);
	if (send(f->p.near, own, sizeof(own), MSG_NOSIGNAL) > 0)
		note("the program's own send took some");
	__atomic_store_n(&f->over, true, __ATOMIC_SEQ_CST);
	return NULL;
}

static bool becomes(const bool *what, unsigned int ms)
{
	for (unsigned int i = 0; i < ms && !__atomic_load_n(what, __ATOMIC_SEQ_CST); i += 5)
		sleep_ms(5);
	return __atomic_load_n(what, __ATOMIC_SEQ_CST);
}

static bool ended(struct flight *f, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i += 2) {
		if (__atomic_load_n(&f->ended, __ATOMIC_SEQ_CST))
			return true;
		sleep_ms(2);
	}
	return false;
}

/* True when the thread of the program's own send sleeps in it. */
static bool sleeps(struct flight *f)
{
	pid_t tid = __atomic_load_n(&f->tid, __ATOMIC_SEQ_CST);
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = tid ? fopen(path, "re") : NULL;
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		die("%s", path);
	fclose(file);
	return state == 'S';
}

/* Records that fill TCP's buffer; then the tail, in a record that stays open */
static unsigned int take_off(struct flight *f, enum door_kind door)
{
	static char junk[RECORD], tail[TAIL];
	unsigned int n = 0;

	f->p = pair_tight(AF_INET);
	if (!pair_tls(&f->p))
		ktap_skip_all("no TLS in this kernel");
	while (send(f->p.near, junk, RECORD, MSG_DONTWAIT) == (ssize_t)RECORD)
		n++;
	sleep_ms(100);
	buffer(f->p.near, 1 << 20);
	f->slow = slowfile_open(MIB);
	if (f->slow < 0)
		ktap_skip_all("no FUSE here");
	pattern_fill(tail, 9, 0, TAIL);
	f->e[0] = elem_memory(tail, TAIL);
	f->e[1] = elem_file(f->slow, 0, MIB);
	f->q = (struct request){ .elems = f->e, .nr = 2, .sock = f->p.near };
	door_open(&f->d, door);
	if (pthread_create(&f->thread, NULL, run, f))
		die("a thread");
	for (unsigned int i = 0; i < 2000 && !(slowfile_asked() && live_sent() == TAIL); i++)
		sleep_ms(5);
	/* No room from now on: the program's send cannot add to the record. */
	buffer(f->p.near, 1);
	if (pthread_create(&f->own, NULL, send_own, f))
		die("a thread");
	for (unsigned int i = 0; i < PATIENCE && !f->over && !f->slept; i += 5) {
		sleep_ms(5);
		f->slept = sleeps(f);
	}
	return n;
}

static void end(struct flight *f, enum ending how)
{
	struct zcopy_cancel c = { .size = sizeof(c), .flags = ZCOPY_CANCEL_ALL };
	struct linger now = { .l_onoff = 1 };

	if (how == CANCEL && ioctl(f->d.dev, ZCOPY_IOC_CANCEL, &c))
		die("cancel");
	slowfile_ends();
	if (how == STUCK)
		return;
	sleep_ms(GIVES_UP);
	if (how != RESET) {
		pthread_kill(f->own, SIGUSR1);
		return;
	}
	setsockopt(f->p.far, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(f->p.far);
	f->p.far = -1;
}

/* What the peer gets: the records, and then the tail */
static bool arrives(struct flight *f, unsigned int records)
{
	struct timeval tv = { .tv_sec = PATIENCE / 1000 };
	uint64_t want = records * RECORD + TAIL, got = 0;
	static char buf[RECORD], tail[TAIL];
	ssize_t n;

	setsockopt(f->p.far, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	while (got < want && (n = recv(f->p.far, buf, sizeof(buf), 0)) > 0) {
		got += n;
		if (got == want && n == TAIL)
			memcpy(tail, buf, TAIL);
	}
	note("%llu of %llu bytes", (unsigned long long)got, (unsigned long long)want);
	pattern_fill(buf, 9, 0, TAIL);
	return got == want && !memcmp(tail, buf, TAIL);
}

static void one(enum door_kind door, enum ending how)
{
	struct flight f = {0};
	unsigned int n = take_off(&f, door);
	uint64_t then = now_ns();

	ktap_ok(f.slept && !f.over, "door %d, %s: the program is in a send", door, endings[how]);
	end(&f, how);
	/* The transfer may see either reason first. */
	ktap_ok(ended(&f, MOST) && !f.err &&
		(f.res.status == ZCOPY_STATUS_TRUNCATED ||
		 (how == CANCEL && f.res.status == ZCOPY_STATUS_CANCELLED) ||
		 (how == RESET && f.res.status == ZCOPY_STATUS_SOCKET_ERROR)) &&
		f.res.bytes == TAIL,
		"door %d, %s: the transfer ends", door, endings[how]);
	note("status %u, %llu bytes, %llu ms", f.res.status, (unsigned long long)f.res.bytes,
	     (unsigned long long)((f.ended - then) / MS));
	if (how == CUT || how == CANCEL) {
		ktap_ok(becomes(&f.over, PATIENCE), "after the program gave up");
		buffer(f.p.near, 1 << 20);
		ktap_ok(arrives(&f, n), "door %d, %s: its last bytes arrive", door,
			endings[how]);
	} else {
		shutdown(f.p.near, SHUT_RDWR);
	}
	pthread_join(f.own, NULL);
	pthread_join(f.thread, NULL);
	slowfile_close(f.slow);
	door_close(&f.d);
	pair_close(&f.p);
}

static void nothing(int sig)
{
	(void)sig;
}

int main(void)
{
	struct sigaction act = { .sa_handler = nothing };

	sigaction(SIGUSR1, &act, NULL);
	one(DOOR_WAIT, CUT);
	one(DOOR_SEND, CUT);
	one(DOOR_WAIT, CANCEL);
	one(DOOR_WAIT, RESET);
	one(DOOR_SEND, STUCK);
	one(DOOR_WAIT, STUCK);
	return ktap_done();
}
