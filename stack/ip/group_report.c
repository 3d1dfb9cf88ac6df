/* What routers are told: reports of IGMP and MLD, split to the link's MTU. */
#include <netinet/in.h>

#include "base/checksum.h"
#include "base/writer.h"
#include "ip/ip_internal.h"

#define REPORT_LEN_MAX 1452 /* of what an Ethernet frame holds */
#define IP4_WITH_ALERT 24
#define IP6_WITH_ALERT 48

struct report {
	struct ip *ip;
	struct iface *iface;
	bool v4;
	uint16_t record_count;
	int64_t now_us;
	struct writer w;
	uint8_t bytes[REPORT_LEN_MAX];
};

/* The sources that one record names. */
struct list {
	uint32_t count;
	const struct pyt_ip *source[GROUP_SOURCES_MAX];
};

static void put_sum(const struct ip_path *path, struct packet_out *packet,
		    bool v4)
{
	uint64_t sum = 0;
	uint16_t folded;

	if (!v4)
		sum = checksum_pseudo_header(&path->src, &path->dst,
					     IPPROTO_ICMPV6, packet->len);
	folded = checksum_finish(checksum_add(sum, packet->data, packet->len));
	packet->data[2] = (uint8_t)(folded >> 8);
	packet->data[3] = (uint8_t)folded;
}

/* RFC 3376, 4; RFC 3810, 5: never further than the link. */
static void send_message(struct ip *ip, struct iface *iface,
			 const struct pyt_ip *to, const uint8_t *message,
			 uint32_t len, int64_t now_us)
{
	bool v4 = pyt_ip_is_v4(to);
	struct ip_fields fields = {
		.protocol = v4 ? IPPROTO_IGMP : IPPROTO_ICMPV6,
		.ttl = 1,
		.tos = v4 ? 0xc0 : 0,
		.dont_fragment = true,
		.router_alert = true,
	};
	static const uint8_t alert[8] = { 0, 0, 5, 2, 0, 0, 1, 0 };
	static const struct ip_extensions extensions = {
		.header = { alert }, /* RFC 2711: MLD, and padding */
		.len = { sizeof(alert) },
	};
	struct packet_out *packet;
	struct ip_path path;

	if (!v4)
		fields.extensions = &extensions;
	if (ip_route(ip, to, NULL, iface->ifindex, now_us, &path) < 0)
		return;
	packet = packet_create(ip->engine, len);
	if (!packet)
		return;
	memcpy(packet->data, message, len);
	put_sum(&path, packet, v4);
	counter_hit(&ip->engine->counters,
		    v4 ? COUNTER_IGMP_OUT : COUNTER_MLD_OUT);
	ip_send(ip, &path, &fields, packet, now_us);
}

/* RFC 3376, 5; RFC 3810, 6: not those that every router knows to be there,
 * nor what never leaves the host. */
bool group_is_reported(const struct ip *ip, const struct group *group)
{
	uint32_t v4 = pyt_ip_to_v4(&group->ip);

	if (group->iface->ifindex == IP_LO_INDEX ||
	    group_is_all_nodes(&group->ip))
		return false;
	if (!pyt_ip_is_v4(&group->ip))
		return (group->ip.bytes[1] & 15) > 1;
	return ip->groups.settings[0].igmp_link_local_reports ||
	       v4 >> 8 != 0xe00000;
}

static void start(struct report *report)
{
	uint32_t room = report->iface->config.mtu -
			(report->v4 ? IP4_WITH_ALERT : IP6_WITH_ALERT);

	if (room > sizeof(report->bytes))
		room = sizeof(report->bytes);
	report->record_count = 0;
	report->w = writer_init(report->bytes, room);
	membership_build_report(&report->w, report->v4);
}

static void flush(struct report *report)
{
	static const struct pyt_ip routers6 = { { 0xff, 2, [15] = 0x16 } };
	struct pyt_ip to = report->v4 ? pyt_ip_from_v4(0xe0000016) : routers6;

	if (report->record_count == 0)
		return;
	membership_set_record_count(report->bytes, report->record_count);
	send_message(report->ip, report->iface, &to, report->bytes,
		     (uint32_t)report->w.len, report->now_us);
	start(report);
}

static uint32_t sources_that_fit(const struct report *report)
{
	uint32_t room = (uint32_t)(report->w.size - report->w.len);
	uint32_t header_len = membership_record_len(report->v4);

	return room < header_len ? 0
				 : (room - header_len) /
					   membership_address_len(report->v4);
}

/* RFC 3376, 4.2.16: a long list is split, one of EXCLUDE is cut. */
static void put_record(struct report *report, const struct group *group,
		       enum membership_record type, const struct list *list)
{
	bool cuts =
		type == MEMBERSHIP_IS_EXCLUDE || type == MEMBERSHIP_TO_EXCLUDE;
	uint32_t at = 0, count;

	do {
		uint32_t left = list->count - at;

		if (sources_that_fit(report) < (left ? left : 1))
			flush(report);
		count = sources_that_fit(report);
		if (count > left)
			count = left;
		membership_build_record(&report->w, type, &group->ip,
					(uint16_t)count);
		for (uint32_t i = 0; i < count; i++)
			membership_build_address(&report->w,
						 list->source[at + i]);
		report->record_count++;
		at += count;
	} while (at < list->count && count > 0 && !cuts);
}

static void list_sources(const struct group *group, bool allowed,
			 bool changed_only, struct list *list)
{
	const struct group_source *source;

	list->count = 0;
	SLIST_FOREACH (source, &group->sources, link)
		if (group_allows(group, source) == allowed &&
		    (!changed_only || source->changes_left > 0))
			list->source[list->count++] = &source->ip;
}

static void put_state(struct report *report, const struct group *group)
{
	bool exclude = group_is_exclude(group);
	struct list list;

	list_sources(group, !exclude, false, &list);
	if (exclude || list.count > 0)
		put_record(report, group,
			   exclude ? MEMBERSHIP_IS_EXCLUDE
				   : MEMBERSHIP_IS_INCLUDE,
			   &list);
}

/* RFC 3376, 5.2: what of the sources asked for is wanted. */
static void put_queried(struct report *report, const struct group *group)
{
	struct list list = { .count = 0 };

	if (group->queried_count == 0) {
		put_state(report, group);
		return;
	}
	for (uint32_t i = 0; i < group->queried_count; i++) {
		const struct group_source *source =
			group_source_find(group, &group->queried[i]);

		if (source ? group_allows(group, source)
			   : group_is_exclude(group))
			list.source[list.count++] = &group->queried[i];
	}
	if (list.count > 0)
		put_record(report, group, MEMBERSHIP_IS_INCLUDE, &list);
}

static void put_mode(struct report *report, struct group *group)
{
	bool exclude = group_is_exclude(group);
	struct list list;

	list_sources(group, !exclude, false, &list);
	put_record(report, group,
		   exclude ? MEMBERSHIP_TO_EXCLUDE : MEMBERSHIP_TO_INCLUDE,
		   &list);
	group->mode_left--;
}

/* RFC 3376, 5.1. */
static void put_changes(struct report *report, struct group *group)
{
	struct group_source *source;
	struct list list;

	if (group->mode_left > 0) {
		put_mode(report, group);
	} else {
		list_sources(group, true, true, &list);
		if (list.count > 0)
			put_record(report, group, MEMBERSHIP_ALLOW, &list);
		list_sources(group, false, true, &list);
		if (list.count > 0)
			put_record(report, group, MEMBERSHIP_BLOCK, &list);
	}
	SLIST_FOREACH (source, &group->sources, link)
		if (source->changes_left > 0)
			source->changes_left--;
}

static void put_group(struct report *report, struct group *group,
		      enum group_tell tell)
{
	if (!group_is_reported(report->ip, group))
		return;
	switch (tell) {
	case GROUP_TELL_STATE:
		put_state(report, group);
		break;
	case GROUP_TELL_QUERIED:
		put_queried(report, group);
		break;
	case GROUP_TELL_CHANGES:
		put_changes(report, group);
		break;
	}
}

void group_report(struct ip *ip, struct iface *iface, bool v4,
		  struct group *only, enum group_tell tell, int64_t now_us)
{
	struct report report = {
		.ip = ip, .iface = iface, .v4 = v4, .now_us = now_us
	};
	struct group *group;

	start(&report);
	if (only)
		put_group(&report, only, tell);
	else
		TAILQ_FOREACH (group, &ip->groups.all, link)
			if (group->iface == iface &&
			    pyt_ip_is_v4(&group->ip) == v4)
				put_group(&report, group, tell);
	flush(&report);
}

void group_send_old(struct ip *ip, const struct group *group, uint8_t type,
		    int64_t now_us)
{
	static const struct pyt_ip routers6 = { { 0xff, 2, [15] = 2 } };
	uint8_t message[MLD_LEN_MIN];
	struct writer w = writer_init(message, sizeof(message));
	bool v4 = pyt_ip_is_v4(&group->ip);
	struct pyt_ip to = group->ip;

	if (!group_is_reported(ip, group))
		return;
	if (type == IGMP_LEAVE_V2)
		to = pyt_ip_from_v4(0xe0000002);
	else if (type == MLD_DONE_V1)
		to = routers6;
	membership_build_old(&w, type, &group->ip);
	send_message(ip, group->iface, &to, message,
		     v4 ? IGMP_LEN_MIN : MLD_LEN_MIN, now_us);
}
