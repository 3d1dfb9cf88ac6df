/*
 * Multicast groups of the host: what its sockets want of each, merged, and
 * what routers are told of it. IGMPv1/2/3 (RFC 1112, 2236, 3376), MLDv1/v2
 * (RFC 2710, 3810). group.c: memberships; group_merge.c: filters;
 * group_report.c: what is sent; group_query.c: what comes in;
 * group_timer.c: when.
 */
#ifndef IP_GROUP_H
#define IP_GROUP_H

#include <bsd/sys/queue.h>

#include "base/packet.h"
#include "base/table.h"
#include "iface/iface.h"
#include "wire/membership.h"

#define GROUPS_MAX 1024 /* of a stack, interfaces counted apart */
#define GROUP_SOURCES_MAX 1024 /* of one group, over all sockets */
#define GROUP_QUERIED_MAX 64 /* sources of one query; more: all are told */

struct ip;
struct ip_filter;

struct group_source {
	SLIST_ENTRY(group_source) link;
	struct pyt_ip ip;
	int include_count, exclude_count; /* sockets that name it */
	int changes_left; /* reports that are to say so */
	bool allowed; /* as it was last looked at */
};

struct group {
	struct table_node node;
	TAILQ_ENTRY(group) link; /* all */
	struct iface *iface;
	struct pyt_ip ip;
	int include_count, exclude_count; /* sockets, by their mode */
	SLIST_HEAD(, group_source) sources;
	uint32_t source_count;
	int mode_left; /* reports that are to tell the mode */
	int member_left; /* the same in old versions: that we are in it */
	int64_t answer_us; /* to a query for this group; TIME_NEVER */
	uint32_t queried_count; /* sources asked for; 0: all */
	struct pyt_ip queried[GROUP_QUERIED_MAX];
	bool told_last; /* we, not a neighbour, told the router last */
};

/* One family on one interface. */
struct group_link {
	int64_t v1_until_us, v2_until_us; /* an old querier is there */
	int64_t answer_us; /* to a general query; TIME_NEVER: none */
	int64_t change_us; /* next report of changes; TIME_NEVER */
	int robustness;
	int64_t interval_us; /* the querier's */
};

struct group_settings {
	int igmp_qrv, mld_qrv;
	int igmp_link_local_reports;
	int force_igmp_version, force_mld_version; /* 0: as queried */
	int igmp2_unsolicited_ms, igmp3_unsolicited_ms;
	int mld1_unsolicited_ms, mld2_unsolicited_ms;
};

TAILQ_HEAD(group_list, group);

struct groups {
	struct table table; /* by interface and address */
	struct group_list all;
	struct group_settings settings[IFACE_MAX + 1]; /* by ifindex */
	struct group_link link[IFACE_MAX][2]; /* by ifindex - 1, is IPv4 */
	int64_t deadline_us;
};

int groups_init(struct ip *ip);
void groups_clear(struct ip *ip);

/* NULL: nobody is a member and nothing is left to tell. */
struct group *group_find(const struct ip *ip, const struct iface *iface,
			 const struct pyt_ip *address);
static inline bool group_is_member(const struct group *group)
{
	return group->include_count + group->exclude_count > 0;
}
/* Whether some socket may want it; iface NULL: on whatever interface. */
bool group_accepts(const struct ip *ip, const struct iface *iface,
		   const struct pyt_ip *address, const struct pyt_ip *src);
/* Takes it out and frees it, if nobody needs it any more. */
void group_release(struct ip *ip, struct group *group);

/* -------- group_merge.c: RFC 3376, 3.2 */
static inline bool group_is_exclude(const struct group *group)
{
	return group->exclude_count > 0;
}
bool group_allows(const struct group *group, const struct group_source *source);
struct group_source *group_source_find(const struct group *group,
				       const struct pyt_ip *ip);
/* Counts a socket's filter in (by 1) or out (by -1). -ENOBUFS: unchanged */
int group_count(struct ip *ip, struct group *group,
		const struct ip_filter *filter, int by);
/* Notes what differs from before for the reports. Whether anything does. */
bool group_note_changes(struct group *group, bool was_member, bool was_exclude,
			int robustness);
/* Sources that nobody names and no report has to. */
void group_drop_sources(struct ip *ip, struct group *group);

/* -------- group_report.c */
enum group_tell {
	GROUP_TELL_STATE, /* current-state records */
	GROUP_TELL_QUERIED, /* the same, of the sources asked for */
	GROUP_TELL_CHANGES,
};
bool group_is_reported(const struct ip *ip, const struct group *group);
/* 224.0.0.1, ff02::1, ff01::1: every host is in them; RFC 1112, 4; RFC 4291,
 * 2.7.1. */
bool group_is_all_nodes(const struct pyt_ip *address);
/* One group, or NULL for all of the interface and family. */
void group_report(struct ip *ip, struct iface *iface, bool v4,
		  struct group *only, enum group_tell tell, int64_t now_us);
void group_send_old(struct ip *ip, const struct group *group, uint8_t type,
		    int64_t now_us);

/* -------- group_timer.c */
struct group_link *group_link(struct ip *ip, const struct iface *iface,
			      bool v4);
enum membership_version group_version(const struct ip *ip,
				      const struct iface *iface, bool v4,
				      int64_t now_us);
int group_robustness(const struct ip *ip, const struct iface *iface, bool v4);
/* Something was noted: tell it now, and again later. */
void group_changed(struct ip *ip, struct group *group, int64_t now_us);
/* All that was to be told is forgotten: RFC 3376, 7.2.1. */
void group_cancel(struct ip *ip, const struct iface *iface, bool v4);
void group_rearm(struct ip *ip);
int64_t group_next_deadline(const struct ip *ip);
void group_run_timers(struct ip *ip, int64_t now_us);

/* -------- group_query.c: COUNTER_NONE, or why it was dropped */
enum counter group_input_igmp(struct ip *ip, const struct packet_in *packet);
/* From the ICMPv6 type on, whose sum is right. */
enum counter group_input_mld(struct ip *ip, const struct packet_in *packet);

#endif
