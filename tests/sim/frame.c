/* Frames as a router in the middle reads and writes them. */
#include "sim/frame.h"

#include <netinet/in.h>
#include <string.h>

#include "base/checksum.h"
#include "wire/icmp4.h"
#include "wire/ip4.h"
#include "wire/tcp_header.h"

#define ROUTER_IP 0x0a0000feu
#define ETHERNET_LEN 14u
#define ECN_MASK 3u
#define TCP_CONTROL (TCP_SYN | TCP_FIN | TCP_RST)

static uint16_t u16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void read_tcp(struct frame_facts *facts, const uint8_t *bytes,
		     const struct pyt_frame *frame)
{
	const uint8_t *tcp = bytes + facts->tcp;
	uint32_t header_len;

	if (facts->tcp + TCP_HEADER_LEN_MIN > frame->len)
		return;
	facts->is_tcp = true;
	facts->src_port = u16_at(tcp);
	facts->dst_port = u16_at(tcp + 2);
	header_len = (tcp[12] >> 4) * 4u;
	if (facts->ip + facts->ip_len > facts->tcp + header_len)
		facts->payload_len =
			facts->ip + facts->ip_len - facts->tcp - header_len;
	facts->has_window =
		(tcp[13] & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK;
	facts->ack = (uint32_t)u16_at(tcp + 8) << 16 | u16_at(tcp + 10);
	facts->window = u16_at(tcp + 14);
	facts->is_pure_ack = !facts->payload_len && !(tcp[13] & TCP_CONTROL);
	if (frame->gso != PYT_GSO_NONE)
		facts->packet_len =
			facts->tcp - facts->ip + header_len + frame->gso_size;
}

struct frame_facts frame_facts(enum pyt_medium medium, const uint8_t *bytes,
			       const struct pyt_frame *frame)
{
	struct frame_facts facts = { 0 };
	uint32_t ip = medium == PYT_MEDIUM_ETHERNET ? ETHERNET_LEN : 0;

	if (frame->len < ip + IP4_HEADER_LEN || bytes[ip] >> 4 != 4 ||
	    (ip && u16_at(bytes + 12) != 0x0800))
		return facts;
	facts.is_ip4 = true;
	facts.ip = ip;
	facts.ip_len = u16_at(bytes + ip + 2);
	facts.packet_len = facts.ip_len;
	facts.tcp = ip + (bytes[ip] & 15u) * 4u;
	facts.dont_fragment = u16_at(bytes + ip + 6) & IP4_DONT_FRAGMENT;
	if (bytes[ip + 9] == IPPROTO_TCP)
		read_tcp(&facts, bytes, frame);
	return facts;
}

bool frame_mark_ce(struct sim_frame *frame, const struct frame_facts *facts)
{
	uint8_t *ip = frame->bytes + facts->ip;

	if (!facts->is_ip4 || !(ip[1] & ECN_MASK))
		return false;
	ip[1] |= ECN_MASK;
	ip4_header_set_checksum(ip, (ip[0] & 15u) * 4u);
	return true;
}

static void finish_checksum(struct sim_frame *copy)
{
	struct pyt_frame *frame = &copy->frame;
	uint8_t *field = copy->bytes + frame->csum_start + frame->csum_offset;
	uint16_t sum =
		checksum_finish(checksum_add(0, copy->bytes + frame->csum_start,
					     frame->len - frame->csum_start));

	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
	frame->csum = PYT_CSUM_NONE;
}

/* What a super-frame's segments lose by it is all of one segment; here it is
 * the whole. ARP has no checksum of its own. */
bool frame_corrupt(struct sim *sim, struct sim_frame *frame,
		   const struct frame_facts *facts)
{
	uint32_t at;

	if (frame->frame.gso != PYT_GSO_NONE)
		return false;
	if (!facts->is_ip4)
		return true;
	if (frame->frame.csum == PYT_CSUM_PARTIAL)
		finish_checksum(frame);
	at = facts->ip + (uint32_t)sim_below(sim, facts->ip_len);
	frame->bytes[at] ^= (uint8_t)(1 << sim_below(sim, 8));
	return true;
}

/* Router's address, ICMP header, and what the packet began with. */
static void build_too_big(uint8_t *to, const uint8_t *ip, uint32_t quoted_len,
			  uint32_t mtu)
{
	struct icmp4_header icmp = { .type = ICMP4_UNREACHABLE,
				     .code = ICMP4_FRAGMENTATION_NEEDED,
				     .rest = mtu };
	struct ip4_header header = {
		.len = (uint16_t)(IP4_HEADER_LEN + ICMP4_HEADER_LEN +
				  quoted_len),
		.ttl = 64,
		.protocol = IPPROTO_ICMP,
		.src = ROUTER_IP,
		.dst = (uint32_t)u16_at(ip + 12) << 16 | u16_at(ip + 14),
	};
	uint8_t *message = to + IP4_HEADER_LEN;

	ip4_header_build(to, &header);
	icmp4_header_build(message, &icmp);
	memcpy(message + ICMP4_HEADER_LEN, ip, quoted_len);
	icmp4_set_checksum(message, ICMP4_HEADER_LEN + quoted_len);
}

struct sim_frame *frame_too_big(const struct sim *sim,
				const struct sim_frame *frame,
				const struct frame_facts *facts, uint32_t mtu)
{
	static const struct pyt_frame plain = { .csum = PYT_CSUM_NONE };
	const uint8_t *ip = frame->bytes + facts->ip;
	uint32_t quoted_len = facts->tcp - facts->ip + 8;
	struct sim_frame *answer;

	if (!facts->is_ip4 || facts->tcp + 8 > frame->frame.len)
		return NULL;
	answer = sim_frame_new(&plain, facts->ip + IP4_HEADER_LEN +
					       ICMP4_HEADER_LEN + quoted_len);
	if (facts->ip) {
		memcpy(answer->bytes, frame->bytes + 6, 6);
		memcpy(answer->bytes + 6, frame->bytes, 6);
		memcpy(answer->bytes + 12, frame->bytes + 12, 2);
	}
	build_too_big(answer->bytes + facts->ip, ip, quoted_len, mtu);
	answer->to = 1 - frame->to;
	answer->due_us = sim->now_us + sim->host[answer->to].link.delay_us;
	return answer;
}
