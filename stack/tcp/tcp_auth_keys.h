/* The keys of a socket: TCP-MD5's and TCP-AO's, for the rooms of both. */
#ifndef TCP_TCP_AUTH_KEYS_H
#define TCP_TCP_AUTH_KEYS_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "tcp/tcp_auth_mac.h"
#include "tcp/tcp_connection.h"

#define TCP_AUTH_SECRET_MAX 80 /* Linux's TCP_MD5SIG_MAXKEYLEN */

struct tcp_auth_key;

/* What a key is found by, beside the peer. */
enum tcp_auth_index {
	TCP_AUTH_BY_PEER_MD5,
	TCP_AUTH_BY_PEER_AO,
	TCP_AUTH_BY_SEND_ID,
	TCP_AUTH_BY_RECEIVE_ID,
};

/* A place in the tree of all keys: by index, id, network. */
struct tcp_auth_place {
	RB_ENTRY(tcp_auth_place) tree;
	struct tcp_auth_key *key;
	uint8_t index; /* enum tcp_auth_index */
	uint8_t id; /* of TCP-AO; 0: by the peer alone */
};

struct tcp_auth_key {
	TAILQ_ENTRY(tcp_auth_key) link; /* all, in the order of addition */
	struct tcp_auth_place by_peer, by_send_id, by_receive_id;
	uint32_t number; /* in that order */
	enum tcp_auth_kind kind;
	struct pyt_ip peer;
	struct pyt_ip network; /* the prefix of it */
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
RB_HEAD(tcp_auth_places, tcp_auth_place);

struct tcp_auth {
	struct tcp_auth_keys keys;
	struct tcp_auth_places places;
	uint32_t key_count;
	uint32_t last_number;
	uint32_t visited; /* places looked at: the cost, for tests */
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
/* One with the same peer, kind, ids and secret, and a history of its own;
 * NULL: optmem_max, or no memory. */
struct tcp_auth_key *tcp_auth_key_add(struct tcp_connection *tcp,
				      const struct tcp_auth_key *like);
void tcp_auth_key_remove(struct tcp_connection *tcp, struct tcp_auth_key *key);
/*
 * The most exact one for this peer; of several the first that was added, of
 * TCP-MD5's the one that has no interface first. NULL: none. auth may be NULL,
 * for these all. O(log n) for each length of prefixes that hold the peer, and
 * one.
 */
struct tcp_auth_key *tcp_auth_key_find(struct tcp_auth *auth,
				       enum tcp_auth_kind kind,
				       const struct pyt_ip *peer);
/* The one for this peer with that id: two of them cannot be. */
struct tcp_auth_key *tcp_auth_key_find_id(struct tcp_auth *auth,
					  enum tcp_auth_index index, uint8_t id,
					  const struct pyt_ip *peer);
/* The next one for this peer, less and less exact; NULL: the first, the end. */
struct tcp_auth_key *tcp_auth_key_next(struct tcp_auth *auth,
				       enum tcp_auth_kind kind,
				       const struct pyt_ip *peer,
				       struct tcp_auth_key *previous);
/* TCP-AO: one that has an id of wanted's and a peer in common with it. */
bool tcp_auth_key_is_taken(struct tcp_auth *auth,
			   const struct tcp_auth_key *wanted);
/* That of the very same peer, prefix and interface; for TCP-AO, with both ids;
 * or NULL. */
struct tcp_auth_key *tcp_auth_key_find_same(struct tcp_auth *auth,
					    const struct tcp_auth_key *wanted);
bool tcp_auth_key_is_for(const struct tcp_auth_key *key,
			 const struct pyt_ip *peer);
/* -EINVAL: of no family that this could be, or too long a prefix. */
int tcp_auth_parse_peer(const void *sockaddr, bool has_prefix,
			uint8_t prefix_len, struct tcp_auth_key *key);

#endif
