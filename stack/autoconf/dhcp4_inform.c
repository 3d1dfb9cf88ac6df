/*
 * An address that is there already, and a server asked for all the rest: name
 * servers, routes, MTU. RFC 2131, 3.4, 4.4.3.
 */
#include "autoconf/dhcp4_internal.h"

#define TRIES 4 /* 4.4.3: then a word about it; it is tried on */
#define AWAITED 2 /* messages that a program's question for names waits for */

/* The interface's own IPv4 address that may be used; NULL: none yet. */
static const struct iface_address *own_address(const struct autoconf_link *link)
{
	for (int i = 0; i < link->iface->address_count; i++) {
		const struct iface_address *own = &link->iface->address[i];

		if (pyt_ip_is_v4(&own->ip) &&
		    own->method == PYT_METHOD_STATIC &&
		    iface_address_is_usable(own))
			return own;
	}
	return NULL;
}

void dhcp4_inform_send(struct autoconf_link *link, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	if (dhcp4->attempts == TRIES)
		engine_log(link->engine, PYT_LOG_WARNING, "dhcp",
			   "%s: no server tells about this network; "
			   "it is tried on",
			   link->iface->config.name);
	dhcp4_send_counted(link, DHCP4_INFORM, now_us);
}

void dhcp4_inform_begin(struct autoconf_link *link, int64_t now_us)
{
	const struct iface_address *own = own_address(link);
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	dhcp4->state = DHCP4_STATE_INFORMING;
	dhcp4->timer_us = TIME_NEVER;
	dhcp4->attempts = 0;
	if (!own)
		return; /* it is being probed: dhcp4_inform_on_change() */
	dhcp4->lease.ip = pyt_ip_to_v4(&own->ip);
	dhcp4->began_us = now_us;
	dhcp4->xid = random_u32(&link->engine->random);
	dhcp4_inform_send(link, now_us);
}

void dhcp4_inform_on_change(struct autoconf_link *link, int64_t now_us)
{
	const struct dhcp4 *dhcp4 = dhcp4_of(link);

	if (dhcp4->state == DHCP4_STATE_INFORMING && dhcp4->attempts == 0 &&
	    own_address(link))
		dhcp4_inform_begin(link, now_us);
}

bool dhcp4_inform_awaits_names(const struct autoconf_link *link)
{
	const struct dhcp4 *dhcp4 = dhcp4_of(link);

	return dhcp4->state == DHCP4_STATE_INFORMING && dhcp4->attempts > 0 &&
	       dhcp4->attempts <= AWAITED;
}

enum counter dhcp4_inform_on_ack(struct autoconf_link *link,
				 const struct dhcp4_message *message,
				 int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct dhcp4_message told = *message;
	struct dhcp4_lease lease;

	told.header.yiaddr = dhcp4->lease.ip; /* which it must not give */
	if (!dhcp4_lease_parse(&told, false, &lease))
		return COUNTER_DHCP4_BAD_LEASE;
	dhcp4->lease = lease;
	dhcp4->state = DHCP4_STATE_INFORMED;
	dhcp4->timer_us = TIME_NEVER;
	dhcp4->end_us = TIME_NEVER;
	dhcp4_install_options(link, now_us);
	engine_log(link->engine, PYT_LOG_INFO, "dhcp",
		   "%s: a server tells about this network",
		   link->iface->config.name);
	return COUNTER_NONE;
}
