/* The table of keys: its text is the reference, its parsers the checks. */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "config_addresses.h"
#include "link/impair_params.h"
#include "resolver_config.h"

#define MTU_MIN 68 /* RFC 791, 3.2 */
#define MTU_MAX 65535
#define MEMORY_MIN (8ull << 20)
#define MEMORY_MAX (64ull << 30)
#define GRACE_MAX_S 86400
#define CC_MAX 16 /* controls that a stack takes */

/* ------------------------------------------------------------- numbers */

static bool parse_mtu(struct config_link *link, const char *value,
		      const char **why)
{
	const char *end;
	uint64_t mtu;

	*why = "a number from 68 to 65535 is expected";
	if (!config_parse_number(value, MTU_MAX, &mtu, &end) || *end ||
	    mtu < MTU_MIN)
		return false;
	link->mtu = (uint32_t)mtu;
	return true;
}

static bool parse_grace(struct config *config, const char *value,
			const char **why)
{
	const char *end;
	uint64_t seconds;

	*why = "a time in seconds from 0 to 86400 is expected";
	if (!config_parse_number(value, GRACE_MAX_S, &seconds, &end))
		return false;
	if (strcmp(end, "ms") == 0)
		config->grace_us = (int64_t)seconds * 1000;
	else if (*end == '\0' || strcmp(end, "s") == 0)
		config->grace_us = (int64_t)seconds * 1000000;
	else
		return false;
	return true;
}

static bool parse_memory(struct config *config, const char *value,
			 const char **why)
{
	static const char units[] = "KMG";
	const char *end, *unit;
	uint64_t number;
	unsigned shift = 0;

	*why = "a size from 8M to 64G is expected (K, M or G behind it)";
	if (!config_parse_number(value, MEMORY_MAX, &number, &end))
		return false;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			return false;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (number > MEMORY_MAX >> shift || number << shift < MEMORY_MIN)
		return false;
	config->memory_len = number << shift;
	return true;
}

static bool parse_acd(struct config *config, const char *value,
		      const char **why)
{
	static const char *const choices[] = { "0", "1", "wait" };

	*why = "0, 1 or wait is expected";
	for (int i = 0; i < 3; i++) {
		if (strcmp(value, choices[i]) != 0)
			continue;
		config->acd = i;
		return true;
	}
	return false;
}

/* ---------------------------------------------------------------- link */

/* As the kernel checks a device's name. */
static bool is_device_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < PYT_IFACE_NAME_MAX && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && !strpbrk(name, "/: \t%");
}

static bool parse_device(struct config_link *link, enum config_link_kind kind,
			 const char *name, const char **why)
{
	*why = "NAME is a device's name of 1 to 15 characters";
	if (!is_device_name(name))
		return false;
	link->kind = kind;
	strcpy(link->name, name);
	return true;
}

/* Programs change their directory, and still mean the same link. */
static bool parse_socket(struct config_link *link, const char *path,
			 const char **why)
{
	*why = "PATH begins with / and has at most 58 bytes";
	if (path[0] != '/' || strlen(path) > CONFIG_LINK_MAX - sizeof("unix:"))
		return false;
	link->kind = CONFIG_LINK_UNIX;
	strcpy(link->path, path);
	return true;
}

static bool parse_link(struct config_link *link, const char *value,
		       const char **why)
{
	const char *rest = strchr(value, ':');
	bool good = false;

	*why = "tap:NAME, tun:NAME, packet:NAME or unix:PATH is expected";
	if (strncmp(value, "tap:", 4) == 0)
		good = parse_device(link, CONFIG_LINK_TAP, rest + 1, why);
	else if (strncmp(value, "tun:", 4) == 0)
		good = parse_device(link, CONFIG_LINK_TUN, rest + 1, why);
	else if (strncmp(value, "packet:", 7) == 0)
		good = parse_device(link, CONFIG_LINK_PACKET, rest + 1, why);
	else if (strncmp(value, "unix:", 5) == 0)
		good = parse_socket(link, rest + 1, why);
	if (good)
		strcpy(link->text, value);
	return good;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool parse_mac(struct config_link *link, const char *value,
		      const char **why)
{
	*why = "six bytes are expected, such as 02:00:00:00:00:02";
	if (strlen(value) != 17)
		return false;
	for (int i = 0; i < 6; i++) {
		const char *at = value + 3 * i;
		int high = hex_digit(at[0]), low = hex_digit(at[1]);

		if (high < 0 || low < 0 || (i < 5 && at[2] != ':'))
			return false;
		link->mac[i] = (uint8_t)(high << 4 | low);
	}
	*why = "a host's address is unicast and not zero";
	link->has_mac = true;
	return !(link->mac[0] & 1) &&
	       memcmp(link->mac, (uint8_t[6]){ 0 }, 6) != 0;
}

/* --------------------------------------------------------------- texts */

static bool parse_log(struct config *config, const char *value,
		      const char **why)
{
	static const char *const levels[] = { "error", "warning", "info",
					      "debug" };
	size_t len = strcspn(value, ":");

	*why = "error, warning, info or debug is expected, then perhaps "
	       ":FILE";
	for (int i = 0; i < 4; i++) {
		if (strlen(levels[i]) != len ||
		    memcmp(levels[i], value, len) != 0)
			continue;
		config->log_level = (enum pyt_log_level)i;
		if (value[len] == '\0')
			return true;
		if (value[len + 1] == '\0' ||
		    strlen(value + len + 1) >= sizeof(config->log_path))
			return false;
		strcpy(config->log_path, value + len + 1);
		return true;
	}
	return false;
}

static bool parse_pcap(struct config_link *link, const char *value,
		       const char **why)
{
	*why = "the path is too long";
	if (strlen(value) >= sizeof(link->pcap_path))
		return false;
	strcpy(link->pcap_path, value);
	return true;
}

static bool parse_impair(struct config_link *link, const char *value,
			 const char **why)
{
	struct impair_params params;

	strcpy(link->impair, value);
	return impair_params_parse(value, &params, why);
}

/*
 * A domain name in its text form: labels of 1 to 63 bytes, 253 in all (RFC
 * 1035, 2.3.4), perhaps a dot at the end. len: of the name in text.
 */
static bool is_domain(const char *text, size_t len)
{
	size_t label = 0;

	if (len > 1 && text[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++) {
		label = text[i] == '.' ? 0 : label + 1;
		if (label > 63 || (!label && (i == 0 || text[i - 1] == '.')))
			return false;
	}
	return label && len <= 253 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") >= len;
}

static bool parse_search(struct config *config, const char *value,
			 const char **why)
{
	unsigned count = 0;

	*why = "domain names are expected, blanks or commas between";
	for (const char *at = value; *at;) {
		size_t len = strcspn(at, ", ");

		if (len && !is_domain(at, len))
			return false;
		if (len && ++count > RESOLVER_SEARCH_MAX) {
			*why = "at most 32 domains are searched";
			return false;
		}
		at += len + (at[len] != '\0');
	}
	for (size_t i = 0; value[i]; i++)
		config->search[i] = value[i] == ',' ? ' ' : value[i];
	return true;
}

static bool parse_cc(struct config *config, const char *value, const char **why)
{
	const char *at = value;
	unsigned count = 1;

	*why = "up to 16 paths of shared objects are expected, colons between";
	for (size_t len = strcspn(at, ":");; len = strcspn(at, ":"), count++) {
		if (len == 0 || len >= CONFIG_PATH_MAX || count > CC_MAX)
			return false;
		at += len;
		if (*at++ == '\0')
			break;
	}
	strcpy(config->cc, value);
	return true;
}

static bool parse_sysctl(struct config *config, const char *value,
			 const char **why)
{
	const char *at = value;

	*why = "name=value is expected, semicolons between";
	while (*at) {
		size_t len = strcspn(at, ";");
		const char *equals = memchr(at, '=', len);

		if (len > 0 && (!equals || equals == at))
			return false;
		at += len + (at[len] == ';');
	}
	strcpy(config->sysctl, value);
	return true;
}

/* The standard: where a user's programs keep what they may lose. */
static bool state_folder(char *path, size_t size)
{
	const char *base = getenv("XDG_STATE_HOME");
	const char *folder = "";

	if (!base || !*base) {
		base = getenv("HOME");
		folder = "/.local/state";
	}
	if (!base || base[0] != '/' || strlen(base) + strlen(folder) + 5 > size)
		return false;
	strcpy(path, base);
	strcat(path, folder);
	strcat(path, "/pyt");
	return true;
}

static bool parse_leases(struct config *config, const char *value,
			 const char **why)
{
	*why = "the folder's whole path is expected, or none, or auto";
	config->leases[0] = '\0';
	if (strcmp(value, "none") == 0)
		return true;
	if (strcmp(value, "auto") == 0) {
		state_folder(config->leases, sizeof(config->leases));
		return true;
	}
	if (value[0] != '/' || strlen(value) >= sizeof(config->leases))
		return false;
	strcpy(config->leases, value);
	return true;
}

static bool parse_hostname(struct config *config, const char *value,
			   const char **why)
{
	*why = "a name of letters, digits, hyphens and dots is expected";
	if (strlen(value) >= sizeof(config->hostname) || strchr(value, '_') ||
	    (value[0] && !is_domain(value, strlen(value))))
		return false;
	strcpy(config->hostname, value);
	return true;
}

/* Found before the table is read, or the launcher's own. */
static bool parse_elsewhere(struct config *config, const char *value,
			    const char **why)
{
	return true;
}

const struct config_key config_keys[] = {
	{ "PYT_LINK", "tap:NAME | tun:NAME | packet:NAME | unix:PATH",
	  "tap:pyt0", NULL,
	  "A device of the kernel's: ours alone, or one that it uses, too; or "
	  "the socket of a program that carries the frames, such as passt(1).",
	  NULL, parse_link },
	{ "PYT_IP", "ADDRESS/LENGTH | dhcp | auto | linklocal | dhcpinform,...",
	  "10.77.0.2/24", "dhcp,auto",
	  "The stack's addresses, up to 16, or what gives them: DHCP, IPv6 "
	  "router advertisements, link-local IPv4 (if DHCP fails). dhcpinform "
	  "asks a DHCP server about the network of a static address.",
	  NULL, config_parse_address },
	{ "PYT_GW", "ADDRESS,... | none", "10.77.0.1", NULL,
	  "Default gateways, in a network of PYT_IP.", NULL,
	  config_parse_gateway },
	{ "PYT_DNS", "ADDRESS,...", NULL, NULL,
	  "Name servers; /etc/resolv.conf's if unset.", config_parse_dns },
	{ "PYT_SEARCH", "DOMAIN,...", NULL, NULL,
	  "Domains to look for short names in; /etc/resolv.conf's if unset.",
	  parse_search },
	{ "PYT_MAC", "XX:XX:XX:XX:XX:XX", NULL, NULL,
	  "Ethernet address; made from the link's name if unset.", NULL,
	  parse_mac },
	{ "PYT_MTU", "68..65535", NULL, NULL,
	  "Largest IP packet in bytes; the device's if unset.", NULL,
	  parse_mtu },
	{ "PYT_BYPASS", "IP[/LENGTH][:PORT],...", NULL, NULL,
	  "Destinations that stay with the kernel's network.",
	  config_parse_bypass },
	{ "PYT_LOG", "LEVEL[:FILE]", "warning", NULL,
	  "error, warning, info or debug; to stderr, or added to FILE.",
	  parse_log },
	{ "PYT_PCAP", "FILE", NULL, NULL,
	  "Capture of all frames as pcapng, with the reasons of drops.", NULL,
	  parse_pcap },
	{ "PYT_IMPAIR", "NAME=VALUE,...", NULL, NULL,
	  "A bad wire: loss, burst, delay, jitter, reorder, duplicate, "
	  "corrupt, rate, limit, seed; in. or out. in front: one way only.",
	  NULL, parse_impair },
	{ "PYT_SYSCTL", "NAME=VALUE;...", NULL, NULL,
	  "Settings with Linux's names, such as "
	  "net.ipv4.tcp_congestion_control=reno.",
	  parse_sysctl },
	{ "PYT_CC", "FILE:...", NULL, NULL,
	  "Congestion controls to load, shared objects; the first becomes the "
	  "standard. See libpyt-cc(7).",
	  parse_cc },
	{ "PYT_GRACE", "SECONDS | Nms", "0", NULL,
	  "How long a stack without sockets waits for the next program.",
	  parse_grace },
	{ "PYT_ACD", "0 | 1 | wait", "1", NULL,
	  "Probe for hosts that have our address already (RFC 5227); wait: "
	  "use it only then.",
	  parse_acd },
	{ "PYT_LEASES", "FOLDER | auto | none", "auto", NULL,
	  "Where DHCP leases are kept between stacks; auto: "
	  "~/.local/state/pyt; none: they are given back.",
	  parse_leases },
	{ "PYT_HOSTNAME", "NAME", NULL, NULL,
	  "The name that DHCP servers are told; none if unset.",
	  parse_hostname },
	{ "PYT_MEMORY", "SIZE", "1G", NULL,
	  "Most memory that the stack may take (K, M or G behind it).",
	  parse_memory },
	{ "PYT_CONFIG", "FILE", NULL, NULL,
	  "File of KEY=value lines; else ~/.config/pyt.conf, "
	  "/etc/pyt.conf.",
	  parse_elsewhere },
	{ "PYT_LIBRARY", "FILE", NULL, NULL,
	  "The library that pyt(1) preloads; its own if unset.",
	  parse_elsewhere },
	{ 0 },
};
