/*
 * Neighbour discovery on the way in: what must hold of every message, then
 * who it is for. RFC 4861, 6.1, 7.1, 8.1; RFC 6980. What routers advertise is
 * checked here and used by autoconf, which gets it as a delivered message.
 */
#include "iface/nd.h"
#include "ip/ip_internal.h"
#include "wire/ethernet.h"

/* A router's address is learnt from what it sends, or what another one tells
 * of it: RFC 4861, 6.3.4, 8.3. */
static void learn(const struct packet_in *packet, const struct pyt_ip *ip,
		  struct reader options, enum nd_option_type type,
		  bool is_router)
{
	struct neighbour_cache *cache = packet->iface->neighbours;
	struct neighbour *neighbour;
	uint8_t mac[6];

	if (packet->iface->config.medium != PYT_MEDIUM_ETHERNET ||
	    !nd_option_find_mac(options, type, mac) || ethernet_is_group(mac))
		return;
	neighbour = neighbour_find(cache, packet->iface, ip);
	if (!neighbour)
		neighbour =
			neighbour_add(cache, packet->iface, ip, packet->now_us);
	if (!neighbour)
		return;
	neighbour_update(cache, neighbour, mac, NEIGHBOUR_STALE, true,
			 packet->now_us);
	neighbour->is_router |= is_router;
}

static enum counter input_router_advertisement(const struct packet_in *packet)
{
	struct nd_router_advertisement nd;

	if (!ip6_is_link_local(&packet->src))
		return COUNTER_ND_BAD_SOURCE;
	if (!nd_router_advertisement_parse(packet->payload, &nd))
		return COUNTER_ND_MALFORMED;
	learn(packet, &packet->src, nd.options, ND_OPTION_SOURCE_LINK, true);
	return COUNTER_NONE;
}

/* A host has nothing to do with it, raw sockets may: RFC 4861, 6.2.6. */
static enum counter input_router_solicitation(const struct packet_in *packet)
{
	struct nd_router_solicitation nd;

	return nd_router_solicitation_parse(packet->payload, &nd)
		       ? COUNTER_NONE
		       : COUNTER_ND_MALFORMED;
}

static enum counter input_solicitation(const struct packet_in *packet)
{
	struct nd_solicitation nd;

	if (!nd_solicitation_parse(packet->payload, &nd))
		return COUNTER_ND_MALFORMED;
	return nd_input_solicitation(packet, &nd);
}

static enum counter input_advertisement(const struct packet_in *packet)
{
	struct nd_advertisement nd;

	if (!nd_advertisement_parse(packet->payload, &nd))
		return COUNTER_ND_MALFORMED;
	return nd_input_advertisement(packet, &nd);
}

/* RFC 4861, 8.1, 8.3: a better router, or the destination is on the link. */
static enum counter input_redirect(struct ip *ip,
				   const struct packet_in *packet)
{
	struct ip_redirect told = { .iface = packet->iface,
				    .router = packet->src,
				    .src = packet->dst }; /* 8.2 */
	struct nd_redirect nd;
	bool on_link;

	if (!ip6_is_link_local(&packet->src))
		return COUNTER_ND_BAD_SOURCE;
	if (!nd_redirect_parse(packet->payload, &nd))
		return COUNTER_ND_MALFORMED;
	on_link = pyt_ip_equal(&nd.target, &nd.dst);
	if (pyt_ip_is_multicast(&nd.dst) ||
	    (!on_link && !ip6_is_link_local(&nd.target)))
		return COUNTER_ND_BAD_REDIRECT;
	if (!iface_settings(packet->iface)->accept_redirects6)
		return COUNTER_ND_REDIRECT_IGNORED;
	told.dst = nd.dst;
	told.gateway = nd.target;
	if (ip_redirect(ip, &told, packet->now_us) < 0)
		return COUNTER_ND_REDIRECT_IGNORED;
	learn(packet, &nd.target, nd.options, ND_OPTION_TARGET_LINK, !on_link);
	return COUNTER_NONE;
}

static enum counter dispatch(struct ip *ip, const struct packet_in *packet,
			     const struct icmp6_header *icmp)
{
	switch (icmp->type) {
	case ICMP6_ROUTER_SOLICITATION:
		return input_router_solicitation(packet);
	case ICMP6_ROUTER_ADVERTISEMENT:
		return input_router_advertisement(packet);
	case ICMP6_NEIGHBOUR_SOLICITATION:
		return input_solicitation(packet);
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		return input_advertisement(packet);
	default:
		return input_redirect(ip, packet);
	}
}

enum counter nd_input(struct ip *ip, const struct packet_in *packet,
		      const struct icmp6_header *icmp)
{
	if (packet->iface->ifindex == IP_LO_INDEX)
		return COUNTER_ND_NOT_FOR_US;
	if (packet->ttl != ND_HOP_LIMIT)
		return COUNTER_ND_HOP_LIMIT;
	if (packet->reassembled)
		return COUNTER_ND_FRAGMENTED; /* RFC 6980, 5 */
	if (icmp->code != 0)
		return COUNTER_ND_MALFORMED;
	return dispatch(ip, packet, icmp);
}
