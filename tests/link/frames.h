/* Super-frames and checks of their segments, for the rooms of links. */
#ifndef TESTS_LINK_FRAMES_H
#define TESTS_LINK_FRAMES_H

#include "unit.h"

#include <string.h>

#include <pyt/frame.h>

#include "base/checksum.h"

#define FRAME_HEADER_LEN 54u /* Ethernet, IPv4, TCP without options */
#define FRAME_SEQ 0xfffffff0u /* wraps within the first segment */

static inline uint32_t get_u16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t get_u32(const uint8_t *at)
{
	return get_u16(at) << 16 | get_u16(at + 2);
}

/* clang-format off */
static const uint8_t frame_template[FRAME_HEADER_LEN] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00,
	/* IPv4: length, identification, DF, TTL, TCP, addresses */
	0x45, 0, 0, 0, 0xff, 0xff, 0x40, 0, 64, 6, 0, 0,
	10, 77, 0, 2, 10, 77, 0, 1,
	/* TCP: ports, sequence, acknowledgment, FIN PSH ACK CWR */
	0x12, 0x34, 0, 80, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 1,
	0x50, 0x99, 0x01, 0x00, 0, 0, 0, 0,
};
/* clang-format on */

static inline void fill_header(uint8_t *bytes, uint32_t len)
{
	memcpy(bytes, frame_template, sizeof(frame_template));
	bytes[16] = (uint8_t)((len - 14) >> 8);
	bytes[17] = (uint8_t)(len - 14);
}

/* TCP over IPv4 in Ethernet; three parts: headers and two of payload. */
static inline void tcp_frame(struct pyt_frame *frame, uint8_t *payload,
			     uint32_t payload_len, uint16_t gso_size)
{
	uint32_t first = payload_len / 3;

	memset(frame, 0, sizeof(*frame));
	fill_header(frame->headers, FRAME_HEADER_LEN + payload_len);
	for (uint32_t i = 0; i < payload_len; i++)
		payload[i] = (uint8_t)(i * 7 + i / 256);
	frame->part[0].iov_base = frame->headers;
	frame->part[0].iov_len = FRAME_HEADER_LEN;
	frame->part[1].iov_base = payload;
	frame->part[1].iov_len = first;
	frame->part[2].iov_base = payload + first;
	frame->part[2].iov_len = payload_len - first;
	frame->part_count = 3;
	frame->len = FRAME_HEADER_LEN + payload_len;
	frame->csum = PYT_CSUM_PARTIAL;
	frame->csum_start = 34;
	frame->csum_offset = 16;
	frame->gso = gso_size ? PYT_GSO_TCP4 : PYT_GSO_NONE;
	frame->gso_size = gso_size;
	frame->gso_header_len = FRAME_HEADER_LEN;
}

static inline uint16_t ip_sum(const uint8_t *frame)
{
	return checksum_finish(checksum_add(0, frame + 14, 20));
}

/* 0 if the checksum of the TCP segment or UDP datagram is right. */
static inline uint16_t transport_sum(const uint8_t *frame, uint32_t len)
{
	struct pyt_ip src = pyt_ip_from_v4(get_u32(frame + 26));
	struct pyt_ip dst = pyt_ip_from_v4(get_u32(frame + 30));
	uint64_t sum = checksum_pseudo_header(&src, &dst, frame[23], len - 34);

	return checksum_finish(checksum_add(sum, frame + 34, len - 34));
}

#endif
