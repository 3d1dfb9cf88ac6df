/* What DHCPv4 servers say. RFC 2131, 4.4; RFC 6842; RFC 8925, 3.2. */
#include "autoconf/dhcp4_internal.h"
#include "iface/neighbour.h"
#include "udp/udp.h"

#define SECOND_US 1000000ll

/* A reply that is about us, and now. */
struct reply {
	const struct packet_in *packet;
	struct reader bytes; /* the whole message */
	struct dhcp4_message message;
	uint8_t type;
	uint32_t server_id; /* 0: not told */
};

static bool drop(struct autoconf_link *link, enum counter why)
{
	autoconf_drop(link, why);
	return true;
}

/* RFC 6842, 3: it is returned unaltered, or by old servers not at all. */
static bool is_our_id(const struct autoconf_link *link,
		      const struct dhcp4_message *message)
{
	uint8_t ours[DHCP4_CLIENT_ID_LEN], theirs[DHCP4_CLIENT_ID_LEN];
	int len = dhcp4_get(message, DHCP4_CLIENT_ID, theirs, sizeof(theirs));

	dhcp4_client_id(link, ours);
	return len < 0 ||
	       (len == sizeof(ours) && memcmp(ours, theirs, sizeof(ours)) == 0);
}

static enum counter parse(const struct autoconf_link *link, struct reply *reply)
{
	const struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct udp_datagram udp;
	enum counter why = udp_input(reply->packet, &udp);

	if (why != COUNTER_NONE)
		return why;
	reply->bytes = udp.payload;
	if (udp.header.src_port != DHCP4_SERVER_PORT ||
	    !dhcp4_parse(udp.payload, &reply->message) ||
	    !dhcp4_get_u8(&reply->message, DHCP4_MESSAGE_TYPE, &reply->type))
		return COUNTER_DHCP4_MALFORMED;
	if (reply->message.header.xid != dhcp4->xid ||
	    memcmp(reply->message.header.mac, link->iface->config.mac, 6) !=
		    0 ||
	    !is_our_id(link, &reply->message))
		return COUNTER_DHCP4_OTHER_EXCHANGE;
	dhcp4_get_u32(&reply->message, DHCP4_SERVER_ID, &reply->server_id);
	return COUNTER_NONE;
}

/* ------------------------------------------------------------------- offers */

/* RFC 8925, 3.2: the network can do without IPv4, and so can we. */
static bool does_without(struct autoconf_link *link,
			 const struct dhcp4_lease *lease, int64_t now_us)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);

	if (!lease->has_ipv6_only || dhcp4->installed ||
	    !(link->config.methods >> PYT_METHOD_SLAAC & 1))
		return false;
	dhcp4->state = DHCP4_STATE_IPV6_ONLY;
	dhcp4->timer_us = now_us + lease->ipv6_only_s * SECOND_US;
	link->iface->hears_dhcp = false;
	engine_log(link->engine, PYT_LOG_INFO, "dhcp",
		   "%s: the network is for IPv6 alone, for %u s",
		   link->iface->config.name, lease->ipv6_only_s);
	return true;
}

/* The first one is as good as any: programs wait. */
static bool on_offer(struct autoconf_link *link, const struct reply *reply)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	int64_t now_us = reply->packet->now_us;
	struct dhcp4_lease offer;

	if (dhcp4->state != DHCP4_STATE_SELECTING)
		return drop(link, COUNTER_DHCP4_UNEXPECTED);
	if (!dhcp4_lease_parse(&reply->message, false, &offer))
		return drop(link, COUNTER_DHCP4_BAD_LEASE);
	if (does_without(link, &offer, now_us))
		return true;
	dhcp4->lease = offer;
	dhcp4_enter(link, DHCP4_STATE_REQUESTING, now_us);
	return true;
}

/* ----------------------------------------------------------------- answers */

/* Whether it is an answer to the REQUEST that is out. */
static bool is_expected(const struct dhcp4 *dhcp4, const struct reply *reply)
{
	switch (dhcp4->state) {
	case DHCP4_STATE_REQUESTING: /* from the one that we have chosen */
	case DHCP4_STATE_RENEWING:
		return reply->server_id == dhcp4->lease.server_id;
	case DHCP4_STATE_REBOOTING:
	case DHCP4_STATE_REBINDING:
		return true;
	case DHCP4_STATE_INIT:
	case DHCP4_STATE_SELECTING:
	case DHCP4_STATE_BOUND:
	case DHCP4_STATE_IPV6_ONLY:
	case DHCP4_STATE_INFORMING:
	case DHCP4_STATE_INFORMED:
		break;
	}
	return false;
}

/* As it came, so that it can be looked at as if it came now. */
static void keep_lease(struct autoconf_link *link, const struct reply *reply)
{
	const struct dhcp4 *dhcp4 = dhcp4_of(link);
	struct pyt_lease lease = { .ifindex = link->iface->ifindex,
				   .method = PYT_METHOD_DHCP4,
				   .obtained_us = dhcp4->requested_us };
	const struct pyt_lease *old = link->lease[PYT_METHOD_DHCP4];

	if (reply->bytes.left > sizeof(lease.message))
		return;
	if (old && old->message_len) { /* of the same router, most likely */
		lease.router = old->router;
		memcpy(lease.router_mac, old->router_mac, 6);
	}
	memcpy(lease.message, reply->bytes.at, reply->bytes.left);
	lease.message_len = (uint32_t)reply->bytes.left;
	autoconf_lease_note(link, PYT_METHOD_DHCP4, &lease);
}

static bool on_ack(struct autoconf_link *link, const struct reply *reply)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	const struct packet_in *packet = reply->packet;
	struct dhcp4_lease lease;
	enum counter why;

	if (dhcp4->state == DHCP4_STATE_INFORMING) {
		why = dhcp4_inform_on_ack(link, &reply->message,
					  packet->now_us);
		return why == COUNTER_NONE || drop(link, why);
	}

	if (!is_expected(dhcp4, reply))
		return drop(link, COUNTER_DHCP4_UNEXPECTED);
	if (!dhcp4_lease_parse(&reply->message, true, &lease) ||
	    lease.ip != dhcp4->lease.ip)
		return drop(link, COUNTER_DHCP4_BAD_LEASE);
	/* asked for all the same, it is used: RFC 8925, 3.2 */
	if (dhcp4->state == DHCP4_STATE_REBOOTING &&
	    does_without(link, &lease, packet->now_us))
		return true;
	dhcp4->lease = lease;
	memset(dhcp4->server_mac, 0, sizeof(dhcp4->server_mac));
	if (pyt_ip_to_v4(&packet->src) == lease.server_id)
		memcpy(dhcp4->server_mac, packet->link_src,
		       sizeof(dhcp4->server_mac));
	keep_lease(link, reply);
	dhcp4->restarts = 0;
	dhcp4_bind(link, dhcp4->requested_us, packet->now_us);
	return true;
}

/* RFC 2131, 3.2 (3): begin anew; more slowly if that happens again. */
static bool on_nak(struct autoconf_link *link, const struct reply *reply)
{
	struct dhcp4 *dhcp4 = dhcp4_of(link);
	int64_t now_us = reply->packet->now_us;

	if (!is_expected(dhcp4, reply) || reply->server_id == 0)
		return drop(link, COUNTER_DHCP4_UNEXPECTED);
	engine_log(link->engine, PYT_LOG_INFO, "dhcp",
		   "%s: the server refuses the address",
		   link->iface->config.name);
	counter_hit(&link->engine->counters, COUNTER_DHCP4_NAKS);
	dhcp4->hint = 0;
	autoconf_lease_note(link, PYT_METHOD_DHCP4, NULL);
	dhcp4_uninstall(link, now_us);
	dhcp4_restart(link,
		      dhcp4->restarts ? SECOND_US << (dhcp4->restarts > 6
							      ? 6
							      : dhcp4->restarts)
				      : 0,
		      now_us);
	return true;
}

bool dhcp4_input(struct autoconf_link *link, const struct packet_in *packet)
{
	struct reply reply = { .packet = packet };
	enum counter why = parse(link, &reply);

	if (why != COUNTER_NONE)
		return drop(link, why);
	switch ((enum dhcp4_type)reply.type) {
	case DHCP4_OFFER:
		return on_offer(link, &reply);
	case DHCP4_ACK:
		return on_ack(link, &reply);
	case DHCP4_NAK:
		return on_nak(link, &reply);
	case DHCP4_DISCOVER:
	case DHCP4_REQUEST:
	case DHCP4_DECLINE:
	case DHCP4_RELEASE:
	case DHCP4_INFORM:
		break;
	}
	return drop(link, COUNTER_DHCP4_UNEXPECTED);
}
