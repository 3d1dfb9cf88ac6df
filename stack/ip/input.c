/* The link layer of the way in: Ethernet, TUN and lo; then ARP or IP. */
#include <string.h>

#include "iface/arp.h"
#include "ip/ip_internal.h"
#include "wire/ethernet.h"

static enum ip_verdict drop(struct ip *ip, struct packet_in *packet,
			    enum counter why, enum counter *reason)
{
	packet->iface->rx_dropped++;
	*reason = counter_hit(&ip->engine->counters, why);
	return IP_DROP;
}

/* arp_filter: answer only where the answer to the asker would leave. */
static bool is_filtered(const struct ip *ip, const struct packet_in *packet,
			const struct arp_packet *arp)
{
	struct pyt_ip sender = pyt_ip_from_v4(arp->sender_ip);
	const struct pyt_route *route;

	if (!iface_settings(packet->iface)->arp.filter ||
	    arp->operation != ARP_REQUEST)
		return false;
	route = route_find(ip, &sender, 0);
	return !route || route->ifindex != packet->iface->ifindex;
}

/*
 * Two links on one network hear each other. What another interface of ours
 * says there, or answers to a probe (arp_ignore 0), is no other host's.
 */
static bool is_from_us(const struct ip *ip, const struct packet_in *packet,
		       const struct arp_packet *arp)
{
	for (int i = 0; i < ip->iface_count; i++) {
		const struct iface *iface = ip->iface[i];

		if (iface != packet->iface &&
		    iface->config.medium == PYT_MEDIUM_ETHERNET &&
		    memcmp(iface->config.mac, arp->sender_mac, 6) == 0)
			return true;
	}
	return false;
}

static enum ip_verdict input_arp(struct ip *ip, struct packet_in *packet,
				 struct reader payload, enum counter *reason)
{
	struct arp_packet arp;
	struct pyt_ip target;

	if (!arp_parse(&payload, &arp))
		return drop(ip, packet, COUNTER_ARP_SHORT, reason);
	if (is_from_us(ip, packet, &arp))
		return drop(ip, packet, COUNTER_ARP_OWN_ECHO, reason);
	if (is_filtered(ip, packet, &arp))
		return drop(ip, packet, COUNTER_ARP_FILTERED, reason);
	target = pyt_ip_from_v4(arp.target_ip);
	*reason =
		arp_input(packet->iface, &arp, packet->link_broadcast,
			  !pyt_ip_is_loopback(&target) && ip_owner(ip, &target),
			  packet->now_us);
	if (*reason == COUNTER_NONE)
		return IP_DONE;
	packet->iface->rx_dropped++;
	return IP_DROP;
}

static enum ip_verdict input_ip(struct ip *ip, struct packet_in *packet,
				struct reader bytes, struct ip_error *error,
				enum counter *reason)
{
	bool v6 = bytes.left > 0 && bytes.at[0] >> 4 == 6;
	enum ip_verdict verdict =
		v6 ? ip6_input(ip, packet, bytes, error, reason)
		   : ip4_input(ip, packet, bytes, error, reason);

	if (verdict == IP_DROP)
		packet->iface->rx_dropped++;
	return verdict;
}

static enum ip_verdict input_ethernet(struct ip *ip, struct packet_in *packet,
				      struct reader bytes,
				      struct ip_error *error,
				      enum counter *reason)
{
	struct ethernet_header header;

	if (!ethernet_header_parse(&bytes, &header))
		return drop(ip, packet, COUNTER_LINK_SHORT, reason);
	if (ethernet_is_group(header.src))
		return drop(ip, packet, COUNTER_LINK_BAD_SOURCE, reason);
	packet->link_broadcast = ethernet_is_group(header.dst);
	if (!packet->link_broadcast &&
	    memcmp(header.dst, packet->iface->config.mac, 6) != 0)
		return drop(ip, packet, COUNTER_LINK_OTHER_HOST, reason);
	memcpy(packet->link_src, header.src, sizeof(packet->link_src));

	if (header.type == ETHERNET_TYPE_ARP)
		return input_arp(ip, packet, bytes, reason);
	if (header.type == ETHERNET_TYPE_IP4 ||
	    header.type == ETHERNET_TYPE_IP6)
		return input_ip(ip, packet, bytes, error, reason);
	return drop(ip, packet, COUNTER_LINK_UNKNOWN_ETHERTYPE, reason);
}

enum ip_verdict ip_input(struct ip *ip, struct packet_in *packet,
			 struct ip_error *error, enum counter *reason)
{
	const struct pyt_frame *frame = packet->frame;
	struct reader bytes =
		reader_init(frame->part[0].iov_base, frame->part[0].iov_len);

	*reason = COUNTER_NONE;
	packet->iface->rx_packets++;
	packet->iface->rx_bytes += bytes.left;
	packet->csum_trusted = frame->csum != PYT_CSUM_NONE;
	packet->link_broadcast = false;
	packet->reassembled = false;
	packet->dst_broadcast = false;
	packet->dst_multicast = false;
	packet->dst_foreign = false;

	if (packet->iface->config.medium == PYT_MEDIUM_ETHERNET)
		return input_ethernet(ip, packet, bytes, error, reason);
	return input_ip(ip, packet, bytes, error, reason);
}
