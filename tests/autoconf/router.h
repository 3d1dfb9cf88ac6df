/*
 * Routers for tests of IPv6's configuration: advertisements put together by
 * option, and what the host sends, parsed.
 */
#ifndef TESTS_AUTOCONF_ROUTER_H
#define TESTS_AUTOCONF_ROUTER_H

#include "host.h"

#include "autoconf/slaac_internal.h"
#include "wire/icmp6.h"
#include "wire/ip6.h"
#include "wire/nd.h"

#define FOREVER UINT32_MAX

struct router {
	uint8_t number; /* fe80::number, 2:0:0:0:1:number */
	uint8_t hop_limit; /* of the packet; 0: 255 */
	size_t len;
	uint8_t bytes[1400];
};

static inline struct pyt_ip ip_of(const char *text)
{
	struct pyt_ip ip;

	ck_assert(pyt_ip_parse(text, &ip));
	return ip;
}

static inline struct pyt_ip router_ip(uint8_t number)
{
	return (struct pyt_ip){ { 0xfe, 0x80, [15] = number } };
}

static inline void router_mac(uint8_t number, uint8_t mac[6])
{
	const uint8_t bytes[6] = { 2, 0, 0, 0, 1, number };

	memcpy(mac, bytes, 6);
}

/* Begins an advertisement; flags: 0x80 M, 0x40 O, 0x08 high, 0x18 low. */
static inline struct router ra(uint8_t number, uint16_t lifetime, uint8_t flags)
{
	struct router r = { .number = number, .len = 16 };

	r.bytes[0] = ICMP6_ROUTER_ADVERTISEMENT;
	r.bytes[4] = 64;
	r.bytes[5] = flags;
	r.bytes[6] = (uint8_t)(lifetime >> 8);
	r.bytes[7] = (uint8_t)lifetime;
	return r;
}

static inline uint8_t *ra_option(struct router *r, uint8_t type, uint8_t units)
{
	uint8_t *at = r->bytes + r->len;

	at[0] = type;
	at[1] = units;
	r->len += units * 8u;
	return at;
}

static inline void put_u32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static inline void ra_mac(struct router *r)
{
	router_mac(r->number, ra_option(r, ND_OPTION_SOURCE_LINK, 1) + 2);
}

/* flags: 0x80 on-link, 0x40 autonomous */
static inline void ra_prefix(struct router *r, const char *prefix, uint8_t len,
			     uint8_t flags, uint32_t valid, uint32_t preferred)
{
	struct pyt_ip ip = ip_of(prefix);
	uint8_t *at = ra_option(r, ND_OPTION_PREFIX, 4);

	at[2] = len;
	at[3] = flags;
	put_u32(at + 4, valid);
	put_u32(at + 8, preferred);
	memcpy(at + 16, ip.bytes, 16);
}

static inline void ra_route(struct router *r, const char *prefix, uint8_t len,
			    uint8_t preference, uint32_t lifetime)
{
	struct pyt_ip ip = ip_of(prefix);
	uint8_t *at = ra_option(r, ND_OPTION_ROUTE, 3);

	at[2] = len;
	at[3] = preference;
	put_u32(at + 4, lifetime);
	memcpy(at + 8, ip.bytes, 16);
}

static inline void ra_mtu(struct router *r, uint32_t mtu)
{
	put_u32(ra_option(r, ND_OPTION_MTU, 1) + 4, mtu);
}

static inline void ra_server(struct router *r, const char *server,
			     uint32_t lifetime)
{
	struct pyt_ip ip = ip_of(server);
	uint8_t *at = ra_option(r, ND_OPTION_RDNSS, 3);

	put_u32(at + 4, lifetime);
	memcpy(at + 8, ip.bytes, 16);
}

static inline void ra_domain(struct router *r, const char *dns, size_t len,
			     uint32_t lifetime)
{
	uint8_t *at =
		ra_option(r, ND_OPTION_DNSSL, (uint8_t)((8 + len + 7) / 8));

	put_u32(at + 4, lifetime);
	memcpy(at + 8, dns, len);
}

/* An ICMPv6 message in a frame. */
static inline void host_input_icmp6(struct host *host, const uint8_t mac[6],
				    struct pyt_ip src, struct pyt_ip dst,
				    uint8_t hop_limit, const uint8_t *message,
				    size_t len)
{
	static uint8_t bytes[2048];
	struct ethernet_header ethernet = { .type = ETHERNET_TYPE_IP6 };
	struct ip6_header header = { .payload_len = (uint16_t)len,
				     .next_header = IP6_ICMP,
				     .hop_limit = hop_limit,
				     .src = src,
				     .dst = dst };
	uint8_t *at = bytes + ETHERNET_HEADER_LEN;

	if (pyt_ip_is_multicast(&dst))
		ethernet_from_group6(dst.bytes, ethernet.dst);
	else
		memcpy(ethernet.dst, host_mac, 6);
	memcpy(ethernet.src, mac, 6);
	ethernet_header_build(bytes, &ethernet);
	ip6_header_build(at, &header);
	memcpy(at + IP6_HEADER_LEN, message, len);
	icmp6_set_checksum(at + IP6_HEADER_LEN, len, &src, &dst);
	host_input(host, bytes, ETHERNET_HEADER_LEN + IP6_HEADER_LEN + len);
}

/* Tells all nodes that ip is mac's, be it ours or not; no router's flag. */
static inline void host_input_claim(struct host *host, const uint8_t mac[6],
				    struct pyt_ip ip)
{
	uint8_t message[32] = { ICMP6_NEIGHBOUR_ADVERTISEMENT, 0, 0, 0, 0x20 };

	memcpy(message + 8, ip.bytes, 16);
	message[24] = ND_OPTION_TARGET_LINK;
	message[25] = 1;
	memcpy(message + 26, mac, 6);
	host_input_icmp6(host, mac, ip, ip6_all_nodes, 255, message,
			 sizeof(message));
}

/* Sends it to all nodes. */
static inline void ra_send(struct host *host, struct router *r)
{
	uint8_t mac[6];

	router_mac(r->number, mac);
	host_input_icmp6(host, mac, router_ip(r->number), ip6_all_nodes,
			 r->hop_limit ? r->hop_limit : 255, r->bytes, r->len);
}

/* The next ICMPv6 message of that type that it sends; others are lost. */
static inline bool host_sent_icmp6(struct host *host, uint8_t type,
				   struct ip6_header *header,
				   struct reader *message)
{
	while (host_sent(host)) {
		struct reader r = reader_init(host->sent, host->sent_len);
		struct ethernet_header ethernet;

		ck_assert(ethernet_header_parse(&r, &ethernet));
		if (ethernet.type != ETHERNET_TYPE_IP6 ||
		    ip6_header_parse(&r, header) != IP6_FAULT_NONE ||
		    header->next_header != IP6_ICMP || r.at[0] != type)
			continue;
		*message = r;
		return true;
	}
	return false;
}

/* The host's address in a prefix of 64 bits, by ordinal; false: no more. */
static inline bool host_address_in(const struct host *host, const char *prefix,
				   int ordinal, struct pyt_address_info *info)
{
	struct pyt_ip wanted = ip_of(prefix);

	for (int i = 0; pyt_address_get(host->stack, i, info) == 0; i++)
		if (info->ifindex == ETH0 &&
		    pyt_ip_in_prefix(&info->ip, &wanted, 64) && ordinal-- == 0)
			return true;
	return false;
}

static inline int host_address_count(const struct host *host,
				     const char *prefix)
{
	struct pyt_address_info info;
	int count = 0;

	while (host_address_in(host, prefix, count, &info))
		count++;
	return count;
}

/* Where packets to dst go; NULL: nowhere. From src, or NULL. */
static inline const char *next_hop_from(const struct host *host,
					const char *dst,
					const struct pyt_ip *src)
{
	static char text[PYT_IP_TEXT_MAX];
	struct pyt_ip to = ip_of(dst);
	struct ip_path path;

	if (ip_route(host->stack->ip, &to, src, 0, host->now_us, &path) < 0)
		return NULL;
	return pyt_ip_format(&path.next_hop, text);
}

static inline const char *next_hop(const struct host *host, const char *dst)
{
	return next_hop_from(host, dst, NULL);
}

static inline const char *source_to(const struct host *host, const char *dst)
{
	static char text[PYT_IP_TEXT_MAX];
	struct pyt_ip to = ip_of(dst);
	struct pyt_source source;

	pyt_source_get(host->stack, &to, &source, host->now_us);
	return source.found ? pyt_ip_format(&source.ip, text) : NULL;
}

#endif
