/*
 * DHCPv4 messages: RFC 2131, 2; options of RFC 2132, which may be overloaded
 * into sname and file, and longer than 255 bytes (RFC 3396).
 */
#ifndef WIRE_DHCP4_H
#define WIRE_DHCP4_H

#include "base/reader.h"
#include "base/writer.h"

#define DHCP4_SERVER_PORT 67
#define DHCP4_CLIENT_PORT 68
#define DHCP4_LEN_MIN 300 /* BOOTP's: RFC 1542, 2.1; shorter ones are padded */
#define DHCP4_BROADCAST 0x8000 /* of flags: RFC 1542, 3.1.1 */

enum dhcp4_type {
	DHCP4_DISCOVER = 1,
	DHCP4_OFFER,
	DHCP4_REQUEST,
	DHCP4_DECLINE,
	DHCP4_ACK,
	DHCP4_NAK,
	DHCP4_RELEASE,
	DHCP4_INFORM,
};

enum dhcp4_option {
	DHCP4_PAD = 0,
	DHCP4_SUBNET_MASK = 1,
	DHCP4_ROUTERS = 3,
	DHCP4_NAME_SERVERS = 6,
	DHCP4_DOMAIN_NAME = 15,
	DHCP4_MTU = 26,
	DHCP4_REQUESTED_IP = 50,
	DHCP4_LEASE_TIME = 51,
	DHCP4_OVERLOAD = 52,
	DHCP4_MESSAGE_TYPE = 53,
	DHCP4_SERVER_ID = 54,
	DHCP4_PARAMETERS = 55,
	DHCP4_MESSAGE = 56,
	DHCP4_LEN_MAX_OPTION = 57,
	DHCP4_T1 = 58,
	DHCP4_T2 = 59,
	DHCP4_CLIENT_ID = 61,
	DHCP4_FQDN = 81, /* RFC 4702 */
	DHCP4_IPV6_ONLY = 108, /* RFC 8925 */
	DHCP4_CAPTIVE_PORTAL = 114, /* RFC 8910 */
	DHCP4_DOMAIN_SEARCH = 119, /* RFC 3397 */
	DHCP4_CLASSLESS_ROUTES = 121, /* RFC 3442 */
	DHCP4_END = 255,
};

/* The fixed part that a client looks at or fills in. */
struct dhcp4_header {
	uint32_t xid;
	uint16_t secs, flags;
	uint32_t ciaddr, yiaddr;
	uint8_t mac[6];
};

struct dhcp4_message {
	struct dhcp4_header header;
	struct reader area[3]; /* options, file, sname: in RFC 3396's order */
	int area_count;
};

/*
 * A server's reply to an Ethernet client. False: it is none, or malformed in
 * some option.
 */
bool dhcp4_parse(struct reader bytes, struct dhcp4_message *message);

/*
 * All instances of an option, joined. Their length in all, of which the first
 * size bytes are written; -1: it is not there.
 */
int dhcp4_get(const struct dhcp4_message *message, uint8_t code, uint8_t *to,
	      size_t size);
/* False: it is not there, or not of this length. */
bool dhcp4_get_u32(const struct dhcp4_message *message, uint8_t code,
		   uint32_t *value);
bool dhcp4_get_u16(const struct dhcp4_message *message, uint8_t code,
		   uint16_t *value);
bool dhcp4_get_u8(const struct dhcp4_message *message, uint8_t code,
		  uint8_t *value);

/* A client's message: header, options, then dhcp4_put_end(). */
void dhcp4_put_header(struct writer *w, const struct dhcp4_header *header);
/* Split where it is longer than 255 bytes. */
void dhcp4_put(struct writer *w, uint8_t code, const void *value, size_t len);
void dhcp4_put_u32(struct writer *w, uint8_t code, uint32_t value);
void dhcp4_put_end(struct writer *w);

#endif
