/*
 * When reports go out, and in which version: RFC 3376, 5 and 7; RFC 3810, 6
 * and 8; RFC 2236, 3; RFC 2710, 4.
 */
#include "ip/ip_internal.h"

struct group_link *group_link(struct ip *ip, const struct iface *iface, bool v4)
{
	return &ip->groups.link[iface->ifindex - 1][v4];
}

static const struct group_link *link_of(const struct ip *ip,
					const struct iface *iface, bool v4)
{
	return &ip->groups.link[iface->ifindex - 1][v4];
}

enum membership_version group_version(const struct ip *ip,
				      const struct iface *iface, bool v4,
				      int64_t now_us)
{
	const struct group_settings *s = &ip->groups.settings[iface->ifindex];
	const struct group_link *link = link_of(ip, iface, v4);

	if (v4 && s->force_igmp_version)
		return (enum membership_version)s->force_igmp_version;
	if (!v4 && s->force_mld_version)
		return s->force_mld_version == 1 ? MEMBERSHIP_V2
						 : MEMBERSHIP_V3;
	if (now_us < link->v1_until_us)
		return MEMBERSHIP_V1;
	return now_us < link->v2_until_us ? MEMBERSHIP_V2 : MEMBERSHIP_V3;
}

int group_robustness(const struct ip *ip, const struct iface *iface, bool v4)
{
	const struct group_link *link = link_of(ip, iface, v4);

	if (link->robustness)
		return link->robustness;
	return v4 ? ip->groups.settings[0].igmp_qrv
		  : ip->groups.settings[0].mld_qrv;
}

/* RFC 3376, 8.11; RFC 2710, 7.10: the longest time between two reports. */
static int64_t unsolicited_us(const struct ip *ip, const struct iface *iface,
			      enum membership_version version, bool v4)
{
	const struct group_settings *s = &ip->groups.settings[iface->ifindex];
	int ms = v4 ? s->igmp2_unsolicited_ms : s->mld1_unsolicited_ms;

	if (version == MEMBERSHIP_V3)
		ms = v4 ? s->igmp3_unsolicited_ms : s->mld2_unsolicited_ms;
	return (int64_t)ms * 1000;
}

static int64_t random_within(struct ip *ip, int64_t max_us)
{
	uint32_t bound =
		max_us > UINT32_MAX - 1 ? UINT32_MAX : (uint32_t)max_us + 1;

	return random_below(&ip->engine->random, bound);
}

/* An old report says only that we are in it; RFC 2236, 3; RFC 2710, 4. */
static void tell_old(struct ip *ip, struct group *group,
		     enum membership_version version, int64_t now_us)
{
	bool v4 = pyt_ip_is_v4(&group->ip);

	if (!v4)
		group_send_old(ip, group, MLD_REPORT_V1, now_us);
	else
		group_send_old(ip, group,
			       version == MEMBERSHIP_V1 ? IGMP_REPORT_V1
							: IGMP_REPORT_V2,
			       now_us);
	group->told_last = true;
}

static void tell_leave(struct ip *ip, struct group *group,
		       enum membership_version version, int64_t now_us)
{
	if (version == MEMBERSHIP_V2 && group->told_last)
		group_send_old(ip, group,
			       pyt_ip_is_v4(&group->ip) ? IGMP_LEAVE_V2
							: MLD_DONE_V1,
			       now_us);
	group->told_last = false;
}

static void forget_changes(struct group *group)
{
	struct group_source *source;

	group->mode_left = 0;
	SLIST_FOREACH (source, &group->sources, link)
		source->changes_left = 0;
}

static bool has_changes(const struct group *group)
{
	const struct group_source *source;

	if (group->mode_left > 0 || group->member_left > 0)
		return true;
	SLIST_FOREACH (source, &group->sources, link)
		if (source->changes_left > 0)
			return true;
	return false;
}

static void tell_old_changes(struct ip *ip, struct group *group,
			     enum membership_version version, int64_t now_us)
{
	forget_changes(group);
	if (group->member_left == 0)
		return;
	group->member_left--;
	if (group_is_member(group)) {
		tell_old(ip, group, version, now_us);
	} else {
		tell_leave(ip, group, version, now_us);
		group->member_left = 0;
	}
}

static void schedule_changes(struct ip *ip, const struct iface *iface,
			     enum membership_version version, bool v4,
			     int64_t now_us)
{
	struct group_link *link = group_link(ip, iface, v4);
	int64_t at_us = now_us + random_within(ip, unsolicited_us(ip, iface,
								  version, v4));

	if (at_us < link->change_us)
		link->change_us = at_us;
}

void group_changed(struct ip *ip, struct group *group, int64_t now_us)
{
	bool v4 = pyt_ip_is_v4(&group->ip);
	struct iface *iface = group->iface;
	enum membership_version version = group_version(ip, iface, v4, now_us);

	if (!group_is_reported(ip, group)) {
		forget_changes(group);
		group->member_left = 0;
	} else if (version == MEMBERSHIP_V3) {
		group_report(ip, iface, v4, group, GROUP_TELL_CHANGES, now_us);
		group->member_left = 0;
		group->told_last = true;
	} else {
		tell_old_changes(ip, group, version, now_us);
	}
	if (has_changes(group))
		schedule_changes(ip, iface, version, v4, now_us);
	if (!group_is_member(group))
		group->answer_us = TIME_NEVER;
	group_release(ip, group);
	group_rearm(ip);
}

void group_cancel(struct ip *ip, const struct iface *iface, bool v4)
{
	struct group_link *link = group_link(ip, iface, v4);
	struct group *group = TAILQ_FIRST(&ip->groups.all), *next;

	link->answer_us = TIME_NEVER;
	link->change_us = TIME_NEVER;
	for (; group; group = next) {
		next = TAILQ_NEXT(group, link);
		if (group->iface != iface || pyt_ip_is_v4(&group->ip) != v4)
			continue;
		group->answer_us = TIME_NEVER;
		group->member_left = 0;
		forget_changes(group);
		group_release(ip, group);
	}
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

void group_rearm(struct ip *ip)
{
	int64_t deadline_us = TIME_NEVER;
	const struct group *group;

	TAILQ_FOREACH (group, &ip->groups.all, link)
		deadline_us = earlier(deadline_us, group->answer_us);
	for (int i = 0; i < ip->iface_count; i++)
		for (int v4 = 0; v4 < 2; v4++) {
			const struct group_link *link = &ip->groups.link[i][v4];

			deadline_us = earlier(deadline_us, link->answer_us);
			deadline_us = earlier(deadline_us, link->change_us);
		}
	ip->groups.deadline_us = deadline_us;
}

int64_t group_next_deadline(const struct ip *ip)
{
	return ip->groups.deadline_us;
}

static void run_changes(struct ip *ip, struct iface *iface, bool v4,
			int64_t now_us)
{
	struct group_link *link = group_link(ip, iface, v4);
	enum membership_version version = group_version(ip, iface, v4, now_us);
	struct group *group, *next;
	bool more = false;

	link->change_us = TIME_NEVER;
	if (version == MEMBERSHIP_V3)
		group_report(ip, iface, v4, NULL, GROUP_TELL_CHANGES, now_us);
	for (group = TAILQ_FIRST(&ip->groups.all); group; group = next) {
		next = TAILQ_NEXT(group, link);
		if (group->iface != iface || pyt_ip_is_v4(&group->ip) != v4)
			continue;
		if (version == MEMBERSHIP_V3)
			group->member_left = 0;
		else
			tell_old_changes(ip, group, version, now_us);
		more = more || has_changes(group);
		group_release(ip, group);
	}
	if (more)
		schedule_changes(ip, iface, version, v4, now_us);
}

static void run_answer(struct ip *ip, struct group *group, int64_t now_us)
{
	bool v4 = pyt_ip_is_v4(&group->ip);
	enum membership_version version =
		group_version(ip, group->iface, v4, now_us);

	group->answer_us = TIME_NEVER;
	if (version == MEMBERSHIP_V3)
		group_report(ip, group->iface, v4, group, GROUP_TELL_QUERIED,
			     now_us);
	else
		tell_old(ip, group, version, now_us);
	group->queried_count = 0;
}

static void run_link(struct ip *ip, struct iface *iface, bool v4,
		     int64_t now_us)
{
	struct group_link *link = group_link(ip, iface, v4);

	if (now_us >= link->answer_us) {
		link->answer_us = TIME_NEVER;
		group_report(ip, iface, v4, NULL, GROUP_TELL_STATE, now_us);
	}
	if (now_us >= link->change_us)
		run_changes(ip, iface, v4, now_us);
}

void group_run_timers(struct ip *ip, int64_t now_us)
{
	struct group *group;

	if (now_us < ip->groups.deadline_us)
		return;
	TAILQ_FOREACH (group, &ip->groups.all, link)
		if (now_us >= group->answer_us)
			run_answer(ip, group, now_us);
	for (int i = 0; i < ip->iface_count; i++) {
		run_link(ip, ip->iface[i], true, now_us);
		run_link(ip, ip->iface[i], false, now_us);
	}
	group_rearm(ip);
}
