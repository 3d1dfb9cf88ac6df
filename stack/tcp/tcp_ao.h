/* TCP-AO: which key, which extension, good or bad. RFC 5925. */
#ifndef TCP_TCP_AO_H
#define TCP_TCP_AO_H

#include "tcp/tcp_ao_abi.h"
#include "tcp/tcp_auth.h"
#include "tcp/tcp_auth_keys.h"

/* Both ends and both sequence numbers, in this host's eyes. */
struct tcp_ao_flow {
	struct pyt_sockaddr local, peer;
	uint32_t iss, irs;
	bool is_settled; /* both are for good: traffic keys may be kept */
};

struct tcp_auth_key *tcp_ao_find_send(struct tcp_auth *auth,
				      const struct pyt_ip *peer, uint8_t id);
struct tcp_auth_key *tcp_ao_find_receive(struct tcp_auth *auth,
					 const struct pyt_ip *peer, uint8_t id);

/* RFC 5925, 6.2: how often the numbers since the ISN have wrapped. */
static inline uint32_t tcp_ao_sne(uint32_t isn, uint64_t position)
{
	return (uint32_t)((isn + (position - SEQ_SYN)) >> 32);
}

enum counter tcp_ao_verify(struct tcp_auth *auth,
			   const struct tcp_ao_flow *flow,
			   const struct tcp_segment *segment, uint32_t sne);
/* Writes the MAC into header, where the message says. */
void tcp_ao_sign(struct tcp_auth_key *key, const struct tcp_ao_flow *flow,
		 const struct tcp_auth_message *message, uint32_t sne,
		 bool is_syn, uint8_t *header);

int tcp_ao_set_option(struct tcp_connection *tcp, int name, const void *value,
		      uint32_t value_len);
int tcp_ao_get_option(const struct tcp_connection *tcp, int name, void *value,
		      uint32_t value_len);

#endif
