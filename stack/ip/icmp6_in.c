/* ICMPv6 on the way in. RFC 4443. */
#include <errno.h>
#include <limits.h>

#include "ip/ip_internal.h"

/* Linux's icmpv6_err_convert. */
static const struct {
	int error;
	bool hard;
} unreachable[] = {
	{ ENETUNREACH, false }, /* no route */
	{ EACCES, true }, /* prohibited */
	{ EHOSTUNREACH, false }, /* beyond the scope of the source */
	{ EHOSTUNREACH, false }, /* address */
	{ ECONNREFUSED, true }, /* port */
	{ EACCES, true }, /* policy */
	{ EACCES, true }, /* rejected route */
};

void icmp6_error_of(uint8_t type, uint8_t code, struct ip_error *error)
{
	size_t codes = sizeof(unreachable) / sizeof(*unreachable);

	error->type = type;
	error->code = code;
	error->error = EPROTO;
	error->hard = true;
	if (type == ICMP6_UNREACHABLE && code < codes) {
		error->error = unreachable[code].error;
		error->hard = unreachable[code].hard;
	} else if (type == ICMP6_TOO_BIG) {
		error->error = EMSGSIZE;
		error->hard = false;
	} else if (type == ICMP6_TIME_EXCEEDED) {
		error->error = EHOSTUNREACH;
		error->hard = false;
	}
}

/*
 * The transport header behind whatever extension headers we had put in front;
 * what is quoted of them is ours, and is not judged.
 */
static bool find_transport(struct reader quote, uint8_t next_header,
			   struct ip_error *error)
{
	while (ip6_is_extension(next_header)) {
		struct reader r = quote;
		uint8_t kind = next_header;
		uint32_t len;

		if (kind == IP6_FRAGMENT) {
			struct ip6_fragment f;

			if (!ip6_fragment_parse(&quote, &f) || f.offset != 0)
				return false;
			next_header = f.next_header;
			continue;
		}
		next_header = reader_u8(&r);
		len = ip6_extension_len(kind, reader_u8(&r));
		reader_bytes(&quote, len);
		if (r.failed || quote.failed)
			return false;
	}
	error->protocol = next_header;
	error->payload = quote;
	return true;
}

bool icmp6_parse_quote(struct reader quote, struct ip_error *error)
{
	struct ip6_header header;

	if (!ip6_header_parse_quoted(&quote, &header))
		return false;
	error->src = header.src;
	error->dst = header.dst;
	return find_transport(quote, header.next_header, error);
}

static void count(struct ip *ip, uint8_t type)
{
	static const enum counter of_type[256] = {
		[ICMP6_UNREACHABLE] = COUNTER_ICMP6_IN_DEST_UNREACHS,
		[ICMP6_TOO_BIG] = COUNTER_ICMP6_IN_PKT_TOO_BIGS,
		[ICMP6_TIME_EXCEEDED] = COUNTER_ICMP6_IN_TIME_EXCDS,
		[ICMP6_PARAMETER_PROBLEM] = COUNTER_ICMP6_IN_PARM_PROBLEMS,
		[ICMP6_ECHO] = COUNTER_ICMP6_IN_ECHOS,
		[ICMP6_ECHO_REPLY] = COUNTER_ICMP6_IN_ECHO_REPLIES,
		[ICMP6_MLD_QUERY] = COUNTER_ICMP6_IN_MLD_QUERIES,
		[ICMP6_MLD_REPORT] = COUNTER_ICMP6_IN_MLD_REPORTS,
		[ICMP6_MLD_DONE] = COUNTER_ICMP6_IN_MLD_DONES,
		[ICMP6_MLD2_REPORT] = COUNTER_ICMP6_IN_MLD2_REPORTS,
		[ICMP6_ROUTER_SOLICITATION] = COUNTER_ICMP6_IN_RS,
		[ICMP6_ROUTER_ADVERTISEMENT] = COUNTER_ICMP6_IN_RA,
		[ICMP6_NEIGHBOUR_SOLICITATION] = COUNTER_ICMP6_IN_NS,
		[ICMP6_NEIGHBOUR_ADVERTISEMENT] = COUNTER_ICMP6_IN_NA,
		[ICMP6_REDIRECT] = COUNTER_ICMP6_IN_REDIRECTS,
	};

	counter_hit(&ip->engine->counters, COUNTER_ICMP6_IN_MSGS);
	if (of_type[type] != COUNTER_NONE)
		counter_hit(&ip->engine->counters, of_type[type]);
}

static enum counter input_error(const struct ip *ip,
				const struct packet_in *packet,
				const struct icmp6_header *icmp,
				struct reader quote, struct ip_error *error)
{
	*error = (struct ip_error){ .offender = packet->src,
				    .ttl = packet->ttl,
				    .tos = packet->tos,
				    .ifindex = packet->iface->ifindex };
	icmp6_error_of(icmp->type, icmp->code, error);
	if (icmp->type == ICMP6_TOO_BIG ||
	    icmp->type == ICMP6_PARAMETER_PROBLEM)
		error->info = icmp->rest;
	else /* RFC 4884, 4.4 */
		error->quote_len = (uint16_t)((icmp->rest >> 24) * 8);
	error->quote = quote.at;
	if (!icmp6_parse_quote(quote, error) || !ip_is_local(ip, &error->src))
		return COUNTER_ICMP6_QUOTE;
	return COUNTER_NONE;
}

static bool answers_echo(const struct ip *ip, const struct packet_in *packet)
{
	if (ip->settings6.echo_ignore_all)
		return false;
	return !packet->dst_multicast || !ip->settings6.echo_ignore_multicast;
}

static enum counter input_echo(struct ip *ip, const struct packet_in *packet,
			       const struct icmp6_header *icmp)
{
	struct icmp6_header reply = { .type = ICMP6_ECHO_REPLY,
				      .rest = icmp->rest };

	if (answers_echo(ip, packet))
		icmp6_reply(ip, packet, &reply, packet->now_us);
	else
		counter_hit(&ip->engine->counters, COUNTER_ICMP6_ECHO_IGNORED);
	return COUNTER_NONE;
}

/* What is not for IP itself may be for a raw socket. */
static enum counter input_query(struct ip *ip, const struct packet_in *packet,
				const struct icmp6_header *icmp)
{
	switch (icmp->type) {
	case ICMP6_ECHO:
		return input_echo(ip, packet, icmp);
	case ICMP6_MLD_QUERY:
	case ICMP6_MLD_REPORT:
	case ICMP6_MLD_DONE:
	case ICMP6_MLD2_REPORT:
		return group_input_mld(ip, packet);
	case ICMP6_ROUTER_SOLICITATION:
	case ICMP6_ROUTER_ADVERTISEMENT:
	case ICMP6_NEIGHBOUR_SOLICITATION:
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
	case ICMP6_REDIRECT:
		return nd_input(ip, packet, icmp);
	default:
		return COUNTER_NONE;
	}
}

/* RFC 4443, 2.4 (a): an unknown error goes to whom it concerns as well. */
static bool goes_to_socket(uint8_t type)
{
	return icmp6_is_error(type) && type != 0;
}

enum ip_verdict icmp6_input(struct ip *ip, struct packet_in *packet,
			    struct ip_error *error, enum counter *reason)
{
	struct counters *counters = &ip->engine->counters;
	struct reader rest = packet->payload;
	struct icmp6_header icmp;
	bool is_error;

	*reason = COUNTER_NONE;
	if (!icmp6_header_parse(&rest, &icmp))
		*reason = COUNTER_ICMP6_SHORT;
	else if (!packet->csum_trusted &&
		 !icmp6_checksum_is_right(packet->payload.at,
					  packet->payload.left, &packet->src,
					  &packet->dst))
		*reason = COUNTER_ICMP6_CHECKSUM;
	if (*reason != COUNTER_NONE) {
		counter_hit(counters, COUNTER_ICMP6_IN_ERRORS);
		counter_hit(counters, *reason);
		return IP_DROP;
	}
	count(ip, icmp.type);
	is_error = goes_to_socket(icmp.type);
	*reason = is_error ? input_error(ip, packet, &icmp, rest, error)
			   : input_query(ip, packet, &icmp);
	if (*reason != COUNTER_NONE) {
		counter_hit(counters, *reason);
		packet->for_raw = true; /* RFC 3542, 3: not ours alone */
		return IP_DROP;
	}
	counter_hit(counters, COUNTER_IP6_IN_DELIVERS);
	return is_error ? IP_ICMP_ERROR : IP_DELIVER;
}
