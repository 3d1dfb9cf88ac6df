/*
 * What holds of a connection after every call into it, whatever its peer
 * does. Peeks at all that the rooms of TCP share.
 */
#ifndef SIM_INVARIANTS_H
#define SIM_INVARIANTS_H

#include <stddef.h>

#include "tcp/tcp_connection.h"

/* A connection as it was after the call before. All zero: none yet. */
struct invariants {
	const struct tcp_connection *tcp;
	uint32_t iss;
	enum tcp_state state;
	uint64_t una, nxt, rcv_nxt, rcv_edge;
	uint64_t last_order; /* of a transmission */
	uint32_t in_flight; /* bytes */
	uint32_t told_edge; /* of our window, by the last segment */
	bool has_told;
	uint32_t send_most, receive_most; /* largest buffers so far, bytes */
	uint8_t tail_probes;
	unsigned calls;
};

/* NULL, or what does not hold. */
const char *invariants_check(struct invariants *before,
			     const struct tcp_connection *tcp, int64_t now_us);
/* A segment that left says where our window ends. */
const char *invariants_check_told(struct invariants *seen,
				  const struct tcp_connection *tcp,
				  uint32_t ack, uint16_t window);
/* The variables that the claims are about, in one line. */
void invariants_describe(const struct tcp_connection *tcp, char *to,
			 size_t size);

#endif
