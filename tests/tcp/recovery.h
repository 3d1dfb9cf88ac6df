/*
 * A sender whose peer is the test: len bytes leave, and each ACK, SACK block
 * and echo is said by hand. Positions are counted in segments from the first
 * byte in flight when it began.
 */
#ifndef TESTS_TCP_RECOVERY_H
#define TESTS_TCP_RECOVERY_H

#include "pair.h"
#include "unit.h"

#define MSS ((uint32_t)sender.tcp->snd.mss)

struct sender {
	struct pair pair;
	struct tcp_connection *tcp;
	uint64_t base; /* position of segment 0 */
	uint32_t echo; /* timestamp that the next ACK echoes */
	unsigned sent; /* segments that left since sender_start(), */
	struct tcp_header last; /* the newest of them */
};

extern struct sender sender;

enum sender_options {
	SENDER_NO_SACK = 1,
	SENDER_NO_TIMESTAMPS = 2,
	SENDER_RENO = 4,
};

/* The handshake is over, the round trip measured: 40 ms. cwnd in segments. */
void sender_start(unsigned options, uint32_t cwnd);
void sender_end(void);
void sender_set(const char *sysctl, const char *value);
uint64_t sender_counter(enum counter which);
/* The program writes, and what may leave does. */
void sender_write(unsigned segments);
void sender_run_us(int64_t us);
/* Up to and with the retransmission timeout. */
void sender_time_out(void);

/* Everything before segment n has arrived in order. */
void sender_ack(unsigned n);
/* The same, and [from, to) behind it; twice: a D-SACK before that. */
void sender_sack(unsigned n, unsigned from, unsigned to);
void sender_dsack(unsigned n, unsigned from, unsigned to);
/* ACKs from now on echo what was sent now; else the last segment's time. */
void sender_echo_now(void);
/* Segment that a transmission began with. */
unsigned sender_last_segment(void);
uint32_t sender_cwnd(void); /* segments, rounded down */
uint32_t sender_in_flight(void);

#endif
