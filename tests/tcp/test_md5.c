#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

#include "pair.h"
#include "tcp/tcp_auth.h"

static const struct pair_network network = { .delay_us = 5 * MS };

static struct tcp_md5sig key_for(const char *peer, const char *key)
{
	struct tcp_md5sig md5sig = { .tcpm_keylen = (uint16_t)strlen(key) };
	struct sockaddr_in sin = { .sin_family = AF_INET };

	ck_assert_int_eq(inet_pton(AF_INET, peer, &sin.sin_addr), 1);
	memcpy(&md5sig.tcpm_addr, &sin, sizeof(sin));
	memcpy(md5sig.tcpm_key, key, strlen(key));
	return md5sig;
}

static int set(struct tcp_connection *tcp, int name,
	       const struct tcp_md5sig *md5sig)
{
	return tcp_set_option(tcp, IPPROTO_TCP, name, md5sig, sizeof(*md5sig),
			      0);
}

static void give_key(struct tcp_connection *tcp, const char *peer,
		     const char *key)
{
	struct tcp_md5sig md5sig = key_for(peer, key);

	ck_assert_int_eq(set(tcp, TCP_MD5SIG, &md5sig), 0);
}

static void listener_has_secret(struct pair *pair, struct tcp_connection *tcp)
{
	(void)pair;
	give_key(tcp, "10.0.0.1", "secret");
}

static void listener_has_other(struct pair *pair, struct tcp_connection *tcp)
{
	(void)pair;
	give_key(tcp, "10.0.0.1", "Secret");
}

static uint64_t counted(const struct pair *pair, int end, enum counter counter)
{
	return pair->end[end].engine.counters.value[counter];
}

static void check_no_complaint(const struct pair *pair)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(counted(pair, i, COUNTER_TCP_MD5_FAILURE), 0);
		ck_assert_uint_eq(counted(pair, i, COUNTER_TCP_MD5_NOT_FOUND),
				  0);
		ck_assert_uint_eq(counted(pair, i, COUNTER_TCP_MD5_UNEXPECTED),
				  0);
	}
}

static bool all_are_signed(struct pair *pair, int from,
			   struct tcp_header *header, uint32_t payload_len)
{
	(void)from;
	pair->count++;
	ck_assert_int_eq(header->auth.kind, TCP_AUTH_MD5);
	ck_assert(!header->has_timestamp);
	ck_assert_uint_le(header->sack_count, 2);
	ck_assert_uint_le(payload_len, 1460 - 20);
	return true;
}

static void connect_signed(struct pair *pair, const struct pair_network *n)
{
	pair_init(pair, 1, n);
	pair->prepare = listener_has_secret;
	pair->filter = all_are_signed;
	give_key(pair->end[0].tcp, "10.0.0.2", "secret");
	pair_connect(pair);
}

START_TEST(every_segment_of_a_connection_with_keys_is_signed)
{
	static struct pair pair;
	struct pair_network n = network;

	n.gso_max_len = 60000; /* which is not to be used */
	n.loss_permille = 20;
	connect_signed(&pair, &n);
	pair_transfer(&pair, 0, 300000, 60 * SEC);
	pair_transfer(&pair, 1, 300000, 60 * SEC);
	ck_assert_uint_eq(pair.end[0].tcp->snd.mss, 1440);
	ck_assert_uint_gt(pair.count, 400);
	check_no_complaint(&pair);
	pair_clear(&pair);
}
END_TEST

/* What the client's handshake comes to within three seconds. */
static void fail_to_connect(struct pair *pair, const char *client_key)
{
	struct tcp_connection *prototype;
	struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };
	struct pyt_sockaddr local = { .ip = pyt_ip_from_v4(0x0a000001),
				      .port = 40000 };
	struct pyt_sockaddr peer = { .ip = pyt_ip_from_v4(0x0a000002),
				     .port = 80 };

	prototype = tcp_create(pair->end[1].context, NULL);
	pair->end[1].engine.log_context = prototype;
	if (pair->prepare)
		pair->prepare(pair, prototype);
	pair->end[1].listener = tcp_listen(pair->end[1].context, prototype, 8);
	if (client_key)
		give_key(pair->end[0].tcp, "10.0.0.2", client_key);
	tcp_connect(pair->end[0].tcp, &local, &peer, &path, pair->now_us);
	pair_run(pair, pair->now_us + 2 * SEC);
	ck_assert_int_eq(tcp_state(pair->end[0].tcp), TCP_STATE_SYN_SENT);
	ck_assert_ptr_null(pair->end[1].tcp);
	ck_assert_uint_eq(pair->end[1].segments_out, 0);
}

START_TEST(unsigned_segments_are_dropped_where_a_key_is)
{
	static struct pair pair;

	pair_init(&pair, 2, &network);
	pair.prepare = listener_has_secret;
	fail_to_connect(&pair, NULL);
	ck_assert_uint_eq(counted(&pair, 1, COUNTER_TCP_MD5_NOT_FOUND), 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(wrongly_signed_segments_are_dropped)
{
	static struct pair pair;

	pair_init(&pair, 3, &network);
	pair.prepare = listener_has_other;
	fail_to_connect(&pair, "secret");
	ck_assert_uint_eq(counted(&pair, 1, COUNTER_TCP_MD5_FAILURE), 2);
	pair_clear(&pair);
}
END_TEST

START_TEST(signed_segments_are_dropped_where_no_key_is)
{
	static struct pair pair;

	pair_init(&pair, 4, &network);
	fail_to_connect(&pair, "secret");
	ck_assert_uint_eq(counted(&pair, 1, COUNTER_TCP_MD5_UNEXPECTED), 2);
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
	ck_assert_uint_eq(counted(&pair, 1, COUNTER_TCP_MD5_NOT_FOUND), 1);
	pair_clear(&pair);
}
END_TEST

START_TEST(two_signatures_are_one_too_many)
{
	static struct pair pair;
	struct tcp_header header;

	pair_init(&pair, 1, &network);
	pair_connect(&pair);
	header = pair_next_header(&pair, 1);
	header.auth.kind = TCP_AUTH_MD5;
	header.auth.count = 2;
	pair_inject(&pair, 1, &header, "x", 1);
	ck_assert_uint_eq(counted(&pair, 1, COUNTER_TCP_AUTH_OPTIONS), 1);
	ck_assert_uint_eq(tcp_receive_queued(pair.end[1].tcp), 0);
	pair_clear(&pair);
}
END_TEST

START_TEST(resets_are_signed)
{
	static struct pair pair;

	connect_signed(&pair, &network);
	tcp_abort(pair.end[0].tcp, pair.now_us);
	pair_run(&pair, pair.now_us + SEC);
	ck_assert_uint_eq(pair.last[0].flags & TCP_RST, TCP_RST);
	ck_assert_int_eq(tcp_state(pair.end[1].tcp), TCP_STATE_CLOSED);
	ck_assert_int_eq(tcp_error(pair.end[1].tcp), ECONNRESET);
	pair_clear(&pair);
}
END_TEST

/* The first ACK of the last FIN is lost. */
static bool lose_in_time_wait(struct pair *pair, int from,
			      struct tcp_header *header, uint32_t payload_len)
{
	all_are_signed(pair, from, header, payload_len);
	return from != 0 || pair->end[0].tcp->state != TCP_STATE_TIME_WAIT ||
	       pair->random++ % 2;
}

START_TEST(acks_in_time_wait_are_signed)
{
	static struct pair pair;

	connect_signed(&pair, &network);
	pair.filter = lose_in_time_wait;
	tcp_shutdown(pair.end[0].tcp, SHUT_WR, pair.now_us);
	pair_run(&pair, pair.now_us + 20 * MS);
	tcp_shutdown(pair.end[1].tcp, SHUT_WR, pair.now_us);
	pair_run(&pair, pair.now_us + 2 * SEC);
	ck_assert_int_eq(tcp_state(pair.end[0].tcp), TCP_STATE_TIME_WAIT);
	ck_assert_int_eq(tcp_state(pair.end[1].tcp), TCP_STATE_CLOSED);
	check_no_complaint(&pair);
	pair_clear(&pair);
}
END_TEST

START_TEST(resets_of_a_listener_are_signed)
{
	static struct pair pair;
	struct tcp_segment stray = {
		.src = pyt_ip_from_v4(0x0a000001),
		.dst = pyt_ip_from_v4(0x0a000002),
		.header = { .src_port = 1, .dst_port = 80, .flags = TCP_ACK },
	};
	struct tcp_output output;
	struct tcp_header header;
	struct reader r;

	pair_init(&pair, 7, &network);
	give_key(pair.end[0].tcp, "10.0.0.1", "secret");
	ck_assert(tcp_reset_for(&stray, &output));
	ck_assert(tcp_auth_sign_reset(pair.end[0].tcp, &output));
	r = reader_init(output.header, output.header_len);
	ck_assert(tcp_header_parse(&r, &header));
	ck_assert_int_eq(header.auth.kind, TCP_AUTH_MD5);
	ck_assert_uint_eq(header.flags, TCP_RST);
	pair_clear(&pair);
}
END_TEST

static void listener_has_networks(struct pair *pair, struct tcp_connection *tcp)
{
	struct tcp_md5sig wide = key_for("10.0.0.0", "wide");
	struct tcp_md5sig exact = key_for("10.0.0.1", "secret");
	struct tcp_md5sig other = key_for("10.1.0.0", "other");

	(void)pair;
	wide.tcpm_flags = other.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
	wide.tcpm_prefixlen = 8;
	other.tcpm_prefixlen = 16;
	ck_assert_int_eq(set(tcp, TCP_MD5SIG_EXT, &exact), 0);
	ck_assert_int_eq(set(tcp, TCP_MD5SIG_EXT, &wide), 0);
	ck_assert_int_eq(set(tcp, TCP_MD5SIG_EXT, &other), 0);
}

START_TEST(the_key_of_the_longest_prefix_counts)
{
	static struct pair pair;

	pair_init(&pair, 5, &network);
	pair.prepare = listener_has_networks;
	give_key(pair.end[0].tcp, "10.0.0.2", "secret");
	pair_connect(&pair);
	pair_transfer(&pair, 1, 5000, SEC);
	check_no_complaint(&pair);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_key_can_be_replaced_and_taken_away)
{
	static struct pair pair;
	struct tcp_md5sig none = key_for("10.0.0.2", "");

	pair_init(&pair, 6, &network);
	give_key(pair.end[0].tcp, "10.0.0.2", "Secret");
	give_key(pair.end[0].tcp, "10.0.0.2", "secret");
	pair.prepare = listener_has_secret;
	pair_connect(&pair);
	ck_assert_int_eq(set(pair.end[0].tcp, TCP_MD5SIG, &none), 0);
	ck_assert_int_eq(set(pair.end[0].tcp, TCP_MD5SIG, &none), -ENOENT);
	ck_assert_uint_eq(pair.end[0].tcp->snd.mss, 1460);
	pair_clear(&pair);
}
END_TEST

START_TEST(bad_arguments_fail_as_on_linux)
{
	static struct pair pair;
	struct tcp_connection *tcp;
	struct tcp_md5sig md5sig = key_for("10.0.0.2", "k");

	pair_init(&pair, 8, &network);
	tcp = pair.end[0].tcp;
	ck_assert_int_eq(tcp_set_option(tcp, IPPROTO_TCP, TCP_MD5SIG, &md5sig,
					sizeof(md5sig) - 1, 0),
			 -EINVAL);
	md5sig.tcpm_keylen = TCP_MD5SIG_MAXKEYLEN + 1;
	ck_assert_int_eq(set(tcp, TCP_MD5SIG, &md5sig), -EINVAL);
	md5sig.tcpm_keylen = TCP_MD5SIG_MAXKEYLEN;
	ck_assert_int_eq(set(tcp, TCP_MD5SIG, &md5sig), 0);
	md5sig.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
	md5sig.tcpm_prefixlen = 33;
	ck_assert_int_eq(set(tcp, TCP_MD5SIG, &md5sig), 0); /* not read */
	ck_assert_int_eq(set(tcp, TCP_MD5SIG_EXT, &md5sig), -EINVAL);
	md5sig.tcpm_addr.ss_family = AF_UNIX;
	ck_assert_int_eq(set(tcp, TCP_MD5SIG, &md5sig), -EINVAL);
	pair_clear(&pair);
}
END_TEST

START_TEST(keys_are_bounded_by_optmem_max)
{
	static struct pair pair;
	struct tcp_md5sig md5sig = key_for("10.0.0.2", "k");
	int count = 0;

	pair_init(&pair, 9, &network);
	ck_assert_int_eq(tcp_sysctl_set(pair.end[0].context,
					"net.core.optmem_max", "1000"),
			 0);
	while (set(pair.end[0].tcp, TCP_MD5SIG, &md5sig) == 0) {
		struct sockaddr_in sin;

		memcpy(&sin, &md5sig.tcpm_addr, sizeof(sin));
		sin.sin_addr.s_addr++;
		memcpy(&md5sig.tcpm_addr, &sin, sizeof(sin));
		count++;
	}
	ck_assert_int_eq(set(pair.end[0].tcp, TCP_MD5SIG, &md5sig), -ENOMEM);
	ck_assert_int_ge(count, 2);
	ck_assert_int_le(count, 5);
	pair_clear(&pair);
}
END_TEST

UNIT_MAIN("tcp_md5", every_segment_of_a_connection_with_keys_is_signed,
	  unsigned_segments_are_dropped_where_a_key_is,
	  wrongly_signed_segments_are_dropped,
	  signed_segments_are_dropped_where_no_key_is,
	  a_forged_reset_does_not_end_a_signed_connection,
	  two_signatures_are_one_too_many, resets_are_signed,
	  acks_in_time_wait_are_signed, resets_of_a_listener_are_signed,
	  the_key_of_the_longest_prefix_counts,
	  a_key_can_be_replaced_and_taken_away, bad_arguments_fail_as_on_linux,
	  keys_are_bounded_by_optmem_max)
