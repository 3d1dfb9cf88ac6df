/* The UDP header. RFC 768. */
#ifndef WIRE_UDP_HEADER_H
#define WIRE_UDP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"

#define UDP_HEADER_LEN 8
#define UDP_HEADER_CHECKSUM_OFFSET 6

struct udp_header {
	uint16_t src_port, dst_port;
	uint16_t len; /* header and payload, bytes */
	uint16_t checksum; /* 0: the sender did not compute one */
};

/* Reads the header; datagram moves on to what follows. False: neither. */
bool udp_header_parse(struct reader *datagram, struct udp_header *header);

void udp_header_build(const struct udp_header *header,
		      uint8_t to[UDP_HEADER_LEN]);

#endif
