#include "host.h"

static struct host host;
static const struct pyt_ip own = {
	.bytes = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 2 }
};

static void set_up(void)
{
	host_create(&host, 1);
}

static void tear_down(void)
{
	host_destroy(&host);
}

static struct autoconf_link *link_of(struct host *h)
{
	return h->stack->autoconf->link[ETH0 - 1];
}

START_TEST(without_addresses_and_methods_a_family_is_off)
{
	ck_assert_int_eq(host_start(&host, 0), 0);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_OFF);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_OFF);
}
END_TEST

START_TEST(static_addresses_are_ready_while_they_are_probed)
{
	host_sysctl(&host, "net.ipv4.conf.all.arp_conflict_detection", "1");
	pyt_address_add(host.stack, ETH0, &own, 24, host.now_us);
	ck_assert_int_eq(host_start(&host, 0), 0);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_READY);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURED));
	ck_assert_int_eq(host.event.family, AF_INET);
}
END_TEST

START_TEST(waiting_addresses_are_ready_when_nobody_objected)
{
	struct pyt_ip dst = pyt_ip_from_v4(0x0a000009);
	struct ip_path path;

	host_sysctl(&host, "net.ipv4.conf.all.arp_conflict_detection", "2");
	pyt_address_add(host.stack, ETH0, &own, 24, host.now_us);
	ck_assert_int_eq(host_start(&host, 0), 0);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_PENDING);
	ck_assert_int_eq(
		ip_route(host.stack->ip, &dst, NULL, 0, host.now_us, &path),
		-EADDRNOTAVAIL);
	ck_assert(!host_event(&host, PYT_EVENT_CONFIGURED));

	host_run_until(&host, host.now_us + 8 * SEC);
	ck_assert(host_event(&host, PYT_EVENT_CONFIGURED));
	ck_assert_int_eq(
		ip_route(host.stack->ip, &dst, NULL, 0, host.now_us, &path), 0);
}
END_TEST

START_TEST(a_waiting_address_that_somebody_has_is_a_failure)
{
	host_sysctl(&host, "net.ipv4.conf.all.arp_conflict_detection", "2");
	pyt_address_add(host.stack, ETH0, &own, 24, host.now_us);
	ck_assert_int_eq(host_start(&host, 0), 0);
	host_input_arp(&host, ARP_REPLY, peer_mac, 0x0a000002, 0);
	ck_assert(host_event(&host, PYT_EVENT_ADDRESS_CONFLICT));
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_FAILED);
}
END_TEST

START_TEST(an_interface_that_is_ready_does_not_hide_one_that_will_be)
{
	struct pyt_iface_config eth1 = { .name = "eth1",
					 .medium = PYT_MEDIUM_ETHERNET,
					 .mac = { 2, 0, 0, 0, 0, 3 },
					 .mtu = 1500 };
	struct pyt_autoconf_config dhcp = { .methods = METHOD(DHCP4) };
	int second = pyt_iface_add(host.stack, &eth1, host.now_us);

	pyt_address_add(host.stack, ETH0, &own, 24, host.now_us);
	ck_assert_int_eq(
		pyt_autoconf_start(host.stack, second, &dhcp, host.now_us), 0);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_PENDING);
	/* nobody answers there */
	host_run_until(&host, host.now_us + 11 * SEC);
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET),
			 PYT_CONFIGURED_READY);
}
END_TEST

START_TEST(an_interface_is_started_once_and_lo_never)
{
	struct pyt_autoconf_config config = { 0 };

	ck_assert_int_eq(host_start(&host, 0), 0);
	ck_assert_int_eq(host_start(&host, 0), -EALREADY);
	ck_assert_int_eq(
		pyt_autoconf_start(host.stack, 1, &config, host.now_us),
		-ENODEV);
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	ck_assert_int_eq(host_start(&host, 0), 0);
}
END_TEST

START_TEST(results_are_ordered_by_method_and_end_in_time)
{
	struct pyt_ip first = pyt_ip_from_v4(1), second = pyt_ip_from_v4(2);
	struct pyt_name_server server;
	uint32_t changes = pyt_autoconf_changes(host.stack);

	host_start(&host, 0);
	autoconf_put_server(link_of(&host), PYT_METHOD_SLAAC, &second,
			    TIME_NEVER, host.now_us);
	autoconf_put_server(link_of(&host), PYT_METHOD_DHCP4, &first,
			    host.now_us + SEC, host.now_us);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
	ck_assert(pyt_ip_equal(&server.ip, &first));
	ck_assert_int_eq(pyt_name_server_get(host.stack, 1, &server), 0);
	ck_assert(pyt_ip_equal(&server.ip, &second));
	ck_assert_int_eq(pyt_name_server_get(host.stack, 2, &server), -ENOENT);
	ck_assert_uint_ne(pyt_autoconf_changes(host.stack), changes);

	host_run_until(&host, host.now_us + SEC);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
	ck_assert(pyt_ip_equal(&server.ip, &second));
	ck_assert_int_eq(pyt_name_server_get(host.stack, 1, &server), -ENOENT);
}
END_TEST

START_TEST(results_have_a_bound_and_say_when_it_is_met)
{
	struct pyt_search_domain domain;
	char name[] = "a.example";

	host_start(&host, 0);
	for (int i = 0; i <= AUTOCONF_DOMAINS_MAX; i++) {
		name[0] = (char)('a' + i);
		autoconf_put_domain(link_of(&host), PYT_METHOD_DHCP4, name,
				    TIME_NEVER, host.now_us);
	}
	ck_assert_int_eq(pyt_search_domain_get(
				 host.stack, AUTOCONF_DOMAINS_MAX - 1, &domain),
			 0);
	ck_assert_int_eq(pyt_search_domain_get(host.stack, AUTOCONF_DOMAINS_MAX,
					       &domain),
			 -ENOENT);
	ck_assert_uint_eq(host_count(&host, COUNTER_AUTOCONF_FULL), 1);
}
END_TEST

static int servers_of(enum pyt_method method)
{
	struct pyt_name_server server;
	int count = 0;

	for (int i = 0; pyt_name_server_get(host.stack, i, &server) == 0; i++)
		count += server.method == method;
	return count;
}

/* RFC 8106, 5.3.1 */
START_TEST(each_source_keeps_a_share_of_the_name_servers)
{
	struct autoconf_link *link;

	host_start(&host, 0);
	link = link_of(&host);
	for (uint32_t i = 1; i <= AUTOCONF_SERVERS_MAX + 5; i++) {
		struct pyt_ip ip = pyt_ip_from_v4(i);

		autoconf_put_server(link, PYT_METHOD_SLAAC, &ip, TIME_NEVER,
				    host.now_us);
	}
	ck_assert_int_eq(servers_of(PYT_METHOD_SLAAC), AUTOCONF_SERVERS_MAX);
	for (uint32_t i = 1; i <= 5; i++) {
		struct pyt_ip ip = pyt_ip_from_v4(i);

		autoconf_put_server(link, PYT_METHOD_DHCP4, &ip, TIME_NEVER,
				    host.now_us);
	}
	ck_assert_int_eq(servers_of(PYT_METHOD_DHCP4), 3);
	ck_assert_int_eq(servers_of(PYT_METHOD_SLAAC),
			 AUTOCONF_SERVERS_MAX - 3);
}
END_TEST

START_TEST(own_sysctls_are_set_and_read)
{
	char value[32];

	host_sysctl(&host, "net.pyt.configure_timeout_ms", "250");
	ck_assert_int_eq(pyt_sysctl_get(host.stack,
					"net.pyt.configure_timeout_ms", value,
					sizeof(value)),
			 3);
	ck_assert_str_eq(value, "250");
	ck_assert_int_eq(
		pyt_sysctl_set(host.stack, "net.pyt.dhcp_retry_ms", "99"),
		-ERANGE);
	ck_assert_int_eq(
		pyt_sysctl_set(host.stack, "net.pyt.dhcp_retry_ms", "x"),
		-EINVAL);
	ck_assert_int_eq(pyt_sysctl_set(host.stack, "net.pyt.none", "1"),
			 -ENOENT);
}
END_TEST

UNIT_MAIN_WITH("autoconf", set_up, tear_down,
	       without_addresses_and_methods_a_family_is_off,
	       static_addresses_are_ready_while_they_are_probed,
	       waiting_addresses_are_ready_when_nobody_objected,
	       a_waiting_address_that_somebody_has_is_a_failure,
	       an_interface_that_is_ready_does_not_hide_one_that_will_be,
	       an_interface_is_started_once_and_lo_never,
	       results_are_ordered_by_method_and_end_in_time,
	       results_have_a_bound_and_say_when_it_is_met,
	       each_source_keeps_a_share_of_the_name_servers,
	       own_sysctls_are_set_and_read)
