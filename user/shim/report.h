/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The file that an interposed program counts in: a head and slots, one for each
 * process that called.  It is mapped by all of them, so that what was counted
 * is there however a process ends.  zcctl makes it and reads it.
 */
#ifndef ZCOPY_SHIM_REPORT_H
#define ZCOPY_SHIM_REPORT_H

#include <stdint.h>

/* Names the file to the library */
#define SHIM_REPORT_ENV	"ZCOPY_SENDFILE_REPORT"
/* "off": the library does nothing */
#define SHIM_SWITCH_ENV	"ZCOPY_SENDFILE"
/* Fewest bytes of a call that the module is asked for */
#define SHIM_LEAST_ENV	"ZCOPY_SENDFILE_LEAST"
/* So many seccomp filters are known to allow what the library calls */
#define SHIM_FILTERS_ENV	"ZCOPY_SENDFILE_FILTERS"
#define SHIM_LIBRARY	"libzcopy-sendfile.so"

/* X(name, why a call was passed on to the next sendfile) */
#define SHIM_WHYS(X)							\
	X(off, "switched off")						\
	X(no_device, "no /dev/zcopy")					\
	X(no_access, "no permission on /dev/zcopy")			\
	X(bad_range, "nothing, or not a range of a file")		\
	X(bad_pointer, "the offset's address leads nowhere")		\
	X(bad_descriptor, "a descriptor is not open for it")		\
	X(not_a_socket, "the destination is not a socket")		\
	X(not_served, "not from a regular file to a TCP socket")	\
	X(not_connected, "the socket is not connected")			\
	X(limit, "too many live transfers")				\
	X(refused, "the module refused for another reason")		\
	X(nothing_sent, "end of the file, or it could not be read")	\
	X(too_small, "so few bytes that the kernel's own way is cheaper") \
	X(in_line, "another call is sending to the socket, which does not wait") \
	X(seccomp, "a seccomp filter is there, which may forbid ioctl(2)") \
	X(no_proc, "no /proc, to see if there is a seccomp filter")

enum shim_why {
#define X(name, words) SHIM_WHY_##name,
	SHIM_WHYS(X)
#undef X
	SHIM_WHY_NR,
};

#define SHIM_MAGIC	0x326d696873637aULL	/* "zcshim2" */
#define SHIM_SLOTS	4096
#define SHIM_PIDS	1024

/**
 * struct shim_slot - what one process did
 * @pid: who; 0: the slot is not used
 * @device_error: errno of the last attempt to open the device, 0: it is open
 * @comm: the program's name at its first call
 * @calls: of sendfile(2); those taken and those passed add up to it
 * @taken: served by the module
 * @bytes: sent by those
 * @passed: by enum shim_why
 */
struct shim_slot {
	uint32_t	pid;
	uint32_t	device_error;
	char		comm[16];
	uint64_t	calls;
	uint64_t	taken;
	uint64_t	bytes;
	uint64_t	passed[SHIM_WHY_NR];
};

/**
 * struct shim_file - the whole file
 * @magic: SHIM_MAGIC
 * @slot_size: sizeof(struct shim_slot); another one is another version's
 * @used: slots handed out; more than SHIM_SLOTS: some processes are not told of
 * @command: process of the command, written by zcctl
 * @reached: how often the library was loaded into that one
 * @comm: the name that it had at the last time
 * @forks: begun by processes that the library is in
 * @born: children of these that came so far as to say so
 * @seen: processes that the library was loaded into, or forked with it; one that
 *        starts another program counts again
 * @pids: the last of them, the first at 0, all around
 */
struct shim_file {
	uint64_t		magic;
	uint32_t		slot_size;
	uint32_t		used;
	uint32_t		command;
	uint32_t		reached;
	char			comm[16];
	uint32_t		forks;
	uint32_t		born;
	uint32_t		seen;
	uint32_t		pids[SHIM_PIDS];
	struct shim_slot	slots[SHIM_SLOTS];
};

#endif /* ZCOPY_SHIM_REPORT_H */
