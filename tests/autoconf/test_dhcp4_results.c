/* What a lease brings beside its address; and what becomes of connections. */
#include "dhcp_server.h"

static struct host host;
static struct request request;

static void set_up(void)
{
	host_create(&host, 1);
}

static void tear_down(void)
{
	host_destroy(&host);
}

static void start(void)
{
	ck_assert_int_eq(host_start(&host, METHOD(DHCP4)), 0);
}

/* Linux keeps connections whose address has gone; so do we, unless told. */
static int error_after_loss(const char *abort)
{
	struct pyt_sockaddr peer = { .ip = pyt_ip_from_v4(SERVER_IP),
				     .port = 80 };
	struct reply_options brief = USUAL_LEASE;
	int handle, error;

	host_sysctl(&host, "net.pyt.abort_on_address_loss", abort);
	brief.lease_s = 20;
	start();
	server_grant(&host, &request, brief);
	handle = pyt_socket_open(host.stack, AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
		pyt_socket_connect(host.stack, handle, &peer, host.now_us),
		-EINPROGRESS);
	while (host_sent_dhcp(&host, &request) || host_sent(&host))
		;
	host_input_arp(&host, ARP_REPLY, peer_mac, SERVER_IP, LEASED_IP);
	host_run_until(&host, host.now_us + 20 * SEC);
	ck_assert(!host_has_ip(&host, LEASED_IP));
	while (host_event(&host, PYT_EVENT_ADDRESS_LOST))
		;
	error = pyt_socket_take_error(host.stack, handle);
	pyt_socket_close(host.stack, handle, host.now_us);
	return error;
}

START_TEST(connections_outlive_their_address)
{
	ck_assert_int_eq(error_after_loss("0"), 0);
}
END_TEST

START_TEST(connections_end_with_their_address_if_asked_to)
{
	ck_assert_int_eq(error_after_loss("1"), ECONNABORTED);
}
END_TEST

START_TEST(the_links_mtu_is_lowered_and_comes_back)
{
	struct reply_options narrow = USUAL_LEASE;
	struct pyt_iface_info info;

	narrow.mtu = 1400;
	start();
	server_grant(&host, &request, narrow);
	pyt_iface_get(host.stack, 1, &info);
	ck_assert_uint_eq(info.config.mtu, 1400);
	pyt_autoconf_stop(host.stack, ETH0, false, host.now_us);
	pyt_iface_get(host.stack, 1, &info);
	ck_assert_uint_eq(info.config.mtu, 1500);
}
END_TEST

START_TEST(a_name_that_was_given_is_told_as_fqdn)
{
	struct pyt_autoconf_config config = { .methods = METHOD(DHCP4),
					      .hostname = "box.lan.example" };
	uint8_t bytes[64];

	ck_assert_int_eq(
		pyt_autoconf_start(host.stack, ETH0, &config, host.now_us), 0);
	next_message(&host, &request, DHCP4_DISCOVER);
	ck_assert_int_eq(dhcp4_get(&request.message, DHCP4_FQDN, bytes, 64),
			 3 + 17);
	ck_assert_int_eq(memcmp(bytes, "\5\0\0\3box\3lan\7example\0", 20), 0);
}
END_TEST

/* RFC 8925, 3.2: an address that was asked for all the same is used. */
START_TEST(what_an_offer_did_not_say_an_ack_says_too_late)
{
	struct reply_options only6 = USUAL_LEASE;

	only6.ipv6_only_s = 600;
	ck_assert_int_eq(host_start(&host, METHOD(DHCP4) | METHOD(SLAAC)), 0);
	next_message(&host, &request, DHCP4_DISCOVER);
	server_reply(&host, &request, DHCP4_OFFER, USUAL_LEASE);
	next_message(&host, &request, DHCP4_REQUEST);
	server_reply(&host, &request, DHCP4_ACK, only6);
	ck_assert(host_has_ip(&host, LEASED_IP));
}
END_TEST

/* RFC 8925, 3.2 */
START_TEST(an_ipv6_only_network_is_used_without_ipv4)
{
	struct reply_options only6 = USUAL_LEASE;
	uint8_t bytes[64];
	int len;

	only6.ipv6_only_s = 600;
	ck_assert_int_eq(host_start(&host, METHOD(DHCP4) | METHOD(SLAAC)), 0);
	next_message(&host, &request, DHCP4_DISCOVER);
	len = dhcp4_get(&request.message, DHCP4_PARAMETERS, bytes, 64);
	ck_assert_ptr_nonnull(memchr(bytes, DHCP4_IPV6_ONLY, (size_t)len));
	server_reply(&host, &request, DHCP4_OFFER, only6);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), 0);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_OFF);
	ck_assert_int_eq(next_message(&host, &request, DHCP4_DISCOVER),
			 600 * SEC);
}
END_TEST

START_TEST(a_host_without_ipv6_takes_ipv4_all_the_same)
{
	struct reply_options only6 = USUAL_LEASE;

	only6.ipv6_only_s = 600;
	start();
	server_grant(&host, &request, only6);
	ck_assert(host_has_ip(&host, LEASED_IP));
}
END_TEST

/* Whether the host has its address after at most limit_us; a third of all
 * messages is lost, in either direction. */
static bool boots_with_loss(uint8_t seed, int64_t limit_us)
{
	static struct host lossy;
	unsigned state = seed;
	int64_t end_us;
	bool bound;

	host_create(&lossy, seed);
	host_start(&lossy, METHOD(DHCP4));
	end_us = lossy.now_us + limit_us;
	while (!(bound = host_has_ip(&lossy, LEASED_IP)) &&
	       lossy.now_us < end_us) {
		int type = host_sent_dhcp(&lossy, &request);

		if (!type)
			host_run_until(&lossy, pyt_next_deadline(lossy.stack));
		state = state * 1103515245 + 12345;
		if (type && (state >> 16) % 9 >= 5) /* 4 of 9: both arrive */
			server_reply(&lossy, &request,
				     type == DHCP4_DISCOVER ? DHCP4_OFFER
							    : DHCP4_ACK,
				     USUAL_LEASE);
	}
	host_destroy(&lossy);
	return bound;
}

START_TEST(a_third_of_loss_only_delays_it)
{
	for (int seed = 1; seed < 200; seed++)
		ck_assert_msg(boots_with_loss((uint8_t)seed, 600 * SEC),
			      "seed %d", seed);
}
END_TEST

START_TEST(equal_seeds_replay_the_same_exchange)
{
	static struct host other;
	uint32_t xid;

	start();
	next_message(&host, &request, DHCP4_DISCOVER);
	xid = request.message.header.xid;
	host_create(&other, 1);
	host_start(&other, METHOD(DHCP4));
	host_sent_dhcp(&other, &request);
	ck_assert_uint_eq(request.message.header.xid, xid);
	host_destroy(&other);
	host_create(&other, 2);
	host_start(&other, METHOD(DHCP4));
	host_sent_dhcp(&other, &request);
	ck_assert_uint_ne(request.message.header.xid, xid);
	host_destroy(&other);
}
END_TEST

UNIT_MAIN_WITH("dhcp4_results", set_up, tear_down,
	       connections_outlive_their_address,
	       connections_end_with_their_address_if_asked_to,
	       the_links_mtu_is_lowered_and_comes_back,
	       a_name_that_was_given_is_told_as_fqdn,
	       what_an_offer_did_not_say_an_ack_says_too_late,
	       an_ipv6_only_network_is_used_without_ipv4,
	       a_host_without_ipv6_takes_ipv4_all_the_same,
	       a_third_of_loss_only_delays_it,
	       equal_seeds_replay_the_same_exchange)
