/*
 * What routers ask and what the neighbours tell them. RFC 3376, 5.2, 7.2, 9;
 * RFC 3810, 5.1.14, 6.2, 8.2.
 */
#include "base/checksum.h"
#include "ip/ip_internal.h"

#define QUERY_INTERVAL_US 125000000ll /* RFC 3376, 8.2 */

/* RFC 3376, 8.12: robustness x query interval + response interval. */
static int64_t old_querier_us(const struct ip *ip, const struct iface *iface,
			      bool v4, const struct membership_query *query)
{
	const struct group_link *link =
		&ip->groups.link[iface->ifindex - 1][v4];
	int64_t interval_us =
		link->interval_us ? link->interval_us : QUERY_INTERVAL_US;

	return group_robustness(ip, iface, v4) * interval_us +
	       query->response_us;
}

static void note_querier(struct ip *ip, const struct packet_in *packet,
			 const struct membership_query *query, bool v4)
{
	const struct iface *iface = packet->iface;
	struct group_link *link = group_link(ip, iface, v4);
	enum membership_version before =
		group_version(ip, iface, v4, packet->now_us);
	int64_t until_us =
		packet->now_us + old_querier_us(ip, iface, v4, query);

	if (query->version == MEMBERSHIP_V1)
		link->v1_until_us = until_us;
	else if (query->version == MEMBERSHIP_V2)
		link->v2_until_us = until_us;
	else {
		/* RFC 3376, 4.1.6: 0 says nothing; 1 would lose a lot */
		link->robustness =
			query->robustness > 1 ? query->robustness : 0;
		link->interval_us = query->interval_us;
	}
	if (group_version(ip, iface, v4, packet->now_us) != before)
		group_cancel(ip, iface, v4);
}

static int64_t some_time_within(struct ip *ip, int64_t max_us, int64_t now_us)
{
	uint32_t bound =
		max_us >= UINT32_MAX ? UINT32_MAX : (uint32_t)max_us + 1;

	return now_us + random_below(&ip->engine->random, bound);
}

static bool is_noted(const struct group *group, const struct pyt_ip *source)
{
	for (uint32_t i = 0; i < group->queried_count; i++)
		if (pyt_ip_equal(&group->queried[i], source))
			return true;
	return false;
}

/* A query for all sources, or for too many, makes it one for all. */
static void note_sources(struct group *group, struct membership_query *query)
{
	bool all_asked =
		group->answer_us != TIME_NEVER && group->queried_count == 0;

	if (all_asked || query->source_count == 0 ||
	    query->source_count > GROUP_QUERIED_MAX - group->queried_count) {
		group->queried_count = 0;
		return;
	}
	for (uint32_t i = 0; i < query->source_count; i++) {
		struct pyt_ip source = membership_next_source(query);

		if (!is_noted(group, &source))
			group->queried[group->queried_count++] = source;
	}
}

/* RFC 3376, 5.2: an answer that comes sooner serves this query, too. */
static void ask_group(struct ip *ip, struct group *group,
		      struct membership_query *query, int64_t now_us)
{
	const struct group_link *link =
		group_link(ip, group->iface, pyt_ip_is_v4(&group->ip));
	int64_t at_us = some_time_within(ip, query->response_us, now_us);

	if (!group_is_member(group) || !group_is_reported(ip, group) ||
	    link->answer_us <= at_us)
		return;
	note_sources(group, query);
	if (at_us < group->answer_us)
		group->answer_us = at_us;
}

static void ask_all(struct ip *ip, const struct iface *iface, bool v4,
		    struct membership_query *query, int64_t now_us)
{
	struct group_link *link = group_link(ip, iface, v4);
	int64_t at_us = some_time_within(ip, query->response_us, now_us);
	struct group *group;

	if (group_version(ip, iface, v4, now_us) == MEMBERSHIP_V3) {
		if (at_us < link->answer_us)
			link->answer_us = at_us;
		return;
	}
	query->source_count = 0;
	TAILQ_FOREACH (group, &ip->groups.all, link)
		if (group->iface == iface && pyt_ip_is_v4(&group->ip) == v4)
			ask_group(ip, group, query, now_us);
}

static void input_query(struct ip *ip, const struct packet_in *packet,
			struct membership_query *query)
{
	bool v4 = pyt_ip_is_v4(&query->group);
	struct group *group;

	if (packet->iface->ifindex == IP_LO_INDEX)
		return;
	note_querier(ip, packet, query, v4);
	if (pyt_ip_is_unspecified(&query->group)) {
		ask_all(ip, packet->iface, v4, query, packet->now_us);
	} else {
		group = group_find(ip, packet->iface, &query->group);
		if (group)
			ask_group(ip, group, query, packet->now_us);
	}
	group_rearm(ip);
}

/* RFC 2236, 3; RFC 2710, 4: a neighbour has told the router already. */
static void input_report(struct ip *ip, const struct packet_in *packet,
			 const struct pyt_ip *address)
{
	struct group *group = group_find(ip, packet->iface, address);

	if (!group || group_version(ip, packet->iface, pyt_ip_is_v4(address),
				    packet->now_us) == MEMBERSHIP_V3)
		return;
	group->answer_us = TIME_NEVER;
	group->member_left = 0;
	group->told_last = false;
	group_rearm(ip);
}

/* RFC 3376, 9.1: a general query comes to all hosts, or it is forged. */
static bool is_misdirected(const struct packet_in *packet,
			   const struct membership_query *query)
{
	uint32_t dst = pyt_ip_to_v4(&packet->dst);

	if (!pyt_ip_is_unspecified(&query->group))
		return !pyt_ip_is_multicast(&query->group);
	return query->version != MEMBERSHIP_V1 && dst != 0xe0000001;
}

enum counter group_input_igmp(struct ip *ip, const struct packet_in *packet)
{
	struct membership_query query;
	struct reader r = packet->payload;
	uint8_t type = reader_u8(&r);
	struct pyt_ip group;

	reader_bytes(&r, 3);
	group = pyt_ip_from_v4(reader_u32(&r));
	if (r.failed || checksum_finish(checksum_add(0, packet->payload.at,
						     packet->payload.left)))
		return COUNTER_IGMP_MALFORMED;
	counter_hit(&ip->engine->counters, COUNTER_IGMP_IN);
	switch (type) {
	case IGMP_QUERY:
		if (!membership_parse_igmp(packet->payload, &query))
			return COUNTER_IGMP_MALFORMED;
		if (is_misdirected(packet, &query))
			return COUNTER_IGMP_MISDIRECTED;
		input_query(ip, packet, &query);
		break;
	case IGMP_REPORT_V1:
	case IGMP_REPORT_V2:
		if (packet->iface->ifindex != IP_LO_INDEX)
			input_report(ip, packet, &group);
		break;
	default:
		break; /* for routers, or for programs: RFC 3376, 4 */
	}
	return COUNTER_NONE;
}

static bool is_link_local(const struct pyt_ip *ip)
{
	return ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

/* RFC 3810, 5.1.14 and 6.2: from a router of this link, to the group, so
 * that routers look at it (RFC 2711, 2.1: value 0). */
static enum counter input_mld_query(struct ip *ip,
				    const struct packet_in *packet)
{
	struct membership_query query;

	if (!membership_parse_mld(packet->payload, &query))
		return COUNTER_MLD_MALFORMED;
	if (!is_link_local(&packet->src) || packet->ttl != 1 ||
	    !packet->router_alert || packet->router_alert_value != 0)
		return COUNTER_MLD_NOT_OF_LINK;
	if (!pyt_ip_is_unspecified(&query.group) &&
	    !pyt_ip_is_multicast(&query.group))
		return COUNTER_MLD_MALFORMED;
	input_query(ip, packet, &query);
	return COUNTER_NONE;
}

enum counter group_input_mld(struct ip *ip, const struct packet_in *packet)
{
	struct reader r = packet->payload;
	uint8_t type = reader_u8(&r);
	struct pyt_ip group;

	counter_hit(&ip->engine->counters, COUNTER_MLD_IN);
	if (type == MLD_QUERY)
		return input_mld_query(ip, packet);
	if (type != MLD_REPORT_V1)
		return COUNTER_NONE;
	reader_bytes(&r, 7);
	reader_copy(&r, group.bytes, sizeof(group.bytes));
	if (r.failed)
		return COUNTER_MLD_MALFORMED;
	if (!is_link_local(&packet->src) &&
	    !pyt_ip_is_unspecified(&packet->src))
		return COUNTER_MLD_NOT_OF_LINK;
	input_report(ip, packet, &group);
	return COUNTER_NONE;
}
