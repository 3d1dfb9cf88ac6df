/* ARP: asking, answering, learning. */
#include <string.h>

#include "iface/arp.h"
#include "iface/conflict.h"
#include "wire/ethernet.h"

#define LINK_LOCAL_NET 0xa9fe /* 169.254/16 */

static void send_arp(struct iface *iface, const struct arp_packet *arp,
		     const uint8_t dst[6])
{
	struct ethernet_header header = { .type = ETHERNET_TYPE_ARP };
	struct packet_out *packet = packet_create(iface->engine, ARP_LEN);

	if (!packet) {
		counter_hit(&iface->engine->counters, COUNTER_NO_MEMORY);
		return;
	}
	arp_build(packet->data, arp);
	/* RFC 3927, 2.5: so that everybody sees a conflict */
	memcpy(header.dst,
	       arp->sender_ip >> 16 == LINK_LOCAL_NET ? ethernet_broadcast
						      : dst,
	       sizeof(header.dst));
	memcpy(header.src, iface->config.mac, sizeof(header.src));
	ethernet_header_build(packet_push(packet, ETHERNET_HEADER_LEN),
			      &header);
	counter_hit(&iface->engine->counters,
		    arp->operation == ARP_REQUEST ? COUNTER_ARP_OUT_REQUESTS
						  : COUNTER_ARP_OUT_REPLIES);
	iface_output(iface, packet);
}

static void send_request(struct iface *iface, uint32_t sender_ip,
			 uint32_t target_ip, const uint8_t *target_mac)
{
	struct arp_packet arp = {
		.operation = ARP_REQUEST,
		.sender_ip = sender_ip,
		.target_ip = target_ip,
	};

	memcpy(arp.sender_mac, iface->config.mac, sizeof(arp.sender_mac));
	if (target_mac)
		memcpy(arp.target_mac, target_mac, sizeof(arp.target_mac));
	send_arp(iface, &arp, target_mac ? target_mac : ethernet_broadcast);
}

void arp_broadcast_request(struct iface *iface, uint32_t sender_ip,
			   uint32_t target_ip)
{
	send_request(iface, sender_ip, target_ip, NULL);
}

void arp_unicast_request(struct iface *iface, uint32_t sender_ip,
			 uint32_t target_ip, const uint8_t mac[6])
{
	send_request(iface, sender_ip, target_ip, mac);
}

/* Of no subnet that the target is in; otherwise, if there is none. */
static uint32_t first_own(const struct iface *iface, uint32_t otherwise)
{
	for (int i = 0; i < iface->address_count; i++) {
		const struct iface_address *address = &iface->address[i];

		if (pyt_ip_is_v4(&address->ip) &&
		    iface_address_is_usable(address))
			return pyt_ip_to_v4(&address->ip);
	}
	return otherwise;
}

/*
 * arp_announce: 0 any address of ours, that of the waiting packet first; 1
 * one of the target's subnet if there is one; 2 always the interface's own
 * best for the target.
 */
static uint32_t sender_for(const struct neighbour_cache *cache,
			   const struct neighbour *neighbour)
{
	struct iface *iface = neighbour->iface;
	const struct iface_address *on_link =
		iface_address_on_link(iface, &neighbour->ip);
	const struct iface_address *own =
		iface_address_find(iface, &neighbour->src);
	uint32_t src = pyt_ip_to_v4(&neighbour->src);
	int announce = iface_settings(iface)->arp.announce;

	if (announce == 0 && src != 0)
		return src;
	if (announce == 1 && own &&
	    pyt_ip_in_prefix(&neighbour->ip, &own->ip, own->prefix_len))
		return src;
	if (on_link)
		return pyt_ip_to_v4(&on_link->ip);
	return first_own(iface, src);
}

void arp_solicit(struct neighbour_cache *cache, struct neighbour *neighbour,
		 const uint8_t *mac)
{
	send_request(neighbour->iface, sender_for(cache, neighbour),
		     pyt_ip_to_v4(&neighbour->ip), mac);
}

static void send_reply(struct iface *iface, const struct arp_packet *request)
{
	struct arp_packet arp = {
		.operation = ARP_REPLY,
		.sender_ip = request->target_ip,
		.target_ip = request->sender_ip,
	};

	memcpy(arp.sender_mac, iface->config.mac, sizeof(arp.sender_mac));
	memcpy(arp.target_mac, request->sender_mac, sizeof(arp.target_mac));
	send_arp(iface, &arp, request->sender_mac);
}

/* arp_ignore: 1 only for this interface's addresses, 2 and the asker is of
 * the same subnet, 3..7 reserved or never ours, 8 not at all. */
static bool answers(struct iface *iface, const struct arp_packet *arp,
		    bool target_is_ours)
{
	int ignore = iface_settings(iface)->arp.ignore;
	struct pyt_ip target = pyt_ip_from_v4(arp->target_ip);
	struct pyt_ip sender = pyt_ip_from_v4(arp->sender_ip);
	const struct iface_address *own = iface_address_find(iface, &target);

	if (!target_is_ours || (own && !iface_address_is_usable(own)))
		return false;
	if (ignore == 0)
		return true;
	if (ignore > 2 || !own)
		return false;
	return ignore == 1 ||
	       pyt_ip_in_prefix(&sender, &own->ip, own->prefix_len);
}

/*
 * "Merge_flag" of RFC 826: what is known is brought up to date from any ARP
 * packet; a new entry is only made for who speaks to us, or for gratuitous
 * ARP if arp_accept says so.
 */
static void learn(struct iface *iface, const struct arp_packet *arp,
		  bool to_everybody, bool is_for_us, int64_t now_us)
{
	struct neighbour_cache *cache = iface->neighbours;
	struct pyt_ip sender = pyt_ip_from_v4(arp->sender_ip);
	struct neighbour *neighbour = neighbour_find(cache, iface, &sender);
	bool gratuitous = arp->sender_ip == arp->target_ip;
	bool answer = arp->operation == ARP_REPLY && !to_everybody;
	bool accept = gratuitous && iface_settings(iface)->arp.accept == 1;

	if (!neighbour &&
	    ((is_for_us && arp->operation == ARP_REQUEST) || accept))
		neighbour = neighbour_add(cache, iface, &sender, now_us);
	if (!neighbour)
		return;
	neighbour_update(cache, neighbour, arp->sender_mac,
			 answer ? NEIGHBOUR_REACHABLE : NEIGHBOUR_STALE,
			 gratuitous || (is_for_us && !answer), now_us);
}

static bool sender_is_sane(const struct arp_packet *arp)
{
	return !ethernet_is_group(arp->sender_mac) &&
	       arp->sender_ip >> 28 != 0xe && arp->sender_ip >> 24 != 127 &&
	       arp->sender_ip != 0xffffffff;
}

enum counter arp_input(struct iface *iface, const struct arp_packet *arp,
		       bool to_everybody, bool target_is_ours, int64_t now_us)
{
	struct counters *counters = &iface->engine->counters;
	bool answer;

	if (memcmp(arp->sender_mac, iface->config.mac, 6) == 0)
		return counter_hit(counters, COUNTER_ARP_OWN_ECHO);
	if (!sender_is_sane(arp))
		return counter_hit(counters, COUNTER_ARP_BAD_SENDER);
	if (arp->operation != ARP_REQUEST && arp->operation != ARP_REPLY)
		return counter_hit(counters, COUNTER_ARP_OPERATION);
	counter_hit(counters, arp->operation == ARP_REQUEST
				      ? COUNTER_ARP_IN_REQUESTS
				      : COUNTER_ARP_IN_REPLIES);
	if (conflict_input(iface, arp, now_us))
		return counter_hit(counters, COUNTER_ARP_CONFLICT);

	answer = arp->operation == ARP_REQUEST &&
		 answers(iface, arp, target_is_ours);
	if (answer)
		send_reply(iface, arp);
	if (arp->sender_ip != 0) /* not a probe */
		learn(iface, arp, to_everybody, target_is_ours, now_us);
	return COUNTER_NONE;
}
