/* Servers that ask their clients to ask: RFC 8415, 16.11, 18.2.11, 20.4. */
#include "dhcp6_server.h"

#include <nettle/hmac.h>

static const uint8_t key[16] = "a key of a kind";
static const uint8_t zeros[16];

struct reconfigure {
	uint8_t wanted;
	uint64_t replay;
	const uint8_t *key, *duid;
	bool foreign_client, to_all, no_wish, bad_digest, no_digest;
};

/* The bytes of one that is good but for what is said. */
static size_t build_reconfigure(const struct reconfigure *r, uint8_t *bytes,
				size_t size)
{
	uint8_t duid[10] = { 0, 3, 0, 1 }, digest[16];
	struct writer w = writer_init(bytes, size);
	struct hmac_md5_ctx hmac;

	memcpy(duid + 4, host_mac, 6);
	duid[9] ^= r->foreign_client;
	dhcp6_build_header(&w, DHCP6_RECONFIGURE, 0);
	dhcp6_build_option(&w, DHCP6_CLIENT_ID, duid, sizeof(duid));
	dhcp6_build_option(&w, DHCP6_SERVER_ID, r->duid ? r->duid : server_duid,
			   6);
	if (!r->no_wish)
		dhcp6_build_option(&w, DHCP6_RECONFIGURE_MESSAGE, &r->wanted,
				   1);
	if (r->no_digest)
		return w.len;
	put_rkap(&w, r->replay, 2, zeros);
	hmac_md5_set_key(&hmac, sizeof(key), r->key ? r->key : key);
	hmac_md5_update(&hmac, w.len, bytes);
	hmac_md5_digest(&hmac, sizeof(digest), digest);
	digest[15] ^= r->bad_digest;
	memcpy(bytes + w.len - sizeof(digest), digest, sizeof(digest));
	return w.len;
}

/* Whether the client obeys. */
static bool obeys(struct reconfigure r, struct sent *sent)
{
	uint8_t bytes[256];

	if (!r.replay)
		r.replay = 8;
	send_bytes(bytes, build_reconfigure(&r, bytes, sizeof(bytes)));
	return client_sent(sent);
}

static void bind_with_key(void)
{
	struct sent sent;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	ck_assert(sent.accepts);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .ip = IP,
				.status = -1, .rapid = true, .t1 = 50, .t2 = 80,
				.key = key, .replay = 7 });
	ck_assert(has(IP));
}

START_TEST(a_server_whose_key_is_known_is_obeyed)
{
	struct sent sent;

	bind_with_key();
	ck_assert(obeys((struct reconfigure){ .wanted = DHCP6_RENEW }, &sent));
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
	ck_assert(sent.accepts);
	ck_assert_uint_eq(host_count(&host, COUNTER_DHCP6_RECONFIGURES), 1);
	/* until that is done others are not heard */
	ck_assert(!obeys(
		(struct reconfigure){ .wanted = DHCP6_REBIND, .replay = 9 },
		&sent));
	ck_assert_uint_eq(host_count(&host, COUNTER_DHCP6_UNEXPECTED), 1);
	ck_assert_int_ge(next_message(20 * SEC, &sent), 9 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1,
				.ip = "2001:db8:6::43", .t1 = 50, .t2 = 80 });
	ck_assert(has("2001:db8:6::43"));
	ck_assert(!has(IP));
	ck_assert(obeys(
		(struct reconfigure){ .wanted = DHCP6_REBIND, .replay = 10 },
		&sent));
	ck_assert_uint_eq(sent.type, DHCP6_REBIND);
}
END_TEST

START_TEST(news_are_asked_for_and_the_binding_stays)
{
	struct sent sent;
	int64_t t1_us;

	bind_with_key();
	t1_us = client()->t1_us;
	ck_assert(obeys(
		(struct reconfigure){ .wanted = DHCP6_INFORMATION_REQUEST },
		&sent));
	ck_assert_uint_eq(sent.type, DHCP6_INFORMATION_REQUEST);
	advertise(M); /* begins nothing anew */
	ck_assert(!client_sent(&sent));
	answer((struct answer){ DHCP6_REPLY, client()->transaction,
				.status = -1 });
	ck_assert(has(IP));
	ck_assert_int_eq(host.now_us + next_message(100 * SEC, &sent), t1_us);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
}
END_TEST

START_TEST(news_that_nobody_tells_do_not_keep_from_renewing)
{
	struct sent sent;
	int64_t t1_us;

	bind_with_key();
	t1_us = client()->t1_us;
	ck_assert(obeys(
		(struct reconfigure){ .wanted = DHCP6_INFORMATION_REQUEST },
		&sent));
	while (sent.type == DHCP6_INFORMATION_REQUEST)
		ck_assert_int_gt(next_message(100 * SEC, &sent), 0);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
	ck_assert_int_eq(host.now_us, t1_us);
}
END_TEST

START_TEST(who_only_knows_names_can_be_asked_to_ask_for_them)
{
	struct sent sent;

	advertise(O);
	client_says(&sent, DHCP6_INFORMATION_REQUEST);
	ck_assert(sent.accepts);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1,
				.key = key, .replay = 7 });
	ck_assert(!obeys((struct reconfigure){ .wanted = DHCP6_RENEW }, &sent));
	ck_assert(
		obeys((struct reconfigure){ .wanted = DHCP6_INFORMATION_REQUEST,
					    .replay = 9 },
		      &sent));
	ck_assert_uint_eq(sent.type, DHCP6_INFORMATION_REQUEST);
}
END_TEST

START_TEST(without_a_key_nobody_is_obeyed)
{
	struct sent sent;

	bind_quickly(100, 200, 50, 80);
	ck_assert(!obeys((struct reconfigure){ .wanted = DHCP6_RENEW }, &sent));
	ck_assert(!obeys(
		(struct reconfigure){ .wanted = DHCP6_RENEW, .key = zeros },
		&sent));
	ck_assert_uint_eq(host_count(&host, COUNTER_DHCP6_UNAUTHENTIC), 2);
}
END_TEST

/* RFC 8415, 16.11 and 20.3, 20.4. */
START_TEST(what_is_not_as_it_must_be_is_not_obeyed)
{
	static const struct reconfigure bad[] = {
		{ .wanted = DHCP6_RENEW, .bad_digest = true },
		{ .wanted = DHCP6_RENEW, .no_digest = true },
		{ .wanted = DHCP6_RENEW, .key = zeros },
		{ .wanted = DHCP6_RENEW, .replay = 7 }, /* told already */
		{ .wanted = DHCP6_RENEW, .replay = 1 },
		{ .wanted = DHCP6_RENEW, .duid = other_duid },
		{ .wanted = DHCP6_RENEW, .foreign_client = true },
		{ .wanted = DHCP6_SOLICIT, .replay = 8 },
		{ .no_wish = true, .replay = 9 },
	};
	struct sent sent;

	bind_with_key();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert(!obeys(bad[i], &sent));
	ck_assert_uint_eq(host_count(&host, COUNTER_DHCP6_RECONFIGURES), 0);
	ck_assert(obeys(
		(struct reconfigure){ .wanted = DHCP6_RENEW, .replay = 10 },
		&sent));
}
END_TEST

START_TEST(each_cut_one_is_refused)
{
	struct reconfigure good = { .wanted = DHCP6_RENEW, .replay = 8 };
	uint8_t bytes[256];
	struct sent sent;
	size_t len;

	bind_with_key();
	len = build_reconfigure(&good, bytes, sizeof(bytes));
	for (size_t cut = 0; cut < len; cut++) {
		send_bytes(bytes, cut);
		ck_assert(!client_sent(&sent));
	}
	send_bytes(bytes, len);
	client_says(&sent, DHCP6_RENEW);
}
END_TEST

START_TEST(the_key_is_known_after_a_restart)
{
	struct pyt_lease kept;
	struct sent sent;

	bind_with_key();
	ck_assert_int_eq(
		pyt_lease_get(host.stack, ETH0, PYT_METHOD_DHCP6, &kept), 0);
	tear_down();
	host_create(&host, 2);
	kept.obtained_us = host.now_us - SEC;
	pyt_lease_put(host.stack, &kept);
	ck_assert_int_eq(host_start(&host, METHOD(SLAAC) | METHOD(DHCP6)), 0);
	advertise(M);
	client_says(&sent, DHCP6_CONFIRM);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1 });
	ck_assert(obeys((struct reconfigure){ .wanted = DHCP6_RENEW }, &sent));
}
END_TEST

UNIT_MAIN_WITH("dhcp6_reconfigure", set_up, tear_down,
	       a_server_whose_key_is_known_is_obeyed,
	       news_are_asked_for_and_the_binding_stays,
	       news_that_nobody_tells_do_not_keep_from_renewing,
	       who_only_knows_names_can_be_asked_to_ask_for_them,
	       without_a_key_nobody_is_obeyed,
	       what_is_not_as_it_must_be_is_not_obeyed, each_cut_one_is_refused,
	       the_key_is_known_after_a_restart)
