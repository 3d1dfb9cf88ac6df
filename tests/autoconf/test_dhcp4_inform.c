/* An address of one's own, and a server's word on the rest: INFORM. */
#include "dhcp_server.h"

#define OWN_IP 0x0a000007u

static struct host host;
static struct request request;

static void begin(bool has_address)
{
	struct pyt_autoconf_config config = { .methods = METHOD(DHCP4),
					      .dhcp4_informs = true };
	struct pyt_ip own = pyt_ip_from_v4(OWN_IP);

	host_create(&host, 1);
	host_sysctl(&host, "net.ipv4.conf.all.arp_conflict_detection", "0");
	if (has_address)
		pyt_address_add(host.stack, ETH0, &own, 24, host.now_us);
	ck_assert_int_eq(
		pyt_autoconf_start(host.stack, ETH0, &config, host.now_us), 0);
}

static void set_up(void)
{
	begin(true);
}

static void tear_down(void)
{
	host_destroy(&host);
}

static struct reply_options told(void)
{
	return (struct reply_options){ .mask = 0xffffff00,
				       .router = SERVER_IP,
				       .name_server = SERVER_IP,
				       .domain = "lan.example",
				       .mtu = 1400,
				       .dst = OWN_IP };
}

/* What the client said, and a server's answer to it. */
static void inform(void)
{
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_INFORM);
	server_reply(&host, &request, DHCP4_ACK, told());
	ck_assert_ptr_null(host.drop_reason);
}

START_TEST(the_address_is_told_and_no_time_is_asked_for)
{
	uint8_t codes[32];
	int count;

	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_INFORM);
	ck_assert_uint_eq(request.message.header.ciaddr, OWN_IP);
	ck_assert_uint_eq(request.ip.src, OWN_IP);
	ck_assert_uint_eq(request.ip.dst, UINT32_MAX);
	ck_assert_uint_eq(request.requested_ip, 0);
	ck_assert_uint_eq(request.server_id, 0);
	count = dhcp4_get(&request.message, DHCP4_PARAMETERS, codes,
			  sizeof(codes));
	ck_assert_int_gt(count, 4);
	for (int i = 0; i < count; i++) {
		ck_assert_uint_ne(codes[i], DHCP4_T1);
		ck_assert_uint_ne(codes[i], DHCP4_T2);
		ck_assert_uint_ne(codes[i], DHCP4_LEASE_TIME);
	}
	/* the program has its address and waits for nothing but names */
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_READY);
	ck_assert(pyt_name_server_is_awaited(host.stack));
}
END_TEST

START_TEST(what_is_told_is_taken_and_stays)
{
	struct pyt_name_server server;
	struct pyt_search_domain domain;
	struct pyt_iface_info eth0;

	inform();
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&server.ip), SERVER_IP);
	ck_assert_int_eq(pyt_search_domain_get(host.stack, 0, &domain), 0);
	ck_assert_str_eq(domain.name, "lan.example");
	ck_assert_int_eq(pyt_iface_get(host.stack, ETH0 - 1, &eth0), 0);
	ck_assert_uint_eq(eth0.config.mtu, 1400);
	ck_assert(!pyt_name_server_is_awaited(host.stack));
	host_run_until(&host, host.now_us + 100000 * SEC);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), 0);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
	ck_assert(host_has_ip(&host, OWN_IP));
}
END_TEST

START_TEST(nothing_is_released_and_all_goes_but_the_address)
{
	struct pyt_name_server server;
	struct pyt_iface_info eth0;

	inform();
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), 0);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), -ENOENT);
	pyt_iface_get(host.stack, ETH0 - 1, &eth0);
	ck_assert_uint_eq(eth0.config.mtu, 1500);
	ck_assert(host_has_ip(&host, OWN_IP));
	ck_assert(!host_event(&host, PYT_EVENT_LEASE));
}
END_TEST

/* RFC 2131, 4.1: doubled up to 64 s; names are awaited for two messages. */
START_TEST(it_is_asked_again_ever_more_slowly)
{
	int64_t wanted_us = SEC, us;

	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_INFORM);
	for (int i = 0; i < 10; i++) {
		us = next_message(&host, &request, DHCP4_INFORM);
		assert_between(
			us,
			wanted_us - (wanted_us < 4 * SEC ? wanted_us / 4 : SEC),
			wanted_us +
				(wanted_us < 4 * SEC ? wanted_us / 4 : SEC));
		ck_assert(pyt_name_server_is_awaited(host.stack) == (i == 0));
		wanted_us = wanted_us < 64 * SEC ? 2 * wanted_us : wanted_us;
	}
	server_reply(&host, &request, DHCP4_ACK, told());
	ck_assert_ptr_null(host.drop_reason);
}
END_TEST

START_TEST(without_an_address_it_waits_for_one)
{
	struct pyt_ip own = pyt_ip_from_v4(OWN_IP);

	tear_down();
	begin(false);
	host_run_until(&host, host.now_us + 100 * SEC);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), 0);
	pyt_address_add(host.stack, ETH0, &own, 24, host.now_us);
	host_input_arp(&host, ARP_REQUEST, peer_mac, SERVER_IP, OWN_IP);
	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_INFORM);
	ck_assert_uint_eq(request.message.header.ciaddr, OWN_IP);
}
END_TEST

START_TEST(what_is_no_answer_changes_nothing)
{
	struct reply_options other = told(), nobody = told();

	ck_assert_int_eq(host_sent_dhcp(&host, &request), DHCP4_INFORM);
	server_reply(&host, &request, DHCP4_OFFER, told());
	ck_assert_ptr_nonnull(host.drop_reason);
	server_reply(&host, &request, DHCP4_NAK, told());
	ck_assert_ptr_nonnull(host.drop_reason);
	other.xid = request.message.header.xid ^ 1;
	server_reply(&host, &request, DHCP4_ACK, other);
	ck_assert_ptr_nonnull(host.drop_reason);
	nobody.no_server_id = true;
	server_reply(&host, &request, DHCP4_ACK, nobody);
	ck_assert_str_eq(host.drop_reason, "dhcp4_lease_unusable");
	server_reply(&host, &request, DHCP4_ACK, told());
	ck_assert_ptr_null(host.drop_reason);
	server_reply(&host, &request, DHCP4_ACK, told());
	ck_assert_str_eq(host.drop_reason, "dhcp4_unexpected");
}
END_TEST

UNIT_MAIN_WITH("dhcp4_inform", set_up, tear_down,
	       the_address_is_told_and_no_time_is_asked_for,
	       what_is_told_is_taken_and_stays,
	       nothing_is_released_and_all_goes_but_the_address,
	       it_is_asked_again_ever_more_slowly,
	       without_an_address_it_waits_for_one,
	       what_is_no_answer_changes_nothing)
