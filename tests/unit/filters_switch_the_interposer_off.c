// SPDX-License-Identifier: GPL-2.0
/*
 * A seccomp filter, however it is installed, switches the interposer off: from then
 * on it makes no system call but the program's own, and its report says why.  A filter
 * that the kernel refuses does not, and one of a child of vfork(2) only as long as the
 * child shares the memory.  All other uses of prctl(2) and syscall(2) work as without
 * the interposer.
 * sources: tests/lib/filter.c
 */
#include "ktap.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"

#define PART	10

static char dir[] = "/tmp/filters.XXXXXX";
static char *self;
static int in, out;

/* Each ends the program if a call behaves otherwise than without the interposer. */
static void must(bool ok, int code)
{
	if (!ok)
		_exit(code);
}

static void send_parts(unsigned int n)
{
	while (n--) {
		off_t off = 0;

		errno = EXDEV;
		must(sendfile(out, in, &off, PART) == PART && off == PART, 40);
		must(errno == EXDEV, 41);
	}
}

static void install(enum filter_kind kind, enum filter_way way)
{
	must(!filter_install(kind, way), 42);
}

/* The process that the report must name */
static void tell_pid(void)
{
	FILE *f = fopen(getenv("PID_FILE"), "w");

	must(f && fprintf(f, "%d", (int)getpid()) > 0 && !fclose(f), 59);
}

static void none(void)
{
	send_parts(3);
}

static void by_prctl(void)
{
	send_parts(1);
	install(FILTER_LIST, FILTER_PRCTL);
	send_parts(3);
}

static void by_syscall(void)
{
	send_parts(1);
	install(FILTER_LIST, FILTER_SYSCALL);
	send_parts(3);
}

static void by_syscall_for_prctl(void)
{
	send_parts(1);
	install(FILTER_LIST, FILTER_SYSCALL_PRCTL);
	send_parts(3);
}

static void before_the_first_call(void)
{
	install(FILTER_LIST, FILTER_PRCTL);
	send_parts(3);
}

static void that_answers_with_errno(void)
{
	install(FILTER_ERRNO, FILTER_PRCTL);
	send_parts(3);
}

static void *install_for_all(void *arg)
{
	install(FILTER_KILL, FILTER_ALL_THREADS);
	return arg;
}

static void of_another_thread(void)
{
	pthread_t t;

	send_parts(1);
	must(!pthread_create(&t, NULL, install_for_all, NULL), 43);
	pthread_join(t, NULL);
	send_parts(3);
}

static void in_a_child(void)
{
	int status;

	install(FILTER_LIST, FILTER_PRCTL);
	if (!fork()) {
		send_parts(2);
		_exit(0);
	}
	must(wait(&status) > 0 && !status, 44);
	send_parts(1);
}

/* ---- children of vfork(2) ---- */

/* Runs in the parent's memory until it ends */
static void __attribute__((noinline)) in_vforked(void (*what)(void))
{
	pid_t child = vfork();
	int status;

	if (!child) {
		what();
		_exit(0);
	}
	must(child > 0 && waitpid(child, &status, 0) == child && !status, 60);
}

static void one_filter(void)
{
	install(FILTER_LIST, FILTER_PRCTL);
}

static void one_filter_and_send(void)
{
	install(FILTER_LIST, FILTER_SYSCALL);
	send_parts(1);
}

static void filters_and_send(void)
{
	install(FILTER_NOTHING, FILTER_PRCTL);
	install(FILTER_KILL, FILTER_PRCTL);
	send_parts(1);
}

static void refused_filter(void)
{
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 && errno == EFAULT, 61);
}

static void filter_and_execute(void)
{
	install(FILTER_KILL, FILTER_PRCTL);
	execl("/bin/true", "true", NULL);
	_exit(45);
}

static void filter_and_be_killed(void)
{
	install(FILTER_KILL, FILTER_PRCTL);
	raise(SIGKILL);
}

static void of_a_vforked_child(void)
{
	in_vforked(one_filter);
	send_parts(3);
}

static void of_many_vforked_children(void)
{
	for (int i = 0; i < 20; i++)
		in_vforked(one_filter);
	send_parts(3);
}

static void in_a_vforked_child(void)
{
	send_parts(1);
	in_vforked(one_filter_and_send);
	send_parts(1);
}

static void two_in_a_vforked_child(void)
{
	in_vforked(filters_and_send);
	send_parts(2);
}

static void refused_in_a_vforked_child(void)
{
	in_vforked(refused_filter);
	send_parts(3);
}

static void before_a_vforked_child_executes(void)
{
	in_vforked(filter_and_execute);
	send_parts(3);
}

static void before_a_vforked_child_is_killed(void)
{
	pid_t child = vfork();
	int status;

	if (!child) {
		filter_and_be_killed();
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child && WIFSIGNALED(status), 62);
	send_parts(3);
}

static void own_after_a_vforked_childs(void)
{
	in_vforked(one_filter);
	install(FILTER_LIST, FILTER_PRCTL);
	send_parts(3);
}

/* The child of a child: the filter of its own child is not its own either. */
static void of_a_childs_vforked_child(void)
{
	int status;

	if (!fork()) {
		tell_pid();
		in_vforked(one_filter);
		send_parts(3);
		_exit(0);
	}
	must(wait(&status) > 0 && !status, 63);
}

/* A child of fork inherits the filter of a vforked child. */
static void fork_and_send(void)
{
	int status;

	install(FILTER_KILL, FILTER_PRCTL);
	if (!fork()) {
		send_parts(1);
		_exit(0);
	}
	must(wait(&status) > 0 && !status, 64);
}

static void inherited_from_a_vforked_child(void)
{
	send_parts(1);
	in_vforked(fork_and_send);
	send_parts(1);
}

static void inherited(void)
{
	install(FILTER_KILL, FILTER_PRCTL);
	execl(self, self, "none", NULL);
	_exit(45);
}

static void known(void)
{
	setenv("ZCOPY_SENDFILE_FILTERS", "1000", 1);
	install(FILTER_NOTHING, FILTER_PRCTL);
	execl(self, self, "none", NULL);
	_exit(45);
}

static void known_and_another(void)
{
	setenv("ZCOPY_SENDFILE_FILTERS", "1", 1);
	install(FILTER_NOTHING, FILTER_PRCTL);
	install(FILTER_KILL, FILTER_PRCTL);
	execl(self, self, "none", NULL);
	_exit(45);
}

static void refused(void)
{
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) == -1 &&
	     errno == EFAULT, 46);
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
		     NULL) == -1 && errno == EFAULT, 47);
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 &&
	     errno == EFAULT, 48);
	must(prctl(PR_SET_SECCOMP, 77, NULL) == -1 && errno == EINVAL, 49);
	send_parts(3);
}

static void by_libseccomp(void)
{
	void *lib = dlopen("libseccomp.so.2", RTLD_NOW);
	void *(*init)(unsigned int);
	int (*load)(void *), (*add)(void *, unsigned int, int, unsigned int, ...);
	void *ctx;

	must(lib, 99);
	init = (void *(*)(unsigned int))dlsym(lib, "seccomp_init");
	add = (int (*)(void *, unsigned int, int, unsigned int, ...))
	      dlsym(lib, "seccomp_rule_add");
	load = (int (*)(void *))dlsym(lib, "seccomp_load");
	send_parts(1);
	ctx = init(SECCOMP_RET_ALLOW);
	must(ctx && !add(ctx, SECCOMP_RET_KILL_PROCESS, SYS_ioctl, 0) &&
	     !add(ctx, SECCOMP_RET_KILL_PROCESS, SYS_fcntl, 0) &&
	     !add(ctx, SECCOMP_RET_KILL_PROCESS, SYS_prctl, 0) &&
	     !load(ctx), 50);
	send_parts(3);
}

/* All other system calls work, with six arguments, and also if they return twice. */
static void other_calls(void)
{
	char name[17] = "";
	char *page;
	long child;
	int status;

	errno = 0;
	must(syscall(SYS_getpid) == getpid() && !errno, 51);
	must(syscall(SYS_close, -1) == -1 && errno == EBADF, 52);
	page = (char *)syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, in, 4096);
	must(page != MAP_FAILED && *page == 'b', 53);
	child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!child)
		_exit(7);
	must(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7, 54);
	must(!prctl(PR_SET_NAME, "by prctl") && !prctl(PR_GET_NAME, name) &&
	     !strcmp(name, "by prctl"), 55);
	must(!syscall(SYS_prctl, PR_SET_NAME, "by syscall", 0, 0, 0) &&
	     !syscall(SYS_prctl, PR_GET_NAME, name, 0, 0, 0) &&
	     !strcmp(name, "by syscall"), 56);
	must(prctl(12345, 1, 2, 3, 4) == -1 && errno == EINVAL, 57);
	send_parts(3);
}

#define C(row, n)	{ #row, row, n }

static const struct {
	const char *name;
	void (*run)(void);
	unsigned int passed;	/* for a filter */
} cases[] = {
	C(none, 0), C(by_prctl, 3), C(by_syscall, 3), C(by_syscall_for_prctl, 3),
	C(before_the_first_call, 3), C(that_answers_with_errno, 3),
	C(of_another_thread, 3), C(in_a_child, 3), C(inherited, 3), C(known, 0),
	C(known_and_another, 3), C(refused, 0), C(by_libseccomp, 3), C(other_calls, 0),
	C(of_a_vforked_child, 0), C(of_many_vforked_children, 0), C(in_a_vforked_child, 1),
	C(two_in_a_vforked_child, 3), C(refused_in_a_vforked_child, 0),
	C(before_a_vforked_child_executes, 0), C(before_a_vforked_child_is_killed, 0),
	C(own_after_a_vforked_childs, 3), C(of_a_childs_vforked_child, 0),
	C(inherited_from_a_vforked_child, 1),
};

#define NR	(sizeof(cases) / sizeof(cases[0]))

static int run_case(const char *name)
{
	char block[8192];

	tell_pid();
	memset(block, 'a', 4096);
	memset(block + 4096, 'b', 4096);
	in = memfd_create("in", 0);
	out = memfd_create("out", 0);
	must(write(in, block, sizeof(block)) == sizeof(block), 58);
	for (size_t i = 0; i < NR; i++)
		if (!strcmp(cases[i].name, name))
			cases[i].run();
	return 0;
}

static unsigned int number(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

static unsigned int first_number(const char *path)
{
	unsigned int value = 0;
	FILE *f = fopen(path, "r");

	if (f && fscanf(f, "%u", &value) != 1)
		value = 0;
	if (f)
		fclose(f);
	return value;
}

static void check(const char *name, unsigned int passed)
{
	char command[1024], line[4096] = "", pid_file[64];
	const char *zcctl = getenv("ZCCTL");
	FILE *report;
	int status;

	snprintf(pid_file, sizeof(pid_file), "%s/pid", dir);
	setenv("PID_FILE", pid_file, 1);

	snprintf(command, sizeof(command), "%s run -q -r %s/report -- %s %s",
		 zcctl ?: "build/user/zcctl", dir, self, name);
	status = system(command);
	if (WEXITSTATUS(status) == 99) {
		ktap_skip("%s: it is not there", name);
		return;
	}
	ktap_eq(WEXITSTATUS(status), 0, "%s: the program ends as it would", name);
	snprintf(command, sizeof(command), "%s/report", dir);
	report = fopen(command, "r");
	if (report && !fgets(line, sizeof(line), report))
		line[0] = '\0';
	ktap_eq(number(line, "\"seccomp\":"), passed, "%s: calls are passed for it", name);
	ktap_eq(number(line, "\"calls\":"), passed > 2 && number(line, "\"too_small\":") ?
		passed + 1 : 3, "%s: and all are told", name);
	ktap_eq(number(line, "\"pid\":"), first_number(pid_file),
		"%s: as those of its process", name);
	if (report && fgets(line, sizeof(line), report))
		ktap_ok(0, "%s: in one line", name);
	if (report)
		fclose(report);
}

int main(int argc, char **argv)
{
	char filters[16] = "";
	FILE *status;
	char line[256];

	self = realpath("/proc/self/exe", NULL);
	if (argc > 1)
		return run_case(argv[1]);
	/* Those of the place where this runs */
	status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "Seccomp_filters: %15s", filters);
	if (status)
		fclose(status);
	if (strcmp(filters, "0"))
		ktap_skip_all("this place has filters of its own");
	if (!mkdtemp(dir))
		die("no directory");
	for (size_t i = 0; i < NR; i++)
		check(cases[i].name, cases[i].passed);
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line) ? 1 : ktap_done();
}
