/* DHCPv6 messages of a client. RFC 8415, 8, 9, 21; RFC 3646; RFC 8910. */
#ifndef WIRE_DHCP6_H
#define WIRE_DHCP6_H

#include <pyt/addr.h>

#include "base/reader.h"
#include "base/writer.h"

#define DHCP6_CLIENT_PORT 546
#define DHCP6_SERVER_PORT 547
#define DHCP6_DUID_MAX 130 /* RFC 8415, 11.1: type and 128 bytes */
#define DHCP6_LEASES_MAX 4 /* addresses, and prefixes, that are looked at */
#define DHCP6_OPTIONS_MAX 64 /* of one message, and of one option */

enum dhcp6_type {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE = 2,
	DHCP6_REQUEST = 3,
	DHCP6_CONFIRM = 4,
	DHCP6_RENEW = 5,
	DHCP6_REBIND = 6,
	DHCP6_REPLY = 7,
	DHCP6_RELEASE = 8,
	DHCP6_DECLINE = 9,
	DHCP6_RECONFIGURE = 10,
	DHCP6_INFORMATION_REQUEST = 11,
};

enum dhcp6_option_code {
	DHCP6_CLIENT_ID = 1,
	DHCP6_SERVER_ID = 2,
	DHCP6_IA_NA = 3,
	DHCP6_IA_ADDRESS = 5,
	DHCP6_ORO = 6,
	DHCP6_PREFERENCE = 7,
	DHCP6_ELAPSED_TIME = 8,
	DHCP6_AUTHENTICATION = 11,
	DHCP6_STATUS_CODE = 13,
	DHCP6_RAPID_COMMIT = 14,
	DHCP6_RECONFIGURE_MESSAGE = 19,
	DHCP6_RECONFIGURE_ACCEPT = 20,
	DHCP6_DNS_SERVERS = 23,
	DHCP6_DOMAIN_LIST = 24,
	DHCP6_IA_PD = 25,
	DHCP6_IA_PREFIX = 26,
	DHCP6_INFORMATION_REFRESH_TIME = 32,
	DHCP6_SOL_MAX_RT = 82,
	DHCP6_INF_MAX_RT = 83,
	DHCP6_CAPTIVE_PORTAL = 103,
};

enum dhcp6_status {
	DHCP6_STATUS_SUCCESS = 0,
	DHCP6_STATUS_UNSPEC_FAIL = 1,
	DHCP6_STATUS_NO_ADDRESSES = 2,
	DHCP6_STATUS_NO_BINDING = 3,
	DHCP6_STATUS_NOT_ON_LINK = 4,
	DHCP6_STATUS_USE_MULTICAST = 5,
	DHCP6_STATUS_NO_PREFIX = 6,
};

/* An address or a delegated prefix; times in seconds, all ones: no end. */
struct dhcp6_lease {
	struct pyt_ip ip;
	uint8_t prefix_len; /* 128 of an address */
	uint32_t preferred, valid;
};

struct dhcp6_ia {
	bool present; /* of our identity, and sound */
	uint32_t t1, t2; /* seconds; 0: the client's to choose */
	uint16_t status;
	int count;
	struct dhcp6_lease lease[DHCP6_LEASES_MAX];
};

/* RFC 8415, 21.11: who says it, and that it is no repetition. */
struct dhcp6_authentication {
	bool present;
	uint8_t protocol, algorithm, replay_method;
	uint64_t replay;
	struct reader information;
};

struct dhcp6_message {
	uint8_t type;
	uint32_t transaction; /* 24 bits */
	struct reader client_id, server_id; /* left 0: none */
	bool rapid_commit;
	uint8_t preference;
	uint16_t status;
	uint32_t refresh_time; /* seconds; 0: not told */
	uint32_t solicit_max, inform_max; /* seconds; 0: not told */
	struct dhcp6_ia addresses, prefixes;
	struct dhcp6_authentication authentication;
	uint8_t reconfigure; /* message that is wanted; 0: not told */
	struct reader servers; /* 16 bytes each */
	struct reader domains; /* names in DNS format */
	struct reader portal; /* a URI */
};

/* False: cut, or of a form that RFC 8415, 16 and 21 forbid. */
bool dhcp6_parse(struct reader bytes, const uint8_t iaid[4],
		 struct dhcp6_message *message);

void dhcp6_build_header(struct writer *w, enum dhcp6_type type,
			uint32_t transaction);
void dhcp6_build_option(struct writer *w, enum dhcp6_option_code code,
			const void *value, size_t len);
void dhcp6_build_u16(struct writer *w, enum dhcp6_option_code code,
		     uint16_t value);
/* IA_NA or IA_PD with what is held or wished for. */
void dhcp6_build_ia(struct writer *w, enum dhcp6_option_code code,
		    const uint8_t iaid[4], const struct dhcp6_lease *leases,
		    int count);

#endif
