/*
 * Two TCP endpoints and a network between them, in virtual time: seeded
 * loss, delay, reordering and duplication. Segments travel as bytes, so the
 * header code is in the path too. Memory is counted.
 */
#ifndef TESTS_TCP_PAIR_H
#define TESTS_TCP_PAIR_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/engine.h"
#include "tcp/tcp.h"
#include "tcp/tcp_connection.h"

struct pair_network {
	unsigned loss_permille;
	unsigned duplicate_permille;
	unsigned reorder_permille; /* these wait three times as long */
	int64_t delay_us;
	int64_t jitter_us;
	uint32_t mtu;
	uint32_t gso_max_len;
	bool gso_ecn; /* the link keeps CWR on the first of a super-frame */
	uint64_t rate; /* bytes a second from end 0 to 1; 0: no limit */
	uint32_t queue_len; /* bytes before that; more is dropped; 0: any */
	bool merges; /* super-segments travel whole */
};

struct pair_packet {
	TAILQ_ENTRY(pair_packet) link;
	int64_t arrival_us;
	int to; /* endpoint */
	struct pyt_ip src, dst;
	uint16_t segment_count;
	uint8_t ecn;
	uint32_t len;
	uint8_t bytes[65536];
};

struct pair_end {
	struct engine engine;
	struct tcp_context *context;
	struct tcp_listener *listener;
	struct tcp_connection *tcp;
	size_t allocated; /* bytes that have not come back */
	size_t allocated_peak;
	size_t fail_above; /* allocations fail then; 0: never */
	uint64_t segments_out;
};

struct pair {
	struct pair_end end[2]; /* 0 connects, 1 listens */
	struct pair_network network;
	TAILQ_HEAD(pair_packets, pair_packet) packets; /* by time of arrival */
	int64_t now_us;
	uint64_t random;
	int64_t link_free_ns; /* of network.rate */
	uint32_t queue_peak; /* bytes, most that ever waited */
	/* what a test may look at or change: false drops the segment */
	bool (*filter)(struct pair *pair, int from, struct tcp_header *header,
		       uint32_t payload_len);
	unsigned count; /* the filter's own */
	/* called before the handshake: options of the listener */
	void (*prepare)(struct pair *pair, struct tcp_connection *prototype);
	/* the mark with which a segment arrives; NULL: that of its sender */
	uint8_t (*mark)(struct pair *pair, int from, uint8_t ecn,
			uint32_t payload_len);
	uint8_t last_ecn[2];
	struct tcp_header last[2]; /* last header that each end sent */
};

void pair_init(struct pair *pair, uint64_t seed,
	       const struct pair_network *network);
/* Checks that all memory came back. */
void pair_clear(struct pair *pair);
/* The next event, or the deadline; false: nothing is to come by until_us. */
bool pair_step(struct pair *pair, int64_t until_us);
void pair_run(struct pair *pair, int64_t until_us);
/* Lets both ends send what they want to, now. */
void pair_flush(struct pair *pair);
/* Only the SYN is sent. */
void pair_listen_and_connect(struct pair *pair);
/* Handshake; asserts that both are established. */
void pair_connect(struct pair *pair);
/* Puts len bytes of a pattern into end's stream; how many went in. */
size_t pair_write(struct pair *pair, int end, size_t len);
/* Reads all there is; checks the pattern from *offset on. */
size_t pair_read(struct pair *pair, int end, uint64_t *offset);
uint8_t pair_pattern(uint64_t offset);
/* Moves len bytes from one end to the other by deadline_us; asserts. */
void pair_transfer(struct pair *pair, int from, uint64_t len, int64_t limit_us);
/* A segment made by hand arrives at an end. */
void pair_inject(struct pair *pair, int to, const struct tcp_header *header,
		 const void *payload, uint32_t payload_len);
/* A header that would be next in order from the other end. */
struct tcp_header pair_next_header(const struct pair *pair, int to);

#endif
