/* The captive portal, RFC 8910: one of each source, of which one is told. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "autoconf/autoconf_internal.h"

bool autoconf_is_visible(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] >= 127)
			return false;
	}
	return true;
}

static bool goes_before(const struct autoconf_portal *a,
			const struct autoconf_portal *b)
{
	return a->method != b->method ? a->method < b->method
				      : a->ifindex < b->ifindex;
}

static struct autoconf_portal *find(struct autoconf_results *results,
				    enum pyt_method method, int ifindex)
{
	for (int i = 0; i < results->portal_count; i++) {
		struct autoconf_portal *portal = &results->portal[i];

		if (portal->method == method && portal->ifindex == ifindex)
			return portal;
	}
	return NULL;
}

static void take_away(struct autoconf_results *results,
		      struct autoconf_portal *portal)
{
	struct autoconf_portal *last =
		&results->portal[--results->portal_count];

	for (; portal < last; portal++)
		*portal = portal[1];
	results->changes++;
}

static void insert(struct autoconf_results *results,
		   const struct autoconf_portal *portal)
{
	int at = results->portal_count++;

	for (; at > 0 && goes_before(portal, &results->portal[at - 1]); at--)
		results->portal[at] = results->portal[at - 1];
	results->portal[at] = *portal;
	results->changes++;
}

/* RFC 8910, 3: that they differ is somebody's mistake, and said. */
static void compare(struct autoconf_link *link,
		    const struct autoconf_portal *new)
{
	const struct autoconf_results *results = &link->autoconf->results;

	for (int i = 0; i < results->portal_count; i++) {
		const struct autoconf_portal *other = &results->portal[i];

		if (strcmp(other->uri, new->uri) == 0)
			continue;
		counter_hit(&link->engine->counters, COUNTER_PORTALS_DIFFER);
		engine_log(link->engine, PYT_LOG_WARNING, "portal",
			   "%s: %s tells of the captive portal %s, %s of %s",
			   link->iface->config.name,
			   autoconf_methods[new->method]->name, new->uri,
			   autoconf_methods[other->method]->name, other->uri);
		return;
	}
}

void autoconf_put_portal(struct autoconf_link *link, enum pyt_method method,
			 const char *uri, size_t len)
{
	struct autoconf_results *results = &link->autoconf->results;
	struct autoconf_portal new = { .method = method,
				       .ifindex = link->iface->ifindex };
	struct autoconf_portal *have = find(results, method, new.ifindex);

	if (len >= sizeof(new.uri) || !autoconf_is_visible(uri, len))
		return;
	memcpy(new.uri, uri, len);
	if (have && strcmp(have->uri, new.uri) == 0)
		return;
	if (have)
		take_away(results, have);
	if (len == 0)
		return;
	if (results->portal_count == AUTOCONF_PORTALS_MAX) {
		counter_hit(&link->engine->counters, COUNTER_AUTOCONF_FULL);
		return;
	}
	compare(link, &new);
	insert(results, &new);
}

int autoconf_captive_portal_get(const struct autoconf *autoconf, char *text,
				size_t text_len)
{
	if (autoconf->results.portal_count == 0)
		return -ENOENT;
	return snprintf(text, text_len, "%s", autoconf->results.portal[0].uri);
}
