/* Options of a DHCPv4 lease. RFC 2132, 3397, 3442, 8910, 8925. */
#include "autoconf/dhcp4_lease.h"

#include "autoconf/autoconf_method.h"

#define JOINED_MAX 1024 /* of one option: what a packet can hold */
#define IPV6_ONLY_MIN_S 300 /* MIN_V6ONLY_WAIT: RFC 8925, 3.4 */
#define MTU_MIN 68

/* ---------------------------------------------------------------- address */

/* Of a host, and not of this very machine. */
static bool can_be_host(uint32_t ip)
{
	return ip >> 24 != 0 && ip >> 24 != 127 && ip >> 28 < 0xe;
}

static unsigned prefix_len_of_class(uint32_t ip)
{
	if (ip >> 31 == 0)
		return 8;
	return ip >> 30 == 2 ? 16 : 24;
}

/* False: not ones followed by zeroes. */
static bool prefix_len_of_mask(uint32_t mask, unsigned *prefix_len)
{
	unsigned len = 0;

	while (len < 32 && mask & 0x80000000u >> len)
		len++;
	if (len == 0 || (len < 32 && mask << len))
		return false;
	*prefix_len = len;
	return true;
}

static void parse_prefix(const struct dhcp4_message *message,
			 struct dhcp4_lease *lease)
{
	uint32_t mask;

	lease->prefix_len = prefix_len_of_class(lease->ip);
	if (dhcp4_get_u32(message, DHCP4_SUBNET_MASK, &mask))
		prefix_len_of_mask(mask, &lease->prefix_len);
}

/* All but the first and the last of a net, where it has these. */
static bool fits_its_net(const struct dhcp4_lease *lease)
{
	uint32_t host;

	if (lease->prefix_len >= 31)
		return true;
	host = UINT32_MAX >> lease->prefix_len;
	return (lease->ip & host) != 0 && (lease->ip & host) != host;
}

/* RFC 2131, 4.4.5: half, and seven eighths, where the server is silent or
 * confused. */
static bool parse_times(const struct dhcp4_message *message,
			struct dhcp4_lease *lease)
{
	if (!dhcp4_get_u32(message, DHCP4_LEASE_TIME, &lease->lease_s) ||
	    lease->lease_s == 0)
		return false;
	if (lease->lease_s == DHCP4_FOREVER) {
		lease->t1_s = lease->t2_s = DHCP4_FOREVER;
		return true;
	}
	if (!dhcp4_get_u32(message, DHCP4_T1, &lease->t1_s))
		lease->t1_s = lease->lease_s / 2;
	if (!dhcp4_get_u32(message, DHCP4_T2, &lease->t2_s))
		lease->t2_s = (uint32_t)((uint64_t)lease->lease_s * 7 / 8);
	if (lease->t1_s >= lease->t2_s || lease->t2_s >= lease->lease_s) {
		lease->t1_s = lease->lease_s / 2;
		lease->t2_s = (uint32_t)((uint64_t)lease->lease_s * 7 / 8);
	}
	return true;
}

/* ----------------------------------------------------------------- routes */

static void add_route(struct dhcp4_lease *lease, uint32_t prefix,
		      unsigned prefix_len, uint32_t gateway)
{
	struct dhcp4_route *route = &lease->route[lease->route_count];

	if (lease->route_count == DHCP4_ROUTES_MAX ||
	    (gateway && !can_be_host(gateway)) || gateway == lease->ip)
		return;
	*route = (struct dhcp4_route){ prefix, prefix_len, gateway };
	lease->route_count++;
}

/* RFC 3442: length, its significant bytes, router. */
static bool parse_classless(const struct dhcp4_message *message,
			    struct dhcp4_lease *lease)
{
	uint8_t bytes[JOINED_MAX];
	int len = dhcp4_get(message, DHCP4_CLASSLESS_ROUTES, bytes,
			    sizeof(bytes));
	struct reader r;

	if (len < 5 || len > (int)sizeof(bytes))
		return false;
	r = reader_init(bytes, (size_t)len);
	while (r.left > 0 && !r.failed) {
		unsigned prefix_len = reader_u8(&r);
		uint32_t prefix = 0, gateway;

		if (prefix_len > 32)
			break;
		for (unsigned i = 0; i < (prefix_len + 7) / 8; i++)
			prefix |= (uint32_t)reader_u8(&r) << (24 - 8 * i);
		gateway = reader_u32(&r);
		if (r.failed)
			break;
		if (prefix_len < 32)
			prefix &= ~(UINT32_MAX >> prefix_len);
		add_route(lease, prefix, prefix_len, gateway);
	}
	return true;
}

/* With classless routes there the routers are to be ignored: RFC 3442. */
static void parse_routes(const struct dhcp4_message *message,
			 struct dhcp4_lease *lease)
{
	uint8_t bytes[4 * DHCP4_ROUTES_MAX];
	struct reader r;
	int len;

	if (parse_classless(message, lease))
		return;
	len = dhcp4_get(message, DHCP4_ROUTERS, bytes, sizeof(bytes));
	if (len <= 0)
		return;
	r = reader_init(bytes, (size_t)len < sizeof(bytes) ? (size_t)len
							   : sizeof(bytes));
	while (r.left >= 4) {
		uint32_t router = reader_u32(&r);

		if (router)
			add_route(lease, 0, 0, router);
	}
}

/* ------------------------------------------------------------------ names */

static void parse_servers(const struct dhcp4_message *message,
			  struct dhcp4_lease *lease)
{
	uint8_t bytes[4 * DHCP4_SERVERS_MAX];
	int len = dhcp4_get(message, DHCP4_NAME_SERVERS, bytes, sizeof(bytes));
	struct reader r;

	if (len <= 0)
		return;
	r = reader_init(bytes, (size_t)len < sizeof(bytes) ? (size_t)len
							   : sizeof(bytes));
	while (r.left >= 4 && lease->server_count < DHCP4_SERVERS_MAX) {
		uint32_t ip = reader_u32(&r);

		if (ip && ip >> 28 < 0xe)
			lease->server[lease->server_count++] = ip;
	}
}

static void add_domain(struct dhcp4_lease *lease, const char *name, size_t len)
{
	char *to;

	while (len > 0 && (name[len - 1] == '.' || name[len - 1] == '\0'))
		len--;
	if (lease->domain_count == DHCP4_DOMAINS_MAX || len >= PYT_DOMAIN_MAX)
		return;
	to = lease->domain[lease->domain_count];
	memcpy(to, name, len);
	to[len] = '\0';
	if (autoconf_is_domain(to))
		lease->domain_count++;
}

/* One label of a compressed name; false: the name is over, or broken. */
static bool next_label(const uint8_t *bytes, size_t len, size_t *at,
		       size_t *behind, int *hops)
{
	while (*at < len && bytes[*at] >= 0xc0) {
		if (*at + 1 >= len || ++*hops > 16)
			return false;
		if (!*behind)
			*behind = *at + 2;
		*at = (size_t)(bytes[*at] & 0x3f) << 8 | bytes[*at + 1];
	}
	return *at < len && bytes[*at] <= AUTOCONF_LABEL_MAX &&
	       *at + 1 + bytes[*at] <= len;
}

/* RFC 1035, 4.1.4, in one option: the length used up, 0: broken. */
static size_t parse_name(const uint8_t *bytes, size_t len, size_t start,
			 struct dhcp4_lease *lease)
{
	char name[PYT_DOMAIN_MAX];
	size_t at = start, behind = 0, name_len = 0;
	int hops = 0;

	while (next_label(bytes, len, &at, &behind, &hops)) {
		size_t label = bytes[at++];

		if (label == 0) {
			add_domain(lease, name, name_len);
			return (behind ? behind : at) - start;
		}
		if (name_len + label + 1 > sizeof(name))
			return 0;
		memcpy(name + name_len, bytes + at, label);
		name_len += label;
		name[name_len++] = '.';
		at += label;
	}
	return 0;
}

/* The search list of RFC 3397; without it the one domain of RFC 2132. */
static void parse_domains(const struct dhcp4_message *message,
			  struct dhcp4_lease *lease)
{
	uint8_t bytes[JOINED_MAX];
	int len = dhcp4_get(message, DHCP4_DOMAIN_SEARCH, bytes, sizeof(bytes));
	size_t used;

	if (len > 0 && len <= (int)sizeof(bytes)) {
		for (size_t at = 0; at < (size_t)len; at += used) {
			used = parse_name(bytes, (size_t)len, at, lease);
			if (!used)
				break;
		}
	}
	if (lease->domain_count > 0)
		return;
	len = dhcp4_get(message, DHCP4_DOMAIN_NAME, bytes, sizeof(bytes));
	if (len > 0 && len <= (int)sizeof(bytes))
		add_domain(lease, (const char *)bytes, (size_t)len);
}

/* ------------------------------------------------------------------- rest */

static void parse_uri(const struct dhcp4_message *message,
		      struct dhcp4_lease *lease)
{
	uint8_t bytes[DHCP4_URI_MAX];
	int len =
		dhcp4_get(message, DHCP4_CAPTIVE_PORTAL, bytes, sizeof(bytes));

	if (len > 0 && len <= (int)sizeof(bytes) &&
	    autoconf_is_visible((const char *)bytes, (size_t)len))
		memcpy(lease->uri, bytes, (size_t)len);
}

static void parse_others(const struct dhcp4_message *message,
			 struct dhcp4_lease *lease)
{
	if (!dhcp4_get_u16(message, DHCP4_MTU, &lease->mtu) ||
	    lease->mtu < MTU_MIN)
		lease->mtu = 0;
	lease->has_ipv6_only =
		dhcp4_get_u32(message, DHCP4_IPV6_ONLY, &lease->ipv6_only_s);
	if (lease->ipv6_only_s < IPV6_ONLY_MIN_S)
		lease->ipv6_only_s = IPV6_ONLY_MIN_S;
	parse_uri(message, lease);
}

bool dhcp4_lease_parse(const struct dhcp4_message *message, bool needs_time,
		       struct dhcp4_lease *lease)
{
	*lease = (struct dhcp4_lease){ .ip = message->header.yiaddr };
	if (!can_be_host(lease->ip))
		return false;
	if (!dhcp4_get_u32(message, DHCP4_SERVER_ID, &lease->server_id) ||
	    !can_be_host(lease->server_id))
		return false;
	if (!parse_times(message, lease) && needs_time)
		return false;
	parse_prefix(message, lease);
	if (!fits_its_net(lease))
		return false;
	parse_routes(message, lease);
	parse_servers(message, lease);
	parse_domains(message, lease);
	parse_others(message, lease);
	return true;
}
