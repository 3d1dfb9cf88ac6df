/* A binding of before: RFC 8415, 18.2.3, 18.2.10.3, 18.2.12; RFC 6059. */
#include "dhcp6_server.h"

#include <pyt/view.h>

static struct pyt_lease kept;

static void keep(void)
{
	ck_assert(host_event(&host, PYT_EVENT_LEASE));
	ck_assert_int_eq(
		pyt_lease_get(host.stack, ETH0, PYT_METHOD_DHCP6, &kept), 0);
	ck_assert_uint_gt(kept.message_len, 0);
}

/* Another stack, age_us after the lease was given to the last one. */
static void reboot(int64_t age_us)
{
	tear_down();
	host_create(&host, 2);
	kept.obtained_us = host.now_us - age_us;
	ck_assert_int_eq(pyt_lease_put(host.stack, &kept), 0);
	ck_assert_int_eq(host_start(&host, METHOD(SLAAC) | METHOD(DHCP6)), 0);
}

/* Bound to IP for 100 and 200 s, and then started anew. */
static void bind_and_reboot(int64_t age_us)
{
	bind_quickly(100, 200, 50, 80);
	keep();
	reboot(age_us);
}

/* Another router than the one of then. */
static void advertise_elsewhere(uint8_t flags)
{
	struct router r = ra(2, 1800, flags);

	ra_mac(&r);
	ra_send(&host, &r);
}

static void confirmed(const struct sent *sent, int status)
{
	answer((struct answer){ DHCP6_REPLY, sent->transaction,
				.status = status });
}

static int64_t valid_until(const char *text)
{
	struct pyt_ip ip = ip_of(text);
	const struct iface_address *own =
		iface_address_find(ip_iface(host.stack->ip, ETH0), &ip);

	return own ? own->valid_until_us : 0;
}

START_TEST(a_binding_of_before_is_confirmed_not_asked_anew)
{
	int64_t start_us;
	struct sent sent;

	bind_and_reboot(10 * SEC);
	start_us = host.now_us;
	advertise_elsewhere(M);
	client_says(&sent, DHCP6_CONFIRM);
	ck_assert_uint_eq(sent.m.server_id.left, 0);
	ck_assert_int_eq(sent.m.addresses.count, 1);
	ck_assert_uint_eq(sent.m.addresses.lease[0].valid, 0);
	ck_assert_uint_eq(sent.elapsed, 0);
	ck_assert(!sent.accepts);
	ck_assert(!has(IP));
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_PENDING);
	confirmed(&sent, DHCP6_STATUS_SUCCESS);
	ck_assert(has(IP));
	ck_assert_int_eq(valid_until(IP), start_us + 190 * SEC);
	/* and renewed when it would have been */
	ck_assert_int_eq(next_message(100 * SEC, &sent), 40 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
	ck_assert_mem_eq(sent.m.server_id.at, server_duid, 6);
}
END_TEST

START_TEST(what_does_not_fit_the_link_is_given_up)
{
	struct sent sent;

	bind_and_reboot(10 * SEC);
	advertise(M);
	client_says(&sent, DHCP6_CONFIRM);
	host_run_until(&host, host.now_us + 60 * MS);
	ck_assert(has(IP)); /* which the router has vouched for */
	confirmed(&sent, DHCP6_STATUS_NOT_ON_LINK);
	ck_assert(!has(IP));
	client_says(&sent, DHCP6_SOLICIT);
	ck_assert_int_eq(sent.m.addresses.count, 0);
	ck_assert(host_event(&host, PYT_EVENT_LEASE));
	ck_assert_int_eq(
		pyt_lease_get(host.stack, ETH0, PYT_METHOD_DHCP6, &kept), 0);
	ck_assert_uint_eq(kept.message_len, 0);
}
END_TEST

START_TEST(behind_the_router_of_then_a_silent_server_is_not_waited_for)
{
	struct pyt_name_server server;

	bind_and_reboot(10 * SEC);
	ck_assert(!has(IP));
	advertise(M);
	host_run_until(&host, host.now_us + 49 * MS);
	ck_assert(!has(IP));
	host_run_until(&host, host.now_us + 1 * MS);
	ck_assert(has(IP));
	ck_assert_int_eq(pyt_configured(host.stack, AF_INET6),
			 PYT_CONFIGURED_READY);
	ck_assert_int_eq(pyt_name_server_get(host.stack, 0, &server), 0);
}
END_TEST

/* CNF_TIMEOUT 1 s, CNF_MAX_RT 4 s, CNF_MAX_RD 10 s. */
START_TEST(without_an_answer_it_is_used_after_ten_seconds)
{
	int64_t start_us, last_us = 0, us;
	struct sent sent;
	int confirms = 1;

	bind_and_reboot(60 * SEC);
	start_us = host.now_us;
	advertise_elsewhere(M);
	client_says(&sent, DHCP6_CONFIRM);
	while ((us = next_message(10 * SEC - (host.now_us - start_us) - 1,
				  &sent)) > 0) {
		ck_assert_uint_eq(sent.type, DHCP6_CONFIRM);
		ck_assert(!has(IP));
		ck_assert_int_ge(us, confirms == 1 ? 900 * MS
				     : last_us / 10 * 19 - 10 < 3600 * MS
					     ? last_us / 10 * 19 - 10
					     : 3600 * MS);
		ck_assert_int_le(us, 4400 * MS);
		last_us = us;
		confirms++;
	}
	ck_assert_int_ge(confirms, 4);
	ck_assert(!has(IP));
	/* it was to be renewed 10 s ago, and is at once */
	ck_assert_int_eq(next_message(10 * SEC, &sent), 1);
	ck_assert_int_eq(host.now_us, start_us + 10 * SEC);
	ck_assert(has(IP));
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
	ck_assert_int_eq(valid_until(IP), start_us + 140 * SEC);
}
END_TEST

START_TEST(past_its_t2_any_server_is_asked)
{
	struct sent sent;

	bind_and_reboot(90 * SEC);
	advertise(M);
	client_says(&sent, DHCP6_CONFIRM);
	confirmed(&sent, DHCP6_STATUS_SUCCESS);
	ck_assert_int_eq(next_message(SEC, &sent), 0);
	ck_assert_uint_eq(sent.type, DHCP6_REBIND);
}
END_TEST

START_TEST(one_that_is_over_or_of_the_future_is_not_believed)
{
	struct sent sent;

	bind_and_reboot(200 * SEC);
	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	reboot(-SEC);
	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
}
END_TEST

START_TEST(broken_ones_are_not_believed)
{
	struct sent sent;

	bind_quickly(100, 200, 50, 80);
	keep();
	for (uint32_t len = 0; len < kept.message_len; len += 5) {
		struct pyt_lease whole = kept;

		kept.message_len = len;
		reboot(10 * SEC);
		advertise(M);
		while (client_sent(&sent))
			ck_assert(sent.type == DHCP6_SOLICIT ||
				  sent.type == DHCP6_CONFIRM);
		kept = whole;
	}
	kept.message[0] = DHCP6_ADVERTISE;
	reboot(10 * SEC);
	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
}
END_TEST

/* RFC 8415, 18.2.12: with prefixes it is a Rebind, as a Confirm in time. */
START_TEST(with_a_prefix_it_is_rebound)
{
	struct pyt_address_info info;
	struct sent sent;

	host_sysctl(&host, "net.pyt.dhcp6_prefix_len", "56");
	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1,
				.ip = IP, .rapid = true, .prefix = true });
	keep();
	reboot(10 * SEC);
	advertise_elsewhere(M);
	client_says(&sent, DHCP6_REBIND);
	ck_assert_int_eq(sent.m.addresses.count, 1);
	ck_assert_int_eq(sent.m.prefixes.count, 1);
	ck_assert_int_ge(next_message(4 * SEC, &sent), 900 * MS);
	ck_assert_int_le(next_message(4 * SEC, &sent), 2310 * MS);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1,
				.ip = IP, .prefix = true });
	ck_assert(has(IP));
	ck_assert(host_address_in(&host, "2001:db8:7700::", 0, &info));
	ck_assert_int_eq(valid_until(IP), host.now_us + 200 * SEC);
}
END_TEST

START_TEST(a_link_that_comes_up_again_is_confirmed_and_keeps_its_address)
{
	int64_t start_us;
	struct sent sent;

	bind_quickly(100, 200, 50, 80);
	start_us = host.now_us;
	host.now_us += SEC;
	pyt_iface_set_up(host.stack, ETH0, false, host.now_us);
	pyt_iface_set_up(host.stack, ETH0, true, host.now_us);
	client_says(&sent, DHCP6_CONFIRM);
	ck_assert(has(IP));
	confirmed(&sent, -1); /* no status is success */
	ck_assert(has(IP));
	ck_assert_int_eq(client()->t1_us, start_us + 50 * SEC);
	/* elsewhere */
	pyt_iface_set_up(host.stack, ETH0, false, host.now_us);
	pyt_iface_set_up(host.stack, ETH0, true, host.now_us);
	client_says(&sent, DHCP6_CONFIRM);
	confirmed(&sent, DHCP6_STATUS_NOT_ON_LINK);
	ck_assert(!has(IP));
}
END_TEST

START_TEST(what_was_only_information_is_asked_again_on_a_new_link)
{
	struct sent sent;

	advertise(O);
	client_says(&sent, DHCP6_INFORMATION_REQUEST);
	answer((struct answer){ DHCP6_REPLY, sent.transaction, .status = -1,
				.refresh = 1000 });
	pyt_iface_set_up(host.stack, ETH0, false, host.now_us);
	pyt_iface_set_up(host.stack, ETH0, true, host.now_us);
	client_says(&sent, DHCP6_INFORMATION_REQUEST);
}
END_TEST

START_TEST(released_and_declined_ones_are_not_kept)
{
	bind_quickly(100, 200, 50, 80);
	keep();
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	ck_assert(host_event(&host, PYT_EVENT_LEASE));
	ck_assert_int_eq(
		pyt_lease_get(host.stack, ETH0, PYT_METHOD_DHCP6, &kept), 0);
	ck_assert_uint_eq(kept.message_len, 0);
}
END_TEST

/* A server says so by lifetimes of 0; asking again at once would be a storm. */
START_TEST(what_has_no_time_left_is_given_up_once)
{
	uint8_t bytes[512];
	struct sent sent;
	struct answer none = { DHCP6_REPLY, .status = -1, .ip = IP };

	bind_quickly(100, 200, 50, 80);
	ck_assert_int_eq(next_message(100 * SEC, &sent), 50 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
	none.transaction = sent.transaction;
	send_bytes(bytes, build(&none, bytes, sizeof(bytes)));
	ck_assert(!has(IP));
	client_says(&sent, DHCP6_SOLICIT);
	ck_assert(!client_sent(&sent));
	ck_assert_int_ge(next_message(2 * SEC, &sent), SEC);
}
END_TEST

/* Preferred no more, valid yet: half of the valid time is ours to choose. */
START_TEST(a_deprecated_lease_is_renewed_in_its_valid_time)
{
	uint8_t bytes[512];
	struct sent sent;
	struct answer old = { DHCP6_REPLY, .status = -1, .ip = IP, .valid = 100,
			      .rapid = true };

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	old.transaction = sent.transaction;
	send_bytes(bytes, build(&old, bytes, sizeof(bytes)));
	ck_assert(has(IP));
	ck_assert_int_eq(next_message(100 * SEC, &sent), 50 * SEC);
	ck_assert_uint_eq(sent.type, DHCP6_RENEW);
}
END_TEST

UNIT_MAIN_WITH("dhcp6_kept", set_up, tear_down,
	       a_binding_of_before_is_confirmed_not_asked_anew,
	       what_does_not_fit_the_link_is_given_up,
	       behind_the_router_of_then_a_silent_server_is_not_waited_for,
	       without_an_answer_it_is_used_after_ten_seconds,
	       past_its_t2_any_server_is_asked,
	       one_that_is_over_or_of_the_future_is_not_believed,
	       broken_ones_are_not_believed, with_a_prefix_it_is_rebound,
	       a_link_that_comes_up_again_is_confirmed_and_keeps_its_address,
	       what_was_only_information_is_asked_again_on_a_new_link,
	       released_and_declined_ones_are_not_kept,
	       what_has_no_time_left_is_given_up_once,
	       a_deprecated_lease_is_renewed_in_its_valid_time)
