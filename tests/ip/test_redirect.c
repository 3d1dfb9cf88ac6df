/* ICMPv4 redirects as host routes. RFC 1122, 3.2.2.2. */
#include "host.h"

#include "wire/icmp4.h"

#define FAR_IP 0x08080808u
#define BETTER_IP 0x0a0000feu

static struct host host;

static void set_up(void)
{
	host_init(&host, 1500);
}

static void tear_down(void)
{
	host_clear(&host);
}

/* The router says: for dst better use gateway. */
static enum counter redirect(uint32_t router, uint32_t gateway, uint32_t src,
			     uint32_t dst, uint8_t code)
{
	struct icmp4_header icmp = { .type = ICMP4_REDIRECT,
				     .code = code,
				     .rest = gateway };
	struct ip4_header quoted = { .len = 28,
				     .ttl = 63,
				     .protocol = IPPROTO_UDP,
				     .src = src,
				     .dst = dst };
	struct ip4_header header = { .protocol = IPPROTO_ICMP,
				     .src = router,
				     .dst = HOST_IP };
	uint8_t bytes[8 + 28] = { 0 };

	icmp4_header_build(bytes, &icmp);
	ip4_header_build(bytes + 8, &quoted);
	icmp4_set_checksum(bytes, sizeof(bytes));
	host_input_ip(&host, host_mac, header, bytes, sizeof(bytes));
	return host.reason;
}

static uint32_t next_hop_to(uint32_t dst)
{
	struct pyt_ip to = pyt_ip_from_v4(dst);
	struct ip_path path;

	ck_assert_int_eq(ip_route(host.ip, &to, NULL, 0, host.now_us, &path),
			 0);
	return pyt_ip_to_v4(&path.next_hop);
}

START_TEST(the_routers_better_way_is_taken_for_that_host_alone)
{
	uint32_t changes = ip_route_changes(host.ip);

	for (uint8_t code = 0; code < 4; code++) {
		uint32_t dst = FAR_IP + code;

		ck_assert_uint_eq(next_hop_to(dst), GATEWAY_IP);
		ck_assert_int_eq(
			redirect(GATEWAY_IP, BETTER_IP, HOST_IP, dst, code),
			COUNTER_NONE);
		ck_assert_uint_eq(next_hop_to(dst), BETTER_IP);
	}
	ck_assert_uint_eq(next_hop_to(FAR_IP + 4), GATEWAY_IP);
	ck_assert_uint_ne(ip_route_changes(host.ip), changes);
	ck_assert_uint_eq(host_count(&host, COUNTER_REDIRECTS_TAKEN), 4);
}
END_TEST

START_TEST(it_ends_after_five_minutes)
{
	redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP, 1);
	host.now_us += 300 * SEC - 1;
	ck_assert_uint_eq(next_hop_to(FAR_IP), BETTER_IP);
	host.now_us += 1;
	ck_assert_uint_eq(next_hop_to(FAR_IP), GATEWAY_IP);
}
END_TEST

START_TEST(the_time_follows_linuxs_sysctl)
{
	ck_assert_int_eq(
		ip_sysctl_set(host.ip, "net.ipv4.route.gc_timeout", "1"), 0);
	redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP, 1);
	host.now_us += SEC;
	ck_assert_uint_eq(next_hop_to(FAR_IP), GATEWAY_IP);
}
END_TEST

static void assert_ignored(enum counter reason)
{
	ck_assert_int_ne(reason, COUNTER_NONE);
	ck_assert_uint_eq(host_count(&host, COUNTER_REDIRECTS_TAKEN), 0);
	ck_assert_uint_eq(next_hop_to(FAR_IP), GATEWAY_IP);
}

START_TEST(only_the_router_in_use_may_redirect)
{
	assert_ignored(redirect(PEER_IP, BETTER_IP, HOST_IP, FAR_IP, 1));
}
END_TEST

START_TEST(the_gateway_must_be_on_the_link_and_somebody_else)
{
	assert_ignored(redirect(GATEWAY_IP, 0x0b000001, HOST_IP, FAR_IP, 1));
	assert_ignored(redirect(GATEWAY_IP, HOST_IP, HOST_IP, FAR_IP, 1));
	assert_ignored(redirect(GATEWAY_IP, GATEWAY_IP, HOST_IP, FAR_IP, 1));
	assert_ignored(redirect(GATEWAY_IP, 0x0a0000ff, HOST_IP, FAR_IP, 1));
	assert_ignored(redirect(GATEWAY_IP, 0xe0000001, HOST_IP, FAR_IP, 1));
	assert_ignored(redirect(GATEWAY_IP, 0, HOST_IP, FAR_IP, 1));
	assert_ignored(redirect(GATEWAY_IP, 0x7f000001, HOST_IP, FAR_IP, 1));
}
END_TEST

START_TEST(it_must_quote_a_packet_of_ours)
{
	assert_ignored(redirect(GATEWAY_IP, BETTER_IP, PEER_IP, FAR_IP, 1));
	assert_ignored(redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP, 4));
}
END_TEST

START_TEST(hosts_on_the_link_are_not_redirected)
{
	redirect(GATEWAY_IP, BETTER_IP, HOST_IP, PEER_IP, 1);
	ck_assert_uint_eq(next_hop_to(PEER_IP), PEER_IP);
}
END_TEST

START_TEST(accept_redirects_0_ignores_them)
{
	ck_assert_int_eq(ip_sysctl_set(host.ip,
				       "net.ipv4.conf.all.accept_redirects",
				       "0"),
			 0);
	assert_ignored(redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP, 1));
}
END_TEST

/* As Linux: where media are not shared, a default gateway alone. */
START_TEST(secure_redirects_counts_without_shared_media)
{
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.shared_media", "0");
	assert_ignored(redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP, 1));
	ip_sysctl_set(host.ip, "net.ipv4.conf.all.secure_redirects", "0");
	redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP, 1);
	ck_assert_uint_eq(next_hop_to(FAR_IP), BETTER_IP);
}
END_TEST

START_TEST(a_gateway_that_does_not_answer_is_no_better_way)
{
	redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP, 1);
	host_send(&host, FAR_IP, (struct ip_fields){ 0 }, 10);
	host_run_until(&host, host.now_us + 10 * SEC);
	ck_assert_uint_eq(next_hop_to(FAR_IP), GATEWAY_IP);
}
END_TEST

START_TEST(they_are_bounded_and_old_ones_make_room)
{
	struct ip_sizes sizes;

	for (uint32_t i = 0; i < 1025; i++)
		redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP + i, 1);
	ip_sizes(host.ip, &sizes);
	ck_assert_uint_eq(sizes.redirects, 1024);
	ck_assert_uint_eq(host_count(&host, COUNTER_REDIRECTS_FULL), 1);
	host.now_us += 300 * SEC;
	redirect(GATEWAY_IP, BETTER_IP, HOST_IP, FAR_IP + 5000, 1);
	ip_sizes(host.ip, &sizes);
	ck_assert_uint_eq(sizes.redirects, 1);
}
END_TEST

START_TEST(truncated_ones_are_malformed)
{
	struct ip4_header header = { .protocol = IPPROTO_ICMP,
				     .src = GATEWAY_IP,
				     .dst = HOST_IP };
	struct icmp4_header icmp = { .type = ICMP4_REDIRECT,
				     .rest = BETTER_IP };

	for (uint32_t len = 8; len < 28; len++) {
		uint8_t bytes[28] = { 0 };

		icmp4_header_build(bytes, &icmp);
		icmp4_set_checksum(bytes, len);
		host_input_ip(&host, host_mac, header, bytes, len);
		ck_assert_int_eq(host.reason, COUNTER_ICMP4_QUOTE);
	}
}
END_TEST

UNIT_MAIN_WITH("redirect", set_up, tear_down,
	       the_routers_better_way_is_taken_for_that_host_alone,
	       it_ends_after_five_minutes, the_time_follows_linuxs_sysctl,
	       only_the_router_in_use_may_redirect,
	       the_gateway_must_be_on_the_link_and_somebody_else,
	       it_must_quote_a_packet_of_ours,
	       hosts_on_the_link_are_not_redirected,
	       accept_redirects_0_ignores_them,
	       secure_redirects_counts_without_shared_media,
	       a_gateway_that_does_not_answer_is_no_better_way,
	       they_are_bounded_and_old_ones_make_room,
	       truncated_ones_are_malformed)
