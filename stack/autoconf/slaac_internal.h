/* What the rooms of slaac share; nobody else includes it. */
#ifndef AUTOCONF_SLAAC_INTERNAL_H
#define AUTOCONF_SLAAC_INTERNAL_H

#include "autoconf/autoconf_internal.h"
#include "autoconf/slaac.h"
#include "wire/nd.h"

#define SLAAC_PREFIXES_MAX 16
#define SLAAC_ROUTERS_MAX 16
#define SLAAC_ROUTES_MAX 32
#define SLAAC_ADDRESSES_MAX 32 /* whatever max_addresses says */

/* A prefix that a router has told of; RFC 4861, 5.1; RFC 8028, 3.1. */
struct slaac_prefix {
	struct pyt_ip prefix;
	unsigned prefix_len;
	int64_t on_link_until_us; /* 0: it is not known to be on the link */
	int64_t valid_until_us; /* of its addresses; 0: gives none */
	int64_t preferred_until_us;
	unsigned conflicts; /* of stable addresses */
	unsigned temporary_conflicts; /* in a row */
};

struct slaac_address {
	struct pyt_ip ip;
	struct pyt_ip prefix;
	bool temporary;
	bool regenerated; /* a successor was made */
	int64_t created_us;
	int64_t desync_us; /* RFC 8981, 3.8 */
};

/* A default router, or a route that a router has told of: RFC 4191. */
struct slaac_route {
	struct pyt_ip router, prefix;
	unsigned prefix_len; /* 0: a default router */
	enum nd_preference preference;
	uint32_t metric; /* what the setting was when it was told last */
	uint32_t mtu; /* told with it; 0: not, or no other than before */
	int64_t until_us;
};

struct slaac {
	struct slaac_prefix prefix[SLAAC_PREFIXES_MAX];
	int prefix_count;
	struct slaac_address address[SLAAC_ADDRESSES_MAX];
	int address_count;
	struct slaac_route route[SLAAC_ROUTERS_MAX + SLAAC_ROUTES_MAX];
	int route_count, router_count;
	bool heard; /* an advertisement has come */
	bool managed, other;
	uint32_t router_losses; /* of the neighbour cache, when last seen */

	/* slaac_solicit.c */
	int64_t solicit_us; /* next one; TIME_NEVER: none */
	int64_t interval_us; /* RT of RFC 7559; 0: none was sent */
	int solicitations;
	int64_t wait_until_us; /* a router may yet answer */
};

static inline struct slaac *slaac_of(const struct autoconf_link *link)
{
	return link->state[PYT_METHOD_SLAAC];
}
static inline const struct slaac_settings *slaac_settings(
	const struct autoconf_link *link)
{
	return &link->autoconf->slaac[link->iface->ifindex];
}
/* seconds of an option; all ones: without end */
static inline int64_t slaac_until(uint32_t seconds, int64_t now_us)
{
	return seconds == UINT32_MAX ? TIME_NEVER
				     : now_us + (int64_t)seconds * 1000000;
}
static inline int64_t slaac_earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* -------- slaac_solicit.c: RFC 7559 */
void slaac_solicit_start(struct autoconf_link *link, int64_t now_us);
void slaac_solicit_run(struct autoconf_link *link, int64_t now_us);
/* A default router has advertised itself. */
void slaac_solicit_stop(struct autoconf_link *link);

/* -------- slaac_input.c: the whole message. COUNTER_NONE: it was heard. */
enum counter slaac_input_advertisement(struct autoconf_link *link,
				       const struct packet_in *packet);

/* -------- slaac_prefix.c */
void slaac_prefix_input(struct autoconf_link *link, const struct pyt_ip *router,
			const struct nd_prefix *info, int64_t now_us);
void slaac_prefix_run(struct autoconf_link *link, int64_t now_us);
int64_t slaac_prefix_deadline(const struct autoconf_link *link);
void slaac_prefix_clear(struct autoconf_link *link);

/* -------- slaac_address.c */
/* What a prefix with new lifetimes makes of its addresses. */
void slaac_address_update(struct autoconf_link *link,
			  struct slaac_prefix *prefix, int64_t now_us);
/* RFC 4862, 5.5.3 e: the two hours. */
int64_t slaac_address_valid_until(int64_t have_until_us, int64_t told_until_us,
				  int64_t now_us);
void slaac_address_conflict(struct autoconf_link *link, const struct pyt_ip *ip,
			    int64_t now_us);
void slaac_address_run(struct autoconf_link *link, int64_t now_us);
int64_t slaac_address_deadline(const struct autoconf_link *link);

/* -------- slaac_router.c */
/* seconds 0: it is none any more. */
/* The router is known as one by default, or nothing happens. */
void slaac_route_set_mtu(struct autoconf_link *link,
			 const struct pyt_ip *router, uint32_t mtu);
void slaac_route_put(struct autoconf_link *link, const struct pyt_ip *router,
		     const struct nd_route *info, int64_t now_us);
void slaac_route_run(struct autoconf_link *link, int64_t now_us);
int64_t slaac_route_deadline(const struct autoconf_link *link);
void slaac_route_clear(struct autoconf_link *link);

#endif
