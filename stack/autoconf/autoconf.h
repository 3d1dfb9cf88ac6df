/*
 * How interfaces get their addresses, routes and name servers by themselves:
 * one object for each stack, which runs methods on interfaces. What a method
 * is stands in autoconf_method.h; the calls here are those of pyt/stack.h.
 */
#ifndef AUTOCONF_AUTOCONF_H
#define AUTOCONF_AUTOCONF_H

#include <pyt/stack.h>

#include "base/engine.h"
#include "base/packet.h"
#include "ip/ip.h"

struct autoconf;

/* NULL: no memory. */
struct autoconf *autoconf_create(struct engine *engine, struct ip *ip);
/* Tells nobody: as in a power failure. */
void autoconf_destroy(struct autoconf *autoconf);

int autoconf_start(struct autoconf *autoconf, int ifindex,
		   const struct pyt_autoconf_config *config, int64_t now_us);
void autoconf_stop(struct autoconf *autoconf, int ifindex, bool release,
		   int64_t now_us);
enum pyt_configured autoconf_configured(const struct autoconf *autoconf,
					int family);

/*
 * A packet that IP delivered, before sockets see it. True: a method has taken
 * it; *reason: why it was dropped then (counted), or COUNTER_NONE.
 */
bool autoconf_input(struct autoconf *autoconf, const struct packet_in *packet,
		    enum counter *reason);
/* IP has consumed a packet that told of neighbours or conflicts (ARP, ND). */
void autoconf_on_neighbour(struct autoconf *autoconf, int64_t now_us);
/* It is up again: perhaps on another link. */
void autoconf_on_link_up(struct autoconf *autoconf, int ifindex,
			 int64_t now_us);
bool autoconf_awaits_names(const struct autoconf *autoconf);
void autoconf_check_conflicts(struct autoconf *autoconf, int64_t now_us);
int64_t autoconf_next_deadline(const struct autoconf *autoconf);
void autoconf_run_timers(struct autoconf *autoconf, int64_t now_us);
/* 1 and *event, or 0. */
int autoconf_next_event(struct autoconf *autoconf, struct pyt_event *event);

/* net.pyt.abort_on_address_loss */
bool autoconf_aborts(const struct autoconf *autoconf);

int autoconf_name_server_get(const struct autoconf *autoconf, int ordinal,
			     struct pyt_name_server *server);
int autoconf_search_domain_get(const struct autoconf *autoconf, int ordinal,
			       struct pyt_search_domain *domain);
int autoconf_captive_portal_get(const struct autoconf *autoconf, char *text,
				size_t text_len);
uint32_t autoconf_changes(const struct autoconf *autoconf);

int autoconf_lease_put(struct autoconf *autoconf,
		       const struct pyt_lease *lease);
int autoconf_lease_get(const struct autoconf *autoconf, int ifindex,
		       enum pyt_method method, struct pyt_lease *lease);

/* All names of the next two. */
const struct setting_tree *autoconf_setting_trees(size_t *count);
/* net.pyt.*, some of net.ipv6.*; -ENOENT: not ours. */
int autoconf_sysctl_set(struct autoconf *autoconf, const char *name,
			const char *value);
int autoconf_sysctl_get(const struct autoconf *autoconf, const char *name,
			char *value, size_t value_len);

#endif
