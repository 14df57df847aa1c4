// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Counts calls in a file that zcctl made, if the environment names one.  A process
 * takes a slot at its first call; a child of fork takes its own.  A process records
 * its pid when the library is loaded, so that the report knows those that never call.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim.h"

static struct shim_file *file;
static struct shim_slot *_Atomic mine;
/* For a process that got no slot; never read */
static struct shim_slot spare;

/* Pid and name of this process, as last read before a seccomp filter came */
static struct shim_status self;

/* Record a pid; after the command's end zcctl checks which of them still run. */
static void tell_pid(uint32_t pid)
{
	uint32_t at = __atomic_fetch_add(&file->seen, 1, __ATOMIC_RELAXED);

	__atomic_store_n(&file->pids[at % SHIM_PIDS], pid, __ATOMIC_RELEASE);
}

static void tell_self(void)
{
	tell_pid(self.pid);
	if ((uint32_t)self.pid != file->command)
		return;
	memcpy(file->comm, self.comm, sizeof(file->comm));
	__atomic_fetch_add(&file->reached, 1, __ATOMIC_RELEASE);
}

/* Under a filter a child counts in its parent's slot: it cannot ask for its pid. */
static void in_child(void)
{
	uint32_t pid = shim_sealed() == SHIM_WHY_NR ? getpid() : 0;

	if (!file)
		return;
	if (pid) {
		tell_pid(pid);
		self.pid = pid;
	}
	__atomic_fetch_add(&file->born, 1, __ATOMIC_RELEASE);
	if (shim_sealed() != SHIM_WHY_NR)
		return;
	mine = NULL;
}

/* Count the fork here: the parent may end before the child has recorded its pid. */
static void before_fork(void)
{
	/* RACE: another thread may be unloading the library. */
	if (!file)
		return;
	__atomic_fetch_add(&file->forks, 1, __ATOMIC_RELAXED);
}

void shim_report_init(const struct shim_status *known)
{
	const char *path = secure_getenv(SHIM_REPORT_ENV);
	struct stat st;
	void *at;
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return;
	at = MAP_FAILED;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size == sizeof(*file))
		at = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, MAP_SHARED,
			  fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		return;
	file = at;
	if (file->magic != SHIM_MAGIC || file->slot_size != sizeof(spare) ||
	    pthread_atfork(before_fork, NULL, in_child)) {
		munmap(at, sizeof(*file));
		file = NULL;
		return;
	}
	self = *known;
	if (!self.pid) {
		self.pid = getpid();
		strncpy(self.comm, program_invocation_short_name, sizeof(self.comm) - 1);
	}
	tell_self();
}

static void look_at_self(struct shim_status *now)
{
	now->pid = getpid();
	prctl(PR_GET_NAME, now->comm);
}

void shim_report_seal(void)
{
	if (file && shim_sealed() == SHIM_WHY_NR)
		look_at_self(&self);
}

void shim_report_end(void)
{
	struct shim_file *at = file;

	file = NULL;
	mine = NULL;
	if (at)
		munmap(at, sizeof(*at));
}

/* The slot of this process from an earlier load of the library, or NULL */
static struct shim_slot *find_slot(const struct shim_status *who)
{
	uint32_t used = __atomic_load_n(&file->used, __ATOMIC_RELAXED), i;

	for (i = 0; i < used && i < SHIM_SLOTS; i++)
		if (file->slots[i].pid == (uint32_t)who->pid &&
		    !strcmp(file->slots[i].comm, who->comm))
			return &file->slots[i];
	return NULL;
}

static struct shim_slot *new_slot(void)
{
	uint32_t at = __atomic_fetch_add(&file->used, 1, __ATOMIC_RELAXED);

	return at < SHIM_SLOTS ? &file->slots[at] : &spare;
}

static struct shim_slot *slot(void)
{
	struct shim_slot *s = mine, *none = NULL;
	struct shim_status who = self;

	if (s)
		return s;
	if (shim_sealed() == SHIM_WHY_NR)
		look_at_self(&who);
	s = find_slot(&who);
	if (!s)
		s = new_slot();
	/* RACE: another thread was first; a new slot stays without a pid. */
	if (!atomic_compare_exchange_strong(&mine, &none, s))
		return none;
	memcpy(s->comm, who.comm, sizeof(s->comm));
	s->device_error = shim_device_problem();
	__atomic_store_n(&s->pid, who.pid, __ATOMIC_RELEASE);
	return s;
}

static void add(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

void shim_report_taken(size_t bytes)
{
	struct shim_slot *s;

	if (!file)
		return;
	s = slot();
	add(&s->calls, 1);
	add(&s->taken, 1);
	add(&s->bytes, bytes);
	if (s->device_error)
		s->device_error = 0;
}

void shim_report_passed(enum shim_why why, int error)
{
	struct shim_slot *s;

	if (!file)
		return;
	s = slot();
	add(&s->calls, 1);
	add(&s->passed[why], 1);
	if (error)
		s->device_error = error;
}
