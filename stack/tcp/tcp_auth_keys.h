/* The keys of a socket: TCP-MD5's and TCP-AO's, for the rooms of both. */
#ifndef TCP_TCP_AUTH_KEYS_H
#define TCP_TCP_AUTH_KEYS_H

#include <bsd/sys/queue.h>

#include "tcp/tcp_auth_mac.h"
#include "tcp/tcp_connection.h"

#define TCP_AUTH_SECRET_MAX 80 /* Linux's TCP_MD5SIG_MAXKEYLEN */

struct tcp_auth_key {
	TAILQ_ENTRY(tcp_auth_key) link;
	enum tcp_auth_kind kind;
	struct pyt_ip peer;
	uint8_t prefix_len; /* bits of the family's own address */
	int ifindex; /* stored: this host has one routing table */
	uint8_t secret_len;
	uint8_t secret[TCP_AUTH_SECRET_MAX];

	/* TCP-AO, RFC 5925, 3.1 */
	enum tcp_ao_algorithm algorithm;
	bool is_aes_named; /* as the program called it: cmac(aes) */
	uint8_t send_id, receive_id;
	uint8_t mac_len;
	uint8_t flags; /* TCP_AO_KEYF_ */
	struct tcp_ao_traffic_key send, receive; /* of this connection */
	uint64_t good_count, bad_count; /* segments */
};

TAILQ_HEAD(tcp_auth_keys, tcp_auth_key);

struct tcp_auth {
	struct tcp_auth_keys keys;
	uint32_t key_count;
	/* TCP-AO, RFC 5925, 3.3 */
	struct tcp_auth_key *current; /* what is sent is signed with it */
	struct tcp_auth_key *next; /* the peer is asked to use it */
	bool has_ao; /* some call of TCP-AO's was made */
	bool ao_required, accepts_icmp;
	uint64_t good_count, bad_count, key_not_found_count;
	uint64_t required_count, dropped_icmp_count;
};

/* The connection's, made if it has none; NULL: no memory. */
struct tcp_auth *tcp_auth_get(struct tcp_connection *tcp);
/* A zeroed key at the end of the list; NULL: optmem_max, or no memory. */
struct tcp_auth_key *tcp_auth_key_add(struct tcp_connection *tcp);
void tcp_auth_key_remove(struct tcp_connection *tcp, struct tcp_auth_key *key);
/* The most exact one for this peer, or NULL. auth may be NULL. */
struct tcp_auth_key *tcp_auth_key_find(const struct tcp_auth *auth,
				       enum tcp_auth_kind kind,
				       const struct pyt_ip *peer);
bool tcp_auth_key_is_for(const struct tcp_auth_key *key,
			 const struct pyt_ip *peer);
/* -EINVAL: of no family that this could be, or too long a prefix. */
int tcp_auth_parse_peer(const void *sockaddr, bool has_prefix,
			uint8_t prefix_len, struct tcp_auth_key *key);

#endif
