/* Several gateways: RFC 1122, 3.3.1.4 and 3.3.1.5. */
#include "host.h"

#define FAR_IP 0x08080808u
#define SECOND_IP 0x0a0000feu

static struct host host;

static void set_up(void)
{
	struct pyt_route second = { .prefix = pyt_ip_from_v4(0),
				    .gateway = pyt_ip_from_v4(SECOND_IP),
				    .metric = 1 };

	host_init(&host, 1500);
	ck_assert_int_eq(ip_route_add(host.ip, &second), 0);
}

static void tear_down(void)
{
	host_clear(&host);
}

static uint32_t next_hop(void)
{
	struct pyt_ip to = pyt_ip_from_v4(FAR_IP);
	struct ip_path path;

	ck_assert_int_eq(ip_route(host.ip, &to, NULL, 0, host.now_us, &path),
			 0);
	return pyt_ip_to_v4(&path.next_hop);
}

static void use_route(void)
{
	host_send(&host, FAR_IP, (struct ip_fields){ 0 }, 10);
}

START_TEST(the_first_is_used_while_it_answers)
{
	ck_assert_uint_eq(next_hop(), GATEWAY_IP);
	use_route();
	host_input_arp(&host, ARP_REPLY, peer_mac, GATEWAY_IP, HOST_IP);
	host_run_until(&host, host.now_us + SEC);
	ck_assert_uint_eq(next_hop(), GATEWAY_IP);
}
END_TEST

START_TEST(one_that_never_answered_is_passed_over)
{
	uint32_t changes = ip_route_changes(host.ip);

	use_route();
	ck_assert_uint_eq(next_hop(), GATEWAY_IP);
	host_run_until(&host, host.now_us + 4 * SEC);
	ck_assert_uint_eq(next_hop(), SECOND_IP);
	ck_assert_uint_ne(ip_route_changes(host.ip), changes);
}
END_TEST

START_TEST(what_waited_for_it_goes_to_the_next_one_and_nobody_is_told)
{
	struct arp_packet arp = { 0 };
	struct ip_error error;
	struct reader r;

	use_route();
	host_run_until(&host, host.now_us + 4 * SEC);
	while (host_sent(&host, ETH0))
		;
	ck_assert_int_eq(ip_next_error(host.ip, &error, host.now_us), 0);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	r = reader_init(host.sent.part[0].iov_base, host.sent.len);
	reader_bytes(&r, ETHERNET_HEADER_LEN);
	ck_assert(arp_parse(&r, &arp));
	ck_assert_uint_eq(arp.target_ip, SECOND_IP);
	host_input_arp(&host, ARP_REPLY, peer_mac, SECOND_IP, HOST_IP);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0)); /* the packet itself */
}
END_TEST

START_TEST(without_another_gateway_the_failure_is_told)
{
	struct pyt_route second = { .prefix = pyt_ip_from_v4(0),
				    .gateway = pyt_ip_from_v4(SECOND_IP),
				    .metric = 1 };
	struct ip_error error;

	ip_route_remove(host.ip, &second);
	use_route();
	host_run_until(&host, host.now_us + 4 * SEC);
	ck_assert_int_eq(ip_next_error(host.ip, &error, host.now_us), 1);
	ck_assert_int_eq(error.error, EHOSTUNREACH);
}
END_TEST

/* DELAY, then three probes to it alone: RFC 4861, 7.3.2. */
START_TEST(one_that_went_silent_is_passed_over_in_time)
{
	int64_t start_us;

	use_route();
	host_input_arp(&host, ARP_REPLY, peer_mac, GATEWAY_IP, HOST_IP);
	host_run_until(&host, host.now_us + 60 * SEC);
	use_route();
	start_us = host.now_us;
	while (next_hop() == GATEWAY_IP)
		host_run_until(&host, ip_next_deadline(host.ip));
	ck_assert_int_le(host.now_us - start_us, 15 * SEC);
}
END_TEST

START_TEST(it_is_asked_now_and_then_and_used_when_it_is_back)
{
	use_route();
	host_run_until(&host, host.now_us + 4 * SEC);
	while (host_sent(&host, ETH0))
		;
	host_run_until(&host, host.now_us + 20 * SEC);
	ck_assert_uint_eq(next_hop(), SECOND_IP);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	host_run_until(&host, host.now_us + 15 * SEC);
	ck_assert_uint_eq(next_hop(), SECOND_IP);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0)); /* who has it? */
	ck_assert_uint_eq(next_hop(), SECOND_IP);
	host_input_arp(&host, ARP_REPLY, peer_mac, GATEWAY_IP, HOST_IP);
	ck_assert_uint_eq(next_hop(), GATEWAY_IP);
}
END_TEST

START_TEST(with_all_of_them_dead_it_is_the_first)
{
	use_route();
	host_run_until(&host, host.now_us + 4 * SEC);
	use_route();
	host_run_until(&host, host.now_us + 4 * SEC);
	ck_assert_uint_eq(next_hop(), GATEWAY_IP);
}
END_TEST

START_TEST(another_prefix_is_no_substitute)
{
	struct pyt_route net = { .prefix = pyt_ip_from_v4(0x08000000),
				 .prefix_len = 8,
				 .gateway = pyt_ip_from_v4(PEER_IP) };

	ip_route_add(host.ip, &net);
	use_route();
	host_run_until(&host, host.now_us + 4 * SEC);
	ck_assert_uint_eq(next_hop(), PEER_IP);
}
END_TEST

START_TEST(what_is_behind_a_link_that_is_down_is_no_substitute)
{
	struct pyt_iface_config config = { .name = "eth1",
					   .medium = PYT_MEDIUM_ETHERNET,
					   .mtu = 1500 };
	struct pyt_ip own = pyt_ip_from_v4(0x0a000102);
	struct pyt_route other = { .prefix = pyt_ip_from_v4(0),
				   .gateway = pyt_ip_from_v4(0x0a000101),
				   .metric = 1 };
	struct pyt_route second = { .prefix = pyt_ip_from_v4(0),
				    .gateway = pyt_ip_from_v4(SECOND_IP),
				    .metric = 1 };
	int ifindex = ip_iface_add(host.ip, &config, host.now_us);

	ck_assert_int_eq(
		ip_address_add(host.ip, ifindex, &own, 24, host.now_us), 0);
	ip_route_remove(host.ip, &second);
	ck_assert_int_eq(ip_route_add(host.ip, &other), 0);
	second.metric = 2;
	ck_assert_int_eq(ip_route_add(host.ip, &second), 0);
	ip_iface(host.ip, ifindex)->is_down = true;
	use_route();
	host_run_until(&host, host.now_us + 4 * SEC);
	ck_assert_uint_eq(next_hop(), SECOND_IP);
}
END_TEST

UNIT_MAIN_WITH("gateway", set_up, tear_down, the_first_is_used_while_it_answers,
	       one_that_never_answered_is_passed_over,
	       what_waited_for_it_goes_to_the_next_one_and_nobody_is_told,
	       without_another_gateway_the_failure_is_told,
	       one_that_went_silent_is_passed_over_in_time,
	       it_is_asked_now_and_then_and_used_when_it_is_back,
	       with_all_of_them_dead_it_is_the_first,
	       another_prefix_is_no_substitute,
	       what_is_behind_a_link_that_is_down_is_no_substitute)
