/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A peer of hand-made TCP packets behind a tun device: it says what it is told to
 * and nothing else, so that a socket of ours can be held in any state.  Setting up
 * that fails ends the test.
 */
#ifndef ZCOPY_TESTS_RAWPEER_H
#define ZCOPY_TESTS_RAWPEER_H

#include <stdbool.h>
#include <stdint.h>

#define RAW_FIN	0x01
#define RAW_SYN	0x02
#define RAW_RST	0x04
#define RAW_ACK	0x10

struct rawpeer {
	int tun;
	uint16_t here, there;	/* ports: the socket's, the peer's */
	uint32_t seq;		/* the peer's next byte */
	uint32_t seen;		/* the end of what the socket has sent */
	uint64_t bytes;		/* of data, each once */
};

/* Returns false where the kernel has no tun devices. */
bool rawpeer_open(struct rawpeer *p);
void rawpeer_close(struct rawpeer *p);
/* A packet with those flags; its acknowledgement is @ack. */
void rawpeer_say(struct rawpeer *p, unsigned int flags, uint32_t ack,
		 const char *data);
/*
 * Takes in what the socket sends, until it is silent for so many milliseconds;
 * says how many packets came.
 */
unsigned int rawpeer_hear(struct rawpeer *p, int ms);
/* The same, and the socket has to say something, however slow the guest is. */
void rawpeer_expect(struct rawpeer *p);
/* Hears and acknowledges all that comes, until so many bytes have. */
bool rawpeer_drain(struct rawpeer *p, uint64_t bytes);

/* Sockets: a server's whose handshake is not over (fast open), a connected one */
int rawpeer_half_open(struct rawpeer *p);
int rawpeer_connected(struct rawpeer *p);
/* A client's whose peer has not answered */
int rawpeer_connecting(struct rawpeer *p);

#endif
