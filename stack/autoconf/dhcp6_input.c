/* What servers say. RFC 8415, 16, 18.2.9, 18.2.10. */
#include <netinet/in.h>

#include "autoconf/dhcp6_internal.h"
#include "udp/udp.h"

#define SECOND_US 1000000ll
#define REFRESH_DEFAULT 86400u /* IRT_DEFAULT, seconds */
#define REFRESH_MIN 600u /* IRT_MINIMUM */
#define PREFERENCE_MAX 255 /* not to be waited after: RFC 8415, 18.2.1 */

bool dhcp6_is_for_us(const struct autoconf_link *link,
		     const struct dhcp6_message *m)
{
	uint8_t duid[AUTOCONF_DUID_LEN];

	autoconf_duid(link, duid);
	return m->client_id.left == sizeof(duid) &&
	       memcmp(m->client_id.at, duid, sizeof(duid)) == 0 &&
	       m->server_id.left > 0;
}

struct dhcp6_server dhcp6_server_of(const struct dhcp6_message *m)
{
	struct dhcp6_server server = { .id_len = (uint32_t)m->server_id.left };

	memcpy(server.id, m->server_id.at, m->server_id.left);
	return server;
}

struct dhcp6_grant dhcp6_grant_of(const struct dhcp6_message *m)
{
	return (struct dhcp6_grant){ .server = dhcp6_server_of(m),
				     .preference = m->preference,
				     .addresses = m->addresses,
				     .prefixes = m->prefixes };
}

/* What has no time left is taken, not given. */
static bool has_time(const struct dhcp6_ia *ia)
{
	if (!ia->present || ia->status != DHCP6_STATUS_SUCCESS)
		return false;
	for (int i = 0; i < ia->count; i++)
		if (ia->lease[i].valid > 0)
			return true;
	return false;
}

bool dhcp6_gives_something(const struct dhcp6_message *m)
{
	return has_time(&m->addresses) || has_time(&m->prefixes);
}

static void note_limits(struct dhcp6 *dhcp6, const struct dhcp6_message *m)
{
	if (m->solicit_max)
		dhcp6->solicit_max = m->solicit_max;
	if (m->inform_max)
		dhcp6->inform_max = m->inform_max;
}

/* RFC 8415, 18.2.9: the best of those that come within the first interval,
 * then the first that comes. */
static void on_advertise(struct autoconf_link *link,
			 const struct dhcp6_message *m, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	note_limits(dhcp6, m);
	if (m->status == DHCP6_STATUS_NO_ADDRESSES ||
	    !dhcp6_gives_something(m)) {
		dhcp6->refused = true;
		return;
	}
	if (dhcp6->offer.server.id_len == 0 ||
	    m->preference > dhcp6->offer.preference)
		dhcp6->offer = dhcp6_grant_of(m);
	if (m->preference == PREFERENCE_MAX || dhcp6->sent > 1)
		dhcp6_enter(link, DHCP6_STATE_REQUESTING, now_us);
}

static void take_grant(struct autoconf_link *link,
		       const struct dhcp6_message *m, struct reader message,
		       int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);

	dhcp6->grant = dhcp6_grant_of(m);
	dhcp6->refused = false;
	dhcp6_lease_keep(link, message, now_us);
	dhcp6_install(link, now_us, now_us);
	dhcp6_install_names(link, m, dhcp6->end_us, now_us);
	dhcp6_enter(link, DHCP6_STATE_BOUND, now_us);
}

/* Lifetimes of 0, and nothing in their stead: RFC 8415, 18.3.4, 18.3.5. */
static bool takes_all(const struct dhcp6_message *m)
{
	return (m->addresses.present && m->addresses.count > 0) ||
	       (m->prefixes.present && m->prefixes.count > 0);
}

/* What is held is not good here: begin anew. */
static void give_up(struct autoconf_link *link, int64_t now_us)
{
	engine_log(link->engine, PYT_LOG_INFO, "dhcp6",
		   "%s: the addresses are not good on this link any more",
		   link->iface->config.name);
	dhcp6_uninstall(link, now_us);
	dhcp6_lease_forget(link);
	dhcp6_enter(link, DHCP6_STATE_SOLICITING, now_us);
}

/* RFC 8415, 18.2.10.1: what does not fit the binding that is held. */
static void on_reply(struct autoconf_link *link, const struct dhcp6_message *m,
		     struct reader message, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	bool requests = dhcp6->state == DHCP6_STATE_REQUESTING;

	note_limits(dhcp6, m);
	if (m->status == DHCP6_STATUS_UNSPEC_FAIL ||
	    m->status == DHCP6_STATUS_USE_MULTICAST)
		return; /* the timer tries again */
	if (dhcp6_gives_something(m)) {
		take_grant(link, m, message, now_us);
		return;
	}
	if (m->addresses.status == DHCP6_STATUS_NO_BINDING && !requests) {
		dhcp6->offer = dhcp6->grant;
		dhcp6->offer.server = dhcp6_server_of(m);
		dhcp6_enter(link, DHCP6_STATE_REQUESTING, now_us);
		return;
	}
	if (requests) { /* NotOnLink, NoAddrsAvail: RFC 8415, 18.2.10.1 */
		dhcp6->refused = true;
		dhcp6_start_over(link, now_us);
	} else if (m->status == DHCP6_STATUS_NOT_ON_LINK || takes_all(m)) {
		give_up(link, now_us);
	}
}

/* RFC 8415, 18.2.10.3: the addresses fit this link, or they do not. */
static void on_confirmed(struct autoconf_link *link,
			 const struct dhcp6_message *m, int64_t now_us)
{
	if (m->status == DHCP6_STATUS_NOT_ON_LINK) {
		give_up(link, now_us);
	} else if (m->status == DHCP6_STATUS_SUCCESS) {
		counter_hit(&link->engine->counters, COUNTER_DHCP6_CONFIRMED);
		dhcp6_lease_install(link, now_us);
		dhcp6_enter(link, DHCP6_STATE_BOUND, now_us);
	}
}

static void on_information(struct autoconf_link *link,
			   const struct dhcp6_message *m, int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	uint32_t refresh = m->refresh_time ? m->refresh_time : REFRESH_DEFAULT;

	if (refresh < REFRESH_MIN)
		refresh = REFRESH_MIN;
	note_limits(dhcp6, m);
	if (dhcp6_has_grant(dhcp6)) { /* whose time its names share */
		dhcp6_install_names(link, m, dhcp6->end_us, now_us);
		dhcp6_enter(link, DHCP6_STATE_BOUND, now_us);
		return;
	}
	dhcp6_install_names(link, m, TIME_NEVER, now_us);
	dhcp6_enter(link, DHCP6_STATE_INFORMED, now_us);
	dhcp6->send_us = refresh == UINT32_MAX ? TIME_NEVER
					       : now_us + refresh * SECOND_US;
}

static enum counter take(struct autoconf_link *link,
			 const struct dhcp6_message *m, struct reader message,
			 int64_t now_us)
{
	struct dhcp6 *dhcp6 = dhcp6_of(link);
	bool reply = m->type == DHCP6_REPLY;

	if (reply)
		dhcp6_note_key(dhcp6, m);

	switch (dhcp6->state) {
	case DHCP6_STATE_SOLICITING:
		if (m->type == DHCP6_ADVERTISE)
			on_advertise(link, m, now_us);
		else if (reply && m->rapid_commit && dhcp6_gives_something(m))
			take_grant(link, m, message, now_us);
		else
			return COUNTER_DHCP6_UNEXPECTED;
		return COUNTER_NONE;
	case DHCP6_STATE_REQUESTING:
	case DHCP6_STATE_RENEWING:
	case DHCP6_STATE_REBINDING:
		if (!reply)
			return COUNTER_DHCP6_UNEXPECTED;
		on_reply(link, m, message, now_us);
		return COUNTER_NONE;
	case DHCP6_STATE_CONFIRMING:
		if (!reply)
			return COUNTER_DHCP6_UNEXPECTED;
		if (dhcp6->grant.prefixes.count > 0) /* it was a Rebind */
			on_reply(link, m, message, now_us);
		else
			on_confirmed(link, m, now_us);
		return COUNTER_NONE;
	case DHCP6_STATE_DECLINING:
		if (!reply)
			return COUNTER_DHCP6_UNEXPECTED;
		dhcp6_uninstall(link, now_us);
		dhcp6_start_over(link, now_us);
		return COUNTER_NONE;
	case DHCP6_STATE_INFORMING:
		if (!reply)
			return COUNTER_DHCP6_UNEXPECTED;
		on_information(link, m, now_us);
		return COUNTER_NONE;
	case DHCP6_STATE_OFF:
	case DHCP6_STATE_BOUND:
	case DHCP6_STATE_INFORMED:
		break;
	}
	return COUNTER_DHCP6_UNEXPECTED;
}

static enum counter look(struct autoconf_link *link,
			 const struct packet_in *packet,
			 const struct udp_datagram *datagram)
{
	struct dhcp6_message message;
	uint8_t iaid[AUTOCONF_IAID_LEN];

	autoconf_iaid(link, iaid);
	if (!dhcp6_parse(datagram->payload, iaid, &message))
		return COUNTER_DHCP6_MALFORMED;
	if (!dhcp6_is_for_us(link, &message))
		return COUNTER_DHCP6_OTHER_EXCHANGE;
	if (message.type == DHCP6_RECONFIGURE) /* of no exchange of ours */
		return dhcp6_on_reconfigure(link, &message, datagram->payload,
					    packet->now_us);
	if (message.transaction != dhcp6_of(link)->transaction)
		return COUNTER_DHCP6_OTHER_EXCHANGE;
	return take(link, &message, datagram->payload, packet->now_us);
}

bool dhcp6_input(struct autoconf_link *link, const struct packet_in *packet)
{
	struct udp_datagram datagram;
	enum counter why;

	if (packet->protocol != IPPROTO_UDP || packet->dst_multicast)
		return false;
	why = udp_input(packet, &datagram);
	if (why == COUNTER_NONE &&
	    datagram.header.dst_port != DHCP6_CLIENT_PORT)
		return false;
	if (why == COUNTER_NONE)
		why = look(link, packet, &datagram);
	if (why != COUNTER_NONE)
		autoconf_drop(link, why);
	return true;
}
