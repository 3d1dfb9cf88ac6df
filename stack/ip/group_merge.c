/*
 * The filters of many sockets become one: RFC 3376, 3.2. As in Linux it is
 * kept as counts, so that a filter goes out as it came in.
 */
#include <errno.h>

#include "ip/ip_internal.h"

bool group_allows(const struct group *group, const struct group_source *source)
{
	if (source->include_count > 0)
		return true;
	return group_is_exclude(group) &&
	       source->exclude_count < group->exclude_count;
}

struct group_source *group_source_find(const struct group *group,
				       const struct pyt_ip *ip)
{
	struct group_source *source;

	SLIST_FOREACH (source, &group->sources, link)
		if (pyt_ip_equal(&source->ip, ip))
			return source;
	return NULL;
}

static struct group_source *source_get(struct ip *ip, struct group *group,
				       const struct pyt_ip *address)
{
	struct group_source *source = group_source_find(group, address);

	if (source || group->source_count >= GROUP_SOURCES_MAX)
		return source;
	source = engine_alloc(ip->engine, sizeof(*source));
	if (!source)
		return NULL;
	source->ip = *address;
	source->allowed = group_is_exclude(group);
	SLIST_INSERT_HEAD(&group->sources, source, link);
	group->source_count++;
	return source;
}

static void count_source(struct group_source *source, bool exclude, int by)
{
	if (exclude)
		source->exclude_count += by;
	else
		source->include_count += by;
}

int group_count(struct ip *ip, struct group *group,
		const struct ip_filter *filter, int by)
{
	for (uint32_t i = 0; i < filter->count; i++) {
		struct group_source *source =
			source_get(ip, group, &filter->sources[i]);

		if (!source) {
			while (i-- > 0)
				count_source(
					group_source_find(group,
							  &filter->sources[i]),
					filter->exclude, -by);
			return -ENOBUFS;
		}
		count_source(source, filter->exclude, by);
	}
	if (filter->exclude)
		group->exclude_count += by;
	else
		group->include_count += by;
	return 0;
}

/* RFC 3376, 5.1: a change of mode is told whole, else what has changed. */
bool group_note_changes(struct group *group, bool was_member, bool was_exclude,
			int robustness)
{
	bool mode_changed = group_is_exclude(group) != was_exclude;
	bool changed = mode_changed;
	struct group_source *source;

	SLIST_FOREACH (source, &group->sources, link) {
		bool allowed = group_allows(group, source);

		if (allowed == source->allowed)
			continue;
		source->allowed = allowed;
		if (!mode_changed) {
			source->changes_left = robustness;
			changed = true;
		}
	}
	if (mode_changed)
		group->mode_left = robustness;
	/* in old versions only coming and going counts */
	if (group_is_member(group) == was_member)
		return changed;
	group->member_left = robustness;
	return true;
}

void group_drop_sources(struct ip *ip, struct group *group)
{
	struct group_source *source = SLIST_FIRST(&group->sources);
	struct group_source *next;

	for (; source; source = next) {
		next = SLIST_NEXT(source, link);
		if (source->include_count || source->exclude_count ||
		    source->changes_left)
			continue;
		SLIST_REMOVE(&group->sources, source, group_source, link);
		group->source_count--;
		engine_free(ip->engine, source, sizeof(*source));
	}
}
