#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <string.h>

#include "pair.h"
#include "tcp/tcp_ao.h"
#include "tcp/tcp_output.h"

static const struct pair_network network = { .delay_us = 5 * MS };

static struct ao_add_key key_for(const char *peer, const char *secret,
				 uint8_t send_id, uint8_t receive_id)
{
	struct ao_add_key add = { .algorithm = "hmac(sha1)",
				  .prefix_len = 32,
				  .send_id = send_id,
				  .receive_id = receive_id };
	struct sockaddr_in sin = { .sin_family = AF_INET };

	ck_assert_int_eq(inet_pton(AF_INET, peer, &sin.sin_addr), 1);
	memcpy(&add.peer, &sin, sizeof(sin));
	add.secret_len = (uint8_t)strlen(secret);
	memcpy(add.secret, secret, add.secret_len);
	return add;
}

static int add(struct tcp_connection *tcp, const struct ao_add_key *key)
{
	return tcp_set_option(tcp, IPPROTO_TCP, TCP_AO_ADD_KEY, key,
			      sizeof(*key), 0);
}

static uint64_t counted(const struct pair *pair, int end, enum counter counter)
{
	return pair->end[end].engine.counters.value[counter];
}

/* Ids are 1 and 2 in the client's direction, the other way in the server's. */
static const char *algorithm = "hmac(sha1)";
static uint8_t key_flags;

static struct ao_add_key client_key(void)
{
	struct ao_add_key key = key_for("10.0.0.2", "master", 1, 2);

	strcpy(key.algorithm, algorithm);
	key.key_flags = key_flags;
	return key;
}

static struct ao_add_key server_key(void)
{
	struct ao_add_key key = key_for("10.0.0.1", "master", 2, 1);

	strcpy(key.algorithm, algorithm);
	key.key_flags = key_flags;
	return key;
}

static void listener_has_key(struct pair *pair, struct tcp_connection *tcp)
{
	struct ao_add_key key = server_key();

	(void)pair;
	ck_assert_int_eq(add(tcp, &key), 0);
}

static bool all_are_signed(struct pair *pair, int from,
			   struct tcp_header *header, uint32_t payload_len)
{
	pair->count++;
	ck_assert_int_eq(header->auth.kind, TCP_AUTH_AO);
	ck_assert_uint_eq(header->auth.mac_len, 12);
	ck_assert_uint_eq(header->auth.key_id, from == 0 ? 1 : 2);
	ck_assert_uint_eq(header->auth.next_key_id, from == 0 ? 2 : 1);
	ck_assert_uint_le(payload_len, 1460 - 16);
	return true;
}

static void connect_signed(struct pair *pair, const struct pair_network *n)
{
	struct ao_add_key key = client_key();

	pair_init(pair, 1, n);
	pair->prepare = listener_has_key;
	pair->filter = all_are_signed;
	ck_assert_int_eq(add(pair->end[0].tcp, &key), 0);
	pair_connect(pair);
}

static void check_no_complaint(const struct pair *pair)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(counted(pair, i, COUNTER_TCP_AO_BAD), 0);
		ck_assert_uint_eq(counted(pair, i, COUNTER_TCP_AO_REQUIRED), 0);
		ck_assert_uint_eq(
			counted(pair, i, COUNTER_TCP_AO_KEY_NOT_FOUND), 0);
	}
}

/* Numbers wrap in the first kilobyte: the extension is part of it. */
static void check_transfer(void)
{
	static struct pair pair;
	struct pair_network n = network;

	n.loss_permille = 20;
	n.gso_max_len = 60000;
	connect_signed(&pair, &n);
	pair_transfer(&pair, 0, 200000, 60 * SEC);
	pair_transfer(&pair, 1, 200000, 60 * SEC);
	ck_assert_uint_eq(pair.end[0].tcp->snd.mss, 1460 - 16);
	ck_assert_uint_gt(pair.count, 250);
	check_no_complaint(&pair);
	pair_clear(&pair);
}

START_TEST(every_segment_is_signed_with_hmac_sha1)
{
	check_transfer();
}
END_TEST

START_TEST(every_segment_is_signed_with_aes_cmac)
{
	algorithm = "cmac(aes128)";
	check_transfer();
}
END_TEST

START_TEST(options_may_be_left_out_of_the_mac)
{
	key_flags = TCP_AO_KEYF_EXCLUDE_OPT;
	check_transfer();
}
END_TEST

START_TEST(the_extension_counts_wraps_since_the_isn)
{
	ck_assert_uint_eq(tcp_ao_sne(0xffffff00, SEQ_SYN), 0);
	ck_assert_uint_eq(tcp_ao_sne(0xffffff00, SEQ_SYN + 0xff), 0);
	ck_assert_uint_eq(tcp_ao_sne(0xffffff00, SEQ_SYN + 0x100), 1);
	ck_assert_uint_eq(tcp_ao_sne(1, SEQ_SYN + 0xfffffffe), 0);
	ck_assert_uint_eq(tcp_ao_sne(1, SEQ_SYN + 0xffffffff), 1);
	ck_assert_uint_eq(tcp_ao_sne(1, SEQ_SYN + 0x1ffffffff), 2);
}
END_TEST

/* A client with this key, or none, and a server that has its own. */
static void fail_to_connect(struct pair *pair, const struct ao_add_key *key)
{
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	struct pyt_sockaddr local = { .ip = pyt_ip_from_v4(0x0a000001),
				      .port = 40000 };
	struct pyt_sockaddr peer = { .ip = pyt_ip_from_v4(0x0a000002),
				     .port = 80 };
	struct tcp_connection *prototype;

	pair_init(pair, 1, &network);
	prototype = tcp_create(pair->end[1].context, NULL);
	pair->end[1].engine.log_context = prototype;
	listener_has_key(pair, prototype);
	pair->end[1].listener = tcp_listen(pair->end[1].context, prototype, 8);
	if (key)
		ck_assert_int_eq(add(pair->end[0].tcp, key), 0);
	tcp_connect(pair->end[0].tcp, &local, &peer, &path, pair->now_us);
	pair_run(pair, pair->now_us + 2 * SEC);
	ck_assert_ptr_null(pair->end[1].tcp);
	ck_assert_uint_eq(pair->end[1].segments_out, 0);
}

START_TEST(unsigned_segments_are_dropped_where_a_key_is)
{
	static struct pair pair;

	fail_to_connect(&pair, NULL);
	ck_assert_uint_eq(counted(&pair, 1, COUNTER_TCP_AO_REQUIRED), 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(another_master_key_is_noticed)
{
	static struct pair pair;
	struct ao_add_key key = key_for("10.0.0.2", "Master", 1, 2);

	fail_to_connect(&pair, &key);
	ck_assert_uint_eq(counted(&pair, 1, COUNTER_TCP_AO_BAD), 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(an_unknown_key_id_is_noticed)
{
	static struct pair pair;
	struct ao_add_key key = key_for("10.0.0.2", "master", 3, 2);

	fail_to_connect(&pair, &key);
	ck_assert_uint_eq(counted(&pair, 1, COUNTER_TCP_AO_KEY_NOT_FOUND), 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_forged_reset_does_not_end_a_signed_connection)
{
	static struct pair pair;
	struct tcp_header reset;

	connect_signed(&pair, &network);
	reset = pair_next_header(&pair, 1);
	reset.flags = TCP_RST;
	pair_inject(&pair, 1, &reset, NULL, 0);
	ck_assert_int_eq(tcp_state(pair.end[1].tcp), TCP_STATE_ESTABLISHED);
	tcp_abort(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_int_eq(tcp_state(pair.end[1].tcp), TCP_STATE_CLOSED);
	pair_clear(&pair);
}
END_TEST

/* ------------------------------------------------------------ roll-over */

static void add_second_keys(struct pair *pair)
{
	struct ao_add_key client = key_for("10.0.0.2", "second", 11, 12);
	struct ao_add_key server = key_for("10.0.0.1", "second", 12, 11);

	ck_assert_int_eq(add(pair->end[0].tcp, &client), 0);
	ck_assert_int_eq(add(pair->end[1].tcp, &server), 0);
}

START_TEST(the_peer_is_led_to_another_key_by_rnextkeyid)
{
	static struct pair pair;
	struct ao_info info = { .flags = AO_SET_NEXT, .next_id = 12 };

	connect_signed(&pair, &network);
	add_second_keys(&pair);
	pair.filter = NULL;
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, IPPROTO_TCP,
					TCP_AO_INFO, &info, sizeof(info),
					pair.now_us),
			 0);
	pair_transfer(&pair, 0, 3000, SEC);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(pair.last[0].auth.key_id, 1);
	ck_assert_uint_eq(pair.last[0].auth.next_key_id, 12);
	ck_assert_uint_eq(pair.last[1].auth.key_id, 12);
	ck_assert_uint_eq(pair.last[1].auth.next_key_id, 1);
	check_no_complaint(&pair);

	info = (struct ao_info){ .flags = AO_SET_CURRENT, .current_id = 11 };
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, IPPROTO_TCP,
					TCP_AO_INFO, &info, sizeof(info),
					pair.now_us),
			 0);
	pair_write(&pair, 0, 100);
	pair_flush(&pair);
	ck_assert_uint_eq(pair.last[0].auth.key_id, 11);
	pair_run(&pair, pair.now_us + SEC);
	check_no_complaint(&pair);
	pair_clear(&pair);
}
END_TEST

/* --------------------------------------------------------------- options */

START_TEST(keys_are_refused_as_on_linux)
{
	static struct pair pair;
	struct tcp_connection *tcp;
	struct ao_add_key key = client_key(), bad = key;

	pair_init(&pair, 1, &network);
	tcp = pair.end[0].tcp;
	ck_assert_int_eq(add(tcp, &key), 0);
	ck_assert_int_eq(add(tcp, &key), -EEXIST);
	bad.send_id = 7; /* the other id is taken */
	ck_assert_int_eq(add(tcp, &bad), -EEXIST);
	bad.receive_id = 8;
	strcpy(bad.algorithm, "hmac(rot13)");
	ck_assert_int_eq(add(tcp, &bad), -ENOENT);
	strcpy(bad.algorithm, "hmac(sha1)");
	bad.mac_len = 20;
	ck_assert_int_eq(add(tcp, &bad), -EMSGSIZE);
	bad.mac_len = 21;
	ck_assert_int_eq(add(tcp, &bad), -EINVAL);
	bad.mac_len = 16;
	bad.flags = 1u << 7;
	ck_assert_int_eq(add(tcp, &bad), -EINVAL);
	bad.flags = 0;
	bad.secret_len = AO_SECRET_MAX + 1;
	ck_assert_int_eq(add(tcp, &bad), -EINVAL);
	bad.secret_len = 4;
	ck_assert_int_eq(add(tcp, &bad), 0);
	ck_assert_int_eq(tcp_set_option(tcp, IPPROTO_TCP, TCP_AO_REPAIR, &key,
					sizeof(key), 0),
			 -EPERM);
	pair_clear(&pair);
}
END_TEST

START_TEST(one_peer_has_keys_of_one_kind)
{
	static struct pair pair;
	struct ao_add_key key = client_key();
	struct tcp_md5sig md5sig = { .tcpm_keylen = 1 };

	pair_init(&pair, 1, &network);
	memcpy(&md5sig.tcpm_addr, &key.peer, sizeof(md5sig.tcpm_addr));
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, IPPROTO_TCP,
					TCP_MD5SIG, &md5sig, sizeof(md5sig), 0),
			 0);
	ck_assert_int_eq(add(pair.end[0].tcp, &key), -EKEYREJECTED);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_listener_takes_keys_but_no_choice)
{
	static struct pair pair;
	struct ao_add_key key = server_key();
	struct tcp_connection *prototype;

	pair_init(&pair, 1, &network);
	prototype = tcp_create(pair.end[1].context, NULL);
	pair.end[1].engine.log_context = prototype;
	pair.end[1].listener = tcp_listen(pair.end[1].context, prototype, 8);
	key.flags = AO_SET_CURRENT;
	ck_assert_int_eq(add(prototype, &key), -EINVAL);
	key.flags = 0;
	ck_assert_int_eq(add(prototype, &key), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(it_begins_before_the_connection_or_never)
{
	static struct pair pair;
	struct ao_add_key key = client_key();

	pair_init(&pair, 1, &network);
	pair_connect(&pair);
	ck_assert_int_eq(add(pair.end[0].tcp, &key), -EISCONN);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_key_in_use_is_not_deleted)
{
	static struct pair pair;
	struct ao_add_key key = client_key();
	struct ao_delete_key wanted = { .prefix_len = 32,
					.send_id = 1,
					.receive_id = 2 };
	struct tcp_connection *tcp;

	connect_signed(&pair, &network);
	add_second_keys(&pair);
	pair.filter = NULL;
	tcp = pair.end[0].tcp;
	memcpy(&wanted.peer, &key.peer, sizeof(key.peer));
	ck_assert_int_eq(tcp_set_option(tcp, IPPROTO_TCP, TCP_AO_DEL_KEY,
					&wanted, sizeof(wanted), 0),
			 -EBUSY);
	wanted.flags = AO_SET_CURRENT | AO_SET_NEXT;
	wanted.current_id = 11;
	wanted.next_id = 12;
	ck_assert_int_eq(tcp_set_option(tcp, IPPROTO_TCP, TCP_AO_DEL_KEY,
					&wanted, sizeof(wanted), 0),
			 0);
	ck_assert_int_eq(tcp_set_option(tcp, IPPROTO_TCP, TCP_AO_DEL_KEY,
					&wanted, sizeof(wanted), 0),
			 -ENOENT);
	pair_transfer(&pair, 0, 3000, SEC);
	check_no_complaint(&pair);
	pair_clear(&pair);
}
END_TEST

START_TEST(info_and_keys_can_be_read)
{
	static struct pair pair;
	struct ao_get_keys keys[2] = { { .flags = AO_GET_ALL } };
	struct ao_info info;
	struct tcp_connection *tcp;

	connect_signed(&pair, &network);
	add_second_keys(&pair);
	tcp = pair.end[0].tcp;
	pair_transfer(&pair, 0, 3000, SEC);
	ck_assert_int_eq(tcp_get_option(tcp, IPPROTO_TCP, TCP_AO_INFO, &info,
					sizeof(info), 0),
			 sizeof(info));
	ck_assert_uint_eq(info.flags, AO_SET_CURRENT | AO_SET_NEXT);
	ck_assert_uint_eq(info.current_id, 1);
	ck_assert_uint_eq(info.next_id, 2);
	ck_assert_uint_ge(info.good, 1);
	ck_assert_uint_eq(info.bad, 0);

	ck_assert_int_eq(tcp_get_option(tcp, IPPROTO_TCP, TCP_AO_GET_KEYS, keys,
					sizeof(keys), 0),
			 sizeof(keys));
	ck_assert_uint_eq(keys[0].key_count, 2);
	ck_assert_str_eq(keys[0].algorithm, "hmac(sha1)");
	ck_assert_uint_eq(keys[0].flags, AO_IS_CURRENT | AO_IS_NEXT);
	ck_assert_mem_eq(keys[0].secret, "master", 6);
	ck_assert_uint_eq(keys[0].good, info.good);
	ck_assert_uint_eq(keys[1].send_id, 11);
	ck_assert_uint_eq(keys[1].flags, 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(icmp_errors_count_only_where_they_are_accepted)
{
	static struct pair pair;
	struct ao_info info = { .flags = AO_ACCEPT_ICMPS };
	struct tcp_connection *tcp;

	connect_signed(&pair, &network);
	tcp = pair.end[0].tcp;
	tcp_icmp_error(tcp, seq_to_wire(tcp->snd.iss, tcp->snd.una),
		       EHOSTUNREACH);
	ck_assert_int_eq(tcp->soft_error, 0);
	ck_assert_uint_eq(counted(&pair, 0, COUNTER_TCP_AO_DROPPED_ICMPS), 1);
	ck_assert_int_eq(tcp_set_option(tcp, IPPROTO_TCP, TCP_AO_INFO, &info,
					sizeof(info), 0),
			 0);
	tcp_icmp_error(tcp, seq_to_wire(tcp->snd.iss, tcp->snd.una),
		       EHOSTUNREACH);
	ck_assert_int_eq(tcp->soft_error, EHOSTUNREACH);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_key_with_a_longer_mac_makes_segments_shorter)
{
	struct ao_add_key client = key_for("10.0.0.2", "second", 11, 12);
	struct ao_add_key server = key_for("10.0.0.1", "second", 12, 11);
	struct ao_info info = { .flags = AO_SET_NEXT, .next_id = 12 };
	static struct pair pair;

	connect_signed(&pair, &network);
	client.mac_len = server.mac_len = 16;
	ck_assert_int_eq(add(pair.end[0].tcp, &client), 0);
	ck_assert_int_eq(add(pair.end[1].tcp, &server), 0);
	pair.filter = NULL;
	ck_assert_int_eq(tcp_set_option(pair.end[0].tcp, IPPROTO_TCP,
					TCP_AO_INFO, &info, sizeof(info),
					pair.now_us),
			 0);
	pair_transfer(&pair, 0, 3000, SEC);
	ck_assert_uint_eq(pair.last[1].auth.mac_len, 16);
	ck_assert_uint_eq(pair.end[1].tcp->snd.mss, 1460 - 20);
	check_no_complaint(&pair);
	pair_clear(&pair);
}
END_TEST

static void listener_has_long_macs(struct pair *pair,
				   struct tcp_connection *tcp)
{
	struct ao_add_key key = server_key();

	(void)pair;
	key.mac_len = 16;
	ck_assert_int_eq(add(tcp, &key), 0);
}

static bool count_segments(struct pair *pair, int from,
			   struct tcp_header *header, uint32_t payload_len)
{
	(void)from;
	(void)header;
	(void)payload_len;
	ck_assert_uint_lt(pair->count++, 500);
	return true;
}

/* A peer may keep timestamps and SACK beside a signature. */
START_TEST(duplicates_are_no_endless_ones_where_sack_has_no_room)
{
	struct ao_add_key key = client_key();
	struct pair_network n = network;
	static struct pair pair;

	key.mac_len = 16;
	n.duplicate_permille = 1000;
	pair_init(&pair, 1, &n);
	pair.prepare = listener_has_long_macs;
	pair.filter = count_segments;
	ck_assert_int_eq(add(pair.end[0].tcp, &key), 0);
	pair_connect(&pair);
	for (int i = 0; i < 2; i++) {
		ck_assert(pair.end[i].tcp->sack_ok);
		pair.end[i].tcp->ts_ok = true;
		pair.end[i].tcp->ts_recent =
			tcp_timestamp(pair.end[!i].tcp, pair.now_us);
		tcp_output_update_mss(pair.end[i].tcp);
	}
	pair_transfer(&pair, 0, 20000, 10 * SEC);
	check_no_complaint(&pair);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_ao", every_segment_is_signed_with_hmac_sha1,
	  every_segment_is_signed_with_aes_cmac,
	  options_may_be_left_out_of_the_mac,
	  the_extension_counts_wraps_since_the_isn,
	  unsigned_segments_are_dropped_where_a_key_is,
	  another_master_key_is_noticed, an_unknown_key_id_is_noticed,
	  a_forged_reset_does_not_end_a_signed_connection,
	  the_peer_is_led_to_another_key_by_rnextkeyid,
	  keys_are_refused_as_on_linux, one_peer_has_keys_of_one_kind,
	  a_listener_takes_keys_but_no_choice,
	  it_begins_before_the_connection_or_never, a_key_in_use_is_not_deleted,
	  info_and_keys_can_be_read,
	  icmp_errors_count_only_where_they_are_accepted,
	  a_key_with_a_longer_mac_makes_segments_shorter,
	  duplicates_are_no_endless_ones_where_sack_has_no_room)
