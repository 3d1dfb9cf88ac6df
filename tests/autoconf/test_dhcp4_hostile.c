/* Servers that are wrong, foreign or hostile: dropped, counted, survived. */
#include "dhcp_server.h"

static struct host host;
static struct request request;

static void set_up(void)
{
	host_create(&host, 1);
	ck_assert_int_eq(host_start(&host, METHOD(DHCP4)), 0);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_DISCOVER);
}

static void tear_down(void)
{
	host_destroy(&host);
}

static void assert_dropped(enum counter why)
{
	ck_assert_ptr_nonnull(host.drop_reason);
	ck_assert_str_eq(host.drop_reason, counter_name(why));
	ck_assert_uint_ge(host_count(&host, why), 1);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), 0);
	ck_assert(!host_has_ip(&host, LEASED_IP));
}

START_TEST(another_exchange_is_not_ours)
{
	struct reply_options other = USUAL_LEASE;

	other.xid = request.message.header.xid + 1;
	server_reply(&host, &request, DHCP4_OFFER, other);
	assert_dropped(COUNTER_DHCP4_OTHER_EXCHANGE);
}
END_TEST

START_TEST(another_hosts_mac_is_not_ours)
{
	struct request other = request;

	other.message.header.mac[5] ^= 1;
	server_reply(&host, &other, DHCP4_OFFER, USUAL_LEASE);
	assert_dropped(COUNTER_DHCP4_OTHER_EXCHANGE);
}
END_TEST

/* RFC 6842, 3 */
START_TEST(another_clients_identifier_is_not_ours)
{
	struct reply_options other = USUAL_LEASE;

	other.other_client_id = true;
	server_reply(&host, &request, DHCP4_OFFER, other);
	assert_dropped(COUNTER_DHCP4_OTHER_EXCHANGE);
}
END_TEST

START_TEST(servers_of_before_rfc_6842_are_understood)
{
	struct reply_options old = USUAL_LEASE;

	old.no_client_id = true;
	server_reply(&host, &request, DHCP4_OFFER, old);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
}
END_TEST

START_TEST(an_ack_that_was_not_asked_for_is_dropped)
{
	server_reply(&host, &request, DHCP4_ACK, USUAL_LEASE);
	assert_dropped(COUNTER_DHCP4_UNEXPECTED);
}
END_TEST

START_TEST(a_nak_that_was_not_asked_for_is_dropped)
{
	server_reply(&host, &request, DHCP4_NAK, (struct reply_options){ 0 });
	assert_dropped(COUNTER_DHCP4_UNEXPECTED);
}
END_TEST

START_TEST(an_ack_of_a_server_that_was_not_chosen_is_dropped)
{
	struct reply_options other = USUAL_LEASE;

	other.server_id = 0x0a000063;
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	server_reply(&host, &request, DHCP4_ACK, other);
	assert_dropped(COUNTER_DHCP4_UNEXPECTED);
	server_reply(&host, &request, DHCP4_NAK, other);
	assert_dropped(COUNTER_DHCP4_UNEXPECTED);
}
END_TEST

START_TEST(an_ack_of_another_address_is_dropped)
{
	struct reply_options other = USUAL_LEASE;

	other.ip = LEASED_IP + 1;
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	server_reply(&host, &request, DHCP4_ACK, other);
	assert_dropped(COUNTER_DHCP4_BAD_LEASE);
}
END_TEST

START_TEST(addresses_that_no_host_can_have_are_not_taken)
{
	static const uint32_t bad[] = { 0x7f000001, 0xe0000001, 0xffffffff,
					0x00000005, 0x0a0000ff, 0x0a000100 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct reply_options wrong = USUAL_LEASE;
		struct request before = request;

		wrong.ip = bad[i];
		server_reply(&host, &request, DHCP4_OFFER, wrong);
		assert_dropped(COUNTER_DHCP4_BAD_LEASE);
		request = before;
	}
}
END_TEST

START_TEST(a_lease_without_a_time_is_not_taken)
{
	struct reply_options timeless = USUAL_LEASE;

	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_REQUEST);
	timeless.lease_s = 0;
	server_reply(&host, &request, DHCP4_ACK, timeless);
	assert_dropped(COUNTER_DHCP4_BAD_LEASE);
}
END_TEST

START_TEST(an_offer_without_a_server_is_not_taken)
{
	struct reply_options nobody = USUAL_LEASE;

	nobody.no_server_id = true;
	server_reply(&host, &request, DHCP4_OFFER, nobody);
	assert_dropped(COUNTER_DHCP4_BAD_LEASE);
}
END_TEST

START_TEST(what_comes_from_another_port_is_malformed)
{
	uint8_t bytes[1024];
	struct reply_options usual = USUAL_LEASE;
	size_t len = build_reply(&request, DHCP4_OFFER, &usual, bytes);

	host_input_udp(&host, SERVER_IP, UINT32_MAX, 1067, DHCP4_CLIENT_PORT,
		       bytes, (uint32_t)len);
	assert_dropped(COUNTER_DHCP4_MALFORMED);
}
END_TEST

START_TEST(truncated_messages_are_malformed_and_change_nothing)
{
	uint8_t bytes[1024];
	struct reply_options usual = USUAL_LEASE;
	size_t len = build_reply(&request, DHCP4_OFFER, &usual, bytes);

	(void)len;
	for (uint32_t cut = 0; cut < 240 + 3; cut++) {
		host_input_udp(&host, SERVER_IP, UINT32_MAX, DHCP4_SERVER_PORT,
			       DHCP4_CLIENT_PORT, bytes, cut);
		assert_dropped(COUNTER_DHCP4_MALFORMED);
	}
}
END_TEST

START_TEST(a_server_that_always_refuses_is_asked_ever_more_slowly)
{
	int64_t start_us = host.now_us;
	int discovers = 0;

	while (host.now_us < start_us + 120 * SEC) {
		if (request.type == DHCP4_DISCOVER) {
			discovers++;
			server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
		} else {
			server_reply(&host, &request, DHCP4_NAK,
				     (struct reply_options){ 0 });
		}
		while (!host_sent_dhcp(&host, &request))
			host_run_until(&host, pyt_next_deadline(host.stack));
	}
	ck_assert_int_gt(discovers, 3);
	ck_assert_int_lt(discovers, 12);
}
END_TEST

START_TEST(random_bytes_behind_a_good_header_never_hurt)
{
	struct reply_options usual = USUAL_LEASE;
	struct request asked = request;
	uint8_t bytes[1024];
	size_t len = build_reply(&request, DHCP4_OFFER, &usual, bytes);
	unsigned state = 12345;

	for (int round = 0; round < 20000; round++) {
		uint8_t copy[1024];
		uint32_t at = 236 + state % (unsigned)(len - 236);

		memcpy(copy, bytes, len);
		for (int i = 0; i < 4; i++) {
			state = state * 1103515245 + 12345;
			copy[at + state % 8 < len ? at + state % 8 : at] =
				(uint8_t)(state >> 16);
		}
		host_input_udp(&host, SERVER_IP, UINT32_MAX, DHCP4_SERVER_PORT,
			       DHCP4_CLIENT_PORT, copy, (uint32_t)len);
		while (host_sent(&host))
			;
		request = asked;
	}
}
END_TEST

UNIT_MAIN_WITH("dhcp4_hostile", set_up, tear_down, another_exchange_is_not_ours,
	       another_hosts_mac_is_not_ours,
	       another_clients_identifier_is_not_ours,
	       servers_of_before_rfc_6842_are_understood,
	       an_ack_that_was_not_asked_for_is_dropped,
	       a_nak_that_was_not_asked_for_is_dropped,
	       an_ack_of_a_server_that_was_not_chosen_is_dropped,
	       an_ack_of_another_address_is_dropped,
	       addresses_that_no_host_can_have_are_not_taken,
	       a_lease_without_a_time_is_not_taken,
	       an_offer_without_a_server_is_not_taken,
	       what_comes_from_another_port_is_malformed,
	       truncated_messages_are_malformed_and_change_nothing,
	       a_server_that_always_refuses_is_asked_ever_more_slowly,
	       random_bytes_behind_a_good_header_never_hurt)
