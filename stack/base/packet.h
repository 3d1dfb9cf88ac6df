/*
 * A packet inside the engine.
 *
 * packet_in: a received frame on its way up. Nothing is copied; the layers
 * fill in what they have parsed, in host byte order, and move payload on.
 *
 * packet_out: a small or rare packet on its way down (ARP, ICMP, UDP, IP
 * fragments, TCP segments that wait for a neighbour). Bulk TCP never becomes
 * one: path_out builds its frames straight from the send buffer.
 */
#ifndef BASE_PACKET_H
#define BASE_PACKET_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include <pyt/addr.h>
#include <pyt/frame.h>

#include "base/engine.h"
#include "base/reader.h"

struct iface;

struct packet_in {
	struct iface *iface;
	int64_t now_us;
	const struct pyt_frame *frame;
	bool csum_trusted; /* PARTIAL or VALID: do not verify L4 sums */
	bool link_broadcast; /* sent to a link-layer group address */
	uint8_t link_src[6];

	/* set by IP */
	const uint8_t *ip_header; /* start of the IP packet */
	uint32_t ip_header_len; /* IPv6: with its extension headers */
	uint32_t ip_len; /* header and payload, padding cut */
	struct pyt_ip src, dst;
	uint8_t protocol;
	uint8_t ttl;
	uint8_t tos; /* DSCP and ECN */
	bool dst_broadcast, dst_multicast, dst_anycast;
	bool dst_foreign; /* not ours, but perhaps DHCP's answer to us */
	bool for_raw; /* ICMP refused it, but raw sockets may have it */
	bool reassembled;
	uint16_t fragment_size; /* of the longest one; 0: it came whole */
	bool router_alert; /* IPv6 hop-by-hop option */
	uint16_t router_alert_value; /* RFC 2711, 2.1 */
	uint32_t flow_label;
	/* IPv6: offsets in the packet; 0: none */
	uint16_t hop_by_hop_at, routing_at;
	uint16_t destination_at[2]; /* before, behind a routing header */
	uint16_t next_header_at; /* of the field that names protocol */
	struct reader payload; /* behind the IP header */
};

#define PACKET_HEADROOM 80 /* Ethernet 14, IPv4 with options 60, spare */

struct packet_out {
	union {
		TAILQ_ENTRY(packet_out) link;
		RB_ENTRY(packet_out) held; /* until it departs */
	};
	int64_t departs_us; /* not earlier; 0: at once */
	uint64_t hold_order; /* among those of one time */
	uint8_t *data; /* first byte; moves down as headers come */
	uint32_t len; /* bytes from data */
	uint32_t size; /* of bytes[], for engine_free() */
	enum pyt_csum csum; /* NONE or PARTIAL */
	uint16_t csum_start; /* from data at the time of link output */
	uint16_t csum_offset;
	enum pyt_gso gso;
	bool gso_ecn; /* as in a frame */
	uint16_t gso_size;
	uint16_t gso_header_len;
	uint8_t bytes[];
};
TAILQ_HEAD(packet_queue, packet_out);
RB_HEAD(packet_tree, packet_out);

/* Room for len bytes behind PACKET_HEADROOM; data/len describe them. */
struct packet_out *packet_create(struct engine *engine, uint32_t len);
void packet_destroy(struct engine *engine, struct packet_out *packet);
/* n more bytes in front; NULL if the headroom is used up. Keeps csum_start
 * pointing at the same byte. */
uint8_t *packet_push(struct packet_out *packet, uint32_t n);
/* Does in software what PARTIAL leaves to the link. */
void packet_finish_checksum(struct packet_out *packet);

#endif
