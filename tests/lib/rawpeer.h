/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A peer of hand-made TCP packets behind a tun device.  It sends only what the test
 * tells it to, so that the test can keep a socket in any state.  A failed setup ends
 * the test.
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
	uint32_t begun;		/* the number of the socket's SYN */
	uint32_t seen;		/* the end of what the socket has sent */
	uint64_t bytes;		/* received data bytes, each counted once */
};

/* False: this kernel has no tun devices. */
bool rawpeer_open(struct rawpeer *p);
void rawpeer_close(struct rawpeer *p);
/* Sends a packet with @flags, which acknowledges bytes up to @ack. */
void rawpeer_say(struct rawpeer *p, unsigned int flags, uint32_t ack,
		 const char *data);
/*
 * Sends an ICMP message that the peer's host cannot be reached, which quotes the
 * socket's packet that begins with byte @seq.
 */
void rawpeer_unreachable(struct rawpeer *p, uint32_t seq);
/*
 * Receives what the socket sends, until it has sent nothing for @ms milliseconds.
 * Returns the number of packets.
 */
unsigned int rawpeer_hear(struct rawpeer *p, int ms);
/* The same, but waits for a packet first, longer in a slow guest; dies if none comes. */
void rawpeer_expect(struct rawpeer *p);
/* Receives and acknowledges packets until @bytes came; false: they did not in time. */
bool rawpeer_drain(struct rawpeer *p, uint64_t bytes);

/* Make a server's socket whose handshake is not over (fast open), or a connected one. */
int rawpeer_half_open(struct rawpeer *p);
int rawpeer_connected(struct rawpeer *p);
/* Makes a client's socket whose peer has not answered. */
int rawpeer_connecting(struct rawpeer *p);

#endif
