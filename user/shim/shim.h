/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Declarations that the interposer's files share.  All code inside a call of
 * sendfile(2) is async-signal-safe and thread-safe: it takes no lock, allocates no
 * memory and uses no stdio.
 */
#ifndef ZCOPY_SHIM_H
#define ZCOPY_SHIM_H

#include <linux/zcopy.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "report.h"

/* ---- decide.c: pure ---- */

/* Most bytes that one call of sendfile(2) sends */
#define SHIM_MOST	0x7ffff000UL

/*
 * A call for fewer bytes is passed on, as the fixed cost of a transfer exceeds its
 * gain.  Instructions of nginx's worker for a request (tests/bench/servers) on 6.1,
 * 6.12 and 7.2: at 64 KiB 15, 4 and 1 % less, at 1 MiB 51, 35 and 29 % less; at
 * 32 KiB 6 % less, 2 and 4 % more.  The limit is below the break-even point, so that
 * calls near that point are served and counted.
 */
#define SHIM_LEAST	(32 * 1024)

/**
 * shim_decide_count() - is this byte count worth asking the module?
 * @count: as the program gave it
 * @least: SHIM_LEAST, or the value that the user set
 *
 * Return: SHIM_WHY_NR if it is; otherwise why not.
 */
enum shim_why shim_decide_count(size_t count, size_t least);

/**
 * shim_decide_range() - is this a valid range for sendfile(2)?
 * @pos: offset in the file; negative: not known, or not valid
 * @count: as the program gave it, up to SSIZE_MAX
 *
 * Return: SHIM_WHY_NR if it is; otherwise why not.
 */
enum shim_why shim_decide_range(off_t pos, size_t count);

/**
 * shim_decide_number() - read a setting
 * @text: from the environment, or NULL
 * @value: receives it
 *
 * Return: false if @text is no decimal number, or too large; @value is unchanged then.
 */
bool shim_decide_number(const char *text, size_t *value);

/* What /proc/self/status says about seccomp; mode, filters: -1 if missing */
struct shim_status {
	int	pid;		/* 0: it could not be read */
	int	mode;
	int	filters;
	char	comm[16];
};

/**
 * shim_decide_filters() - may the module be asked under the present filters?
 * @st: what is known of the filters
 * @known: how many filters the user declares harmless; NULL if not given
 *
 * Return: SHIM_WHY_NR if it may; otherwise why not.
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
	bool		sigpipe;	/* raise SIGPIPE, as the kernel would */
};

/**
 * shim_decide_result() - translate the module's answer for the program
 * @error: errno of the ioctl; 0: the call was accepted and @s is filled in
 * @s: how the transfer ended
 */
struct shim_verdict shim_decide_result(int error, const struct zcopy_sendfile *s);

/* ---- device.c ---- */

/** shim_device_init() - open the device while it can still be opened */
void shim_device_init(void);

/**
 * shim_device_end() - close the device for good, if the descriptor is still ours
 *
 * Called when the library is about to be unloaded.
 */
void shim_device_end(void);

/**
 * shim_device() - the descriptor of /dev/zcopy
 *
 * Return: the descriptor, unchecked (see shim_device_lost()), or the negative errno
 * of opening it.  Changes errno.
 */
int shim_device(void);

/** shim_device_problem() - errno of the last attempt to open it; 0: success */
int shim_device_problem(void);

/**
 * shim_device_lost() - check a descriptor that did not answer as the device does
 * @fd: as shim_device() returned it
 *
 * Return: true if @fd is not ours any more.  Then the device was opened again, if
 * possible, and the caller must ask shim_device() again.  Changes errno.
 */
bool shim_device_lost(int fd);

/* ---- seal.c ---- */

/** shim_seal_init() - look for existing filters; @st: what was found */
void shim_seal_init(struct shim_status *st);

/**
 * shim_sealed() - may a filter forbid the library's system calls?
 *
 * Return: SHIM_WHY_NR if not; otherwise why all calls are passed on.  Then the
 * library makes only the system calls that the program asked for.
 */
enum shim_why shim_sealed(void);

/* ---- settle.c ---- */

/**
 * shim_settle() - wait until no other thread can act on an earlier look for filters
 *
 * Waits two seconds at most, for a thread that gets no processor.  Changes errno.
 */
void shim_settle(void);

/* ---- syscall.c ---- */

/* The next syscall(2) in load order; NULL: not known yet */
extern long (*shim_next_syscall)(long nr, ...);

/** shim_call() - syscall(2) with an instruction of our own */
long shim_call(long nr, long a, long b, long c, long d, long e, long f);

/* Targets of jumps in the assembler code */
long shim_call_failed(long ret);
long shim_syscall(long nr, long a, long b, long c, long d, long e, long f);

/* ---- load.c ---- */

/* Pass on all calls: the constructor has not run, or the user switched it off */
extern bool shim_off;
/* Calls for fewer bytes than this are passed on */
extern size_t shim_least;

/* ---- sendfile.c ---- */

/** shim_sendfile() - internal name of the exported sendfile(2) */
ssize_t shim_sendfile(int out_fd, int in_fd, off_t *offset, size_t count);

/* ---- real.c ---- */

/** shim_real_init() - find the next sendfile in load order */
void shim_real_init(void);

/** shim_real() - call the next sendfile */
ssize_t shim_real(int out_fd, int in_fd, off_t *offset, size_t count);

/* ---- report.c ---- */

/** shim_report_init() - map the file, if the environment names one */
void shim_report_init(const struct shim_status *st);

/** shim_report_seal() - read pid and name now, before a filter forbids it */
void shim_report_seal(void);

/** shim_report_end() - unmap the file */
void shim_report_end(void);

/** shim_report_taken() - count a call that the module served */
void shim_report_taken(size_t bytes);

/** shim_report_passed() - count a call passed on; @error: errno of opening, or 0 */
void shim_report_passed(enum shim_why why, int error);

#endif /* ZCOPY_SHIM_H */
