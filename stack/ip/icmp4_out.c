/* ICMP that we send: answers and errors. RFC 792; RFC 1122, 3.2.2. */
#include <netinet/in.h>
#include <string.h>

#include "ip/ip_internal.h"

#define ERROR_LEN_MAX 576 /* of the IP packet: RFC 1812, 4.3.2.3 */
#define PRECEDENCE 0xc0 /* internetwork control, as Linux */
#define STAMPS_AT 12 /* receive and transmit, RFC 792 */

void icmp4_count_out(struct ip *ip, uint8_t type)
{
	static const enum counter counters[] = {
		[ICMP4_ECHO_REPLY] = COUNTER_ICMP_OUT_ECHO_REPS,
		[ICMP4_UNREACHABLE] = COUNTER_ICMP_OUT_DEST_UNREACHS,
		[ICMP4_ECHO] = COUNTER_ICMP_OUT_ECHOS,
		[ICMP4_TIME_EXCEEDED] = COUNTER_ICMP_OUT_TIME_EXCDS,
		[ICMP4_PARAMETER_PROBLEM] = COUNTER_ICMP_OUT_PARM_PROBS,
		[ICMP4_TIMESTAMP] = COUNTER_ICMP_OUT_TIMESTAMPS,
		[ICMP4_TIMESTAMP_REPLY] = COUNTER_ICMP_OUT_TIMESTAMP_REPS,
	};

	counter_hit(&ip->engine->counters, COUNTER_ICMP_OUT_MSGS);
	if (type < sizeof(counters) / sizeof(*counters) && counters[type])
		counter_hit(&ip->engine->counters, counters[type]);
}

/*
 * Back to the packet's source, from the address it was sent to if that is
 * one of ours (RFC 1122, 3.2.2, 3.2.2.6), and by lo if it came so.
 */
static bool path_back(struct ip *ip, const struct packet_in *packet,
		      const struct pyt_ip *first_hop, struct ip_path *path,
		      int64_t now_us)
{
	bool ours = !packet->dst_broadcast && !packet->dst_multicast &&
		    ip_is_local(ip, &packet->dst);

	if (pyt_ip_is_unspecified(&packet->src) ||
	    ip_route(ip, first_hop, ours ? &packet->dst : NULL, 0, now_us,
		     path) != 0 ||
	    path->broadcast || path->multicast) {
		counter_hit(&ip->engine->counters, COUNTER_ICMP_NO_WAY_BACK);
		return false;
	}
	path->dst = packet->src;
	return true;
}

/* RFC 1122, 3.2.2.6: the options come back, a source route reversed. */
static bool path_back_with_options(struct ip *ip,
				   const struct packet_in *packet,
				   struct ip_extensions *extensions,
				   struct ip_path *path, int64_t now_us)
{
	uint8_t options[IP4_OPTIONS_LEN_MAX], len;

	*extensions = (struct ip_extensions){ 0 };
	if (!path_back(ip, packet, &packet->src, path, now_us))
		return false;
	len = ip4_options_echo(packet, pyt_ip_to_v4(&path->src), options);
	ip4_options_take(extensions, options, len);
	return !extensions->detours ||
	       path_back(ip, packet, &extensions->first_hop, path, now_us);
}

/* message: ICMP header's place and what follows; its sum is put in here. */
static void send_message(struct ip *ip, const struct ip_path *path,
			 const struct ip_fields *fields,
			 const struct icmp4_header *header,
			 struct packet_out *message, int64_t now_us)
{
	icmp4_header_build(message->data, header);
	icmp4_set_checksum(message->data, message->len);
	ip4_send(ip, path, fields, message, now_us);
}

/* The time of day is not known here: the high bit says so (RFC 792). */
static void stamp(struct packet_out *message, int64_t now_us)
{
	uint32_t ms = 0x80000000 | (uint32_t)(now_us / 1000);

	for (int i = 0; i < 8; i++)
		message->data[STAMPS_AT + i] =
			(uint8_t)(ms >> (24 - i % 4 * 8));
}

void icmp4_reply(struct ip *ip, const struct packet_in *packet,
		 const struct icmp4_header *reply, int64_t now_us)
{
	uint32_t len = (uint32_t)packet->payload.left;
	struct ip_extensions extensions;
	struct ip_fields fields = {
		.protocol = IPPROTO_ICMP,
		.tos = packet->tos,
		.extensions = &extensions,
	};
	struct packet_out *message;
	struct ip_path path;

	if (!path_back_with_options(ip, packet, &extensions, &path, now_us))
		return;
	message = packet_create(ip->engine, len);
	if (!message) {
		counter_hit(&ip->engine->counters, COUNTER_NO_MEMORY);
		return;
	}
	memcpy(message->data, packet->payload.at, len);
	if (reply->type == ICMP4_TIMESTAMP_REPLY)
		stamp(message, now_us);
	send_message(ip, &path, &fields, reply, message, now_us);
}

/* The quoted packet is ICMP, and not a query: RFC 1122, 3.2.2. */
static bool is_icmp_error(const struct packet_in *packet)
{
	uint8_t type;

	if (packet->protocol != IPPROTO_ICMP)
		return false;
	if (packet->ip_len <= packet->ip_header_len)
		return true;
	type = packet->ip_header[packet->ip_header_len];
	return icmp4_is_error(type) || type > ICMP4_MASK_REPLY;
}

static bool is_later_fragment(const struct packet_in *packet)
{
	/* the low 13 bits of bytes 6 and 7 */
	return (packet->ip_header[6] & 0x1f) || packet->ip_header[7];
}

/* RFC 1122, 3.2.2: the cases in which no error may be sent. */
static bool may_be_told(const struct packet_in *packet)
{
	uint32_t src = pyt_ip_to_v4(&packet->src);

	if (packet->dst_broadcast || packet->dst_multicast ||
	    packet->link_broadcast)
		return false;
	if (src >> 28 >= 0xe || src >> 24 == 0)
		return false; /* no single host */
	if (packet->protocol == IPPROTO_IGMP)
		return false; /* never answered, whoever listens */
	return !is_later_fragment(packet) && !is_icmp_error(packet);
}

static struct packet_out *quote_packet(struct ip *ip,
				       const struct packet_in *packet)
{
	uint32_t max = ERROR_LEN_MAX - IP4_HEADER_LEN - ICMP4_HEADER_LEN;
	uint32_t len = packet->ip_len < max ? packet->ip_len : max;
	struct packet_out *message;

	message = packet_create(ip->engine, ICMP4_HEADER_LEN + len);
	if (message)
		memcpy(message->data + ICMP4_HEADER_LEN, packet->ip_header,
		       len);
	return message;
}

void icmp4_send_error(struct ip *ip, const struct packet_in *packet,
		      uint8_t type, uint8_t code, uint32_t rest, int64_t now_us)
{
	struct icmp4_header header = { .type = type,
				       .code = code,
				       .rest = rest };
	struct ip_fields fields = {
		.protocol = IPPROTO_ICMP,
		.tos = PRECEDENCE | (packet->tos & 0x1e),
	};
	struct packet_out *message;
	struct ip_path path;

	if (!may_be_told(packet)) {
		counter_hit(&ip->engine->counters, COUNTER_ICMP_OUT_SUPPRESSED);
		return;
	}
	if (!path_back(ip, packet, &packet->src, &path, now_us))
		return;
	if (!path.local &&
	    !icmp4_limit_allows(ip, type, code, &packet->src, now_us))
		return;
	message = quote_packet(ip, packet);
	if (!message) {
		counter_hit(&ip->engine->counters, COUNTER_NO_MEMORY);
		return;
	}
	send_message(ip, &path, &fields, &header, message, now_us);
}

void ip_unreachable(struct ip *ip, const struct packet_in *packet,
		    enum ip_refusal why, int64_t now_us)
{
	if (!pyt_ip_is_v4(&packet->src)) {
		icmp6_unreachable(ip, packet, why, now_us);
		return;
	}
	icmp4_send_error(ip, packet, ICMP4_UNREACHABLE,
			 why == IP_NO_PORT ? ICMP4_PORT_UNREACHABLE
					   : ICMP4_PROTOCOL_UNREACHABLE,
			 0, now_us);
}
