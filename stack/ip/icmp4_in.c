/* ICMP on the way in. RFC 792; RFC 1122, 3.2.2; RFC 6918. */
#include <errno.h>
#include <netinet/in.h>

#include "base/checksum.h"
#include "ip/ip_internal.h"

#define TIMESTAMP_LEN 20

struct meaning {
	int error;
	bool hard;
};

/* Linux's icmp_err_convert. */
static const struct meaning unreachable[] = {
	{ ENETUNREACH, false }, /* net */
	{ EHOSTUNREACH, false }, /* host */
	{ ENOPROTOOPT, true }, /* protocol */
	{ ECONNREFUSED, true }, /* port */
	{ EMSGSIZE, false }, /* fragmentation needed */
	{ EOPNOTSUPP, false }, /* source route failed */
	{ ENETUNREACH, true }, /* net unknown */
	{ EHOSTDOWN, true }, /* host unknown */
	{ ENONET, true }, /* source host isolated */
	{ ENETUNREACH, true }, /* net prohibited */
	{ EHOSTUNREACH, true }, /* host prohibited */
	{ ENETUNREACH, false }, /* net, for this service */
	{ EHOSTUNREACH, false }, /* host, for this service */
	{ EHOSTUNREACH, true }, /* filtered */
	{ EHOSTUNREACH, true }, /* precedence violation */
	{ EHOSTUNREACH, true }, /* precedence cut off */
};

bool icmp4_error_of(uint8_t type, uint8_t code, struct ip_error *error)
{
	size_t codes = sizeof(unreachable) / sizeof(*unreachable);

	error->type = type;
	error->code = code;
	error->hard = false;
	error->error = EHOSTUNREACH;
	switch (type) {
	case ICMP4_UNREACHABLE:
		if (code >= codes)
			return false;
		error->error = unreachable[code].error;
		error->hard = unreachable[code].hard;
		return true;
	case ICMP4_TIME_EXCEEDED:
		return true;
	case ICMP4_PARAMETER_PROBLEM:
		error->error = EPROTO;
		error->hard = true;
		return true;
	default:
		return false;
	}
}

/*
 * A router of before RFC 1191 names no MTU: the next lower of the common
 * ones is tried (RFC 1191, 7).
 */
static uint32_t plateau_below(uint32_t len)
{
	static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352, 2002,
					     1492,  1006,  508,	 296 };

	for (size_t i = 0; i < sizeof(plateaus) / sizeof(*plateaus); i++) {
		if (plateaus[i] < len)
			return plateaus[i];
	}
	return 68;
}

bool icmp4_parse_quote(struct reader quote, struct ip_error *error)
{
	struct ip4_header header;

	/* behind the first fragment there is no transport header */
	if (!ip4_header_parse_quoted(&quote, &header) ||
	    header.fragment_offset != 0)
		return false;
	error->src = pyt_ip_from_v4(header.src);
	error->dst = pyt_ip_from_v4(header.dst);
	error->protocol = header.protocol;
	error->payload = quote;
	if (error->error == EMSGSIZE && error->info == 0)
		error->info = plateau_below(header.len);
	return true;
}

static void count(struct ip *ip, uint8_t type)
{
	static const enum counter counters[] = {
		[ICMP4_ECHO_REPLY] = COUNTER_ICMP_IN_ECHO_REPS,
		[ICMP4_UNREACHABLE] = COUNTER_ICMP_IN_DEST_UNREACHS,
		[ICMP4_REDIRECT] = COUNTER_ICMP_IN_REDIRECTS,
		[ICMP4_ECHO] = COUNTER_ICMP_IN_ECHOS,
		[ICMP4_TIME_EXCEEDED] = COUNTER_ICMP_IN_TIME_EXCDS,
		[ICMP4_PARAMETER_PROBLEM] = COUNTER_ICMP_IN_PARM_PROBS,
		[ICMP4_TIMESTAMP] = COUNTER_ICMP_IN_TIMESTAMPS,
		[ICMP4_TIMESTAMP_REPLY] = COUNTER_ICMP_IN_TIMESTAMP_REPS,
		[ICMP4_SOURCE_QUENCH] = COUNTER_ICMP_IN_SRC_QUENCHS,
		[ICMP4_MASK_REQUEST] = COUNTER_ICMP_IN_ADDR_MASKS,
		[ICMP4_MASK_REPLY] = COUNTER_ICMP_IN_ADDR_MASK_REPS,
	};

	counter_hit(&ip->engine->counters, COUNTER_ICMP_IN_MSGS);
	if (type < sizeof(counters) / sizeof(*counters) && counters[type])
		counter_hit(&ip->engine->counters, counters[type]);
}

static enum counter input_error(const struct ip *ip,
				const struct packet_in *packet,
				const struct icmp4_header *icmp,
				struct reader quote, struct ip_error *error)
{
	*error = (struct ip_error){ .offender = packet->src,
				    .ttl = packet->ttl,
				    .tos = packet->tos,
				    .ifindex = packet->iface->ifindex };
	if (packet->dst_broadcast || packet->dst_multicast)
		return COUNTER_ICMP4_BROADCAST;
	if (!icmp4_error_of(icmp->type, icmp->code, error))
		return COUNTER_ICMP4_UNKNOWN_CODE;
	if (icmp->type == ICMP4_PARAMETER_PROBLEM)
		error->info = icmp->rest >> 24;
	else if (error->error == EMSGSIZE)
		error->info = icmp->rest & 0xffff;
	error->quote = quote.at;
	error->quote_len = (uint16_t)((icmp->rest >> 16 & 0xff) * 4);
	if (!icmp4_parse_quote(quote, error) || !ip_is_local(ip, &error->src))
		return COUNTER_ICMP4_QUOTE;
	return COUNTER_NONE;
}

static bool answers_echo(const struct ip *ip, const struct packet_in *packet)
{
	bool to_many = packet->dst_broadcast || packet->dst_multicast;

	if (ip->settings.icmp_echo_ignore_all)
		return false;
	/* RFC 1122, 3.2.2.6: may be discarded; an amplifier else */
	return !to_many || !ip->settings.icmp_echo_ignore_broadcasts;
}

static enum counter input_echo(struct ip *ip, const struct packet_in *packet,
			       const struct icmp4_header *icmp)
{
	struct icmp4_header reply = {
		.type = ICMP4_ECHO_REPLY,
		.rest = icmp->rest,
	};

	if (icmp->type == ICMP4_TIMESTAMP) {
		reply.type = ICMP4_TIMESTAMP_REPLY;
		if (packet->payload.left < TIMESTAMP_LEN)
			return COUNTER_ICMP4_SHORT;
	}
	if (answers_echo(ip, packet))
		icmp4_reply(ip, packet, &reply, packet->now_us);
	else
		counter_hit(&ip->engine->counters, COUNTER_ICMP4_ECHO_IGNORED);
	return COUNTER_NONE;
}

/* Of one of our default routes: secure_redirects. */
static bool is_default_gateway(const struct ip *ip,
			       const struct pyt_ip *gateway)
{
	for (int i = 0; i < ip->route_count; i++) {
		const struct pyt_route *route = &ip->routes[i];

		if (route->prefix_len == 0 &&
		    pyt_ip_equal(&route->gateway, gateway))
			return true;
	}
	return false;
}

/* RFC 1122, 3.2.2.2: on the same link; what else Linux asks for. */
static bool accepts(const struct ip *ip, const struct packet_in *packet,
		    const struct ip_redirect *told)
{
	const struct iface_settings *s = iface_settings(packet->iface);

	if (!s->accept_redirects4 || packet->dst_broadcast ||
	    packet->dst_multicast ||
	    iface_is_directed_broadcast(packet->iface, &told->gateway) ||
	    !iface_address_on_link(packet->iface, &told->gateway))
		return false;
	return s->shared_media || !s->secure_redirects ||
	       is_default_gateway(ip, &told->gateway);
}

/* Codes of networks and of types of service mean the host: 3.2.2.2. */
static enum counter input_redirect(struct ip *ip,
				   const struct packet_in *packet,
				   const struct icmp4_header *icmp,
				   struct reader quote)
{
	struct ip_redirect told = { .iface = packet->iface,
				    .router = packet->src,
				    .gateway = pyt_ip_from_v4(icmp->rest) };
	struct ip4_header header;

	if (!ip4_header_parse_quoted(&quote, &header) || icmp->code > 3)
		return COUNTER_ICMP4_QUOTE;
	told.src = pyt_ip_from_v4(header.src);
	told.dst = pyt_ip_from_v4(header.dst);
	if (!ip_is_local(ip, &told.src))
		return COUNTER_ICMP4_QUOTE;
	if (!accepts(ip, packet, &told) ||
	    ip_redirect(ip, &told, packet->now_us) < 0)
		return COUNTER_ICMP4_REDIRECT_IGNORED;
	return COUNTER_NONE;
}

/* All but the errors, whose sockets are found by what they quote. */
static enum counter input_query(struct ip *ip, const struct packet_in *packet,
				const struct icmp4_header *icmp,
				struct reader quote)
{
	switch (icmp->type) {
	case ICMP4_ECHO:
	case ICMP4_TIMESTAMP:
		return input_echo(ip, packet, icmp);
	case ICMP4_REDIRECT:
		return input_redirect(ip, packet, icmp, quote);
	case ICMP4_SOURCE_QUENCH: /* RFC 6633 */
	case ICMP4_INFO_REQUEST: /* RFC 6918 */
	case ICMP4_INFO_REPLY:
	case ICMP4_MASK_REQUEST:
	case ICMP4_MASK_REPLY:
		return COUNTER_ICMP4_DEPRECATED;
	default: /* raw sockets may know it */
		return COUNTER_NONE;
	}
}

static bool goes_to_socket(uint8_t type)
{
	return type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED ||
	       type == ICMP4_PARAMETER_PROBLEM;
}

enum ip_verdict icmp4_input(struct ip *ip, struct packet_in *packet,
			    struct ip_error *error, enum counter *reason)
{
	struct reader rest = packet->payload;
	struct icmp4_header icmp;
	bool is_error;

	*reason = COUNTER_NONE;
	packet->for_raw = icmp4_header_parse(&rest, &icmp);
	if (!packet->for_raw)
		*reason = COUNTER_ICMP4_SHORT;
	else if (!packet->csum_trusted &&
		 checksum_finish(checksum_add(0, packet->payload.at,
					      packet->payload.left)) != 0)
		*reason = COUNTER_ICMP4_CHECKSUM;
	if (*reason != COUNTER_NONE) {
		counter_hit(&ip->engine->counters, *reason);
		return IP_DROP;
	}
	count(ip, icmp.type);
	is_error = goes_to_socket(icmp.type);
	*reason = is_error ? input_error(ip, packet, &icmp, rest, error)
			   : input_query(ip, packet, &icmp, rest);
	if (*reason != COUNTER_NONE) {
		counter_hit(&ip->engine->counters, *reason);
		return IP_DROP;
	}
	counter_hit(&ip->engine->counters, COUNTER_IP_IN_DELIVERS);
	return is_error ? IP_ICMP_ERROR : IP_DELIVER;
}
