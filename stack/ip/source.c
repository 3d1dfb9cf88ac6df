/* From where we would speak to somebody: for who has to know beforehand. */
#include "ip/ip_internal.h"

static const struct iface_address *own_address(const struct ip *ip,
					       const struct pyt_ip *address)
{
	const struct iface *owner = ip_owner(ip, address);

	return owner ? iface_address_find(ip->iface[owner->ifindex - 1],
					  address)
		     : NULL;
}

void ip_source_get(struct ip *ip, const struct pyt_ip *dst,
		   struct pyt_source *source, int64_t now_us)
{
	const struct iface_address *own;
	struct ip_path path;

	*source = (struct pyt_source){ .found = false };
	if (ip_route(ip, dst, NULL, 0, now_us, &path) < 0)
		return;
	source->found = true;
	source->ip = path.src;
	source->prefix_len = pyt_ip_is_v4(&path.src) ? 32 : 128;
	own = own_address(ip, &path.src);
	if (!own)
		return;
	source->prefix_len = own->prefix_len;
	source->deprecated = own->preferred_until_us <= now_us;
}
