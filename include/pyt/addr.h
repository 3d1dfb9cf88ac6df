/* One address type for IPv4 and IPv6, in the engine and in the shim. */
#ifndef PYT_ADDR_H
#define PYT_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Network byte order. IPv4 stands as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
struct pyt_ip {
	uint8_t bytes[16];
};

struct pyt_sockaddr {
	struct pyt_ip ip;
	uint16_t port; /* host byte order; 0: none */
	uint32_t scope_id; /* interface index of a link-local; 0: none */
};

static inline struct pyt_ip pyt_ip_from_v4(uint32_t host_order)
{
	struct pyt_ip ip = { .bytes = { [10] = 0xff, [11] = 0xff } };

	ip.bytes[12] = (uint8_t)(host_order >> 24);
	ip.bytes[13] = (uint8_t)(host_order >> 16);
	ip.bytes[14] = (uint8_t)(host_order >> 8);
	ip.bytes[15] = (uint8_t)host_order;
	return ip;
}

static inline bool pyt_ip_is_v4(const struct pyt_ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip->bytes, mapped, sizeof(mapped)) == 0;
}

/* Host byte order; meaningful only where pyt_ip_is_v4(). */
static inline uint32_t pyt_ip_to_v4(const struct pyt_ip *ip)
{
	return (uint32_t)ip->bytes[12] << 24 | (uint32_t)ip->bytes[13] << 16 |
	       (uint32_t)ip->bytes[14] << 8 | ip->bytes[15];
}

static inline bool pyt_ip_equal(const struct pyt_ip *a, const struct pyt_ip *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* 0.0.0.0 and :: alike. */
static inline bool pyt_ip_is_unspecified(const struct pyt_ip *ip)
{
	static const struct pyt_ip any6;

	return pyt_ip_is_v4(ip) ? pyt_ip_to_v4(ip) == 0
				: pyt_ip_equal(ip, &any6);
}

static inline bool pyt_ip_is_multicast(const struct pyt_ip *ip)
{
	return pyt_ip_is_v4(ip) ? (ip->bytes[12] & 0xf0) == 0xe0
				: ip->bytes[0] == 0xff;
}

static inline bool pyt_ip_is_loopback(const struct pyt_ip *ip)
{
	static const struct pyt_ip one = { .bytes = { [15] = 1 } };

	return pyt_ip_is_v4(ip) ? ip->bytes[12] == 127 : pyt_ip_equal(ip, &one);
}

/*
 * Whether the first prefix_len bits agree. The length counts bits of the
 * family's own address (0..32 or 0..128); both must be of one family.
 */
bool pyt_ip_in_prefix(const struct pyt_ip *ip, const struct pyt_ip *prefix,
		      unsigned prefix_len);

/* How many bits of the 128 agree, from the first on. */
unsigned pyt_ip_common_prefix_len(const struct pyt_ip *a,
				  const struct pyt_ip *b);

/* Longest text of pyt_ip_format(), the terminating zero included. */
#define PYT_IP_TEXT_MAX 46

/* RFC 5952 for IPv6, dotted quad for IPv4. Returns text. */
const char *pyt_ip_format(const struct pyt_ip *ip, char text[PYT_IP_TEXT_MAX]);

/* Either family, no scope. False leaves *ip alone. */
bool pyt_ip_parse(const char *text, struct pyt_ip *ip);

#endif
