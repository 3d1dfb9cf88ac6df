/* Segments that are nearly right, made of what a connection knows. */
#include "adversary.h"

#include <netinet/in.h>
#include <string.h>

#include "stack.h"
#include "wire/icmp4.h"
#include "wire/ip4.h"

#define PAYLOAD_MAX 20000u
#define HOST_IP(number) (0x0a000001u + (uint32_t)(number))

const struct tcp_connection *adversary_victim(const struct sim *sim, int host,
					      unsigned which)
{
	const struct socket *socket;
	unsigned count = 0;

	TAILQ_FOREACH (socket, &sim->host[host].stack->sockets.all, room_link)
		if (socket->tcp && !socket->listener &&
		    socket->tcp->was_connected)
			count++;
	if (!count)
		return NULL;
	which %= count;
	TAILQ_FOREACH (socket, &sim->host[host].stack->sockets.all, room_link)
		if (socket->tcp && !socket->listener &&
		    socket->tcp->was_connected && which-- == 0)
			return socket->tcp;
	return NULL;
}

/* ----------------------------------------------------------------- numbers */

/* A number near one that matters, or any. */
static uint32_t near(struct reader *in, uint32_t base)
{
	uint8_t how = reader_u8(in);

	if (how < 100)
		return base;
	if (how < 200)
		return base + (uint32_t)(int8_t)reader_u8(in);
	if (how < 240)
		return base + (uint32_t)(int16_t)reader_u16(in);
	return base + reader_u32(in);
}

static uint32_t choose_seq(struct reader *in, const struct tcp_connection *tcp)
{
	const struct tcp_receive *rcv = &tcp->rcv;
	const uint64_t bases[] = { rcv->nxt, rcv->nxt, rcv->edge, rcv->acked,
				   rcv->fin, SEQ_SYN,  SEQ_DATA,  rcv->urgent };

	return near(in, seq_to_wire(rcv->irs, bases[reader_u8(in) % 8]));
}

static uint32_t choose_ack(struct reader *in, const struct tcp_connection *tcp)
{
	const struct tcp_send *snd = &tcp->snd;
	const uint64_t bases[] = { snd->una, snd->nxt, snd->end, snd->edge,
				   snd->nxt, SEQ_SYN,  SEQ_DATA, snd->nxt };

	return near(in, seq_to_wire(snd->iss, bases[reader_u8(in) % 8]));
}

/* ----------------------------------------------------------------- options */

static void add_sacks(struct reader *in, const struct tcp_connection *tcp,
		      struct tcp_header *header)
{
	header->sack_count = (uint8_t)(1 + reader_u8(in) % TCP_SACK_BLOCKS_MAX);
	for (unsigned i = 0; i < header->sack_count; i++) {
		struct tcp_sack_block *block = &header->sack[i];

		block->start = tcp ? choose_ack(in, tcp) : reader_u32(in);
		block->end = reader_u8(in) % 2 && tcp
				     ? choose_ack(in, tcp)
				     : block->start + reader_u16(in);
	}
}

static void add_options(struct reader *in, const struct tcp_connection *tcp,
			struct tcp_header *header)
{
	uint8_t which = reader_u8(in);

	if (which & 1) {
		header->has_timestamp = true;
		header->ts_value = near(in, tcp ? tcp->ts_recent : 1);
		header->ts_echo = near(in, tcp ? tcp->ts_last_echo : 1);
	} else if (tcp && tcp->ts_ok) {
		header->has_timestamp = true;
		header->ts_value = tcp->ts_recent;
	}
	if (which & 2)
		add_sacks(in, tcp, header);
	if (which & 4) {
		header->mss = reader_u16(in);
		header->sack_permitted = which & 8;
		header->has_wscale = which & 16;
		header->wscale = which >> 5;
	}
	if (which & 32) {
		header->accecn.present = true;
		header->accecn.count = which >> 6;
		for (int i = 0; i < TCP_ACCECN_FIELDS; i++)
			header->accecn.bytes[i] = reader_u16(in);
	}
}

/* ---------------------------------------------------------------- segments */

static struct tcp_header header_for(struct reader *in,
				    const struct tcp_connection *tcp,
				    const struct tcp_header *from_victim,
				    const struct tcp_header *to_victim,
				    int host)
{
	struct tcp_header header = {
		.src_port = ADVERSARY_SERVER_PORT,
		.dst_port = ADVERSARY_CLIENT_PORT,
		.flags = reader_u8(in),
	};

	if (reader_u8(in) % 2)
		header.flags = TCP_ACK; /* what most segments are */
	if (host == 1) {
		header.src_port = ADVERSARY_CLIENT_PORT;
		header.dst_port = ADVERSARY_SERVER_PORT;
	}
	if (tcp && tcp->local.port) {
		header.src_port = tcp->peer.port;
		header.dst_port = tcp->local.port;
		header.seq = choose_seq(in, tcp);
		header.ack = choose_ack(in, tcp);
	} else {
		header.seq = near(in, to_victim->seq + 1);
		header.ack = near(in, from_victim->seq + 1);
	}
	header.window = reader_u16(in);
	header.urgent = header.flags & TCP_URG ? reader_u16(in) : 0;
	add_options(in, tcp, &header);
	return header;
}

static uint32_t choose_len(struct reader *in)
{
	uint8_t how = reader_u8(in);

	if (how < 100)
		return 0;
	return how < 200 ? how - 99u : reader_u16(in) % PAYLOAD_MAX;
}

static void put_ip(uint8_t *to, int host, uint8_t protocol, uint8_t tos,
		   uint32_t len)
{
	struct ip4_header header = {
		.tos = tos,
		.len = (uint16_t)(IP4_HEADER_LEN + len),
		.flags = IP4_DONT_FRAGMENT,
		.ttl = 64,
		.protocol = protocol,
		.src = HOST_IP(1 - host),
		.dst = HOST_IP(host),
	};

	ip4_header_build(to, &header);
}

static void arrive(struct sim *sim, struct sim_frame *frame, int host)
{
	frame->to = host;
	frame->due_us = sim->now_us;
	sim_frame_send(sim, frame);
	sim_advance(sim, sim->now_us);
}

void adversary_segment(struct sim *sim, struct reader *in, int host,
		       const struct tcp_header last[SIM_HOSTS])
{
	static const struct pyt_frame valid = { .csum = PYT_CSUM_VALID };
	const struct tcp_connection *tcp =
		adversary_victim(sim, host, reader_u8(in));
	struct tcp_header header =
		header_for(in, tcp, &last[host], &last[1 - host], host);
	uint8_t bytes[TCP_HEADER_LEN_MAX], how = reader_u8(in);
	uint32_t header_len = (uint32_t)tcp_header_build(&header, bytes);
	uint32_t len = choose_len(in);
	struct sim_frame *frame =
		sim_frame_new(&valid, IP4_HEADER_LEN + header_len + len);

	put_ip(frame->bytes, host, IPPROTO_TCP, how & 3, header_len + len);
	memcpy(frame->bytes + IP4_HEADER_LEN, bytes, header_len);
	memset(frame->bytes + IP4_HEADER_LEN + header_len, how, len);
	if (how & 128 && len > 1000) {
		frame->frame.gso = PYT_GSO_TCP4;
		frame->frame.gso_size = 1000;
		frame->frame.gso_header_len = (uint16_t)header_len;
	}
	arrive(sim, frame, host);
}

/* -------------------------------------------------------------------- ICMP */

void adversary_icmp(struct sim *sim, struct reader *in, int host)
{
	static const struct pyt_frame plain = { .csum = PYT_CSUM_NONE };
	const struct tcp_connection *tcp =
		adversary_victim(sim, host, reader_u8(in));
	struct icmp4_header icmp = { .type = ICMP4_UNREACHABLE };
	struct sim_frame *frame;
	uint8_t *message, *quoted;
	uint32_t len = ICMP4_HEADER_LEN + IP4_HEADER_LEN + 8, seq;

	if (!tcp)
		return;
	icmp.code = reader_u8(in) % 16;
	if (icmp.code >= 14)
		icmp.type = ICMP4_TIME_EXCEEDED;
	if (icmp.code > 5)
		icmp.code = ICMP4_FRAGMENTATION_NEEDED;
	icmp.rest = reader_u16(in);
	seq = choose_ack(in, tcp);
	frame = sim_frame_new(&plain, IP4_HEADER_LEN + len);
	message = frame->bytes + IP4_HEADER_LEN;
	quoted = message + ICMP4_HEADER_LEN;
	put_ip(frame->bytes, host, IPPROTO_ICMP, 0, len);
	icmp4_header_build(message, &icmp);
	put_ip(quoted, 1 - host, IPPROTO_TCP, 0, 20);
	quoted += IP4_HEADER_LEN;
	for (int i = 0; i < 4; i++)
		quoted[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
	quoted[0] = (uint8_t)(tcp->local.port >> 8);
	quoted[1] = (uint8_t)tcp->local.port;
	quoted[2] = (uint8_t)(tcp->peer.port >> 8);
	quoted[3] = (uint8_t)tcp->peer.port;
	icmp4_set_checksum(message, len);
	arrive(sim, frame, host);
}
