/*
 * Sequence numbers. RFC 9293, 3.4.
 *
 * On the wire they have 32 bits and wrap. Inside, a connection counts in
 * 64-bit positions that do not, so that plain comparisons are right:
 *
 *	position  SEQ_SYN       SEQ_SYN + 1            ... end of data
 *	          the SYN       first byte of data         the FIN
 *	wire      iss           iss + 1
 *
 * SEQ_SYN is 2^32, so that a peer's number from before the SYN is positive
 * too. Stream offsets are positions.
 */
#ifndef TCP_TCP_SEQ_H
#define TCP_TCP_SEQ_H

#include <stdbool.h>
#include <stdint.h>

#define SEQ_SYN (1ull << 32)
#define SEQ_DATA (SEQ_SYN + 1)

static inline uint32_t seq_to_wire(uint32_t iss, uint64_t position)
{
	return iss + (uint32_t)position;
}

/* The position nearest to reference that has this number on the wire. */
static inline uint64_t seq_from_wire(uint32_t iss, uint64_t reference,
				     uint32_t seq)
{
	int32_t distance = (int32_t)(seq - seq_to_wire(iss, reference));

	return reference + (uint64_t)(int64_t)distance;
}

/* Numbers that have no position: timestamps, RFC 7323, 5.2. */
static inline bool seq_is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
