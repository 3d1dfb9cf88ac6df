/*
 * The TCP header and its options. RFC 9293, 3.1; RFC 7323; RFC 2018;
 * RFC 2385; RFC 5925, 2.2; RFC 9768, 3.2.3.
 */
#ifndef WIRE_TCP_HEADER_H
#define WIRE_TCP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"

#define TCP_HEADER_LEN_MIN 20
#define TCP_HEADER_LEN_MAX 60
#define TCP_HEADER_CHECKSUM_OFFSET 16
#define TCP_SACK_BLOCKS_MAX 4
/* Of a built header: the MAC of the authentication option comes first. */
#define TCP_HEADER_MAC_OFFSET 24
#define TCP_MD5_LEN 16
#define TCP_MAC_LEN_MAX 20 /* HMAC-SHA-1, not truncated */
#define TCP_ACCECN_FIELDS 3
#define TCP_FASTOPEN_COOKIE_MIN 4 /* RFC 7413, 2 */
#define TCP_FASTOPEN_COOKIE_MAX 16

enum tcp_flag {
	TCP_FIN = 1 << 0,
	TCP_SYN = 1 << 1,
	TCP_RST = 1 << 2,
	TCP_PSH = 1 << 3,
	TCP_ACK = 1 << 4,
	TCP_URG = 1 << 5,
	TCP_ECE = 1 << 6,
	TCP_CWR = 1 << 7,
	TCP_AE = 1 << 8, /* AccECN; once NS */
};

struct tcp_sack_block {
	uint32_t start, end; /* sequence numbers [start, end) */
};

enum tcp_auth_kind {
	TCP_AUTH_NONE,
	TCP_AUTH_MD5, /* RFC 2385 */
	TCP_AUTH_AO, /* RFC 5925 */
};

struct tcp_auth_option {
	enum tcp_auth_kind kind;
	uint8_t count; /* of such options; parsed only, > 1 is an error */
	uint8_t at; /* of the MAC, from the header's begin; parsed only */
	uint8_t mac_len;
	uint8_t key_id, next_key_id; /* AO: KeyID, RNextKeyID */
};

/* RFC 9768, 3.2.3: byte counters, of which the option carries 24 bits. */
enum tcp_accecn_field {
	TCP_ACCECN_ECT0,
	TCP_ACCECN_CE,
	TCP_ACCECN_ECT1,
};

struct tcp_accecn_option {
	bool present;
	bool ect1_first; /* the option's other order */
	uint8_t count; /* fields of it, in its order */
	uint32_t bytes[TCP_ACCECN_FIELDS]; /* by enum tcp_accecn_field */
};

struct tcp_header {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint16_t flags; /* set of enum tcp_flag */
	uint16_t window; /* as on the wire: not scaled */
	uint16_t checksum;
	uint16_t urgent; /* offset from seq */

	/* options */
	uint16_t mss; /* 0: none */
	bool has_wscale;
	uint8_t wscale;
	bool sack_permitted;
	bool has_timestamp;
	uint32_t ts_value, ts_echo;
	bool has_fastopen; /* SYN: a cookie, or the wish for one (length 0) */
	uint8_t fastopen_len;
	uint8_t fastopen[TCP_FASTOPEN_COOKIE_MAX];
	uint8_t sack_count;
	struct tcp_sack_block sack[TCP_SACK_BLOCKS_MAX];
	struct tcp_auth_option auth;
	struct tcp_accecn_option accecn;
};

/*
 * Reads header and options; segment moves on to the payload. An unknown
 * option is skipped; one with an impossible length ends the options, as
 * Linux does. False leaves both alone.
 */
bool tcp_header_parse(struct reader *segment, struct tcp_header *header);

/*
 * Source and destination port, sequence number, for what an ICMP error
 * quotes: only 8 bytes need be there. The other fields are 0.
 */
bool tcp_header_parse_quoted(struct reader *quoted, struct tcp_header *header);

/*
 * Writes header and options in Linux's order, checksum field as given, the
 * MAC zero. Length, a multiple of 4; SACK blocks, and then AccECN's option,
 * are left out if they find no room.
 */
size_t tcp_header_build(const struct tcp_header *header,
			uint8_t to[TCP_HEADER_LEN_MAX]);

#endif
