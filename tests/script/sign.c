/*
 * Signatures of segments, TCP-MD5 (RFC 2385, 2.0) and TCP-AO (RFC 5925, 5.1
 * and 5.2; RFC 5926, 3). As in wire.c none of the engine's code is used.
 */
#include <nettle/cmac.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <stdio.h>
#include <string.h>

#include "script/script.h"
#include "wire/tcp_header.h"

#define IP_LEN 20
#define TCP_LEN 20
#define CHECKSUM_AT 16
#define MD5_LEN 16
#define AES_LEN 16
#define MAC_MAX 20

/* Pieces that are signed, one after the other. */
struct text {
	uint8_t bytes[66000];
	size_t len;
};

static void add(struct text *text, const void *bytes, size_t len)
{
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

static void add_number(struct text *text, uint64_t number, int len)
{
	while (len--)
		text->bytes[text->len++] = (uint8_t)(number >> (8 * len));
}

/* The pseudo-header, and the header without checksum and options. */
static void add_headers(struct text *text, const uint8_t *packet, uint32_t len)
{
	const uint8_t *tcp = packet + IP_LEN;

	add(text, packet + 12, 8);
	add_number(text, 6, 2);
	add_number(text, len - IP_LEN, 2);
	add(text, tcp, CHECKSUM_AT);
	add_number(text, 0, 2);
	add(text, tcp + CHECKSUM_AT + 2, TCP_LEN - CHECKSUM_AT - 2);
}

static uint32_t header_len_of(const uint8_t *packet)
{
	return (uint32_t)(packet[IP_LEN + 12] >> 4) * 4;
}

static void md5_of(const uint8_t *packet, uint32_t len,
		   const struct option *key, uint8_t mac[MAC_MAX])
{
	uint32_t payload_at = IP_LEN + header_len_of(packet);
	static struct text text;
	struct md5_ctx md5;

	text.len = 0;
	add_headers(&text, packet, len);
	add(&text, packet + payload_at, len - payload_at);
	add(&text, key->raw, key->raw_len);
	md5_init(&md5);
	md5_update(&md5, text.len, text.bytes);
	md5_digest(&md5, MD5_LEN, mac);
}

/* ---------------------------------------------------------------- TCP-AO */

static void hmac(const uint8_t *key, size_t key_len, const struct text *text,
		 uint8_t mac[MAC_MAX])
{
	struct hmac_sha1_ctx state;

	hmac_sha1_set_key(&state, key_len, key);
	hmac_sha1_update(&state, text->len, text->bytes);
	hmac_sha1_digest(&state, SHA1_DIGEST_SIZE, mac);
}

static void cmac(const uint8_t *key, const uint8_t *bytes, size_t len,
		 uint8_t mac[MAC_MAX])
{
	struct cmac_aes128_ctx state;

	cmac_aes128_set_key(&state, key);
	cmac_aes128_update(&state, len, bytes);
	cmac_aes128_digest(&state, AES_LEN, mac);
}

/* RFC 5926, 3.1.1.2: a master key of another length is made to fit. */
static void cmac_master(const struct option *key, uint8_t master[MAC_MAX])
{
	static const uint8_t zeros[AES_LEN];

	memcpy(master, key->raw, AES_LEN);
	if (key->raw_len != AES_LEN)
		cmac(zeros, key->raw, key->raw_len, master);
}

static void keyed(const struct option *key, const uint8_t *secret,
		  const struct text *text, uint8_t mac[MAC_MAX])
{
	if (key->kind == KIND_AO_CMAC)
		cmac(secret, text->bytes, text->len, mac);
	else
		hmac(secret, SHA1_DIGEST_SIZE, text, mac);
}

/* RFC 5925, 5.2: bound to both ends and both ISNs; a SYN knows one. */
static void traffic_key(const struct flow *flow, const uint8_t *packet,
			bool by_host, const struct option *key,
			uint8_t traffic[MAC_MAX])
{
	bool is_cmac = key->kind == KIND_AO_CMAC;
	uint8_t flags = packet[IP_LEN + 13] & (TCP_SYN | TCP_ACK);
	static struct text text;

	text.len = 0;
	add_number(&text, 1, 1);
	add(&text, "TCP-AO", 6);
	add(&text, packet + 12, 8);
	add(&text, packet + IP_LEN, 4);
	add_number(&text, by_host ? flow->iss : flow->irs, 4);
	add_number(&text,
		   flags == TCP_SYN ? 0
		   : by_host	    ? flow->irs
				    : flow->iss,
		   4);
	add_number(&text, is_cmac ? 128 : 160, 2);
	if (is_cmac) {
		uint8_t master[MAC_MAX];

		cmac_master(key, master);
		keyed(key, master, &text, traffic);
	} else {
		hmac(key->raw, key->raw_len, &text, traffic);
	}
}

/* position: relative to the ISN; the extension counts wraps since it. */
static void ao_of(const struct flow *flow, const uint8_t *packet, uint32_t len,
		  bool by_host, int64_t position, const struct option *key,
		  uint32_t mac_at, uint8_t mac[MAC_MAX])
{
	uint32_t isn = by_host ? flow->iss : flow->irs;
	uint32_t mac_len = (uint32_t)key->value[2];
	static struct text text;
	uint8_t traffic[MAC_MAX];

	text.len = 0;
	add_number(&text, (uint64_t)(isn + position) >> 32, 4);
	add_headers(&text, packet, len);
	add(&text, packet + IP_LEN + TCP_LEN, len - IP_LEN - TCP_LEN);
	/* 4 of the extension and 12 of the pseudo-header stand before */
	memset(text.bytes + 16 + mac_at - IP_LEN, 0, mac_len);
	traffic_key(flow, packet, by_host, key, traffic);
	keyed(key, traffic, &text, mac);
}

/* ------------------------------------------------------------------- both */

/* Where the signature's bytes are in the packet; 0: it has none. */
static uint32_t find_mac(const uint8_t *packet, uint32_t len)
{
	uint32_t end = IP_LEN + header_len_of(packet);

	for (uint32_t at = IP_LEN + TCP_LEN; at < end && end <= len;) {
		if (packet[at] == KIND_END)
			return 0;
		if (packet[at] == KIND_NOP) {
			at++;
			continue;
		}
		if (packet[at] == KIND_MD5)
			return at + 2;
		if (packet[at] == KIND_AO)
			return at + 4;
		if (packet[at + 1] < 2)
			return 0;
		at += packet[at + 1];
	}
	return 0;
}

const struct option *sign_key(const struct segment *segment)
{
	for (int i = 0; i < segment->option_count; i++) {
		int kind = segment->option[i].kind;

		if (kind == KIND_MD5 || kind == KIND_AO || kind == KIND_AO_CMAC)
			return &segment->option[i];
	}
	return NULL;
}

static uint32_t mac_of(const struct flow *flow, const struct segment *segment,
		       const uint8_t *packet, uint32_t len, bool by_host,
		       uint32_t mac_at, uint8_t mac[MAC_MAX])
{
	const struct option *key = sign_key(segment);

	if (key->kind == KIND_MD5) {
		md5_of(packet, len, key, mac);
		return MD5_LEN;
	}
	ao_of(flow, packet, len, by_host, segment->seq, key, mac_at, mac);
	return (uint32_t)key->value[2];
}

void sign_packet(const struct flow *flow, const struct segment *segment,
		 uint8_t *packet, uint32_t len)
{
	uint32_t mac_at = find_mac(packet, len), mac_len;
	uint8_t mac[MAC_MAX];

	if (!mac_at || !sign_key(segment))
		return;
	mac_len = mac_of(flow, segment, packet, len, false, mac_at, mac);
	memcpy(packet + mac_at, mac, mac_len);
}

bool sign_is_right(const struct flow *flow, const struct segment *wanted,
		   const struct segment *came, const uint8_t *packet,
		   uint32_t len)
{
	uint32_t mac_at = find_mac(packet, len), mac_len;
	struct segment signed_so = *wanted;
	uint8_t mac[MAC_MAX];

	if (!sign_key(wanted))
		return true;
	if (!mac_at)
		return false;
	signed_so.seq = came->seq;
	mac_len = mac_of(flow, &signed_so, packet, len, true, mac_at, mac);
	return memcmp(packet + mac_at, mac, mac_len) == 0;
}
