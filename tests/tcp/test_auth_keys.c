/* Which key is for which peer: against a search of all, and counted. */
#include "unit.h"

#include "pair.h"
#include "tcp/tcp_ao.h"

#define KEYS 2000

static const struct pair_network network = { .delay_us = 5 * MS };
static struct pair pair;
static struct tcp_connection *tcp;
static uint32_t state = 1;

static void set_up(void)
{
	pair_init(&pair, 1, &network);
	tcp = pair.end[0].tcp;
	pair.end[0].context->settings.optmem_max = 1 << 30;
	ck_assert_ptr_nonnull(tcp_auth_get(tcp));
}

static void tear_down(void)
{
	tcp_auth_clear(tcp);
	pair_clear(&pair);
}

static uint32_t draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* Few bits differ, so that many networks hold one another. */
static struct pyt_ip some_ip(void)
{
	struct pyt_ip ip = pyt_ip_from_v4(0x0a000000 | draw(4) << 16 |
					  draw(4) << 8 | draw(8));

	if (draw(2)) {
		ip.bytes[0] = 0xfd;
		ip.bytes[10] = ip.bytes[11] = 0;
	}
	return ip;
}

static struct tcp_auth_key some_key(void)
{
	struct tcp_auth_key key = { .kind = draw(2) ? TCP_AUTH_MD5
						    : TCP_AUTH_AO,
				    .peer = some_ip(),
				    .send_id = (uint8_t)draw(8),
				    .receive_id = (uint8_t)draw(8),
				    .ifindex = draw(4) ? 0 : 3 };

	key.prefix_len = (uint8_t)draw(pyt_ip_is_v4(&key.peer) ? 33 : 129);
	return key;
}

static bool both_are_for_one(const struct tcp_auth_key *a,
			     const struct tcp_auth_key *b)
{
	return tcp_auth_key_is_for(a, &b->peer) ||
	       tcp_auth_key_is_for(b, &a->peer);
}

static bool is_taken(const struct tcp_auth_key *wanted)
{
	const struct tcp_auth_key *key;

	TAILQ_FOREACH (key, &tcp->auth->keys, link)
		if (key->kind == TCP_AUTH_AO &&
		    (key->send_id == wanted->send_id ||
		     key->receive_id == wanted->receive_id) &&
		    both_are_for_one(key, wanted))
			return true;
	return false;
}

static struct tcp_auth_key *find(enum tcp_auth_kind kind,
				 const struct pyt_ip *peer)
{
	struct tcp_auth_key *key, *best = NULL;

	TAILQ_FOREACH (key, &tcp->auth->keys, link)
		if (key->kind == kind && tcp_auth_key_is_for(key, peer) &&
		    (!best || key->prefix_len > best->prefix_len))
			best = key;
	return best;
}

static struct tcp_auth_key *find_send(const struct pyt_ip *peer, uint8_t id)
{
	struct tcp_auth_key *key;

	TAILQ_FOREACH (key, &tcp->auth->keys, link)
		if (key->kind == TCP_AUTH_AO && key->send_id == id &&
		    tcp_auth_key_is_for(key, peer))
			return key;
	return NULL;
}

static uint32_t count_for(enum tcp_auth_kind kind, const struct pyt_ip *peer)
{
	struct tcp_auth_key *key;
	uint32_t count = 0;

	TAILQ_FOREACH (key, &tcp->auth->keys, link)
		count += key->kind == kind && tcp_auth_key_is_for(key, peer);
	return count;
}

static void check_next(enum tcp_auth_kind kind, const struct pyt_ip *peer)
{
	struct tcp_auth_key *key = NULL, *next;
	uint32_t count = 0;

	while ((next = tcp_auth_key_next(tcp->auth, kind, peer, key))) {
		ck_assert(next->kind == kind);
		ck_assert(tcp_auth_key_is_for(next, peer));
		ck_assert(!key || next->prefix_len <= key->prefix_len);
		key = next;
		count++;
	}
	ck_assert_uint_eq(count, count_for(kind, peer));
}

static void check_one(const struct pyt_ip *peer)
{
	const struct tcp_auth_key *ao =
		tcp_auth_key_find(tcp->auth, TCP_AUTH_AO, peer);
	const struct tcp_auth_key *md5 =
		tcp_auth_key_find(tcp->auth, TCP_AUTH_MD5, peer);
	const struct tcp_auth_key *wanted = find(TCP_AUTH_MD5, peer);

	ck_assert_ptr_eq(ao, find(TCP_AUTH_AO, peer));
	ck_assert(!md5 == !wanted);
	if (md5) /* of one network: which one, is not said */
		ck_assert_uint_eq(md5->prefix_len, wanted->prefix_len);
	for (uint8_t id = 0; id < 8; id++)
		ck_assert_ptr_eq(tcp_ao_find_send(tcp->auth, peer, id),
				 find_send(peer, id));
	check_next(TCP_AUTH_AO, peer);
	check_next(TCP_AUTH_MD5, peer);
}

static void add_or_remove(void)
{
	struct tcp_auth_key key = some_key(), *same;

	if (draw(4) == 0 && !TAILQ_EMPTY(&tcp->auth->keys)) {
		tcp_auth_key_remove(tcp, TAILQ_FIRST(&tcp->auth->keys));
		return;
	}
	same = tcp_auth_key_find_same(tcp->auth, &key);
	if (same)
		ck_assert(same->kind == key.kind &&
			  same->prefix_len == key.prefix_len &&
			  pyt_ip_equal(&same->peer, &key.peer));
	if (key.kind == TCP_AUTH_AO)
		ck_assert_int_eq(tcp_auth_key_is_taken(tcp->auth, &key),
				 is_taken(&key));
	if (!same && !(key.kind == TCP_AUTH_AO && is_taken(&key))) {
		same = tcp_auth_key_add(tcp, &key);
		ck_assert_ptr_eq(tcp_auth_key_find_same(tcp->auth, &key), same);
	}
}

START_TEST(what_is_found_is_what_a_search_of_all_finds)
{
	for (int i = 0; i < 3000; i++) {
		struct pyt_ip peer = some_ip();

		add_or_remove();
		check_one(&peer);
	}
	ck_assert_uint_gt(tcp->auth->key_count, 100);
}
END_TEST

/* Each peer its own keys, and one network that holds them all. */
static void add_peers(uint32_t count)
{
	struct tcp_auth_key key = { .kind = TCP_AUTH_MD5 };

	key.peer = pyt_ip_from_v4(0x0a000000);
	key.prefix_len = 8;
	ck_assert_ptr_nonnull(tcp_auth_key_add(tcp, &key));
	for (uint32_t i = 0; i < count; i++) {
		key.peer = pyt_ip_from_v4(0x0a000001 + i);
		key.prefix_len = 32;
		key.kind = i % 2 ? TCP_AUTH_MD5 : TCP_AUTH_AO;
		key.send_id = key.receive_id = 7;
		ck_assert_ptr_nonnull(tcp_auth_key_add(tcp, &key));
	}
}

START_TEST(a_look_up_among_thousands_looks_at_few)
{
	struct pyt_ip peer;

	add_peers(KEYS);
	for (uint32_t i = 0; i < KEYS; i++) {
		enum tcp_auth_kind kind = i % 2 ? TCP_AUTH_MD5 : TCP_AUTH_AO;

		peer = pyt_ip_from_v4(0x0a000001 + i);
		tcp->auth->visited = 0;
		ck_assert(pyt_ip_equal(
			&tcp_auth_key_find(tcp->auth, kind, &peer)->peer,
			&peer));
		/* two descents of a tree of 4000 places */
		ck_assert_uint_le(tcp->auth->visited, 2 * 2 * 12);
	}
	peer = pyt_ip_from_v4(0x0aff0000);
	tcp->auth->visited = 0;
	ck_assert_uint_eq(
		tcp_auth_key_find(tcp->auth, TCP_AUTH_MD5, &peer)->prefix_len,
		8);
	ck_assert_uint_le(tcp->auth->visited, 33 * 2 * 12);
	peer = pyt_ip_from_v4(0x0b000000);
	ck_assert_ptr_null(tcp_auth_key_find(tcp->auth, TCP_AUTH_MD5, &peer));
}
END_TEST

UNIT_MAIN_WITH("tcp_auth_keys", set_up, tear_down,
	       what_is_found_is_what_a_search_of_all_finds,
	       a_look_up_among_thousands_looks_at_few)
