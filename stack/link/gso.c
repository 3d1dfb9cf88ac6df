/* Segmentation of TCP and UDP super-frames, IPv4 and IPv6. */
#include "link/gso.h"

#include <errno.h>
#include <string.h>

#include "base/checksum.h"

#define UDP_CSUM_OFFSET 6 /* of the field; TCP 16, ICMPv6 2 */
#define ETHERNET_HEADER_LEN 14u
#define IP4_HEADER_LEN_MIN 20u
#define IP6_HEADER_LEN 40u
#define TCP_HEADER_LEN_MIN 20u
#define UDP_HEADER_LEN 8u
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put_u16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void gso_gather(const struct pyt_frame *frame, uint32_t offset, uint8_t *to,
		uint32_t len)
{
	for (int i = 0; i < frame->part_count && len > 0; i++) {
		const struct iovec *part = &frame->part[i];
		uint32_t n;

		if (offset >= part->iov_len) {
			offset -= (uint32_t)part->iov_len;
			continue;
		}
		n = (uint32_t)part->iov_len - offset;
		if (n > len)
			n = len;
		memcpy(to, (const uint8_t *)part->iov_base + offset, n);
		to += n;
		len -= n;
		offset = 0;
	}
}

static bool is_tcp(const struct pyt_frame *frame)
{
	return frame->gso == PYT_GSO_TCP4 || frame->gso == PYT_GSO_TCP6;
}

/* Length of all headers, or 0 if the bytes are not what the facts say. */
static uint32_t find_headers(const struct gso *gso)
{
	const struct pyt_frame *frame = gso->frame;
	const uint8_t *bytes = frame->part[0].iov_base;
	size_t have = frame->part[0].iov_len;
	const uint8_t *ip;
	uint32_t ip_len, header_len;

	if (frame->gso == PYT_GSO_NONE || frame->gso_size == 0 ||
	    frame->csum != PYT_CSUM_PARTIAL)
		return 0;
	if (have < gso->link_len + IP4_HEADER_LEN_MIN)
		return 0;
	ip = bytes + gso->link_len;
	ip_len = ip[0] >> 4 == 4 ? IP4_HEADER_LEN_MIN : IP6_HEADER_LEN;
	if (gso->transport < gso->link_len + ip_len)
		return 0;
	header_len = gso->transport + UDP_HEADER_LEN;
	if (is_tcp(frame)) {
		if (have < gso->transport + TCP_HEADER_LEN_MIN)
			return 0;
		header_len =
			gso->transport + (bytes[gso->transport + 12] >> 4) * 4u;
		if (header_len < gso->transport + TCP_HEADER_LEN_MIN)
			return 0;
	}
	return header_len <= have && header_len < frame->len ? header_len : 0;
}

void gso_init(struct gso *gso, const struct pyt_frame *frame,
	      enum pyt_medium medium)
{
	memset(gso, 0, sizeof(*gso));
	gso->frame = frame;
	gso->link_len = medium == PYT_MEDIUM_ETHERNET ? ETHERNET_HEADER_LEN : 0;
	gso->transport = frame->csum_start;
	gso->size = frame->gso_size;
	gso->header_len = find_headers(gso);
	gso->offset = gso->header_len;
}

/*
 * Zero would mean "none" in UDP; all ones is the same number, RFC 768. Others
 * never have all ones there, RFC 1624, 3.
 */
static void put_checksum(uint8_t *field, uint16_t sum, bool is_udp)
{
	put_u16(field, sum == 0 && is_udp ? 0xffff : sum);
}

/* Fills in a partial checksum. The field holds the pseudo-header's sum. */
static void finish_partial(const struct pyt_frame *frame, uint8_t *bytes)
{
	uint32_t field = (uint32_t)frame->csum_start + frame->csum_offset;
	uint16_t sum;

	if (field + 2 > frame->len)
		return;
	sum = checksum_finish(checksum_add(0, bytes + frame->csum_start,
					   frame->len - frame->csum_start));
	put_checksum(bytes + field, sum, frame->csum_offset == UDP_CSUM_OFFSET);
}

static int whole_frame(struct gso *gso, uint8_t *to, size_t size)
{
	const struct pyt_frame *frame = gso->frame;

	if (gso->index++ > 0)
		return 0;
	if (frame->len > size)
		return -EMSGSIZE;
	gso_gather(frame, 0, to, frame->len);
	if (frame->csum == PYT_CSUM_PARTIAL)
		finish_partial(frame, to);
	return (int)frame->len;
}

static void set_ip_addresses(const uint8_t *ip, struct pyt_ip *src,
			     struct pyt_ip *dst)
{
	if (ip[0] >> 4 == 4) {
		*src = pyt_ip_from_v4(0);
		*dst = *src;
		memcpy(src->bytes + 12, ip + 12, 4);
		memcpy(dst->bytes + 12, ip + 16, 4);
	} else {
		memcpy(src->bytes, ip + 8, 16);
		memcpy(dst->bytes, ip + 24, 16);
	}
}

/* Each IPv4 segment has an identification of its own, as from Linux. */
static void finish_ip(const struct gso *gso, uint8_t *to, uint32_t len)
{
	uint8_t *ip = to + gso->link_len;
	uint32_t ip_len = len - gso->link_len;

	if (ip[0] >> 4 == 6) {
		put_u16(ip + 4, ip_len - IP6_HEADER_LEN);
		return;
	}
	put_u16(ip + 2, ip_len);
	put_u16(ip + 4, get_u16(ip + 4) + gso->index);
	put_u16(ip + 10, 0);
	put_u16(ip + 10, checksum_finish(checksum_add(
				 0, ip, gso->transport - gso->link_len)));
}

/* FIN and PSH belong to the last byte, CWR to the first; RFC 3168, 6.1.2. */
static void finish_tcp(const struct gso *gso, uint8_t *tcp, bool is_last)
{
	uint32_t seq = (uint32_t)get_u16(tcp + 4) << 16 | get_u16(tcp + 6);

	seq += gso->offset - gso->header_len;
	put_u16(tcp + 4, seq >> 16);
	put_u16(tcp + 6, seq);
	if (!is_last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (gso->index > 0 && gso->frame->gso_ecn)
		tcp[13] &= (uint8_t)~TCP_CWR;
}

static void finish_transport(const struct gso *gso, uint8_t *to, uint32_t len)
{
	bool tcp = is_tcp(gso->frame);
	uint8_t *transport = to + gso->transport;
	uint8_t *field = transport + (tcp ? 16 : 6);
	uint32_t transport_len = len - gso->transport;
	struct pyt_ip src, dst;
	uint64_t sum;

	if (!tcp)
		put_u16(transport + 4, transport_len);
	set_ip_addresses(to + gso->link_len, &src, &dst);
	put_u16(field, 0);
	sum = checksum_pseudo_header(
		&src, &dst, tcp ? PROTOCOL_TCP : PROTOCOL_UDP, transport_len);
	sum = checksum_finish(checksum_add(sum, transport, transport_len));
	put_checksum(field, (uint16_t)sum, !tcp);
}

int gso_next(struct gso *gso, uint8_t *to, size_t size)
{
	const struct pyt_frame *frame = gso->frame;
	uint32_t payload, len;

	if (gso->header_len == 0)
		return whole_frame(gso, to, size);
	if (gso->offset == frame->len)
		return 0;
	payload = frame->len - gso->offset;
	if (payload > gso->size)
		payload = gso->size;
	len = gso->header_len + payload;
	if (len <= size) {
		gso_gather(frame, 0, to, gso->header_len);
		gso_gather(frame, gso->offset, to + gso->header_len, payload);
		if (is_tcp(frame))
			finish_tcp(gso, to + gso->transport,
				   gso->offset + payload == frame->len);
		finish_ip(gso, to, len);
		finish_transport(gso, to, len);
	}
	gso->offset += payload;
	gso->index++;
	return len <= size ? (int)len : -EMSGSIZE;
}
