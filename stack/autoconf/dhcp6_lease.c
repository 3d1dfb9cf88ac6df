/*
 * A binding of before: confirmed when the host may have moved, used meanwhile
 * where the router is the one of then. RFC 8415, 18.2.3, 18.2.12; RFC 6059.
 */
#include "autoconf/dhcp6_internal.h"

#define SECOND_US 1000000ll

static const struct pyt_lease *kept_lease(const struct autoconf_link *link)
{
	const struct pyt_lease *kept = link->lease[PYT_METHOD_DHCP6];

	return kept && kept->message_len ? kept : NULL;
}

static bool parse_kept(const struct autoconf_link *link,
		       struct dhcp6_message *message)
{
	const struct pyt_lease *kept = kept_lease(link);
	uint8_t iaid[AUTOCONF_IAID_LEN];

	autoconf_iaid(link, iaid);
	return kept &&
	       dhcp6_parse(reader_init(kept->message, kept->message_len), iaid,
			   message) &&
	       message->type == DHCP6_REPLY && dhcp6_is_for_us(link, message) &&
	       dhcp6_gives_something(message);
}

static int64_t end_of(const struct dhcp6_ia *ia, int64_t from_us)
{
	int64_t end_us = INT64_MIN;

	for (int i = 0; i < ia->count; i++) {
		uint32_t valid = ia->lease[i].valid;
		int64_t us = valid == UINT32_MAX ? TIME_NEVER
						 : from_us + valid * SECOND_US;

		if (us > end_us)
			end_us = us;
	}
	return end_us;
}

bool dhcp6_lease_take(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	const struct pyt_lease *kept = kept_lease(link);
	struct dhcp6_message message;
	int64_t addresses_us, prefixes_us;

	if (!parse_kept(link, &message) || kept->obtained_us > now_us)
		return false;
	addresses_us = end_of(&message.addresses, kept->obtained_us);
	prefixes_us = end_of(&message.prefixes, kept->obtained_us);
	if (addresses_us <= now_us && prefixes_us <= now_us)
		return false;
	dhcp6->grant = dhcp6_grant_of(&message);
	dhcp6->end_us = addresses_us > prefixes_us ? addresses_us : prefixes_us;
	dhcp6_note_key(dhcp6, &message);
	return true;
}

bool dhcp6_lease_is_of_router(const struct autoconf_link *link)
{
	const struct pyt_lease *kept = kept_lease(link);
	const struct dhcp6 *dhcp6 = dhcp6_of(link);

	return kept && !pyt_ip_is_unspecified(&dhcp6->router) &&
	       pyt_ip_equal(&kept->router, &dhcp6->router) &&
	       memcmp(kept->router_mac, dhcp6->router_mac, 6) == 0;
}

void dhcp6_lease_install(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	struct dhcp6_message message;

	if (!parse_kept(link, &message))
		return; /* it is the one that is installed */
	dhcp6_install(link, kept_lease(link)->obtained_us, now_us);
	dhcp6_install_names(link, &message, dhcp6->end_us, now_us);
}

void dhcp6_lease_forget(struct autoconf_link *link)
{
	if (kept_lease(link))
		autoconf_lease_note(link, PYT_METHOD_DHCP6, NULL);
}

void dhcp6_lease_keep(struct autoconf_link *link, struct reader message,
		      int64_t now_us)
{
	const struct dhcp6 *dhcp6 = dhcp6_of(link);
	struct pyt_lease lease = { .ifindex = link->iface->ifindex,
				   .method = PYT_METHOD_DHCP6,
				   .obtained_us = now_us,
				   .router = dhcp6->router };

	if (message.left > sizeof(lease.message)) {
		dhcp6_lease_forget(link); /* of before, which holds no more */
		return;
	}
	memcpy(lease.router_mac, dhcp6->router_mac, 6);
	memcpy(lease.message, message.at, message.left);
	lease.message_len = (uint32_t)message.left;
	autoconf_lease_note(link, PYT_METHOD_DHCP6, &lease);
}
