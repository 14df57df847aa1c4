/* SPDX-License-Identifier: GPL-2.0 */
/*
 * figures.c - the tables: which way, over which device, from which cache
 * ways.c - the ways to send a file, as the articles on zero copy list them
 * doors.c - the ways that zcopy offers
 * link.c - the devices, and the process at their far ends that discards all
 * counts.c - what the kernel did meanwhile
 * java.c - the two programs of 2008 in Java
 *
 * The ways and struct job are like those of the benchmark (../bench/bench.h); its ring
 * and its chains of io_uring are used as they are.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include "bench.h"

struct way {
	const char *name;
	void (*send)(const struct job *j);
	bool in_2008;		/* has a column in the table of sizes, too */
};

extern const struct way ways[];

void ways_prepare(const struct job *j);
void ways_end(void);
/* ns that the way's last calls of mmap and munmap took; 0: it makes none */
extern uint64_t map_ns, unmap_ns;

void by_zcopy_send(const struct job *j);
void by_zcopy_submit(const struct job *j);
void by_zcopy_ring(const struct job *j);
void by_zcopy_netlink(const struct job *j);
void doors_prepare(void);
void doors_end(void);

/* struct device - a network device whose far end is in the namespace "far" */
struct device {
	const char *name;	/* also that of the near end */
	const char *far_address;
};

/* A veth, and two pairs of emulated network cards */
enum { DEVICE_VETH, DEVICE_VMXNET3, DEVICE_VIRTIO, DEVICE_NR };
extern const struct device devices[DEVICE_NR];
bool device_is_here(const struct device *d);

/* struct link - the device, and the connection over it */
struct link {
	const struct device *device;
	int sock;
	int order, report;	/* to and from the process at the far end */
	pid_t far;
};

/* Starts and ends the process at the far ends, which serves all connections. */
void link_up(struct link *l);
void link_down(struct link *l);
void link_open(struct link *l);
void link_close(struct link *l);
void link_expect(const struct link *l, uint64_t bytes);
/* Waits for the last byte; returns the time when it had arrived. */
uint64_t link_done(const struct link *l);
/* Switches scatter/gather of the veth's near end, and what depends on it. */
void link_gather(bool on);

/* struct row - a way to send a file, over a device, and what the last round took */
struct row {
	const struct way *way;
	const struct device *device;
	bool gather, cold;
	struct job *j;
	uint64_t total, sender, busy, map, unmap;	/* ns */
};

/* The process that sends in a program's stead: a JVM that gets sizes and tells starts */
void java_begin(const struct way *w);
void java_round(struct row *r, const struct link *l);
void java_end(void);
extern const struct way java_ways[];

/* What is counted, in this order in struct counts */
enum count {
	COUNT_SYSCALLS,		/* of the process, by tracepoints */
	COUNT_FAULTS_USER,	/* page faults in user space */
	COUNT_FAULTS_KERNEL,	/* page faults in the kernel, on user addresses */
	COUNT_TLB_FLUSHES,	/* other than those of a task switch */
	COUNT_SWITCHES_ALL,	/* context switches of the whole machine */
	COUNT_FAULTS_MINOR,	/* of the process, by getrusage */
	COUNT_FAULTS_MAJOR,
	COUNT_SWITCHES_OWN,
	COUNT_SWITCHES_FORCED,
	COUNT_BLOCK_BYTES,	/* that block devices read */
	COUNT_NET_BYTES,	/* that the near end of the device sent */
	COUNT_REFERENCED,	/* bytes that sockets got by reference */
	COUNT_NR,
};

extern const char *const count_names[COUNT_NR];

struct counts {
	int64_t of[COUNT_NR];	/* negative: this kernel does not tell */
};

/* Counting slows the kernel down, so it is switched on only for the rounds that count. */
void counts_on(void);
void counts_off(void);
/*
 * Calls what is counted, and then what waits for the network, which counts for the devices
 * only.  What counting itself makes is subtracted.
 */
struct counts counts_of(const struct device *over, void (*what)(void *arg),
			void (*then)(void *arg), void *arg);

#endif
