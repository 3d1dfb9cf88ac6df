/*
 * Reassembly of IP fragments, with every resource bounded: bytes in all,
 * fragments of a datagram, time, and distance between fragments (a source's
 * other datagrams that came in between; IPv4 alone). RFC 791, 3.2; RFC 815;
 * RFC 1858 and 3128 (tiny fragments, overlaps); RFC 3168, 5.3; RFC 8200, 4.5
 * and RFC 5722. One room, and one bound on memory, for IPv4 and IPv6.
 */
#ifndef IP_REASSEMBLY_H
#define IP_REASSEMBLY_H

#include "base/heap.h"
#include "base/packet.h"
#include "base/table.h"

#define REASSEMBLY_FRAGMENTS_MAX 256 /* of one datagram */

#define REASSEMBLY_SOURCES 256 /* buckets of sources */

/* net.ipv4.ipfrag_*, net.ipv6.ip6frag_*. */
struct reassembly_settings {
	int high_thresh, low_thresh; /* bytes */
	int time, time6; /* seconds */
	int max_dist; /* 0: not looked at */
};

struct reassembly {
	struct engine *engine;
	struct reassembly_settings settings;
	struct table table; /* by addresses, protocol and ID */
	uint32_t source_count[REASSEMBLY_SOURCES]; /* fragments seen */
	struct heap timers;
	TAILQ_HEAD(datagram_list, datagram) all; /* oldest first */
	int64_t bytes; /* of memory, all datagrams */
	struct datagram *lent; /* unlinked; its bytes are in use */
};

struct reassembly_key {
	struct pyt_ip src, dst;
	uint32_t id;
	uint8_t protocol; /* IPv6: 0, it is not part of it */
};

struct fragment {
	struct reassembly_key key;
	uint32_t offset; /* of payload, bytes */
	bool more; /* another one follows */
	uint8_t ecn;
	const uint8_t *header; /* IP header in wire format, whole */
	uint32_t header_len;
	struct reader payload;
	int ifindex;
};

int reassembly_init(struct reassembly *reassembly, struct engine *engine);
void reassembly_clear(struct reassembly *reassembly);

enum reassembly_result {
	REASSEMBLY_KEPT,
	REASSEMBLY_COMPLETE, /* *whole is the datagram's payload */
	REASSEMBLY_DROPPED, /* *reason, not yet counted */
};

struct reassembled {
	struct reader payload; /* valid until the next call */
	uint8_t *header; /* of the first fragment, in front */
	uint32_t header_len;
	uint8_t ecn;
	uint16_t longest; /* fragment, with its headers */
	bool v6;
	int ifindex;
};

enum reassembly_result reassembly_input(struct reassembly *reassembly,
					const struct fragment *fragment,
					struct reassembled *whole,
					enum counter *reason, int64_t now_us);

int64_t reassembly_next_deadline(const struct reassembly *reassembly);
/*
 * Drops the next datagram whose time is over. True: it is described for an
 * ICMP time exceeded; payload is what the first fragment held (header NULL:
 * it never came, and no error may be sent). False: no more.
 */
bool reassembly_next_expired(struct reassembly *reassembly,
			     struct reassembled *expired, int64_t now_us);

#endif
