/* Initial sequence numbers and timestamp offsets that cannot be guessed. */
#ifndef TCP_TCP_ISS_H
#define TCP_TCP_ISS_H

#include "tcp/tcp_context.h"

struct tcp_iss {
	uint32_t iss; /* RFC 6528 */
	uint32_t ts_offset; /* RFC 7323, 7.1 */
};

/* Once the context has its secret. */
void tcp_iss_init(struct tcp_context *context);
struct tcp_iss tcp_iss_make(const struct tcp_context *context,
			    const struct pyt_sockaddr *local,
			    const struct pyt_sockaddr *peer, int64_t now_us);
/* A key of the stack's secret for one purpose; equal secrets, equal keys. */
void tcp_iss_derive_key(const struct tcp_context *context, const char *purpose,
			uint8_t key[SIPHASH_KEY_LEN]);

#endif
