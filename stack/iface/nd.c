/* Neighbour discovery: asking, answering, learning. RFC 4861, 7.2. */
#include <string.h>

#include "iface/dad.h"
#include "iface/nd.h"
#include "iface/traffic.h"
#include "wire/ethernet.h"
#include "wire/icmp6.h"
#include "wire/ip6.h"

#define MESSAGE_MAX 64 /* of what we send: target and two options */
#define ANYCAST_DELAY_US 1000000 /* MAX_ANYCAST_DELAY_TIME: RFC 4861, 10 */

static const struct pyt_ip none;

static bool has_link_addresses(const struct iface *iface)
{
	return iface->config.medium == PYT_MEDIUM_ETHERNET;
}

static bool push_ethernet(const struct iface *iface, const struct pyt_ip *dst,
			  const uint8_t *mac, struct packet_out *packet)
{
	uint8_t group[ETHERNET_ADDRESS_LEN];

	if (!has_link_addresses(iface))
		return true;
	if (pyt_ip_is_multicast(dst)) {
		ethernet_from_group6(dst->bytes, group);
		mac = group;
	}
	return mac && neighbour_push_header(iface, packet, mac);
}

static void count(struct iface *iface, bool multicast, uint32_t len,
		  uint8_t type)
{
	struct counters *counters = &iface->engine->counters;

	traffic_out(counters, false,
		    multicast ? TRAFFIC_TO_GROUP : TRAFFIC_TO_ONE, len);
	counter_hit(counters, COUNTER_ICMP6_OUT_MSGS);
	if (type == ICMP6_NEIGHBOUR_SOLICITATION)
		counter_hit(counters, COUNTER_ICMP6_OUT_NS);
	else if (type == ICMP6_NEIGHBOUR_ADVERTISEMENT)
		counter_hit(counters, COUNTER_ICMP6_OUT_NA);
	else if (type == ICMP6_ROUTER_SOLICITATION)
		counter_hit(counters, COUNTER_ICMP6_OUT_RS);
}

void nd_send(struct iface *iface, const struct pyt_ip *src,
	     const struct pyt_ip *dst, const uint8_t *mac,
	     struct writer *message)
{
	struct packet_out *packet;
	struct ip6_header header = {
		.payload_len = (uint16_t)message->len,
		.next_header = IP6_ICMP,
		.hop_limit = ND_HOP_LIMIT,
		.src = *src,
		.dst = *dst,
	};

	icmp6_set_checksum(message->start, message->len, src, dst);
	packet = packet_create(iface->engine, (uint32_t)message->len);
	if (!packet) {
		counter_hit(&iface->engine->counters, COUNTER_NO_MEMORY);
		return;
	}
	memcpy(packet->data, message->start, message->len);
	ip6_header_build(packet_push(packet, IP6_HEADER_LEN), &header);
	if (!push_ethernet(iface, dst, mac, packet)) {
		packet_destroy(iface->engine, packet);
		return;
	}
	count(iface, pyt_ip_is_multicast(dst),
	      (uint32_t)(IP6_HEADER_LEN + message->len), message->start[0]);
	iface_output(iface, packet);
}

/* ---------------------------------------------------------------- asking */

/* RFC 4861, 7.2.2: the waiting packet's own source, if it is the link's. */
static const struct iface_address *source_for(struct iface *iface,
					      const struct pyt_ip *wanted)
{
	const struct iface_address *own = iface_address_find(iface, wanted);

	if (own && iface_address_is_usable(own) && !pyt_ip_is_v4(&own->ip))
		return own;
	own = iface_link_local(iface);
	for (int i = 0; !own && i < iface->address_count; i++)
		if (!pyt_ip_is_v4(&iface->address[i].ip) &&
		    iface_address_is_usable(&iface->address[i]))
			own = &iface->address[i];
	return own;
}

int64_t nd_solicit(struct neighbour_cache *cache, struct neighbour *neighbour,
		   const uint8_t *mac, int64_t now_us)
{
	struct iface *iface = neighbour->iface;
	const struct iface_address *own = source_for(iface, &neighbour->src);
	struct pyt_ip dst =
		mac ? neighbour->ip : ip6_solicited_node(&neighbour->ip);
	uint8_t bytes[MESSAGE_MAX];
	struct writer w = writer_init(bytes, sizeof(bytes));
	int64_t wait_us;

	if (!own)
		return 0; /* nobody could answer us */
	wait_us = dad_quiet_us(iface, own, now_us);
	if (wait_us > 0)
		return wait_us;
	nd_build_solicitation(&w, &neighbour->ip);
	if (has_link_addresses(iface))
		nd_build_mac_option(&w, ND_OPTION_SOURCE_LINK,
				    iface->config.mac);
	nd_send(iface, &own->ip, &dst, mac, &w);
	return 0;
}

/* -------------------------------------------------------------- answering */

static void advertise(struct iface *iface, const struct iface_address *own,
		      const struct pyt_ip *dst, const uint8_t *mac,
		      bool solicited)
{
	struct nd_advertisement nd = {
		.solicited = solicited,
		/* RFC 4429, 3.3: it may not be ours after all; RFC 4861,
		 * 7.2.7: or not ours alone */
		.override = own->state == IFACE_ADDRESS_VALID,
		.target = own->ip,
	};
	const struct iface_address *from = own->state == IFACE_ADDRESS_ANYCAST
						   ? source_for(iface, dst)
						   : own;
	uint8_t bytes[MESSAGE_MAX];
	struct writer w = writer_init(bytes, sizeof(bytes));

	if (!from)
		return;
	nd_build_advertisement(&w, &nd);
	if (has_link_addresses(iface))
		nd_build_mac_option(&w, ND_OPTION_TARGET_LINK,
				    iface->config.mac);
	nd_send(iface, &from->ip, dst, mac, &w);
}

void nd_announce(struct iface *iface, const struct iface_address *address)
{
	advertise(iface, address, &ip6_all_nodes, NULL, false);
}

/* RFC 4861, 7.2.3: who asks has told where it is. */
static void learn(const struct packet_in *packet,
		  const struct nd_solicitation *nd)
{
	struct iface *iface = packet->iface;
	struct neighbour_cache *cache = iface->neighbours;
	struct neighbour *neighbour;
	uint8_t mac[6];

	if (!has_link_addresses(iface) ||
	    !nd_option_find_mac(nd->options, ND_OPTION_SOURCE_LINK, mac) ||
	    ethernet_is_group(mac))
		return;
	neighbour = neighbour_find(cache, iface, &packet->src);
	if (!neighbour)
		neighbour = neighbour_add(cache, iface, &packet->src,
					  packet->now_us);
	if (neighbour)
		neighbour_update(cache, neighbour, mac, NEIGHBOUR_STALE, true,
				 packet->now_us);
}

/* RFC 4861, 7.1.1: from nobody only to the group, and without an address. */
static bool probe_is_sound(const struct packet_in *packet,
			   const struct nd_solicitation *nd)
{
	struct pyt_ip group = ip6_solicited_node(&nd->target);
	struct nd_option option;

	return pyt_ip_equal(&packet->dst, &group) &&
	       !nd_option_find(nd->options, ND_OPTION_SOURCE_LINK, &option);
}

void nd_answer_anycast(struct iface *iface, struct iface_address *address)
{
	bool to_all = pyt_ip_is_multicast(&address->asker);

	address->next_us = TIME_NEVER;
	advertise(iface, address, &address->asker,
		  to_all ? NULL : address->asker_mac, !to_all);
}

/* The others that have it answer, too: after a while of each one's own. Who
 * asks meanwhile has the first one served at once. */
static enum counter note_asker(struct iface *iface, struct iface_address *own,
			       const struct packet_in *packet)
{
	if (own->next_us != TIME_NEVER &&
	    !pyt_ip_equal(&own->asker, &packet->src))
		nd_answer_anycast(iface, own);
	if (own->next_us == TIME_NEVER)
		own->next_us =
			packet->now_us +
			random_below(&iface->engine->random, ANYCAST_DELAY_US);
	own->asker = pyt_ip_is_unspecified(&packet->src) ? ip6_all_nodes
							 : packet->src;
	memcpy(own->asker_mac, packet->link_src, sizeof(own->asker_mac));
	return COUNTER_NONE;
}

enum counter nd_input_solicitation(const struct packet_in *packet,
				   const struct nd_solicitation *nd)
{
	struct iface *iface = packet->iface;
	bool probe = pyt_ip_is_unspecified(&packet->src);
	struct iface_address *own;
	enum counter why;

	if (pyt_ip_is_multicast(&nd->target))
		return COUNTER_ND_BAD_TARGET;
	if (probe && !probe_is_sound(packet, nd))
		return COUNTER_ND_BAD_SOURCE;
	own = iface_address_find(iface, &nd->target);
	if (!own || own->state == IFACE_ADDRESS_CONFLICT)
		return COUNTER_ND_NOT_FOR_US;
	if (!probe && own->state == IFACE_ADDRESS_ANYCAST)
		learn(packet, nd);
	if (own->state == IFACE_ADDRESS_ANYCAST)
		return note_asker(iface, own, packet);
	if (probe) {
		why = dad_input_probe(iface, own, packet, nd);
		if (why != COUNTER_NONE)
			return why;
		advertise(iface, own, &ip6_all_nodes, NULL, false);
		return COUNTER_NONE;
	}
	if (!iface_address_is_usable(own))
		return COUNTER_ND_NOT_FOR_US; /* RFC 4862, 5.4.3 */
	learn(packet, nd);
	advertise(iface, own, &packet->src, packet->link_src, true);
	return COUNTER_NONE;
}

/* --------------------------------------------------------------- learning */

enum counter nd_input_advertisement(const struct packet_in *packet,
				    const struct nd_advertisement *nd)
{
	struct iface *iface = packet->iface;
	struct neighbour_cache *cache = iface->neighbours;
	struct neighbour *neighbour;
	struct iface_address *own;
	uint8_t mac[6];
	bool has_mac;

	if (pyt_ip_is_multicast(&nd->target))
		return COUNTER_ND_BAD_TARGET;
	if (packet->dst_multicast && nd->solicited)
		return COUNTER_ND_MALFORMED; /* RFC 4861, 7.1.2 */
	if (pyt_ip_equal(&packet->src, &none))
		return COUNTER_ND_BAD_SOURCE;
	own = iface_address_find(iface, &nd->target);
	if (own)
		return dad_input_claim(iface, own, packet);
	neighbour = neighbour_find(cache, iface, &nd->target);
	if (!neighbour || neighbour->state == NEIGHBOUR_FAILED)
		return COUNTER_ND_UNKNOWN_NEIGHBOUR; /* RFC 4861, 7.2.5 */
	has_mac = nd_option_find_mac(nd->options, ND_OPTION_TARGET_LINK, mac);
	if (has_mac && ethernet_is_group(mac))
		return COUNTER_ND_MALFORMED;
	return neighbour_advertised(cache, neighbour, has_mac ? mac : NULL, nd,
				    packet->now_us);
}
