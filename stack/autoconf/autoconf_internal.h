/* What the rooms of autoconf share that methods need not know. */
#ifndef AUTOCONF_AUTOCONF_INTERNAL_H
#define AUTOCONF_AUTOCONF_INTERNAL_H

#include "autoconf/autoconf_method.h"
#include "autoconf/slaac.h"

#define AUTOCONF_SERVERS_MAX 16
#define AUTOCONF_DOMAINS_MAX 16
#define AUTOCONF_URI_MAX 256 /* of a DHCP option, and a zero */
#define AUTOCONF_PORTALS_MAX 8
#define AUTOCONF_EVENTS_MAX 32 /* a power of two; the oldest is lost */

struct autoconf_portal {
	enum pyt_method method;
	int ifindex;
	char uri[AUTOCONF_URI_MAX];
};

/* Ordered: as the methods stand in enum pyt_method, then as they came. */
struct autoconf_results {
	struct pyt_name_server server[AUTOCONF_SERVERS_MAX];
	int server_count;
	struct pyt_search_domain domain[AUTOCONF_DOMAINS_MAX];
	int domain_count;
	struct autoconf_portal portal[AUTOCONF_PORTALS_MAX];
	int portal_count;
	uint32_t changes;
};

struct autoconf {
	struct engine *engine;
	struct ip *ip;
	struct autoconf_settings settings;
	struct slaac_settings slaac[IFACE_MAX + 1]; /* by ifindex */
	struct autoconf_link *link[IFACE_MAX]; /* by ifindex - 1; or NULL */
	struct autoconf_results results;
	enum counter reason; /* why the packet of now was dropped */
	struct pyt_event event[AUTOCONF_EVENTS_MAX];
	uint32_t event_first, event_count;
};

/* The one of this interface, made if there is none; NULL: no memory. */
struct autoconf_link *autoconf_link_get(struct autoconf *autoconf,
					struct iface *iface);
void autoconf_event(struct autoconf *autoconf, const struct pyt_event *event);
int64_t autoconf_results_deadline(const struct autoconf *autoconf);
void autoconf_results_expire(struct autoconf *autoconf, int64_t now_us);
void autoconf_settings_init(struct autoconf_settings *settings);

#endif
