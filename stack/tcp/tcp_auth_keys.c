/* The keys of a socket: memory, and which one is for a peer. */
#include "tcp/tcp_auth_keys.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define MAPPED_BITS 96 /* in front of an IPv4 address */

struct tcp_auth *tcp_auth_get(struct tcp_connection *tcp)
{
	if (tcp->auth)
		return tcp->auth;
	tcp->auth = engine_alloc(tcp_engine(tcp), sizeof(*tcp->auth));
	if (tcp->auth)
		TAILQ_INIT(&tcp->auth->keys);
	return tcp->auth;
}

struct tcp_auth_key *tcp_auth_key_add(struct tcp_connection *tcp)
{
	size_t limit = (size_t)tcp_settings(tcp)->optmem_max;
	struct tcp_auth *auth = tcp_auth_get(tcp);
	struct tcp_auth_key *key;

	if (!auth || (auth->key_count + 1) * sizeof(*key) > limit)
		return NULL;
	key = engine_alloc(tcp_engine(tcp), sizeof(*key));
	if (!key)
		return NULL;
	TAILQ_INSERT_TAIL(&auth->keys, key, link);
	auth->key_count++;
	return key;
}

/* The secret does not outlive it in freed memory. */
void tcp_auth_key_remove(struct tcp_connection *tcp, struct tcp_auth_key *key)
{
	if (!key) /* never; but gcc's UBSan warns of what it checks itself */
		return;
	TAILQ_REMOVE(&tcp->auth->keys, key, link);
	tcp->auth->key_count--;
	explicit_bzero(key, sizeof(*key));
	engine_free(tcp_engine(tcp), key, sizeof(*key));
}

bool tcp_auth_key_is_for(const struct tcp_auth_key *key,
			 const struct pyt_ip *peer)
{
	return pyt_ip_is_v4(peer) == pyt_ip_is_v4(&key->peer) &&
	       pyt_ip_in_prefix(peer, &key->peer, key->prefix_len);
}

struct tcp_auth_key *tcp_auth_key_find(const struct tcp_auth *auth,
				       enum tcp_auth_kind kind,
				       const struct pyt_ip *peer)
{
	struct tcp_auth_key *key, *best = NULL;

	if (!auth)
		return NULL;
	TAILQ_FOREACH (key, &auth->keys, link)
		if (key->kind == kind && tcp_auth_key_is_for(key, peer) &&
		    (!best || key->prefix_len > best->prefix_len))
			best = key;
	return best;
}

static void parse_v6(const struct sockaddr_in6 *sin6, bool has_prefix,
		     uint8_t prefix_len, struct tcp_auth_key *key)
{
	memcpy(key->peer.bytes, &sin6->sin6_addr, sizeof(key->peer.bytes));
	key->prefix_len = has_prefix ? prefix_len : 128;
	if (pyt_ip_is_v4(&key->peer))
		key->prefix_len = key->prefix_len > MAPPED_BITS
					  ? key->prefix_len - MAPPED_BITS
					  : 0;
}

int tcp_auth_parse_peer(const void *sockaddr, bool has_prefix,
			uint8_t prefix_len, struct tcp_auth_key *key)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	memcpy(&sin, sockaddr, sizeof(sin));
	memcpy(&sin6, sockaddr, sizeof(sin6));
	if (sin.sin_family == AF_INET6) {
		if (has_prefix && prefix_len > 128)
			return -EINVAL;
		parse_v6(&sin6, has_prefix, prefix_len, key);
		return 0;
	}
	if (sin.sin_family != AF_INET || (has_prefix && prefix_len > 32))
		return -EINVAL;
	key->peer = pyt_ip_from_v4(ntohl(sin.sin_addr.s_addr));
	key->prefix_len = has_prefix ? prefix_len : 32;
	return 0;
}
