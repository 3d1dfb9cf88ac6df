/* Memberships: which groups the sockets of this host are in, and where. */
#include "ip/group.h"

#include <errno.h>

#include "ip/ip_internal.h"

bool group_is_all_nodes(const struct pyt_ip *address)
{
	static const struct pyt_ip all6 = { { 0xff, 2, [15] = 1 } };
	static const struct pyt_ip own6 = { { 0xff, 1, [15] = 1 } };

	if (pyt_ip_is_v4(address))
		return pyt_ip_to_v4(address) == 0xe0000001;
	return pyt_ip_equal(address, &all6) || pyt_ip_equal(address, &own6);
}

static const struct group_settings linux_defaults = {
	.igmp_qrv = 2,
	.mld_qrv = 2,
	.igmp_link_local_reports = 1,
	.igmp2_unsolicited_ms = 10000,
	.igmp3_unsolicited_ms = 1000,
	.mld1_unsolicited_ms = 10000,
	.mld2_unsolicited_ms = 1000,
};

int groups_init(struct ip *ip)
{
	struct groups *groups = &ip->groups;

	TAILQ_INIT(&groups->all);
	groups->deadline_us = TIME_NEVER;
	for (int i = 0; i <= IFACE_MAX; i++)
		groups->settings[i] = linux_defaults;
	for (int i = 0; i < IFACE_MAX; i++)
		for (int v4 = 0; v4 < 2; v4++)
			groups->link[i][v4] = (struct group_link){
				.answer_us = TIME_NEVER,
				.change_us = TIME_NEVER,
			};
	return table_init(&groups->table, ip->engine);
}

static void destroy(struct ip *ip, struct group *group)
{
	struct group_source *source;

	while ((source = SLIST_FIRST(&group->sources)) != NULL) {
		SLIST_REMOVE_HEAD(&group->sources, link);
		engine_free(ip->engine, source, sizeof(*source));
	}
	table_remove(&ip->groups.table, &group->node);
	TAILQ_REMOVE(&ip->groups.all, group, link);
	engine_free(ip->engine, group, sizeof(*group));
}

void groups_clear(struct ip *ip)
{
	struct group *group;

	if (!ip->groups.table.engine)
		return;
	while ((group = TAILQ_FIRST(&ip->groups.all)) != NULL)
		destroy(ip, group);
	table_clear(&ip->groups.table);
}

static uint64_t hash_of(const struct ip *ip, const struct iface *iface,
			const struct pyt_ip *address)
{
	struct {
		struct pyt_ip ip;
		int ifindex;
	} key = { *address, iface->ifindex };

	return table_hash(&ip->groups.table, &key, sizeof(key));
}

struct group *group_find(const struct ip *ip, const struct iface *iface,
			 const struct pyt_ip *address)
{
	struct table_node *node =
		table_find(&ip->groups.table, hash_of(ip, iface, address));

	for (; node; node = table_find_next(node)) {
		struct group *group =
			(struct group *)(void *)((char *)node -
						 offsetof(struct group, node));

		if (group->iface == iface && pyt_ip_equal(&group->ip, address))
			return group;
	}
	return NULL;
}

/* RFC 3376, 3.2: what the merged filter lets through. */
static bool lets_through(const struct group *group, const struct pyt_ip *src)
{
	const struct group_source *source = group_source_find(group, src);

	if (!group_is_member(group))
		return false;
	return source ? group_allows(group, source) : group_is_exclude(group);
}

bool group_accepts(const struct ip *ip, const struct iface *iface,
		   const struct pyt_ip *address, const struct pyt_ip *src)
{
	const struct group *group;

	if (group_is_all_nodes(address))
		return true;
	if (iface) {
		group = group_find(ip, iface, address);
		return group && lets_through(group, src);
	}
	for (int i = 0; i < ip->iface_count; i++) {
		group = group_find(ip, ip->iface[i], address);
		if (group && lets_through(group, src))
			return true;
	}
	return false;
}

static struct group *create(struct ip *ip, struct iface *iface,
			    const struct pyt_ip *address)
{
	struct group *group;

	if (ip->groups.table.count >= GROUPS_MAX)
		return NULL;
	group = engine_alloc(ip->engine, sizeof(*group));
	if (!group)
		return NULL;
	group->iface = iface;
	group->ip = *address;
	group->answer_us = TIME_NEVER;
	SLIST_INIT(&group->sources);
	table_insert(&ip->groups.table, &group->node,
		     hash_of(ip, iface, address));
	TAILQ_INSERT_TAIL(&ip->groups.all, group, link);
	return group;
}

void group_release(struct ip *ip, struct group *group)
{
	group_drop_sources(ip, group);
	if (!group_is_member(group) && group->mode_left == 0 &&
	    SLIST_EMPTY(&group->sources))
		destroy(ip, group);
}

int ip_group_change(struct ip *ip, int ifindex, const struct pyt_ip *address,
		    const struct ip_filter *old, const struct ip_filter *new,
		    int64_t now_us)
{
	struct iface *iface = ip_iface(ip, ifindex);
	struct group *group;
	bool was_member, was_exclude;
	int error;

	if (!iface)
		return -ENODEV;
	if (!pyt_ip_is_multicast(address))
		return -EINVAL;
	group = group_find(ip, iface, address);
	if (!group && old)
		return -EADDRNOTAVAIL;
	if (!group)
		group = create(ip, iface, address);
	if (!group)
		return -ENOBUFS;
	was_member = group_is_member(group);
	was_exclude = group_is_exclude(group);
	error = new ? group_count(ip, group, new, 1) : 0;
	if (error) {
		group_release(ip, group);
		return error;
	}
	if (old)
		group_count(ip, group, old, -1);
	if (group_note_changes(
		    group, was_member, was_exclude,
		    group_robustness(ip, iface, pyt_ip_is_v4(address))))
		group_changed(ip, group, now_us);
	else
		group_release(ip, group);
	return 0;
}

/* By the index, or where packets to the group would leave. */
static int iface_for(struct ip *ip, const struct pyt_ip *group, int64_t now_us)
{
	struct ip_path path;

	if (ip_route(ip, group, NULL, 0, now_us, &path) == 0)
		return path.iface->ifindex;
	return -ENODEV;
}

static const struct ip_filter everything = { .exclude = true };

int ip_group_join(struct ip *ip, int ifindex, const struct pyt_ip *group,
		  int64_t now_us)
{
	if (!pyt_ip_is_multicast(group))
		return -EINVAL;
	if (ifindex == 0)
		ifindex = iface_for(ip, group, now_us);
	return ip_group_change(ip, ifindex, group, NULL, &everything, now_us);
}

int ip_group_leave(struct ip *ip, int ifindex, const struct pyt_ip *group,
		   int64_t now_us)
{
	const struct group *found;

	if (!pyt_ip_is_multicast(group))
		return -EINVAL;
	if (ifindex == 0)
		ifindex = iface_for(ip, group, now_us);
	if (!ip_iface(ip, ifindex))
		return -ENODEV;
	found = group_find(ip, ip_iface(ip, ifindex), group);
	if (!found || found->exclude_count == 0)
		return -EADDRNOTAVAIL;
	return ip_group_change(ip, ifindex, group, &everything, NULL, now_us);
}

const struct group *ip_group_at(const struct ip *ip, int ordinal)
{
	const struct group *group;

	TAILQ_FOREACH (group, &ip->groups.all, link) {
		if (!group_is_member(group))
			continue;
		if (ordinal-- == 0)
			return group;
	}
	return NULL;
}
