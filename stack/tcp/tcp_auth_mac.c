/* Digests over a segment. RFC 2385, 2.0; RFC 5925, 5.1, 5.2; RFC 5926, 3. */
#include "tcp/tcp_auth_mac.h"

#include <md5.h>
#include <netinet/in.h>
#include <nettle/cmac.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <string.h>
#include <sys/types.h>

#include "base/writer.h"

#define CHECKSUM_LEN 2
#define AO_OPTION_HEAD 4 /* kind, length and both ids, before the MAC */
#define SHA1_LEN 20
#define AES_BLOCK 16

static const uint8_t zeros[TCP_HEADER_LEN_MAX];

/* Where the pieces of a segment go, one after the other. */
struct sink {
	void (*add)(void *state, const uint8_t *bytes, size_t len);
	void *state;
};

static void add(const struct sink *sink, const uint8_t *bytes, size_t len)
{
	sink->add(sink->state, bytes, len);
}

static void add_ip(struct writer *w, const struct pyt_ip *ip)
{
	if (pyt_ip_is_v4(ip))
		writer_copy(w, ip->bytes + 12, 4);
	else
		writer_copy(w, ip->bytes, sizeof(ip->bytes));
}

/* RFC 9293, 3.1, and RFC 8200, 8.1: as for the checksum. */
static void add_pseudo_header(const struct sink *sink,
			      const struct tcp_auth_message *message)
{
	uint32_t len = message->header_len + message->payload_len;
	uint8_t bytes[40];
	struct writer w = writer_init(bytes, sizeof(bytes));

	add_ip(&w, &message->src);
	add_ip(&w, &message->dst);
	if (pyt_ip_is_v4(&message->dst)) {
		writer_u16(&w, IPPROTO_TCP);
		writer_u16(&w, (uint16_t)len);
	} else {
		writer_u32(&w, len);
		writer_u32(&w, IPPROTO_TCP);
	}
	add(sink, bytes, w.len);
}

/* Without options; the checksum counts as zero. */
static void add_base_header(const struct sink *sink,
			    const struct tcp_auth_message *message)
{
	uint32_t behind = TCP_HEADER_CHECKSUM_OFFSET + CHECKSUM_LEN;

	add(sink, message->header, TCP_HEADER_CHECKSUM_OFFSET);
	add(sink, zeros, CHECKSUM_LEN);
	add(sink, message->header + behind, TCP_HEADER_LEN_MIN - behind);
}

static void add_payload(const struct sink *sink,
			const struct tcp_auth_message *message)
{
	for (int i = 0; i < message->payload_count; i++)
		add(sink, message->payload[i].iov_base,
		    message->payload[i].iov_len);
}

/* ------------------------------------------------------------------ MD5 */

static void add_md5(void *state, const uint8_t *bytes, size_t len)
{
	MD5Update(state, bytes, len);
}

void tcp_auth_md5(const struct tcp_auth_message *message, const uint8_t *key,
		  uint32_t key_len, uint8_t digest[TCP_MD5_LEN])
{
	MD5_CTX md5;
	struct sink sink = { add_md5, &md5 };

	MD5Init(&md5);
	add_pseudo_header(&sink, message);
	add_base_header(&sink, message);
	add_payload(&sink, message);
	add(&sink, key, key_len);
	MD5Final(digest, &md5);
}

/* ----------------------------------------------------------- HMAC, CMAC */

union ao_state {
	struct hmac_sha1_ctx hmac;
	struct cmac_aes128_ctx cmac;
};

static void add_hmac(void *state, const uint8_t *bytes, size_t len)
{
	hmac_sha1_update(state, len, bytes);
}

static void add_cmac(void *state, const uint8_t *bytes, size_t len)
{
	cmac_aes128_update(state, len, bytes);
}

static struct sink ao_begin(union ao_state *state,
			    enum tcp_ao_algorithm algorithm, const uint8_t *key,
			    uint32_t key_len)
{
	if (algorithm == TCP_AO_HMAC_SHA1) {
		hmac_sha1_set_key(&state->hmac, key_len, key);
		return (struct sink){ add_hmac, state };
	}
	cmac_aes128_set_key(&state->cmac, key);
	return (struct sink){ add_cmac, state };
}

static void ao_end(union ao_state *state, enum tcp_ao_algorithm algorithm,
		   uint8_t mac[TCP_MAC_LEN_MAX])
{
	if (algorithm == TCP_AO_HMAC_SHA1)
		hmac_sha1_digest(&state->hmac, SHA1_LEN, mac);
	else
		cmac_aes128_digest(&state->cmac, AES_BLOCK, mac);
}

uint32_t tcp_ao_mac_max(enum tcp_ao_algorithm algorithm)
{
	return algorithm == TCP_AO_HMAC_SHA1 ? SHA1_LEN : AES_BLOCK;
}

/* RFC 5926, 3.1.1.2, step 1: AES wants exactly 16 bytes. */
static void fit_master(const uint8_t *master, uint32_t master_len,
		       uint8_t key[AES_BLOCK])
{
	struct cmac_aes128_ctx cmac;

	if (master_len == AES_BLOCK) {
		memcpy(key, master, AES_BLOCK);
		return;
	}
	cmac_aes128_set_key(&cmac, zeros);
	cmac_aes128_update(&cmac, master_len, master);
	cmac_aes128_digest(&cmac, AES_BLOCK, key);
}

/* RFC 5926, 3.1.1: i, label, context, output length; one round is enough. */
struct tcp_ao_traffic_key tcp_ao_traffic_key(
	enum tcp_ao_algorithm algorithm, const uint8_t *master,
	uint32_t master_len, const struct tcp_ao_context *context)
{
	struct tcp_ao_traffic_key key = {
		.len = (uint8_t)tcp_ao_mac_max(algorithm),
	};
	uint8_t input[1 + 6 + 44 + 2];
	uint8_t fitted[AES_BLOCK];
	struct writer w = writer_init(input, sizeof(input));
	union ao_state state;
	struct sink sink;

	if (algorithm == TCP_AO_CMAC_AES128) {
		fit_master(master, master_len, fitted);
		master = fitted;
		master_len = sizeof(fitted);
	}
	writer_u8(&w, 1);
	writer_copy(&w, "TCP-AO", 6);
	add_ip(&w, &context->src);
	add_ip(&w, &context->dst);
	writer_u16(&w, context->src_port);
	writer_u16(&w, context->dst_port);
	writer_u32(&w, context->src_isn);
	writer_u32(&w, context->dst_isn);
	writer_u16(&w, (uint16_t)(key.len * 8));
	sink = ao_begin(&state, algorithm, master, master_len);
	add(&sink, input, w.len);
	ao_end(&state, algorithm, key.bytes);
	return key;
}

/* RFC 5925, 5.1: all options, or none but TCP-AO; the MAC itself is zero. */
static void add_options(const struct sink *sink,
			const struct tcp_auth_message *message,
			bool covers_options)
{
	uint32_t from = TCP_HEADER_LEN_MIN;
	uint32_t behind = message->mac_at + message->mac_len;

	if (!covers_options)
		from = message->mac_at - AO_OPTION_HEAD;
	add(sink, message->header + from, message->mac_at - from);
	add(sink, zeros, message->mac_len);
	if (covers_options)
		add(sink, message->header + behind,
		    message->header_len - behind);
}

void tcp_ao_mac(enum tcp_ao_algorithm algorithm,
		const struct tcp_ao_traffic_key *key, uint32_t sne,
		const struct tcp_auth_message *message, bool covers_options,
		uint8_t mac[TCP_MAC_LEN_MAX])
{
	uint8_t extension[4];
	struct writer w = writer_init(extension, sizeof(extension));
	union ao_state state;
	struct sink sink = ao_begin(&state, algorithm, key->bytes, key->len);

	writer_u32(&w, sne);
	add(&sink, extension, w.len);
	add_pseudo_header(&sink, message);
	add_base_header(&sink, message);
	add_options(&sink, message, covers_options);
	add_payload(&sink, message);
	ao_end(&state, algorithm, mac);
}

bool tcp_auth_equal(const uint8_t *a, const uint8_t *b, uint32_t len)
{
	return memeql_sec(a, b, len);
}
