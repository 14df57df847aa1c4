/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process of its own owns transfers, each brought into one state.  The test
 * checks what is left of them when the process, or what it held, is gone.  Only the
 * process holds the file, the sockets and the device; the test holds the peers.
 */
#ifndef ZCOPY_TESTS_OWNED_H
#define ZCOPY_TESTS_OWNED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring.h"

#define OWNED_SOCKS	4
#define OWNED_LEN	(256 << 10)	/* several times what small buffers take */

struct owned_state {
	const char *name;
	const char *word;	/* state of a waiting transfer in /proc/zcopy/transfers */
	unsigned int live;	/* transfers that are live in this state */
	unsigned int done;	/* transfers that have completed */
	unsigned int socks;	/* sockets of the one list */
	bool ahead;		/* another transfer to the first socket is in front */
	unsigned int roomy;	/* a bit for each socket that takes all bytes at once */
	uint32_t until, flags;
	uint64_t rate, deadline_ns;
};

extern const struct owned_state owned_states[];
extern const unsigned int owned_nr_states;

/* What the process has */
struct owner {
	const struct owned_state *st;
	int listener, ready, dev, file, near[OWNED_SOCKS];
	uint64_t id;		/* of the (first) transfer; unset with a ring */
	bool by_ring;
	struct ring ring;
};

/* What the test has */
struct owned {
	const struct owned_state *st;
	pid_t pid;
	int ready, far[OWNED_SOCKS];
	uint16_t port[OWNED_SOCKS];
	uint64_t completed, failed, cancelled;	/* counters before the start */
};

/*
 * Starts the process, which calls @act once the state is reached; @act does not
 * return and reports with a number that it is ready.  False: the state was not
 * reached (a line was printed).
 */
bool owned_start(struct owned *o, const struct owned_state *st, bool by_ring,
		 void (*act)(struct owner *w, int how), int how, int *number);
void owner_ready(struct owner *w, int number);
/* Closes all but the device, for a process that only keeps the device open. */
void owner_close_rest(struct owner *w);

/*
 * Checks that the live transfers are still live and hold their file.  Returns NULL
 * or a sentence.
 */
const char *owned_lives(const struct owned *o);
/*
 * Checks that nothing is left: the live transfers were cancelled if @cancelled, else
 * all bytes came; the file system can be unmounted, the peers saw the end of the
 * stream, the ports are free, and nothing holds the module.  Returns NULL or a
 * sentence.
 */
const char *owned_left_nothing(struct owned *o, bool cancelled);
/* Ends what may be left of the process. */
void owned_end(struct owned *o);

#endif
