/*
 * What the user asked for: PYT_* from the environment, over the same keys
 * from a file. One table (config_keys) parses, documents and prints help.
 */
#ifndef SHIM_CONFIG_H
#define SHIM_CONFIG_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pyt/addr.h>
#include <pyt/stack.h>

#define CONFIG_LINKS_MAX 8 /* one digit behind the key */
#define CONFIG_ADDRESS_MAX 16
#define CONFIG_GATEWAY_MAX 4
#define CONFIG_DNS_MAX 8
#define CONFIG_BYPASS_MAX 32
#define CONFIG_TEXT_MAX 1024 /* of a value, terminating zero included */
#define CONFIG_PATH_MAX 512

enum config_link_kind {
	CONFIG_LINK_TAP,
	CONFIG_LINK_TUN,
	/* From here on it is somebody else's network. */
	CONFIG_LINK_PACKET, /* a device that the kernel uses, too */
	CONFIG_LINK_UNIX,
};

#define CONFIG_LINK_MAX 64 /* "tap:pyt0", terminating zero included */

struct config_prefix {
	struct pyt_ip ip;
	unsigned prefix_len; /* bits of the family's own address */
	uint16_t port; /* bypass only; 0: every port */
};

/*
 * What belongs to the whole stack: who joins one that runs cannot have it his
 * own way, and is told so. The last ones are the second link and its keys, the
 * third ...
 */
#define CONFIG_SETTINGS (11 + CONFIG_LINKS_MAX - 1)

struct config_settings {
	uint32_t asked; /* bit i: the user has set config_setting_names[i] */
	uint64_t value[CONFIG_SETTINGS]; /* hash of its text */
};

#define CONFIG_SETTING_LINK2 (CONFIG_SETTINGS - (CONFIG_LINKS_MAX - 1))

extern const char *const config_setting_names[CONFIG_SETTINGS];

/* Those that asked asks for, and that are not as in have; a set of bits. */
uint32_t config_settings_differ(const struct config_settings *asked,
				const struct config_settings *have);

/* One link and its interface: PYT_LINK, PYT_IP ..., or PYT_LINK2 ... */
struct config_link {
	enum config_link_kind kind;
	char text[CONFIG_LINK_MAX]; /* "tap:pyt0", as the value says */
	char name[PYT_IFACE_NAME_MAX]; /* of the interface */
	char path[CONFIG_LINK_MAX]; /* UNIX: of the socket, absolute */
	struct config_prefix address[CONFIG_ADDRESS_MAX];
	int address_count;
	unsigned methods; /* PYT_IP's dhcp ...: set of 1u << enum pyt_method */
	bool dhcp_informs; /* PYT_IP's dhcpinform; DHCP4 is among methods */
	struct pyt_ip gateway[CONFIG_GATEWAY_MAX];
	int gateway_count;
	bool has_mac;
	uint8_t mac[6];
	uint32_t mtu; /* 0: the link's */
	char pcap_path[CONFIG_PATH_MAX]; /* "": no capture */
	char impair[CONFIG_TEXT_MAX]; /* valid text; "": none */
};

struct config {
	struct config_settings settings;
	struct config_link link[CONFIG_LINKS_MAX];
	int link_count; /* at least 1 */
	struct pyt_ip dns[CONFIG_DNS_MAX];
	int dns_count; /* 0: as resolv.conf says */
	char search[CONFIG_TEXT_MAX]; /* domains, blanks between; "": none */
	struct config_prefix bypass[CONFIG_BYPASS_MAX];
	int bypass_count;
	enum pyt_log_level log_level;
	char log_path[CONFIG_PATH_MAX]; /* "": stderr */
	char cc[CONFIG_TEXT_MAX]; /* paths, colons between; "": none */
	char sysctl[CONFIG_TEXT_MAX]; /* "name=value;...", names unchecked */
	char leases[CONFIG_PATH_MAX]; /* folder of lease files; "": none */
	char hostname[PYT_DOMAIN_MAX]; /* that servers are told; "": none */
	int64_t grace_us; /* a stack on its own waits for new programs */
	int acd; /* net.ipv4.conf.all.arp_conflict_detection: RFC 5227 */
	uint64_t memory_len; /* cap of all of the stack's memory, bytes */
};

/* One key; the table ends with name NULL. */
struct config_key {
	const char *name; /* "PYT_LINK"; of a link: "PYT_LINK2" ..., too */
	const char *form; /* of the value: "tap:NAME | tun:NAME ..." */
	const char *standard; /* value when unset; NULL: none */
	const char *lan_standard; /* where others give it; NULL: no other */
	const char *help; /* one sentence */
	/* False: bad value; *why then says what is wrong in a few words. */
	bool (*parse)(struct config *config, const char *value,
		      const char **why);
	/* The same of a link's key, which has no parse. */
	bool (*parse_link)(struct config_link *link, const char *value,
			   const char **why);
};

extern const struct config_key config_keys[];

/*
 * Environment over file over standard values. -EINVAL: a key is unknown or
 * its value bad; one line that names it has been written to stderr, once in
 * a process. Allocates nothing; reads the environment without a lock.
 */
int config_load(struct config *config);

/*
 * The same from given strings "KEY=value" (NULL ends) and the text of a file
 * (may be NULL), without any I/O. error receives the line's text.
 */
int config_parse(struct config *config, const char *const *environment,
		 const char *file_text, const char *file_name, char *error,
		 size_t error_size);

/* No descriptor or memory was left: the next attempt may find some. */
static inline bool config_lacked_means(int result)
{
	return result == -EMFILE || result == -ENFILE || result == -ENOMEM;
}

/*
 * The configuration of this process, loaded by the first call that has the
 * means to.
 */
int config_get(const struct config **config);

/* What gives addresses on some link: set of 1u << enum pyt_method. */
unsigned config_methods(const struct config *config);

/* Whether peer is to be left to the kernel (PYT_BYPASS). */
bool config_bypasses(const struct config *config,
		     const struct pyt_sockaddr *peer);

#endif
