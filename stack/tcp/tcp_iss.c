/* RFC 6528: ISN = M + F(addresses, ports, secret); F is SipHash. */
#include "tcp/tcp_iss.h"

#include <sha2.h>
#include <string.h>
#include <sys/types.h>

#define TICK_US 4 /* M counts 4 us; RFC 9293, 3.4.1 */

struct material {
	struct pyt_ip local, peer;
	uint16_t local_port, peer_port;
};

_Static_assert(sizeof(struct material) == 36, "what is hashed has no padding");

void tcp_iss_init(struct tcp_context *context)
{
	tcp_iss_derive_key(context, "initial sequence", context->iss_key);
}

struct tcp_iss tcp_iss_make(const struct tcp_context *context,
			    const struct pyt_sockaddr *local,
			    const struct pyt_sockaddr *peer, int64_t now_us)
{
	struct material material = { .local = local->ip,
				     .peer = peer->ip,
				     .local_port = local->port,
				     .peer_port = peer->port };
	uint64_t value = siphash(context->iss_key, &material, sizeof(material));

	return (struct tcp_iss){
		.iss = (uint32_t)value + (uint32_t)(now_us / TICK_US),
		.ts_offset = (uint32_t)(value >> 32),
	};
}

void tcp_iss_derive_key(const struct tcp_context *context, const char *purpose,
			uint8_t key[SIPHASH_KEY_LEN])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)purpose, strlen(purpose));
	SHA256Update(&sha, context->secret, sizeof(context->secret));
	SHA256Final(digest, &sha);
	memcpy(key, digest, SIPHASH_KEY_LEN);
}
