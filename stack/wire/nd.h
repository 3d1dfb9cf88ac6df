/*
 * Neighbour discovery messages and their options: RFC 4861, 4; RFC 4191,
 * 2.3; RFC 7527, 4; RFC 8106, 5; RFC 8910, 2.3; RFC 8781, 4. All but the ICMPv6
 * checksum, hop limit and addresses are looked at here.
 */
#ifndef WIRE_ND_H
#define WIRE_ND_H

#include <pyt/addr.h>

#include "base/reader.h"
#include "base/writer.h"

#define ND_HOP_LIMIT 255 /* RFC 4861, 3.1: no router let it pass */
#define ND_OPTIONS_MAX 128 /* of one message; the rest is ignored */

enum nd_option_type {
	ND_OPTION_SOURCE_LINK = 1,
	ND_OPTION_TARGET_LINK = 2,
	ND_OPTION_PREFIX = 3,
	ND_OPTION_REDIRECTED = 4,
	ND_OPTION_MTU = 5,
	ND_OPTION_NONCE = 14, /* RFC 3971, 5.3.2; RFC 7527 */
	ND_OPTION_ROUTE = 24, /* RFC 4191 */
	ND_OPTION_RDNSS = 25, /* RFC 8106 */
	ND_OPTION_DNSSL = 31,
	ND_OPTION_CAPTIVE_PORTAL = 37, /* RFC 8910 */
	ND_OPTION_PREF64 = 38, /* RFC 8781 */
};

/* 133 */
struct nd_router_solicitation {
	struct reader options;
};

enum nd_preference { /* RFC 4191, 2.1 */
		     ND_PREFERENCE_LOW = -1,
		     ND_PREFERENCE_MEDIUM = 0,
		     ND_PREFERENCE_HIGH = 1,
};

/* 134; lifetimes and times 0: not said (but lifetime: no default router) */
struct nd_router_advertisement {
	uint8_t hop_limit;
	bool managed, other; /* M: addresses by DHCPv6; O: the rest */
	enum nd_preference preference; /* reserved value: medium */
	uint16_t lifetime; /* seconds */
	uint32_t reachable_ms, retrans_ms;
	struct reader options;
};

/* 135 */
struct nd_solicitation {
	struct pyt_ip target;
	struct reader options;
};

/* 136 */
struct nd_advertisement {
	bool router, solicited, override;
	struct pyt_ip target;
	struct reader options;
};

/* 137 */
struct nd_redirect {
	struct pyt_ip target, dst;
	struct reader options;
};

/*
 * From the ICMPv6 type on; type and code are the caller's to look at. False:
 * too short, or one of the options has length 0 or is cut (RFC 4861, 6.1, 7.1,
 * 8.1: the whole message is dropped).
 */
bool nd_router_solicitation_parse(struct reader message,
				  struct nd_router_solicitation *nd);
bool nd_router_advertisement_parse(struct reader message,
				   struct nd_router_advertisement *nd);
bool nd_solicitation_parse(struct reader message, struct nd_solicitation *nd);
bool nd_advertisement_parse(struct reader message, struct nd_advertisement *nd);
bool nd_redirect_parse(struct reader message, struct nd_redirect *nd);

/* -------- options */

struct nd_option {
	uint8_t type;
	struct reader value; /* behind type and length */
};

/* The next one; false: no more. */
bool nd_option_next(struct reader *options, struct nd_option *option);
/* The first of that type. */
bool nd_option_find(struct reader options, enum nd_option_type type,
		    struct nd_option *option);
/* A MAC of 6 bytes in an option of that type, which may be absent. */
bool nd_option_find_mac(struct reader options, enum nd_option_type type,
			uint8_t mac[6]);

/* RFC 4861, 4.6.2; lifetimes in seconds, UINT32_MAX: without end */
struct nd_prefix {
	uint8_t prefix_len;
	bool on_link, autonomous;
	uint32_t valid, preferred;
	struct pyt_ip prefix;
};
bool nd_prefix_parse(const struct nd_option *option, struct nd_prefix *prefix);

/* RFC 4861, 4.6.4 */
bool nd_mtu_parse(const struct nd_option *option, uint32_t *mtu);

/* RFC 4191, 2.3. False, too: the reserved preference. */
struct nd_route {
	uint8_t prefix_len;
	enum nd_preference preference;
	uint32_t lifetime; /* seconds */
	struct pyt_ip prefix;
};
bool nd_route_parse(const struct nd_option *option, struct nd_route *route);

/* RFC 8106, 5.1: the servers are read from *servers, 16 bytes each. */
struct nd_rdnss {
	uint32_t lifetime; /* seconds */
	struct reader servers;
};
bool nd_rdnss_parse(const struct nd_option *option, struct nd_rdnss *rdnss);

/* RFC 8106, 5.2: names in DNS format, one after the other, then padding. */
struct nd_dnssl {
	uint32_t lifetime;
	struct reader names;
};
bool nd_dnssl_parse(const struct nd_option *option, struct nd_dnssl *dnssl);
/* The next name as text without final dot; false: no more, or malformed. */
bool nd_dnssl_next(struct nd_dnssl *dnssl, char name[256]);

/* -------- building: from the ICMPv6 type on, checksum zero */

void nd_build_solicitation(struct writer *w, const struct pyt_ip *target);
void nd_build_advertisement(struct writer *w,
			    const struct nd_advertisement *nd);
void nd_build_router_solicitation(struct writer *w);
void nd_build_mac_option(struct writer *w, enum nd_option_type type,
			 const uint8_t mac[6]);
#define ND_NONCE_LEN 6 /* RFC 7527, 4.1: as RFC 3971 */
void nd_build_nonce_option(struct writer *w, const uint8_t nonce[ND_NONCE_LEN]);

#endif
