/*
 * The keys of a socket: memory, and which one is for a peer. One tree holds
 * what they are found by: in the order of networks one that holds an address
 * stands before it, with nothing but others that share as many of its bits in
 * between. So the last one up to the address either holds it, or says how long
 * the prefix of the next candidate is at most.
 */
#include "tcp/tcp_auth_keys.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define MAPPED_BITS 96 /* in front of an IPv4 address */
#define ALL_BITS 128

/* Places of one run: of one index, id and network. */
struct run {
	enum tcp_auth_index index;
	uint8_t id;
	struct pyt_ip network;
	unsigned bits; /* IPv4 as mapped */
};

static unsigned bits_of(const struct tcp_auth_key *key)
{
	return key->prefix_len + (pyt_ip_is_v4(&key->peer) ? MAPPED_BITS : 0u);
}

static struct pyt_ip network_of(const struct pyt_ip *ip, unsigned bits)
{
	struct pyt_ip network = { 0 };
	unsigned whole = bits / 8;

	memcpy(network.bytes, ip->bytes, whole);
	if (bits % 8)
		network.bytes[whole] =
			ip->bytes[whole] & (uint8_t)(0xff00 >> bits % 8);
	return network;
}

static int compare_run(const struct run *run,
		       const struct tcp_auth_place *place)
{
	const struct pyt_ip *network = &place->key->network;
	int v4 = pyt_ip_is_v4(&run->network), order;

	if (run->index != place->index)
		return run->index < place->index ? -1 : 1;
	if (run->id != place->id)
		return run->id < place->id ? -1 : 1;
	if (v4 != pyt_ip_is_v4(network))
		return v4 ? -1 : 1;
	order = memcmp(run->network.bytes, network->bytes,
		       sizeof(network->bytes));
	return order ? order : (int)run->bits - (int)bits_of(place->key);
}

static struct run run_of(const struct tcp_auth_place *place)
{
	return (struct run){ .index = place->index,
			     .id = place->id,
			     .network = place->key->network,
			     .bits = bits_of(place->key) };
}

/* TCP-MD5's of one network may differ in the interface, and in bits that do
 * not count. */
static int compare(const struct tcp_auth_place *a,
		   const struct tcp_auth_place *b)
{
	struct run run = run_of(a);
	int order = compare_run(&run, b);

	if (order)
		return order;
	if (a->index != TCP_AUTH_BY_PEER_MD5)
		return a->key->number < b->key->number
			       ? -1
			       : a->key->number > b->key->number;
	if (a->key->ifindex != b->key->ifindex)
		return a->key->ifindex < b->key->ifindex ? -1 : 1;
	return memcmp(a->key->peer.bytes, b->key->peer.bytes,
		      sizeof(a->key->peer.bytes));
}

RB_GENERATE_INTERNAL(tcp_auth_places, tcp_auth_place, tree, compare,
		     static __attribute__((unused)))

/* ----------------------------------------------------------------- memory */

struct tcp_auth *tcp_auth_get(struct tcp_connection *tcp)
{
	if (tcp->auth)
		return tcp->auth;
	tcp->auth = engine_alloc(tcp_engine(tcp), sizeof(*tcp->auth));
	if (!tcp->auth)
		return NULL;
	TAILQ_INIT(&tcp->auth->keys);
	RB_INIT(&tcp->auth->places);
	return tcp->auth;
}

static void enter(struct tcp_auth *auth, struct tcp_auth_key *key,
		  struct tcp_auth_place *place, enum tcp_auth_index index,
		  uint8_t id)
{
	place->key = key;
	place->index = (uint8_t)index;
	place->id = id;
	RB_INSERT(tcp_auth_places, &auth->places, place);
}

static void enter_all(struct tcp_auth *auth, struct tcp_auth_key *key)
{
	if (key->kind == TCP_AUTH_MD5) {
		enter(auth, key, &key->by_peer, TCP_AUTH_BY_PEER_MD5, 0);
		return;
	}
	enter(auth, key, &key->by_peer, TCP_AUTH_BY_PEER_AO, 0);
	enter(auth, key, &key->by_send_id, TCP_AUTH_BY_SEND_ID, key->send_id);
	enter(auth, key, &key->by_receive_id, TCP_AUTH_BY_RECEIVE_ID,
	      key->receive_id);
}

struct tcp_auth_key *tcp_auth_key_add(struct tcp_connection *tcp,
				      const struct tcp_auth_key *like)
{
	size_t limit = (size_t)tcp_settings(tcp)->optmem_max;
	struct tcp_auth *auth = tcp_auth_get(tcp);
	struct tcp_auth_key *key;

	if (!auth || (auth->key_count + 1) * sizeof(*key) > limit)
		return NULL;
	key = engine_alloc(tcp_engine(tcp), sizeof(*key));
	if (!key)
		return NULL;
	*key = *like;
	key->network = network_of(&key->peer, bits_of(key));
	key->number = ++auth->last_number;
	key->send.len = key->receive.len = 0;
	key->good_count = key->bad_count = 0;
	TAILQ_INSERT_TAIL(&auth->keys, key, link);
	enter_all(auth, key);
	auth->key_count++;
	return key;
}

static void leave_all(struct tcp_auth *auth, struct tcp_auth_key *key)
{
	RB_REMOVE(tcp_auth_places, &auth->places, &key->by_peer);
	if (key->kind == TCP_AUTH_MD5)
		return;
	RB_REMOVE(tcp_auth_places, &auth->places, &key->by_send_id);
	RB_REMOVE(tcp_auth_places, &auth->places, &key->by_receive_id);
}

/* The secret does not outlive it in freed memory. */
void tcp_auth_key_remove(struct tcp_connection *tcp, struct tcp_auth_key *key)
{
	if (!key) /* never; but gcc's UBSan warns of what it checks itself */
		return;
	leave_all(tcp->auth, key);
	TAILQ_REMOVE(&tcp->auth->keys, key, link);
	tcp->auth->key_count--;
	explicit_bzero(key, sizeof(*key));
	engine_free(tcp_engine(tcp), key, sizeof(*key));
}

/* ---------------------------------------------------------------- look-up */

bool tcp_auth_key_is_for(const struct tcp_auth_key *key,
			 const struct pyt_ip *peer)
{
	return pyt_ip_is_v4(peer) == pyt_ip_is_v4(&key->peer) &&
	       pyt_ip_in_prefix(peer, &key->peer, key->prefix_len);
}

/* The last place of that run or before it, the first of it or behind it. */
static struct tcp_auth_place *last_up_to(struct tcp_auth *auth,
					 const struct run *run)
{
	struct tcp_auth_place *place = RB_ROOT(&auth->places), *best = NULL;

	for (; place; auth->visited++) {
		bool is_behind = compare_run(run, place) < 0;

		if (!is_behind)
			best = place;
		place = is_behind ? RB_LEFT(place, tree)
				  : RB_RIGHT(place, tree);
	}
	return best;
}

static struct tcp_auth_place *first_from(struct tcp_auth *auth,
					 const struct run *run)
{
	struct tcp_auth_place *place = RB_ROOT(&auth->places), *best = NULL;

	for (; place; auth->visited++) {
		bool is_before = compare_run(run, place) > 0;

		if (!is_before)
			best = place;
		place = is_before ? RB_RIGHT(place, tree)
				  : RB_LEFT(place, tree);
	}
	return best;
}

/* The first of the longest network that holds peer, of at most so many bits. */
static struct tcp_auth_key *find(struct tcp_auth *auth,
				 enum tcp_auth_index index, uint8_t id,
				 const struct pyt_ip *peer, unsigned bits)
{
	struct run run = { .index = index, .id = id };
	struct tcp_auth_place *place;

	for (;;) {
		run.bits = bits;
		run.network = network_of(peer, bits);
		place = last_up_to(auth, &run);
		if (!place || place->index != index || place->id != id ||
		    pyt_ip_is_v4(&place->key->peer) != pyt_ip_is_v4(peer))
			return NULL;
		if (tcp_auth_key_is_for(place->key, peer))
			break;
		bits = pyt_ip_common_prefix_len(peer, &place->key->network);
	}
	run = run_of(place);
	return first_from(auth, &run)->key;
}

static enum tcp_auth_index index_of(enum tcp_auth_kind kind)
{
	return kind == TCP_AUTH_MD5 ? TCP_AUTH_BY_PEER_MD5
				    : TCP_AUTH_BY_PEER_AO;
}

struct tcp_auth_key *tcp_auth_key_find(struct tcp_auth *auth,
				       enum tcp_auth_kind kind,
				       const struct pyt_ip *peer)
{
	return auth ? find(auth, index_of(kind), 0, peer, ALL_BITS) : NULL;
}

struct tcp_auth_key *tcp_auth_key_find_id(struct tcp_auth *auth,
					  enum tcp_auth_index index, uint8_t id,
					  const struct pyt_ip *peer)
{
	return auth ? find(auth, index, id, peer, ALL_BITS) : NULL;
}

struct tcp_auth_key *tcp_auth_key_next(struct tcp_auth *auth,
				       enum tcp_auth_kind kind,
				       const struct pyt_ip *peer,
				       struct tcp_auth_key *previous)
{
	struct tcp_auth_place *next;
	struct run run;
	unsigned bits;

	if (!previous)
		return tcp_auth_key_find(auth, kind, peer);
	run = run_of(&previous->by_peer);
	next = RB_NEXT(tcp_auth_places, NULL, &previous->by_peer);
	if (next && compare_run(&run, next) == 0)
		return next->key;
	bits = bits_of(previous);
	if (bits == 0 || (bits == MAPPED_BITS && pyt_ip_is_v4(peer)))
		return NULL;
	return find(auth, index_of(kind), 0, peer, bits - 1);
}

static bool is_id_taken(struct tcp_auth *auth, enum tcp_auth_index index,
			uint8_t id, const struct tcp_auth_key *wanted)
{
	struct run run = { .index = index, .id = id, .bits = bits_of(wanted) };
	struct tcp_auth_place *place;

	if (find(auth, index, id, &wanted->peer, ALL_BITS))
		return true;
	run.network = network_of(&wanted->peer, run.bits);
	place = first_from(auth, &run);
	return place && place->index == index && place->id == id &&
	       tcp_auth_key_is_for(wanted, &place->key->peer);
}

bool tcp_auth_key_is_taken(struct tcp_auth *auth,
			   const struct tcp_auth_key *wanted)
{
	return is_id_taken(auth, TCP_AUTH_BY_SEND_ID, wanted->send_id,
			   wanted) ||
	       is_id_taken(auth, TCP_AUTH_BY_RECEIVE_ID, wanted->receive_id,
			   wanted);
}

static struct tcp_auth_key *find_same_md5(struct tcp_auth *auth,
					  const struct tcp_auth_key *wanted)
{
	struct tcp_auth_key probe = { .kind = TCP_AUTH_MD5,
				      .peer = wanted->peer,
				      .prefix_len = wanted->prefix_len,
				      .ifindex = wanted->ifindex };
	struct tcp_auth_place *place;

	probe.network = network_of(&probe.peer, bits_of(&probe));
	probe.by_peer.key = &probe;
	probe.by_peer.index = TCP_AUTH_BY_PEER_MD5;
	place = RB_FIND(tcp_auth_places, &auth->places, &probe.by_peer);
	return place ? place->key : NULL;
}

static struct tcp_auth_key *find_same_ao(struct tcp_auth *auth,
					 const struct tcp_auth_key *wanted)
{
	struct run run = { .index = TCP_AUTH_BY_SEND_ID,
			   .id = wanted->send_id,
			   .bits = bits_of(wanted) };
	struct tcp_auth_place *place;

	run.network = network_of(&wanted->peer, run.bits);
	place = first_from(auth, &run);
	if (!place || compare_run(&run, place) != 0 ||
	    place->key->receive_id != wanted->receive_id ||
	    place->key->ifindex != wanted->ifindex ||
	    !pyt_ip_equal(&place->key->peer, &wanted->peer))
		return NULL;
	return place->key;
}

struct tcp_auth_key *tcp_auth_key_find_same(struct tcp_auth *auth,
					    const struct tcp_auth_key *wanted)
{
	if (!auth)
		return NULL;
	return wanted->kind == TCP_AUTH_MD5 ? find_same_md5(auth, wanted)
					    : find_same_ao(auth, wanted);
}

/* ---------------------------------------------------------------- parsing */

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
