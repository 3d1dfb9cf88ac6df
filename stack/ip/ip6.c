/* What IPv6 brings to interfaces and packets; RFC 4291, 2.8; RFC 6437. */
#include "ip/ip_internal.h"

#define LINK_LOCAL_PREFIX_LEN 64

/*
 * Of the MAC on Ethernet (RFC 2464, 5), as Linux has it; where there is none,
 * of the stack's secret, so that it stays the same.
 */
static struct pyt_ip link_local_for(const struct ip *ip,
				    const struct iface *iface)
{
	struct pyt_ip address = { { 0xfe, 0x80 } };

	if (iface->config.medium == PYT_MEDIUM_ETHERNET)
		return ip6_link_local_of_mac(iface->config.mac);
	memcpy(address.bytes + 8, ip->engine->secret, 8);
	address.bytes[8] &= (uint8_t)~2; /* not from a universal one */
	address.bytes[15] = (uint8_t)(address.bytes[15] ^ iface->ifindex);
	return address;
}

static bool is_wanted(const struct iface *iface)
{
	return !iface_settings(iface)->disable_ipv6 &&
	       iface->config.mtu >= IP6_MTU_MIN;
}

void ip6_iface_start(struct ip *ip, struct iface *iface, int64_t now_us)
{
	static const struct pyt_ip loopback = { { [15] = 1 } };
	struct pyt_ip own;

	iface->ip6_disabled = !is_wanted(iface);
	if (iface->ip6_disabled)
		return;
	if (iface->config.medium == PYT_MEDIUM_LOOPBACK) {
		ip_address_add(ip, iface->ifindex, &loopback, 128, now_us);
		return;
	}
	own = link_local_for(ip, iface);
	ip_address_add(ip, iface->ifindex, &own, LINK_LOCAL_PREFIX_LEN, now_us);
}

void ip6_join_solicited(struct ip *ip, const struct iface *iface,
			const struct pyt_ip *address, int64_t now_us)
{
	struct pyt_ip group = ip6_solicited_node(address);

	if (!pyt_ip_is_v4(address) && iface->ifindex != IP_LO_INDEX)
		ip_group_join(ip, iface->ifindex, &group, now_us);
}

void ip6_leave_solicited(struct ip *ip, const struct iface *iface,
			 const struct pyt_ip *address, int64_t now_us)
{
	struct pyt_ip group = ip6_solicited_node(address);

	if (!pyt_ip_is_v4(address) && iface->ifindex != IP_LO_INDEX)
		ip_group_leave(ip, iface->ifindex, &group, now_us);
}

static void remove_all(struct ip *ip, struct iface *iface)
{
	for (int i = iface->address_count - 1; i >= 0; i--) {
		struct pyt_ip own = iface->address[i].ip;

		if (!pyt_ip_is_v4(&own))
			ip_address_remove(ip, iface->ifindex, &own, 0);
	}
}

void ip6_switched(struct ip *ip)
{
	for (int i = 0; i < ip->iface_count; i++) {
		struct iface *iface = ip->iface[i];

		if (iface->ip6_disabled == !is_wanted(iface))
			continue;
		if (iface->ip6_disabled)
			ip6_iface_start(ip, iface, 0);
		else
			remove_all(ip, iface);
		iface->ip6_disabled = !is_wanted(iface);
	}
}

uint8_t ip6_hop_limit(const struct iface *iface)
{
	return (uint8_t)iface_settings(iface)->hop_limit;
}

/* Source and destination port stand in one place in all of them. */
static bool has_ports(uint8_t protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 132 ||
	       protocol == 136;
}

struct flow_key {
	struct pyt_ip src, dst;
	uint8_t ports[4];
	uint32_t protocol;
};

uint32_t ip6_flow_label(const struct ip *ip, const struct ip_path *path,
			const struct ip_fields *fields, const uint8_t *l4,
			uint32_t l4_len)
{
	struct flow_key key = { .src = path->src,
				.dst = path->dst,
				.protocol = fields->protocol };
	uint32_t label;

	if (fields->own_flow_label || !ip->settings6.auto_flowlabels)
		return fields->flow_label & IP6_FLOW_LABEL_MASK;
	if (has_ports(fields->protocol) && l4_len >= sizeof(key.ports))
		memcpy(key.ports, l4, sizeof(key.ports));
	label = (uint32_t)table_hash(&ip->mtus, &key, sizeof(key)) &
		IP6_FLOW_LABEL_MASK;
	return label ? label : 1; /* 0 would say that there is none */
}
