/* Anycast addresses of a host. RFC 4291, 2.6; RFC 4861, 7.2.7. */
#include <errno.h>

#include "host6.h"

#include "wire/icmp6.h"
#include "wire/nd.h"

static const struct pyt_ip shared6 = { { 0xfd, [15] = 0x77 } };
static struct host host;

static void set_up(void)
{
	host6_init(&host, 1500);
	ck_assert_int_eq(ip_anycast_join(host.ip, ETH0, &shared6, host.now_us),
			 ETH0);
	host_run_until(&host, host.now_us + 10 * SEC);
	while (host_sent(&host, ETH0))
		;
}

static void tear_down(void)
{
	host_clear(&host);
}

static void ask_from(struct pyt_ip src)
{
	uint8_t bytes[64];
	struct writer w = writer_init(bytes, sizeof(bytes));

	nd_build_solicitation(&w, &shared6);
	if (!pyt_ip_is_unspecified(&src))
		nd_build_mac_option(&w, ND_OPTION_SOURCE_LINK, peer_mac);
	ck_assert_int_eq(host6_input_icmp(&host, src,
					  ip6_solicited_node(&shared6), 0,
					  bytes, (uint32_t)w.len),
			 IP_DELIVER);
}

static bool answered(struct pyt_ip to, bool solicited)
{
	struct nd_advertisement nd;
	struct ip6_header header;
	struct reader r;

	if (!host6_sent(&host, &header, &r))
		return false;
	ck_assert_uint_eq(r.at[0], ICMP6_NEIGHBOUR_ADVERTISEMENT);
	ck_assert(nd_advertisement_parse(r, &nd));
	ck_assert(pyt_ip_equal(&nd.target, &shared6));
	ck_assert(pyt_ip_equal(&header.dst, &to));
	ck_assert(!pyt_ip_equal(&header.src, &shared6));
	ck_assert(!nd.override);
	ck_assert_int_eq(nd.solicited, solicited);
	return true;
}

START_TEST(who_asks_is_answered_after_a_while_and_without_override)
{
	ask_from(peer6);
	ck_assert(!answered(peer6, true));
	host_run_until(&host, host.now_us + SEC);
	ck_assert(answered(peer6, true));
	ck_assert(!answered(peer6, true));
}
END_TEST

START_TEST(two_askers_are_both_answered)
{
	ask_from(peer6);
	ask_from(gateway6);
	ck_assert(answered(peer6, true));
	host_run_until(&host, host.now_us + SEC);
	ck_assert(answered(gateway6, true));
}
END_TEST

START_TEST(who_probes_for_it_hears_of_it_and_takes_nothing)
{
	ask_from(any6);
	host_run_until(&host, host.now_us + SEC);
	ck_assert(answered(ip6_all_nodes, false));
	ck_assert(ip_anycast_is_on(host.eth0, &shared6));
}
END_TEST

START_TEST(an_echo_to_it_is_answered_from_an_address_of_our_own)
{
	uint8_t echo[8] = { ICMP6_ECHO };
	struct ip6_header header;
	struct reader r;

	ask_from(peer6); /* where the peer is */
	host_run_until(&host, host.now_us + SEC);
	ck_assert(answered(peer6, true));
	ck_assert_int_eq(
		host6_input_icmp(&host, peer6, shared6, 64, echo, sizeof(echo)),
		IP_DELIVER);
	ck_assert(host6_sent(&host, &header, &r));
	ck_assert(pyt_ip_equal(&header.src, &own6));
	ck_assert(pyt_ip_equal(&header.dst, &peer6));
}
END_TEST

START_TEST(it_is_no_address_to_be_shown_or_bound)
{
	struct pyt_address_info info;

	for (int i = 0; ip_address_get(host.ip, i, &info) == 0; i++)
		ck_assert(!pyt_ip_equal(&info.ip, &shared6));
	ck_assert(!ip_is_local(host.ip, &shared6));
}
END_TEST

START_TEST(what_we_send_to_it_stays_here_from_an_address_of_our_own)
{
	struct ip_path path;

	ck_assert_int_eq(ip_route(host.ip, &shared6, NULL, 0, 0, &path), 0);
	ck_assert(path.local);
	ck_assert(pyt_ip_equal(&path.src, &own6));
	ck_assert_int_eq(path.iface->ifindex, IP_LO_INDEX);
}
END_TEST

START_TEST(it_goes_with_its_last_user)
{
	ck_assert_int_eq(ip_anycast_join(host.ip, 0, &shared6, host.now_us),
			 ETH0);
	ip_anycast_leave(host.ip, ETH0, &shared6, host.now_us);
	ck_assert(ip_anycast_is_on(host.eth0, &shared6));
	ip_anycast_leave(host.ip, ETH0, &shared6, host.now_us);
	ck_assert(!ip_anycast_is_on(host.eth0, &shared6));
}
END_TEST

START_TEST(not_every_address_will_do)
{
	struct ip *ip = host.ip;

	ck_assert_int_eq(ip_anycast_join(ip, ETH0, &own6, 0), -EINVAL);
	ck_assert_int_eq(ip_anycast_join(ip, ETH0, &ip6_all_nodes, 0), -EINVAL);
	ck_assert_int_eq(ip_anycast_join(ip, ETH0, &far6, 0), -EADDRNOTAVAIL);
	ck_assert_int_eq(ip_anycast_join(ip, 9, &peer6, 0), -ENODEV);
}
END_TEST

UNIT_MAIN_WITH("anycast", set_up, tear_down,
	       who_asks_is_answered_after_a_while_and_without_override,
	       two_askers_are_both_answered,
	       who_probes_for_it_hears_of_it_and_takes_nothing,
	       an_echo_to_it_is_answered_from_an_address_of_our_own,
	       it_is_no_address_to_be_shown_or_bound,
	       what_we_send_to_it_stays_here_from_an_address_of_our_own,
	       it_goes_with_its_last_user, not_every_address_will_do)
