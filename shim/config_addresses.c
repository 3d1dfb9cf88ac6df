/* The keys that hold addresses: PYT_IP, PYT_GW, PYT_DNS, PYT_BYPASS. */
#include "config_addresses.h"

#include <string.h>

/* Digits only, up to max; *end is what follows. */
bool config_parse_number(const char *text, uint64_t max, uint64_t *value,
			 const char **end)
{
	uint64_t number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (uint64_t)(*at - '0');
		if (number > max)
			return false;
	}
	if (at == text)
		return false;
	*value = number;
	*end = at;
	return true;
}

/* The next item of a list; false at its end. Items are cut at a comma. */
static bool next_item(const char **list, char item[64], bool *too_long)
{
	size_t len = strcspn(*list, ",");

	*too_long = len >= 64;
	if (*list[0] == '\0' || *too_long)
		return false;
	memcpy(item, *list, len);
	item[len] = '\0';
	*list += len + ((*list)[len] == ',' && (*list)[len + 1]);
	return true;
}

/* "10.77.0.2/24"; without a length it is the whole address. */
static bool parse_prefix(char *item, bool needs_len,
			 struct config_prefix *prefix)
{
	char *slash = strchr(item, '/');
	uint64_t prefix_len, max;
	const char *end;

	if (slash)
		*slash = '\0';
	if ((!slash && needs_len) || !pyt_ip_parse(item, &prefix->ip))
		return false;
	max = pyt_ip_is_v4(&prefix->ip) ? 32 : 128;
	prefix_len = max;
	if (slash &&
	    (!config_parse_number(slash + 1, max, &prefix_len, &end) || *end))
		return false;
	prefix->prefix_len = (unsigned)prefix_len;
	return true;
}

static bool is_host_address(const struct pyt_ip *ip)
{
	return !pyt_ip_is_unspecified(ip) && !pyt_ip_is_multicast(ip) &&
	       !pyt_ip_is_loopback(ip) &&
	       !(pyt_ip_is_v4(ip) && pyt_ip_to_v4(ip) == UINT32_MAX);
}

#define DHCP_INFORM "dhcpinform"

/* "dhcp" ... : what gives addresses; 0: it is an address. */
static unsigned methods_named(const char *item)
{
	if (strcmp(item, "dhcp") == 0 || strcmp(item, DHCP_INFORM) == 0)
		return 1u << PYT_METHOD_DHCP4;
	if (strcmp(item, "auto") == 0)
		return 1u << PYT_METHOD_SLAAC | 1u << PYT_METHOD_DHCP6;
	if (strcmp(item, "linklocal") == 0)
		return 1u << PYT_METHOD_LINKLOCAL4;
	return 0;
}

static bool add_address(struct config_link *link, char *item, const char **why)
{
	struct config_prefix *address = &link->address[link->address_count];

	*why = "at most 16 addresses";
	if (link->address_count == CONFIG_ADDRESS_MAX)
		return false;
	*why = "an address with its prefix length is expected, such as "
	       "10.77.0.2/24, or dhcp, auto, linklocal, dhcpinform";
	if (!parse_prefix(item, true, address) || address->prefix_len == 0)
		return false;
	*why = "this is not an address that a host can have";
	if (!is_host_address(&address->ip))
		return false;
	*why = "the same address stands here twice";
	for (int i = 0; i < link->address_count; i++) {
		if (pyt_ip_equal(&link->address[i].ip, &address->ip))
			return false;
	}
	link->address_count++;
	return true;
}

static bool has_ip4_address(const struct config_link *link)
{
	for (int i = 0; i < link->address_count; i++) {
		if (pyt_ip_is_v4(&link->address[i].ip))
			return true;
	}
	return false;
}

/* What cannot be meant. */
static bool is_sensible(const struct config_link *link, const char **why)
{
	unsigned of_ethernet =
		1u << PYT_METHOD_DHCP4 | 1u << PYT_METHOD_LINKLOCAL4;

	*why = "dhcp and linklocal need an Ethernet link: PYT_LINK=tap:NAME";
	if (link->kind == CONFIG_LINK_TUN && link->methods & of_ethernet)
		return false;
	*why = "linklocal is for a host without any other IPv4 address";
	if (link->methods >> PYT_METHOD_LINKLOCAL4 & 1 && has_ip4_address(link))
		return false;
	*why = "dhcpinform asks about the network of an IPv4 address, which "
	       "must stand here, too";
	return !link->dhcp_informs || has_ip4_address(link);
}

bool config_parse_address(struct config_link *link, const char *value,
			  const char **why)
{
	char item[64];
	bool too_long;

	link->address_count = 0;
	link->methods = 0;
	link->dhcp_informs = false;
	while (next_item(&value, item, &too_long)) {
		unsigned methods = methods_named(item);

		*why = "the same method stands here twice (dhcp and "
		       "dhcpinform are one)";
		if (link->methods & methods)
			return false;
		link->methods |= methods;
		link->dhcp_informs |= strcmp(item, DHCP_INFORM) == 0;
		if (!methods && !add_address(link, item, why))
			return false;
	}
	return !too_long && is_sensible(link, why);
}

static bool is_on_link(const struct config_link *link, const struct pyt_ip *ip)
{
	for (int i = 0; i < link->address_count; i++)
		if (pyt_ip_in_prefix(ip, &link->address[i].ip,
				     link->address[i].prefix_len) &&
		    !pyt_ip_equal(ip, &link->address[i].ip))
			return true;
	return false;
}

/* IPv6 gateways are mostly link-local addresses: always on the link. */
static bool is_gateway(const struct config_link *link, const struct pyt_ip *ip)
{
	if (!is_host_address(ip))
		return false;
	if (!pyt_ip_is_v4(ip) && ip->bytes[0] == 0xfe &&
	    (ip->bytes[1] & 0xc0) == 0x80)
		return true;
	return is_on_link(link, ip);
}

bool config_parse_gateway(struct config_link *link, const char *value,
			  const char **why)
{
	char item[64];
	bool too_long;

	if (strcmp(value, "none") == 0)
		return true;
	while (next_item(&value, item, &too_long)) {
		struct pyt_ip *gateway = &link->gateway[link->gateway_count];

		*why = "at most 4 gateways";
		if (link->gateway_count == CONFIG_GATEWAY_MAX)
			return false;
		*why = "an IP address is expected, or 'none'";
		if (!pyt_ip_parse(item, gateway))
			return false;
		*why = link->methods >> PYT_METHOD_DHCP4 & 1
			       ? "the gateway is in no network of PYT_IP; "
				 "dhcp brings its own"
			       : "the gateway is in no network of PYT_IP";
		if (!is_gateway(link, gateway))
			return false;
		link->gateway_count++;
	}
	return !too_long;
}

bool config_parse_dns(struct config *config, const char *value,
		      const char **why)
{
	char item[64];
	bool too_long;

	*why = "up to 8 IP addresses are expected, commas between";
	while (next_item(&value, item, &too_long)) {
		if (config->dns_count == CONFIG_DNS_MAX ||
		    !pyt_ip_parse(item, &config->dns[config->dns_count]))
			return false;
		config->dns_count++;
	}
	return !too_long;
}

/* "[fd77::1]:53", "10.0.0.0/8:80": the port is cut off and returned. */
static bool cut_port(char *item, uint16_t *port)
{
	char *colon = strrchr(item, ':');
	const char *end;
	uint64_t number;

	*port = 0;
	if (item[0] == '[') {
		char *bracket = strchr(item, ']');

		if (!bracket)
			return false;
		memmove(item, item + 1, strlen(item));
		*--bracket = '\0';
		if (bracket[1] == '\0')
			return true;
		if (bracket[1] != ':')
			return false;
		colon = bracket + 1;
	} else if (!colon || strchr(item, ':') != colon) {
		return true; /* no port, or a bare IPv6 address */
	}
	*colon = '\0';
	if (!config_parse_number(colon + 1, 65535, &number, &end) || *end)
		return false;
	*port = (uint16_t)number;
	return number > 0;
}

bool config_parse_bypass(struct config *config, const char *value,
			 const char **why)
{
	char item[64];
	bool too_long;

	*why = "up to 32 networks are expected: IP[/LENGTH][:PORT], "
	       "[IPV6/LENGTH]:PORT, commas between";
	while (next_item(&value, item, &too_long)) {
		struct config_prefix *bypass =
			&config->bypass[config->bypass_count];

		if (config->bypass_count == CONFIG_BYPASS_MAX ||
		    !cut_port(item, &bypass->port) ||
		    !parse_prefix(item, false, bypass))
			return false;
		config->bypass_count++;
	}
	return !too_long;
}
