/* What servers granted, kept for the caller: pyt_lease_put() and _get(). */
#include <errno.h>

#include "autoconf/autoconf_internal.h"

static int keep_lease(struct autoconf_link *link, const struct pyt_lease *lease)
{
	struct pyt_lease **kept = &link->lease[lease->method];

	if (!*kept)
		*kept = engine_alloc(link->engine, sizeof(**kept));
	if (!*kept)
		return -ENOMEM;
	**kept = *lease;
	return 0;
}

int autoconf_lease_put(struct autoconf *autoconf, const struct pyt_lease *lease)
{
	struct iface *iface = ip_iface(autoconf->ip, lease->ifindex);
	struct autoconf_link *link;

	if (!iface)
		return -ENODEV;
	if ((unsigned)lease->method >= PYT_METHODS ||
	    lease->message_len > sizeof(lease->message))
		return -EINVAL;
	link = autoconf_link_get(autoconf, iface);
	return link ? keep_lease(link, lease) : -ENOMEM;
}

int autoconf_lease_get(const struct autoconf *autoconf, int ifindex,
		       enum pyt_method method, struct pyt_lease *lease)
{
	const struct autoconf_link *link;

	if (ifindex < 1 || ifindex > IFACE_MAX ||
	    (unsigned)method >= PYT_METHODS)
		return -ENOENT;
	link = autoconf->link[ifindex - 1];
	if (!link || !link->lease[method])
		return -ENOENT;
	*lease = *link->lease[method];
	return 0;
}

void autoconf_lease_note(struct autoconf_link *link, enum pyt_method method,
			 const struct pyt_lease *lease)
{
	struct pyt_lease none = { .ifindex = link->iface->ifindex,
				  .method = method };
	struct pyt_event event = { .type = PYT_EVENT_LEASE,
				   .ifindex = link->iface->ifindex,
				   .method = method };

	if (keep_lease(link, lease ? lease : &none) == 0)
		autoconf_event(link->autoconf, &event);
}
