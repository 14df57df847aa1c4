/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The file that the interposer counts in: a head, and a slot for each process that
 * called sendfile(2).  All processes map it, so that the counts remain however a
 * process ends.  zcctl makes and reads the file.
 */
#ifndef ZCOPY_SHIM_REPORT_H
#define ZCOPY_SHIM_REPORT_H

#include <stdint.h>

/* Environment: path of that file */
#define SHIM_REPORT_ENV	"ZCOPY_SENDFILE_REPORT"
/* Environment: "off" makes the library pass on all calls */
#define SHIM_SWITCH_ENV	"ZCOPY_SENDFILE"
/* Environment: calls for fewer bytes than this are passed on */
#define SHIM_LEAST_ENV	"ZCOPY_SENDFILE_LEAST"
/* Environment: number of seccomp filters known to allow the library's system calls */
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
 * @pid: the process; 0: the slot is not used
 * @device_error: errno of the last attempt to open the device, 0: it is open
 * @comm: the program's name at its first call
 * @calls: calls of sendfile(2): the sum of @taken and all of @passed
 * @taken: calls that the module served
 * @bytes: bytes that these calls sent
 * @passed: calls passed on, by enum shim_why
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
 * @slot_size: sizeof(struct shim_slot); a different value is of another version
 * @used: slots handed out; above SHIM_SLOTS some processes have none
 * @command: pid of the command, written by zcctl
 * @reached: how often the library was loaded into the command
 * @comm: name of the command at the last of these loads
 * @forks: forks begun by processes that have the library
 * @born: children of these forks that have counted themselves
 * @seen: number of pids recorded: at each load of the library, so again after an
 *        exec, and in each child of a fork
 * @pids: ring of the last SHIM_PIDS of them, beginning at index 0
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
