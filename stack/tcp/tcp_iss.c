/* RFC 6528: ISN = M + F(addresses, ports, secret); F is SHA-256. */
#include "tcp/tcp_iss.h"

#include <sha2.h>
#include <string.h>
#include <sys/types.h>

#define TICK_US 4 /* M counts 4 us; RFC 9293, 3.4.1 */

static void add_address(SHA2_CTX *sha, const struct pyt_sockaddr *address)
{
	SHA256Update(sha, address->ip.bytes, sizeof(address->ip.bytes));
	SHA256Update(sha, (const uint8_t *)&address->port,
		     sizeof(address->port));
}

struct tcp_iss tcp_iss_make(const struct tcp_context *context,
			    const struct pyt_sockaddr *local,
			    const struct pyt_sockaddr *peer, int64_t now_us)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct tcp_iss made;
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, context->secret, sizeof(context->secret));
	add_address(&sha, local);
	add_address(&sha, peer);
	SHA256Final(digest, &sha);

	memcpy(&made.iss, digest, sizeof(made.iss));
	memcpy(&made.ts_offset, digest + sizeof(made.iss),
	       sizeof(made.ts_offset));
	made.iss += (uint32_t)(now_us / TICK_US);
	return made;
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
