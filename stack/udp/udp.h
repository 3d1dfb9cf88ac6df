/*
 * UDP datagrams: what is checked of a received one and how one to send is
 * made. RFC 768; RFC 1122, 4.1. Knows no sockets.
 */
#ifndef UDP_UDP_H
#define UDP_UDP_H

#include <sys/uio.h>

#include "base/engine.h"
#include "base/packet.h"
#include "wire/udp_header.h"

#define UDP_SEGMENTS_MAX 128 /* of one UDP_SEGMENT send, as Linux */

struct udp_datagram {
	struct udp_header header;
	struct reader payload;
	bool unchecked; /* its sender made no sum: RFC 6936 */
	uint16_t gso_size; /* > 0: the link merged several of this size */
};

/*
 * Header, length and checksum of a packet that IP delivered. COUNTER_NONE
 * and *datagram, or why it is to be dropped (not yet counted).
 */
enum counter udp_input(const struct packet_in *packet,
		       struct udp_datagram *datagram);

/* One datagram to send, or with gso_size > 0 a super-datagram. */
struct udp_output {
	struct pyt_ip src, dst;
	uint16_t src_port, dst_port;
	const struct iovec *iov;
	int iov_count;
	uint32_t skip; /* bytes of iov before the payload */
	uint32_t len; /* of the payload */
	uint16_t gso_size;
	bool no_checksum; /* SO_NO_CHECK, UDP_NO_CHECK6_TX: RFC 768, 6935 */
};

/* The packet for ip_send(), its checksum PARTIAL; NULL: no memory. */
struct packet_out *udp_build(struct engine *engine,
			     const struct udp_output *output);

/* Copies len bytes of iov that follow the first skip; the lengths fit. */
void udp_gather(uint8_t *to, const struct iovec *iov, int iov_count,
		uint32_t skip, uint32_t len);

#endif
