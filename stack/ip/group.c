/*
 * Multicast groups of the host and their reports. RFC 1112; IGMPv3 (RFC
 * 3376) with any-source memberships, IGMPv2 (RFC 2236) while an old querier
 * is there.
 */
#include <errno.h>
#include <netinet/in.h>

#include "base/checksum.h"
#include "base/writer.h"
#include "ip/ip_internal.h"

#define ALL_HOSTS 0xe0000001u /* 224.0.0.1: never reported */
#define ALL_ROUTERS 0xe0000002u
#define ALL_IGMP3_ROUTERS 0xe0000016u
#define ROBUSTNESS 2 /* RFC 3376, 8.1 */
#define UNSOLICITED_US 1000000u /* RFC 3376, 8.11 */
#define OLD_QUERIER_US 400000000ll /* RFC 3376, 8.12 */
#define IGMP_LEN_MIN 8

enum igmp_type {
	IGMP_TYPE_QUERY = 0x11,
	IGMP_TYPE_REPORT_V2 = 0x16,
	IGMP_TYPE_LEAVE_V2 = 0x17,
	IGMP_TYPE_REPORT_V3 = 0x22,
};

enum igmp_record {
	IGMP_RECORD_IS_EXCLUDE = 2,
	IGMP_RECORD_TO_INCLUDE = 3,
	IGMP_RECORD_TO_EXCLUDE = 4,
};

static struct ip_group *find(struct ip *ip, const struct iface *iface,
			     uint32_t group)
{
	for (int i = 0; i < ip->group_count; i++) {
		if (ip->group[i].group == group &&
		    (!iface || ip->group[i].iface == iface))
			return &ip->group[i];
	}
	return NULL;
}

bool group_has_member(const struct ip *ip, const struct iface *iface,
		      uint32_t group)
{
	if (group == ALL_HOSTS)
		return true;
	for (int i = 0; i < ip->group_count; i++) {
		if (ip->group[i].group == group &&
		    (!iface || ip->group[i].iface == iface))
			return true;
	}
	return false;
}

/* message is complete but for its sum. */
static void send_message(struct ip *ip, struct iface *iface, uint32_t to,
			 const uint8_t *message, uint32_t len, int64_t now_us)
{
	struct pyt_ip dst = pyt_ip_from_v4(to);
	struct ip_fields fields = {
		.protocol = IPPROTO_IGMP,
		.ttl = 1,
		.tos = 0xc0,
		.dont_fragment = true,
		.router_alert = true,
	};
	struct packet_out *packet;
	struct ip_path path;

	if (ip_route(ip, &dst, NULL, iface->ifindex, now_us, &path) < 0)
		return;
	packet = packet_create(ip->engine, len);
	if (!packet)
		return;
	memcpy(packet->data, message, len);
	icmp4_set_checksum(packet->data, len); /* of the same form */
	counter_hit(&ip->engine->counters, COUNTER_IGMP_OUT);
	ip4_send(ip, &path, &fields, packet, now_us);
}

static bool speaks_v2(const struct ip *ip, const struct iface *iface,
		      int64_t now_us)
{
	return now_us < ip->igmp2_until_us[iface->ifindex - 1];
}

static void send_v2(struct ip *ip, struct iface *iface, uint32_t group,
		    enum igmp_type type, int64_t now_us)
{
	uint8_t message[IGMP_LEN_MIN];
	struct writer w = writer_init(message, sizeof(message));

	writer_u8(&w, (uint8_t)type);
	writer_u8(&w, 0);
	writer_u16(&w, 0);
	writer_u32(&w, group);
	send_message(ip, iface,
		     type == IGMP_TYPE_LEAVE_V2 ? ALL_ROUTERS : group, message,
		     sizeof(message), now_us);
}

static void send_v3(struct ip *ip, struct iface *iface, uint32_t group,
		    enum igmp_record record, int64_t now_us)
{
	uint8_t message[16];
	struct writer w = writer_init(message, sizeof(message));

	writer_u8(&w, IGMP_TYPE_REPORT_V3);
	writer_u8(&w, 0);
	writer_u16(&w, 0);
	writer_u16(&w, 0);
	writer_u16(&w, 1); /* records */
	writer_u8(&w, (uint8_t)record);
	writer_u8(&w, 0);
	writer_u16(&w, 0); /* sources */
	writer_u32(&w, group);
	send_message(ip, iface, ALL_IGMP3_ROUTERS, message, sizeof(message),
		     now_us);
}

static bool is_reported(const struct iface *iface, uint32_t group)
{
	return group != ALL_HOSTS && iface->ifindex != IP_LO_INDEX;
}

static void report(struct ip *ip, const struct ip_group *group,
		   enum igmp_record record, int64_t now_us)
{
	if (!is_reported(group->iface, group->group))
		return;
	if (speaks_v2(ip, group->iface, now_us))
		send_v2(ip, group->iface, group->group, IGMP_TYPE_REPORT_V2,
			now_us);
	else
		send_v3(ip, group->iface, group->group, record, now_us);
}

/* By the index, or where packets to the group would leave. */
static struct iface *iface_for(struct ip *ip, int ifindex,
			       const struct pyt_ip *group, int64_t now_us)
{
	struct ip_path path;

	if (ifindex)
		return ip_iface(ip, ifindex);
	if (ip_route(ip, group, NULL, 0, now_us, &path) == 0)
		return path.iface;
	return NULL;
}

int ip_group_join(struct ip *ip, int ifindex, const struct pyt_ip *group,
		  int64_t now_us)
{
	struct iface *iface;
	struct ip_group *g;

	if (!pyt_ip_is_v4(group) || !pyt_ip_is_multicast(group))
		return -EINVAL;
	iface = iface_for(ip, ifindex, group, now_us);
	if (!iface)
		return -ENODEV;
	g = find(ip, iface, pyt_ip_to_v4(group));
	if (g) {
		g->users++;
		return 0;
	}
	if (ip->group_count == IP_GROUPS_MAX)
		return -ENOBUFS;
	g = &ip->group[ip->group_count++];
	*g = (struct ip_group){
		.iface = iface,
		.group = pyt_ip_to_v4(group),
		.users = 1,
		.reports_left = ROBUSTNESS - 1,
		.report_us = TIME_NEVER,
	};
	report(ip, g, IGMP_RECORD_TO_EXCLUDE, now_us);
	if (is_reported(iface, g->group))
		g->report_us = now_us + random_below(&ip->engine->random,
						     UNSOLICITED_US);
	return 0;
}

int ip_group_leave(struct ip *ip, int ifindex, const struct pyt_ip *group,
		   int64_t now_us)
{
	struct iface *iface;
	struct ip_group *g;
	uint32_t address = pyt_ip_to_v4(group);

	if (!pyt_ip_is_v4(group))
		return -EINVAL;
	iface = ifindex ? ip_iface(ip, ifindex) : NULL;
	g = find(ip, iface, address);
	if (!g)
		return -EADDRNOTAVAIL;
	if (--g->users > 0)
		return 0;
	iface = g->iface;
	*g = ip->group[--ip->group_count];
	if (!is_reported(iface, address))
		return 0;
	if (speaks_v2(ip, iface, now_us))
		send_v2(ip, iface, address, IGMP_TYPE_LEAVE_V2, now_us);
	else
		send_v3(ip, iface, address, IGMP_RECORD_TO_INCLUDE, now_us);
	return 0;
}

/* RFC 3376, 4.1.1: from 128 on a floating-point number; tenths of seconds */
static int64_t response_us(uint8_t code)
{
	int64_t tenths = code < 128 ? code
				    : (int64_t)((code & 15) | 16)
					      << ((code >> 4 & 7) + 3);

	return tenths * 100000;
}

static void schedule(struct ip *ip, struct ip_group *group, int64_t max_us,
		     int64_t now_us)
{
	int64_t at_us = now_us +
			random_below(&ip->engine->random, (uint32_t)max_us + 1);

	if (!is_reported(group->iface, group->group))
		return;
	if (at_us < group->report_us)
		group->report_us = at_us;
}

static void input_query(struct ip *ip, const struct packet_in *packet,
			uint8_t code, uint32_t group, int64_t now_us)
{
	bool old = packet->payload.left == IGMP_LEN_MIN;
	int64_t max_us = code ? response_us(code) : 10000000;

	if (old)
		ip->igmp2_until_us[packet->iface->ifindex - 1] =
			now_us + OLD_QUERIER_US;
	for (int i = 0; i < ip->group_count; i++) {
		struct ip_group *g = &ip->group[i];

		if (g->iface == packet->iface &&
		    (group == 0 || group == g->group))
			schedule(ip, g, max_us, now_us);
	}
}

enum counter group_input(struct ip *ip, const struct packet_in *packet,
			 int64_t now_us)
{
	struct reader r = packet->payload;
	uint8_t type = reader_u8(&r);
	uint8_t code = reader_u8(&r);
	uint32_t group;

	reader_u16(&r); /* checksum */
	group = reader_u32(&r);
	if (r.failed || checksum_finish(checksum_add(0, packet->payload.at,
						     packet->payload.left)))
		return COUNTER_IGMP_MALFORMED;
	counter_hit(&ip->engine->counters, COUNTER_IGMP_IN);
	if (type == IGMP_TYPE_QUERY)
		input_query(ip, packet, code, group, now_us);
	return COUNTER_NONE;
}

int64_t group_next_deadline(const struct ip *ip)
{
	int64_t deadline_us = TIME_NEVER;

	for (int i = 0; i < ip->group_count; i++) {
		if (ip->group[i].report_us < deadline_us)
			deadline_us = ip->group[i].report_us;
	}
	return deadline_us;
}

void group_run_timers(struct ip *ip, int64_t now_us)
{
	for (int i = 0; i < ip->group_count; i++) {
		struct ip_group *g = &ip->group[i];
		enum igmp_record record = IGMP_RECORD_IS_EXCLUDE;

		if (now_us < g->report_us)
			continue;
		g->report_us = TIME_NEVER;
		if (g->reports_left > 0) {
			g->reports_left--;
			record = IGMP_RECORD_TO_EXCLUDE;
		}
		report(ip, g, record, now_us);
	}
}
