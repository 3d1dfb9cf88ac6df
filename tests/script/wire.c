/*
 * A segment as an IPv4 packet, right or wrong as the scenario says. None of
 * the engine's code is used: what it builds is read here by other rules.
 */
#include <stdio.h>
#include <string.h>

#include "script/script.h"
#include "wire/tcp_header.h"

#define IP_LEN 20
#define TCP_LEN 20

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t get32(const uint8_t *from)
{
	return get16(from) << 16 | get16(from + 2);
}

static uint32_t sum16(uint32_t sum, const uint8_t *at, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Of the TCP segment behind an IPv4 header; 0xffff: the field is right. */
static uint32_t tcp_sum(const uint8_t *packet, uint32_t len)
{
	uint32_t sum = sum16(6 + len - IP_LEN, packet + 12, 8);

	return sum16(sum, packet + IP_LEN, len - IP_LEN);
}

/* ----------------------------------------------------------------- build */

static uint32_t build_values(const struct option *option, uint8_t *to)
{
	uint32_t len = 2;

	to[0] = (uint8_t)option->kind;
	for (int i = 0; i < option->count; i++) {
		if (option->kind == KIND_WS) {
			to[len++] = (uint8_t)option->value[i];
		} else if (option->kind == KIND_MSS) {
			put16(to + len, (uint32_t)option->value[i]);
			len += 2;
		} else {
			put32(to + len, (uint32_t)option->value[i]);
			len += 4;
		}
	}
	to[1] = (uint8_t)len;
	return len;
}

/* The place for it; sign_packet() fills it. */
static uint32_t build_signature(const struct option *option, uint8_t *to)
{
	bool is_md5 = option->kind == KIND_MD5;
	uint32_t len = is_md5 ? 18 : 4 + (uint32_t)option->value[2];

	memset(to, 0, len);
	to[0] = is_md5 ? KIND_MD5 : KIND_AO;
	to[1] = (uint8_t)len;
	if (!is_md5) {
		to[2] = (uint8_t)option->value[0];
		to[3] = (uint8_t)option->value[1];
	}
	return len;
}

/* Padded with zeros, as RFC 9293, 3.1 has it. */
static uint32_t build_options(const struct segment *segment, uint8_t *to)
{
	uint32_t len = 0;

	for (int i = 0; i < segment->option_count; i++) {
		const struct option *option = &segment->option[i];

		if (len + 40 > 80)
			break;
		if (option->kind == KIND_RAW) {
			memcpy(to + len, option->raw, option->raw_len);
			len += (uint32_t)option->raw_len;
		} else if (sign_key(segment) == option) {
			len += build_signature(option, to + len);
		} else if (option->kind == KIND_NOP ||
			   option->kind == KIND_END) {
			to[len++] = (uint8_t)option->kind;
		} else {
			len += build_values(option, to + len);
		}
	}
	while (len % 4)
		to[len++] = 0;
	return len > 40 ? 40 : len;
}

static void build_ip(uint8_t *to, const struct segment *segment, uint32_t len)
{
	memset(to, 0, IP_LEN);
	to[0] = 0x45;
	to[1] = (uint8_t)(segment->tos | segment->ecn);
	put16(to + 2, len);
	put16(to + 6, 0x4000);
	to[8] = segment->said & SAID_TTL ? (uint8_t)segment->ttl : 64;
	to[9] = 6;
	put32(to + 12, PEER_IP);
	put32(to + 16, HOST_IP);
	put16(to + 10, ~sum16(0, to, IP_LEN));
}

uint32_t wire_build(const struct flow *flow, const struct segment *segment,
		    uint8_t *to, size_t to_len)
{
	uint8_t options[80];
	uint32_t options_len = build_options(segment, options);
	uint32_t offset = segment->said & SAID_OFFSET
				  ? segment->offset
				  : (TCP_LEN + options_len) / 4;
	uint32_t len = IP_LEN + TCP_LEN + options_len + segment->len;
	uint8_t *tcp = to + IP_LEN, *payload = tcp + TCP_LEN + options_len;
	uint32_t seq = (uint32_t)segment->seq, ack = (uint32_t)segment->ack;

	if (len > to_len)
		return 0;
	memset(tcp, 0, TCP_LEN);
	put16(tcp, flow->peer_port);
	put16(tcp + 2, flow->host_port);
	put32(tcp + 4, segment->said & SAID_RAW_SEQ ? seq : seq + flow->irs);
	put32(tcp + 8, !(segment->said & SAID_ACK)    ? 0
		       : segment->said & SAID_RAW_ACK ? ack
						      : ack + flow->iss);
	put16(tcp + 12, offset << 12 | segment->flags);
	put16(tcp + 14, segment->window);
	put16(tcp + 18, segment->urgent);
	memcpy(tcp + TCP_LEN, options, options_len);
	for (uint32_t i = 0; i < segment->len; i++)
		payload[i] = segment_pattern(
			segment->seq + !!(segment->flags & TCP_SYN) + i,
			segment->said & SAID_OTHER);
	if (segment->said & SAID_CUT && segment->cut < len - IP_LEN)
		len = IP_LEN + segment->cut;
	build_ip(to, segment, len);
	sign_packet(flow, segment, to, len);
	if (len >= IP_LEN + 18)
		put16(tcp + 16, ~tcp_sum(to, len));
	if (segment->said & SAID_BAD_CHECKSUM)
		tcp[16] ^= 0x55;
	return len;
}

/* What the host sent once, quoted by a router; 8 bytes of TCP. */
uint32_t wire_icmp(const struct flow *flow, int type, int code, uint32_t rest,
		   int64_t quoted_seq, uint8_t *to)
{
	struct segment outer = { 0 };
	uint8_t *icmp = to + IP_LEN, *quoted = icmp + 8;
	uint32_t len = IP_LEN + 8 + IP_LEN + 8;

	memset(to, 0, len);
	icmp[0] = (uint8_t)type;
	icmp[1] = (uint8_t)code;
	put32(icmp + 4, rest);
	build_ip(quoted, &outer, 1500);
	put32(quoted + 12, HOST_IP);
	put32(quoted + 16, PEER_IP);
	put16(quoted + IP_LEN, flow->host_port);
	put16(quoted + IP_LEN + 2, flow->peer_port);
	put32(quoted + IP_LEN + 4, (uint32_t)quoted_seq + flow->iss);
	put16(icmp + 2, ~sum16(0, icmp, len - IP_LEN));
	build_ip(to, &outer, len);
	to[9] = 1;
	put16(to + 10, 0);
	put16(to + 10, ~sum16(0, to, IP_LEN));
	return len;
}

/* ----------------------------------------------------------------- parse */

bool wire_ports(const uint8_t *packet, uint32_t len, uint16_t *host_port,
		uint16_t *peer_port)
{
	if (len < IP_LEN + TCP_LEN || packet[9] != 6)
		return false;
	*host_port = (uint16_t)get16(packet + IP_LEN);
	*peer_port = (uint16_t)get16(packet + IP_LEN + 2);
	return true;
}

static void parse_values(const struct flow *flow, const uint8_t *at,
			 struct option *option)
{
	uint32_t len = at[1];

	if (option->kind == KIND_MSS && len == 4) {
		option->value[option->count++] = get16(at + 2);
	} else if (option->kind == KIND_WS && len == 3) {
		option->value[option->count++] = at[2];
	} else if (option->kind == KIND_TS && len == 10) {
		option->value[option->count++] =
			(int32_t)(get32(at + 2) -
				  (flow->ts_known ? flow->ts_base : 0));
		option->value[option->count++] = get32(at + 6);
	} else if (option->kind == KIND_SACK && len <= 34 && len % 8 == 2) {
		for (uint32_t i = 2; i < len; i += 4)
			option->value[option->count++] =
				(int32_t)(get32(at + i) - flow->irs);
	} else if (option->kind == KIND_AO && len >= 4) {
		option->value[option->count++] = at[2];
		option->value[option->count++] = at[3];
		option->value[option->count++] = len - 4;
	} else if ((option->kind != KIND_SACK_OK || len != 2) &&
		   (option->kind != KIND_MD5 || len != 18)) {
		option->kind = KIND_RAW;
		memcpy(option->raw, at, len);
		option->raw_len = len;
	}
}

/* False: they do not fit the header. */
static bool parse_options(const struct flow *flow, const uint8_t *at,
			  uint32_t left, struct segment *segment)
{
	while (left) {
		struct option *option = &segment->option[segment->option_count];

		if (segment->option_count == OPTIONS_MAX)
			return false;
		segment->option_count++;
		*option = (struct option){ .kind = at[0] };
		if (option->kind == KIND_END)
			return true;
		if (option->kind == KIND_NOP) {
			at++;
			left--;
			continue;
		}
		if (left < 2 || at[1] < 2 || at[1] > left)
			return false;
		parse_values(flow, at, option);
		left -= at[1];
		at += at[1];
	}
	return true;
}

static const char *fault_of(const uint8_t *packet, uint32_t len)
{
	uint32_t tcp_len = (uint32_t)(packet[IP_LEN + 12] >> 4) * 4;

	if (packet[0] != 0x45)
		return "IP version or header length";
	if (get16(packet + 2) != len)
		return "IP length";
	if (sum16(0, packet, IP_LEN) != 0xffff)
		return "IP checksum";
	if (get32(packet + 12) != HOST_IP || get32(packet + 16) != PEER_IP)
		return "IP addresses";
	if (!(packet[6] & 0x40))
		return "IP: no DF";
	if (tcp_len < TCP_LEN || IP_LEN + tcp_len > len)
		return "data offset";
	if (tcp_sum(packet, len) != 0xffff)
		return "TCP checksum";
	return NULL;
}

static void check_payload(struct segment *segment, const uint8_t *payload)
{
	int64_t seq = segment->seq + !!(segment->flags & TCP_SYN);

	segment->payload_is_right = segment->payload_is_other = segment->len;
	for (uint32_t i = 0; i < segment->len; i++) {
		if (payload[i] != segment_pattern(seq + i, false))
			segment->payload_is_right = false;
		if (payload[i] != segment_pattern(seq + i, true))
			segment->payload_is_other = false;
	}
}

void wire_parse(const struct flow *flow, const uint8_t *packet, uint32_t len,
		struct segment *segment)
{
	const uint8_t *tcp = packet + IP_LEN;
	uint32_t header_len = (uint32_t)(tcp[12] >> 4) * 4;

	*segment = (struct segment){ .said = SAID_SEQ | SAID_WINDOW };
	segment->fault = fault_of(packet, len);
	segment->flags = get16(tcp + 12) & 0x1ff;
	segment->seq = (int32_t)(get32(tcp + 4) - flow->iss);
	segment->ack = (int32_t)(get32(tcp + 8) - flow->irs);
	segment->window = get16(tcp + 14);
	segment->urgent = get16(tcp + 18);
	segment->ttl = packet[8];
	segment->tos = packet[1] & 0xfc;
	segment->ecn = packet[1] & 3;
	if (segment->fault)
		return;
	if (!parse_options(flow, tcp + TCP_LEN, header_len - TCP_LEN, segment))
		segment->fault = "options do not fit the header";
	if (!(segment->flags & TCP_URG) && segment->urgent)
		segment->fault = "urgent pointer without URG";
	segment->len = len - IP_LEN - header_len;
	check_payload(segment, tcp + header_len);
}
