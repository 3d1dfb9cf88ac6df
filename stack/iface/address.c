/* Addresses of an interface and the subnets they lie in. */
#include <errno.h>

#include "iface/iface.h"
#include "wire/ip6.h"

int iface_address_add(struct iface *iface, const struct pyt_ip *ip,
		      unsigned prefix_len)
{
	struct iface_address *address;

	if (iface_address_find(iface, ip))
		return -EEXIST;
	if (iface->address_count == IFACE_ADDRESS_MAX)
		return -ENOSPC;
	address = &iface->address[iface->address_count++];
	*address = (struct iface_address){
		.ip = *ip,
		.prefix_len = prefix_len,
		.state = IFACE_ADDRESS_VALID,
		.next_us = TIME_NEVER,
		.defended_us = TIME_NEVER,
		.preferred_until_us = TIME_NEVER,
		.valid_until_us = TIME_NEVER,
	};
	return 0;
}

int iface_address_remove(struct iface *iface, const struct pyt_ip *ip)
{
	struct iface_address *address = iface_address_find(iface, ip);
	struct iface_address *last;

	if (!address)
		return -EADDRNOTAVAIL;
	last = &iface->address[--iface->address_count];
	for (; address < last; address++)
		*address = address[1];
	return 0;
}

struct iface_address *iface_address_find(struct iface *iface,
					 const struct pyt_ip *ip)
{
	for (int i = 0; i < iface->address_count; i++) {
		if (pyt_ip_equal(&iface->address[i].ip, ip))
			return &iface->address[i];
	}
	return NULL;
}

const struct iface_address *iface_address_on_link(const struct iface *iface,
						  const struct pyt_ip *ip)
{
	const struct iface_address *best = NULL;

	for (int i = 0; i < iface->address_count; i++) {
		const struct iface_address *address = &iface->address[i];

		if (!iface_address_is_usable(address) ||
		    !pyt_ip_in_prefix(ip, &address->ip, address->prefix_len))
			continue;
		if (!best || address->prefix_len > best->prefix_len)
			best = address;
	}
	return best;
}

const struct iface_address *iface_link_local(const struct iface *iface)
{
	for (int i = 0; i < iface->address_count; i++) {
		const struct iface_address *address = &iface->address[i];

		if (ip6_is_link_local(&address->ip) &&
		    iface_address_is_usable(address))
			return address;
	}
	return NULL;
}

bool iface_is_own_group6(const struct iface *iface, const struct pyt_ip *group)
{
	static const struct pyt_ip same_host = { { 0xff, 1, [15] = 1 } };

	if (pyt_ip_equal(group, &ip6_all_nodes) ||
	    pyt_ip_equal(group, &same_host))
		return true;
	for (int i = 0; i < iface->address_count; i++) {
		const struct pyt_ip *own = &iface->address[i].ip;
		struct pyt_ip solicited = ip6_solicited_node(own);

		if (!pyt_ip_is_v4(own) && pyt_ip_equal(group, &solicited))
			return true;
	}
	return false;
}

bool iface_is_directed_broadcast(const struct iface *iface,
				 const struct pyt_ip *ip)
{
	uint32_t host = pyt_ip_to_v4(ip);

	if (!pyt_ip_is_v4(ip) || iface->config.medium != PYT_MEDIUM_ETHERNET)
		return false;
	for (int i = 0; i < iface->address_count; i++) {
		const struct iface_address *address = &iface->address[i];

		if (!pyt_ip_is_v4(&address->ip) || address->prefix_len > 30)
			continue;
		if (host == (pyt_ip_to_v4(&address->ip) |
			     (uint32_t)(0xffffffffull >> address->prefix_len)))
			return true;
	}
	return false;
}
