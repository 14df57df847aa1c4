/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Transfers that belong to a process of their own, each brought into one state,
 * and what has to be left of them when that process, or what it held, is gone.
 * The process alone holds file, sockets and device; the test holds the peers.
 */
#ifndef ZCOPY_TESTS_OWNED_H
#define ZCOPY_TESTS_OWNED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring.h"

#define OWNED_SOCKS	4
#define OWNED_LEN	(1 << 20)

struct owned_state {
	const char *name;
	const char *word;	/* in /proc/zcopy/transfers, of one that waits; */
	unsigned int live;	/* so many do, */
	unsigned int done;	/* and so many have completed */
	unsigned int socks;	/* of the one list */
	bool ahead;		/* another transfer of the first socket is in front */
	unsigned int roomy;	/* a bit for each socket that takes all at once */
	uint32_t until, flags;
	uint64_t rate, deadline_ns;
};

extern const struct owned_state owned_states[];
extern const unsigned int owned_nr_states;

/* Of the process */
struct owner {
	const struct owned_state *st;
	int listener, ready, dev, file, near[OWNED_SOCKS];
	uint64_t id;		/* of the (first) transfer; not by a ring */
	bool by_ring;
	struct ring ring;
};

/* Of the test */
struct owned {
	const struct owned_state *st;
	pid_t pid;
	int ready, far[OWNED_SOCKS];
	uint16_t port[OWNED_SOCKS];
	uint64_t completed, failed, cancelled;	/* before */
};

/*
 * Starts the process; there @act is called in the state and does not come back.
 * It says that it is ready, with a number.  False: this cell cannot be held (a
 * line was printed).
 */
bool owned_start(struct owned *o, const struct owned_state *st, bool by_ring,
		 void (*act)(struct owner *w, int how), int how, int *number);
void owner_ready(struct owner *w, int number);
/* All but the device: what a process has that only keeps that open */
void owner_close_rest(struct owner *w);

/* The transfers are live (or done) still, and hold their file. */
const char *owned_lives(const struct owned *o);
/*
 * Nothing is left: cancelled, if @cancelled, else all came; the file system goes,
 * the peers saw the stream end, ports are free, nothing holds the module.
 * NULL or a sentence.
 */
const char *owned_left_nothing(struct owned *o, bool cancelled);
/* Ends what may be left of it. */
void owned_end(struct owned *o);

#endif
