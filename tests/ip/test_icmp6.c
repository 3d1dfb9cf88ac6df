#include "host6.h"

static enum ip_verdict input_echo(struct host *host, struct pyt_ip src,
				  struct pyt_ip dst, uint32_t len)
{
	uint8_t message[2048] = { ICMP6_ECHO, 0, 0, 0, 0x12, 0x34, 0, 1 };

	for (uint32_t i = ICMP6_HEADER_LEN; i < len; i++)
		message[i] = (uint8_t)i;
	return host6_input_icmp(host, src, dst, 64, message, len);
}

static void expect_silence(struct host *host)
{
	ck_assert_ptr_null(host_sent(host, ETH0));
}

START_TEST(an_echo_comes_back_as_it_was)
{
	struct ip6_header header;
	struct reader r;
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	ck_assert_int_eq(input_echo(&host, peer6, own6, 100), IP_DELIVER);
	ck_assert_uint_eq(host6_sent_icmp(&host, &header, &r),
			  ICMP6_ECHO_REPLY);
	ck_assert(pyt_ip_equal(&header.src, &own6));
	ck_assert(pyt_ip_equal(&header.dst, &peer6));
	ck_assert_uint_eq(r.left, 100);
	ck_assert_uint_eq(r.at[4], 0x12);
	ck_assert_uint_eq(r.at[99], 99);
	host_clear(&host);
}
END_TEST

START_TEST(an_echo_to_a_group_is_answered_from_an_own_address)
{
	struct ip6_header header;
	struct reader r;
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	input_echo(&host, peer6, ip6_all_nodes, 16);
	ck_assert_uint_eq(host6_sent_icmp(&host, &header, &r),
			  ICMP6_ECHO_REPLY);
	ck_assert(pyt_ip_equal(&header.src, &own6));
	host6_set(&host, "net.ipv6.icmp.echo_ignore_multicast", "1");
	input_echo(&host, peer6, ip6_all_nodes, 16);
	expect_silence(&host);
	input_echo(&host, peer6, own6, 16);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	host6_set(&host, "net.ipv6.icmp.echo_ignore_all", "1");
	input_echo(&host, peer6, own6, 16);
	expect_silence(&host);
	ck_assert_uint_eq(host_count(&host, COUNTER_ICMP6_ECHO_IGNORED), 2);
	host_clear(&host);
}
END_TEST

START_TEST(a_wrong_sum_is_dropped)
{
	uint8_t message[8] = { ICMP6_ECHO };
	struct host host;

	host6_init(&host, 1500);
	ck_assert_int_eq(
		host6_input(
			&host,
			(struct packet6){ .header = { .next_header = IP6_ICMP,
						      .src = peer6 },
					  .payload = message,
					  .len = 8 }),
		IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP6_CHECKSUM);
	ck_assert_int_eq(host6_input_icmp(&host, peer6, own6, 64, message, 7),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP6_SHORT);
	ck_assert_uint_eq(host_count(&host, COUNTER_ICMP6_IN_ERRORS), 2);
	host_clear(&host);
}
END_TEST

/* ---------------------------------------------------- errors that we send */

/* An UDP packet to a port where nobody is. */
static void refuse(struct host *host, struct packet6 p)
{
	p.header.next_header = IPPROTO_UDP;
	if (!p.payload) {
		p.payload = "12345678";
		p.len = 8;
	}
	host6_input(host, p);
	ip_unreachable(host->ip, &host->packet, IP_NO_PORT, host->now_us);
}

START_TEST(an_error_quotes_as_much_as_fits_into_1280_bytes)
{
	static uint8_t payload[1400];
	struct ip6_header header;
	struct reader r;
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	refuse(&host, (struct packet6){ .header = { .src = peer6 } });
	ck_assert_uint_eq(host6_sent_icmp(&host, &header, &r),
			  ICMP6_UNREACHABLE);
	ck_assert_uint_eq(r.at[1], ICMP6_PORT_UNREACHABLE);
	ck_assert_uint_eq(r.left, 8 + 40 + 8);
	ck_assert_mem_eq(r.at + 8 + 40, "12345678", 8);
	refuse(&host, (struct packet6){ .header = { .src = peer6 },
					.payload = payload,
					.len = sizeof(payload) });
	host6_sent_icmp(&host, &header, &r);
	ck_assert_uint_eq(r.left, 1280 - 40);
	host_clear(&host);
}
END_TEST

START_TEST(no_error_answers_what_must_not_be_answered)
{
	uint8_t error[56] = { ICMP6_UNREACHABLE };
	uint8_t redirect[48] = { ICMP6_REDIRECT };
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	/* groups, of IP or of the link alone */
	refuse(&host, (struct packet6){ .header = { .src = peer6,
						    .dst = ip6_all_nodes } });
	refuse(&host, (struct packet6){ .header = { .src = peer6 },
					.dst_mac = ethernet_broadcast });
	/* nobody in particular */
	refuse(&host, (struct packet6){ .header = { .src = any6 } });
	/* errors, and redirects */
	host.packet.protocol = IP6_ICMP;
	host6_input_icmp(&host, peer6, own6, 64, error, sizeof(error));
	ip_unreachable(host.ip, &host.packet, IP_NO_PORT, host.now_us);
	host6_input_icmp(&host, peer6, own6, 64, redirect, sizeof(redirect));
	ip_unreachable(host.ip, &host.packet, IP_NO_PORT, host.now_us);
	expect_silence(&host);
	ck_assert_uint_eq(host_count(&host, COUNTER_ICMP_OUT_SUPPRESSED), 5);
	host_clear(&host);
}
END_TEST

START_TEST(errors_to_one_host_are_limited)
{
	struct host host;
	int count = 0;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	host6_knows(&host, gateway6);
	for (int i = 0; i < 20; i++)
		refuse(&host, (struct packet6){ .header = { .src = peer6 } });
	while (host_sent(&host, ETH0))
		count++;
	ck_assert_int_eq(count, 6);
	ck_assert_uint_eq(host_count(&host, COUNTER_ICMP6_OUT_RATE_LIMIT_HOST),
			  14);
	refuse(&host, (struct packet6){ .header = { .src = gateway6 } });
	ck_assert_ptr_nonnull(host_sent(&host, ETH0)); /* another host */
	host_run_until(&host, host.now_us + SEC);
	refuse(&host, (struct packet6){ .header = { .src = peer6 } });
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	host_clear(&host);
}
END_TEST

/* ------------------------------------------------- errors that we receive */

/* About an UDP packet of ours to far6, behind extension headers. */
static enum ip_verdict input_error(struct host *host, uint8_t type,
				   uint8_t code, uint32_t info,
				   struct pyt_ip quoted_src)
{
	struct icmp6_header icmp = { .type = type, .code = code, .rest = info };
	struct ip6_header quoted = { .payload_len = 24,
				     .next_header = IP6_DESTINATION,
				     .hop_limit = 1,
				     .src = quoted_src,
				     .dst = far6 };
	struct ip6_fragment f = { .next_header = IPPROTO_UDP, .more = true };
	uint8_t message[8 + 40 + 24] = { 0 };

	icmp6_header_build(message, &icmp);
	ip6_header_build(message + 8, &quoted);
	message[48] = IP6_FRAGMENT;
	ip6_fragment_build(message + 56, &f);
	memcpy(message + 64, "12345678", 8);
	return host6_input_icmp(host, gateway6, own6, 64, message,
				sizeof(message));
}

START_TEST(errors_have_linuxs_meaning)
{
	static const struct {
		uint8_t type, code;
		int error;
		bool hard;
	} cases[] = {
		{ ICMP6_UNREACHABLE, ICMP6_NO_ROUTE, ENETUNREACH, false },
		{ ICMP6_UNREACHABLE, ICMP6_PROHIBITED, EACCES, true },
		{ ICMP6_UNREACHABLE, ICMP6_BEYOND_SCOPE, EHOSTUNREACH, false },
		{ ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, EHOSTUNREACH,
		  false },
		{ ICMP6_UNREACHABLE, ICMP6_PORT_UNREACHABLE, ECONNREFUSED,
		  true },
		{ ICMP6_UNREACHABLE, ICMP6_POLICY_FAIL, EACCES, true },
		{ ICMP6_UNREACHABLE, ICMP6_REJECT_ROUTE, EACCES, true },
		{ ICMP6_UNREACHABLE, 7, EPROTO, true },
		{ ICMP6_TOO_BIG, 0, EMSGSIZE, false },
		{ ICMP6_TIME_EXCEEDED, 0, EHOSTUNREACH, false },
		{ ICMP6_PARAMETER_PROBLEM, 0, EPROTO, true },
		{ 100, 0, EPROTO, true }, /* RFC 4443, 2.4 (a) */
	};
	struct host host;

	host6_init(&host, 1500);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ck_assert_int_eq(input_error(&host, cases[i].type,
					     cases[i].code, 1300, own6),
				 IP_ICMP_ERROR);
		ck_assert_int_eq(host.error.error, cases[i].error);
		ck_assert_int_eq(host.error.hard, cases[i].hard);
		ck_assert_uint_eq(host.error.protocol, IPPROTO_UDP);
		ck_assert_mem_eq(host.error.payload.at, "12345678", 8);
		ck_assert(pyt_ip_equal(&host.error.src, &own6));
		ck_assert(pyt_ip_equal(&host.error.dst, &far6));
		ck_assert(pyt_ip_equal(&host.error.offender, &gateway6));
		ck_assert_uint_eq(
			host.error.info,
			cases[i].type == ICMP6_TOO_BIG ||
					cases[i].type == ICMP6_PARAMETER_PROBLEM
				? 1300
				: 0);
	}
	host_clear(&host);
}
END_TEST

START_TEST(an_error_about_a_packet_of_others_is_dropped)
{
	struct host host;

	host6_init(&host, 1500);
	ck_assert_int_eq(input_error(&host, ICMP6_TOO_BIG, 0, 1300, peer6),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ICMP6_QUOTE);
	host_clear(&host);
}
END_TEST

START_TEST(nd_in_fragments_is_refused)
{
	uint8_t bytes[8 + 24] = { IP6_ICMP, 0, 0, 0 };
	uint8_t *message = bytes + 8;
	struct host host;

	host6_init(&host, 1500);
	message[0] = ICMP6_NEIGHBOUR_SOLICITATION;
	memcpy(message + 8, own6.bytes, 16);
	icmp6_set_checksum(message, 24, &peer6, &own6);
	ck_assert_int_eq(
		host6_input(&host,
			    (struct packet6){
				    .header = { .next_header = IP6_FRAGMENT,
						.hop_limit = 255,
						.src = peer6 },
				    .payload = bytes,
				    .len = sizeof(bytes) }),
		IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ND_FRAGMENTED);
	expect_silence(&host);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("icmp6", an_echo_comes_back_as_it_was,
	  an_echo_to_a_group_is_answered_from_an_own_address,
	  a_wrong_sum_is_dropped,
	  an_error_quotes_as_much_as_fits_into_1280_bytes,
	  no_error_answers_what_must_not_be_answered,
	  errors_to_one_host_are_limited, errors_have_linuxs_meaning,
	  an_error_about_a_packet_of_others_is_dropped,
	  nd_in_fragments_is_refused)
