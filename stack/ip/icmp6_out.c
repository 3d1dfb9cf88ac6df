/* ICMPv6 that we send: answers and errors. RFC 4443, 2. */
#include <string.h>

#include "ip/ip_internal.h"

void icmp6_count_out(struct ip *ip, uint8_t type)
{
	static const enum counter of_type[256] = {
		[ICMP6_UNREACHABLE] = COUNTER_ICMP6_OUT_DEST_UNREACHS,
		[ICMP6_TIME_EXCEEDED] = COUNTER_ICMP6_OUT_TIME_EXCDS,
		[ICMP6_PARAMETER_PROBLEM] = COUNTER_ICMP6_OUT_PARM_PROBLEMS,
		[ICMP6_ECHO] = COUNTER_ICMP6_OUT_ECHOS,
		[ICMP6_ECHO_REPLY] = COUNTER_ICMP6_OUT_ECHO_REPLIES,
		[ICMP6_MLD_REPORT] = COUNTER_ICMP6_OUT_MLD_REPORTS,
		[ICMP6_MLD_DONE] = COUNTER_ICMP6_OUT_MLD_DONES,
		[ICMP6_MLD2_REPORT] = COUNTER_ICMP6_OUT_MLD2_REPORTS,
	};

	counter_hit(&ip->engine->counters, COUNTER_ICMP6_OUT_MSGS);
	if (of_type[type] != COUNTER_NONE)
		counter_hit(&ip->engine->counters, of_type[type]);
}

/*
 * RFC 4443, 2.2: from the address it was sent to if that is ours alone, else
 * from one chosen; on the link it came by where its source means that.
 */
static bool path_back(struct ip *ip, const struct packet_in *packet,
		      struct ip_path *path, int64_t now_us)
{
	bool ours = !packet->dst_multicast && ip_is_local(ip, &packet->dst);
	int ifindex = ip6_needs_zone(&packet->src) &&
				      packet->iface->ifindex != IP_LO_INDEX
			      ? packet->iface->ifindex
			      : 0;

	if (!pyt_ip_is_unspecified(&packet->src) &&
	    !pyt_ip_is_multicast(&packet->src) &&
	    ip_route(ip, &packet->src, ours ? &packet->dst : NULL, ifindex,
		     now_us, path) == 0)
		return true;
	counter_hit(&ip->engine->counters, COUNTER_ICMP_NO_WAY_BACK);
	return false;
}

static void send_message(struct ip *ip, const struct ip_path *path,
			 const struct ip_fields *fields,
			 const struct icmp6_header *header,
			 struct packet_out *message, int64_t now_us)
{
	icmp6_header_build(message->data, header);
	icmp6_set_checksum(message->data, message->len, &path->src, &path->dst);
	ip6_send(ip, path, fields, message, now_us);
}

void icmp6_reply(struct ip *ip, const struct packet_in *packet,
		 const struct icmp6_header *reply, int64_t now_us)
{
	uint32_t len = (uint32_t)packet->payload.left;
	struct ip_fields fields = { .protocol = IP6_ICMP, .tos = packet->tos };
	struct packet_out *message;
	struct ip_path path;

	if (!path_back(ip, packet, &path, now_us))
		return;
	message = packet_create(ip->engine, len);
	if (!message) {
		counter_hit(&ip->engine->counters, COUNTER_NO_MEMORY);
		return;
	}
	memcpy(message->data, packet->payload.at, len);
	send_message(ip, &path, &fields, reply, message, now_us);
}

/* ---------------------------------------------------------------- errors */

/* Whether the chain, as far as it can be followed, ends in an ICMPv6 error or
 * a redirect: RFC 4443, 2.4 (e.1), (e.2). */
static bool is_icmp_error(const struct packet_in *packet)
{
	struct reader r = reader_init(packet->ip_header, packet->ip_len);
	struct ip6_header header;
	struct ip_error quoted;
	uint8_t type;

	if (!ip6_header_parse_quoted(&r, &header) ||
	    !icmp6_parse_quote(reader_init(packet->ip_header, packet->ip_len),
			       &quoted))
		return false;
	if (quoted.protocol != IP6_ICMP)
		return false;
	type = reader_u8(&quoted.payload);
	return quoted.payload.failed || icmp6_is_error(type) ||
	       type == ICMP6_REDIRECT;
}

/* RFC 4443, 2.4 (e.3): the two errors that groups may be told. */
static bool may_answer_group(uint8_t type, uint8_t code)
{
	return type == ICMP6_TOO_BIG || (type == ICMP6_PARAMETER_PROBLEM &&
					 code == ICMP6_UNKNOWN_OPTION);
}

static bool may_be_told(const struct packet_in *packet, uint8_t type,
			uint8_t code)
{
	if ((packet->dst_multicast || packet->link_broadcast) &&
	    !may_answer_group(type, code))
		return false;
	/* no single node: (e.6); an anycast source cannot be told apart */
	if (pyt_ip_is_unspecified(&packet->src) ||
	    pyt_ip_is_multicast(&packet->src))
		return false;
	return !is_icmp_error(packet);
}

/* As much as makes no more than 1280 bytes of it: RFC 4443, 2.4 (c). */
static struct packet_out *quote_packet(struct ip *ip,
				       const struct packet_in *packet)
{
	uint32_t max = IP6_MTU_MIN - IP6_HEADER_LEN - ICMP6_HEADER_LEN;
	uint32_t len = packet->ip_len < max ? packet->ip_len : max;
	struct packet_out *message =
		packet_create(ip->engine, ICMP6_HEADER_LEN + len);

	if (message)
		memcpy(message->data + ICMP6_HEADER_LEN, packet->ip_header,
		       len);
	return message;
}

void icmp6_send_error(struct ip *ip, const struct packet_in *packet,
		      uint8_t type, uint8_t code, uint32_t rest, int64_t now_us)
{
	struct icmp6_header header = { .type = type,
				       .code = code,
				       .rest = rest };
	struct ip_fields fields = { .protocol = IP6_ICMP };
	struct packet_out *message;
	struct ip_path path;

	if (!may_be_told(packet, type, code)) {
		counter_hit(&ip->engine->counters, COUNTER_ICMP_OUT_SUPPRESSED);
		return;
	}
	if (!path_back(ip, packet, &path, now_us))
		return;
	if (!path.local && !icmp6_limit_allows(ip, type, &packet->src, now_us))
		return;
	message = quote_packet(ip, packet);
	if (!message) {
		counter_hit(&ip->engine->counters, COUNTER_NO_MEMORY);
		return;
	}
	send_message(ip, &path, &fields, &header, message, now_us);
}

void icmp6_unreachable(struct ip *ip, const struct packet_in *packet,
		       enum ip_refusal why, int64_t now_us)
{
	if (why == IP_NO_PORT)
		icmp6_send_error(ip, packet, ICMP6_UNREACHABLE,
				 ICMP6_PORT_UNREACHABLE, 0, now_us);
	else
		icmp6_send_error(ip, packet, ICMP6_PARAMETER_PROBLEM,
				 ICMP6_UNKNOWN_NEXT_HEADER,
				 packet->next_header_at, now_us);
}
