/* What a path sees of a frame, and what it may change in it. */
#ifndef SIM_FRAME_H
#define SIM_FRAME_H

#include "sim/sim.h"

struct frame_facts {
	bool is_ip4;
	bool is_tcp;
	bool dont_fragment;
	uint32_t ip; /* offset of the IP header */
	uint32_t ip_len;
	uint32_t tcp; /* offset of the TCP header */
	uint16_t src_port, dst_port;
	uint32_t payload_len; /* of TCP */
	bool is_pure_ack; /* no data, SYN, FIN or RST */
	bool has_window; /* ACK and neither SYN nor RST */
	uint32_t ack;
	uint16_t window; /* unscaled */
	/* the longest IP packet that it becomes on a wire */
	uint32_t packet_len;
};

struct frame_facts frame_facts(enum pyt_medium medium, const uint8_t *bytes,
			       const struct pyt_frame *frame);
/* Sets CE if the packet says that it can. False: it cannot. RFC 3168, 5. */
bool frame_mark_ce(struct sim_frame *frame, const struct frame_facts *facts);
/* One bit behind the link header is turned. False: drop it instead. */
bool frame_corrupt(struct sim *sim, struct sim_frame *frame,
		   const struct frame_facts *facts);
/* What a router says of a packet that is too big, or NULL. RFC 1191, 4. */
struct sim_frame *frame_too_big(const struct sim *sim,
				const struct sim_frame *frame,
				const struct frame_facts *facts, uint32_t mtu);

#endif
