/*
 * What signed segments are signed with: the digest of RFC 2385, the traffic
 * keys and message authentication codes of RFC 5925 and 5926.
 */
#ifndef TCP_TCP_AUTH_MAC_H
#define TCP_TCP_AUTH_MAC_H

#include <pyt/addr.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "wire/tcp_header.h"

#define TCP_AO_TRAFFIC_KEY_MAX 20

enum tcp_ao_algorithm {
	TCP_AO_HMAC_SHA1, /* with KDF_HMAC_SHA1; RFC 5926, 3.1.1.1, 3.2.1 */
	TCP_AO_CMAC_AES128, /* with KDF_AES_128_CMAC; 3.1.1.2, 3.2.2 */
};

/* A segment as it is on the wire. */
struct tcp_auth_message {
	struct pyt_ip src, dst;
	const uint8_t *header; /* with options; header_len says where it ends */
	uint32_t header_len;
	uint32_t mac_at, mac_len; /* in the header: counts as zeros */
	const struct iovec *payload;
	int payload_count;
	uint32_t payload_len;
};

/* RFC 5925, 5.2: what a traffic key is bound to; in the sender's eyes. */
struct tcp_ao_context {
	struct pyt_ip src, dst;
	uint16_t src_port, dst_port;
	uint32_t src_isn, dst_isn; /* 0: not known yet, a SYN */
};

struct tcp_ao_traffic_key {
	uint8_t len; /* 0: none */
	uint8_t bytes[TCP_AO_TRAFFIC_KEY_MAX];
};

void tcp_auth_md5(const struct tcp_auth_message *message, const uint8_t *key,
		  uint32_t key_len, uint8_t digest[TCP_MD5_LEN]);

struct tcp_ao_traffic_key tcp_ao_traffic_key(
	enum tcp_ao_algorithm algorithm, const uint8_t *master,
	uint32_t master_len, const struct tcp_ao_context *context);

/* Bytes of a MAC that is not truncated. */
uint32_t tcp_ao_mac_max(enum tcp_ao_algorithm algorithm);

/* The first mac_len bytes. covers_options: TCP-AO's own always count. */
void tcp_ao_mac(enum tcp_ao_algorithm algorithm,
		const struct tcp_ao_traffic_key *key, uint32_t sne,
		const struct tcp_auth_message *message, bool covers_options,
		uint8_t mac[TCP_MAC_LEN_MAX]);

/* Takes as long for equal bytes as for others. */
bool tcp_auth_equal(const uint8_t *a, const uint8_t *b, uint32_t len);

#endif
