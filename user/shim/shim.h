/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the interposer share.  Whatever runs inside a call is
 * async-signal-safe and thread-safe: no locks, no memory, no stdio.
 */
#ifndef ZCOPY_SHIM_H
#define ZCOPY_SHIM_H

#include <linux/zcopy.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "report.h"

/* ---- decide.c: pure ---- */

/* What sendfile(2) sends at most in a call */
#define SHIM_MOST	0x7ffff000UL

/*
 * Below so many bytes a call is passed on: the fixed cost of a transfer is more
 * than what it saves.  Measured in instructions of nginx's worker, a request
 * (tests/bench/servers) on 6.1, 6.12 and 7.2: at 64 KiB 15, 4 and 1 % less, at
 * 1 MiB 51, 35 and 29 % less; at 32 KiB 6 % less, 2 and 4 % more.  The bound lies
 * below the point where it pays, so that the calls that nearly do are served and
 * counted.
 */
#define SHIM_LEAST	(32 * 1024)

/**
 * shim_decide_count() - is it worth asking for so many bytes?
 * @count: as the program gave it
 * @least: SHIM_LEAST, or what the user says
 *
 * Return: SHIM_WHY_NR: yes; otherwise why not.
 */
enum shim_why shim_decide_count(size_t count, size_t least);

/**
 * shim_decide_range() - is this a range, as sendfile(2) sees it?
 * @pos: offset in the file, or a negative errno
 * @count: as the program gave it, up to SSIZE_MAX
 *
 * Return: SHIM_WHY_NR: yes; otherwise why not.
 */
enum shim_why shim_decide_range(off_t pos, size_t count);

/* What /proc/self/status told of seccomp; -1: not */
struct shim_status {
	int	pid;		/* 0: it could not be read */
	int	mode;
	int	filters;
	char	comm[16];
};

/**
 * shim_decide_filters() - is the module asked with the filters that are there?
 * @st: what is known of them
 * @known: how many the user knows to be harmless, NULL: says nothing of it
 *
 * Return: SHIM_WHY_NR: yes; otherwise why not.
 */
enum shim_why shim_decide_filters(const struct shim_status *st, const char *known);

/* What to do once the module was asked */
enum shim_what {
	SHIM_RETURN,		/* @ret is the result */
	SHIM_FAIL,		/* fail with @error */
	SHIM_PASS,		/* nothing was done: pass the call on, for @why */
};

struct shim_verdict {
	enum shim_what	what;
	ssize_t		ret;
	int		error;
	enum shim_why	why;
	bool		sigpipe;	/* the kernel would have raised it */
};

/**
 * shim_decide_result() - what the program is told
 * @error: errno of the ioctl, 0: it was accepted and @res is filled in
 * @res: how the transfer ended
 */
struct shim_verdict shim_decide_result(int error, const struct zcopy_result *res);

/* ---- device.c ---- */

/** shim_device_init() - open the device while it can still be opened */
void shim_device_init(void);

/**
 * shim_device_end() - close it for good, if it is still ours
 *
 * The library is about to be unloaded.
 */
void shim_device_end(void);

/**
 * shim_device() - the descriptor of /dev/zcopy
 *
 * Return: the descriptor, not looked at: see shim_device_lost(); or a negative
 * errno of opening.  Changes errno.
 */
int shim_device(void);

/** shim_device_problem() - errno of the last attempt to open it; 0: none */
int shim_device_problem(void);

/**
 * shim_device_lost() - look at what did not answer as the device does
 * @fd: as shim_device() returned it
 *
 * Return: true if it was not ours any more: then it was opened anew, if that
 * was possible, and shim_device() is to be asked again.  Changes errno.
 */
bool shim_device_lost(int fd);

/* ---- seal.c ---- */

/** shim_seal_init() - look for filters that are there; @st: what was seen */
void shim_seal_init(struct shim_status *st);

/**
 * shim_sealed() - may a filter be in the way of what this library calls?
 *
 * Return: SHIM_WHY_NR: no; otherwise why all is passed on.  Nothing is called then
 * but what the program itself asked for.
 */
enum shim_why shim_sealed(void);

/* ---- syscall.c ---- */

/* The syscall(2) that comes after this library's; NULL: not known yet */
extern long (*shim_next_syscall)(long nr, ...);

/** shim_call() - syscall(2) by our own instruction */
long shim_call(long nr, long a, long b, long c, long d, long e, long f);

/* What they jump to */
long shim_call_failed(long ret);
long shim_syscall(long nr, long a, long b, long c, long d, long e, long f);

/* ---- load.c ---- */

/* Nothing is done: not loaded yet, or switched off */
extern bool shim_off;
/* Fewest bytes of a call that the module is asked for */
extern size_t shim_least;

/* ---- sendfile.c ---- */

/** shim_sendfile() - the sendfile(2) that is exported, by a name of our own */
ssize_t shim_sendfile(int out_fd, int in_fd, off_t *offset, size_t count);

/* ---- real.c ---- */

/** shim_real_init() - find the sendfile that comes after this library's */
void shim_real_init(void);

/** shim_real() - call it */
ssize_t shim_real(int out_fd, int in_fd, off_t *offset, size_t count);

/* ---- report.c ---- */

/** shim_report_init() - map the file that the environment names, if it does */
void shim_report_init(const struct shim_status *st);

/** shim_report_seal() - a filter comes: ask now for what a line needs */
void shim_report_seal(void);

/** shim_report_end() - unmap it */
void shim_report_end(void);

/** shim_report_taken() - count a call that the module served */
void shim_report_taken(size_t bytes);

/** shim_report_passed() - count a call passed on; @error is the device's */
void shim_report_passed(enum shim_why why, int error);

#endif /* ZCOPY_SHIM_H */
