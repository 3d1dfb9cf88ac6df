#include "router.h"

#include "autoconf/interface_id.h"
#include "ip/ip_internal.h"

#define P "2001:db8:1::"

static struct host host;

static void set_up(void)
{
	host_create(&host, 1);
	host_sysctl(&host, "net.ipv6.conf.all.use_tempaddr", "2");
	ck_assert_int_eq(host_start(&host, METHOD(SLAAC)), 0);
}

static void tear_down(void)
{
	host_destroy(&host);
}

static void advertise(uint32_t valid, uint32_t preferred)
{
	struct router r = ra(1, 65535, 0);

	ra_mac(&r);
	ra_prefix(&r, P, 64, 0xc0, valid, preferred);
	ra_send(&host, &r);
}

static const struct iface_address *temporary(int ordinal)
{
	const struct iface *iface = ip_iface(host.stack->ip, ETH0);

	for (int i = 0; i < iface->address_count; i++)
		if (iface->address[i].temporary && ordinal-- == 0)
			return &iface->address[i];
	return NULL;
}

START_TEST(a_temporary_address_stands_beside_the_stable_one)
{
	const struct iface_address *own;

	advertise(FOREVER, FOREVER);
	ck_assert_int_eq(host_address_count(&host, P), 2);
	own = temporary(0);
	ck_assert_ptr_nonnull(own);
	ck_assert_ptr_null(temporary(1));
	/* RFC 8981, 3.4: bounds of its own */
	ck_assert_int_eq(own->valid_until_us, host.now_us + 604800 * SEC);
	ck_assert_int_le(own->preferred_until_us, host.now_us + 86400 * SEC);
	ck_assert_int_gt(own->preferred_until_us,
			 host.now_us + (86400 - 600) * SEC);
}
END_TEST

START_TEST(which_one_is_the_source_is_a_matter_of_the_sysctl)
{
	char text[PYT_IP_TEXT_MAX];

	advertise(FOREVER, FOREVER);
	pyt_ip_format(&temporary(0)->ip, text);
	ck_assert_str_eq(source_to(&host, "2001:db8:9::1"), text);
	host_sysctl(&host, "net.ipv6.conf.all.use_tempaddr", "1");
	ck_assert_str_ne(source_to(&host, "2001:db8:9::1"), text);
}
END_TEST

START_TEST(without_the_sysctl_there_is_none)
{
	host_sysctl(&host, "net.ipv6.conf.all.use_tempaddr", "0");
	advertise(FOREVER, FOREVER);
	ck_assert_int_eq(host_address_count(&host, P), 1);
}
END_TEST

START_TEST(a_successor_comes_before_its_preferred_lifetime_ends)
{
	struct pyt_ip first, second;
	int64_t end_us;

	advertise(FOREVER, FOREVER);
	first = temporary(0)->ip;
	end_us = temporary(0)->preferred_until_us;
	host_run_until(&host, end_us - 5 * SEC - 1);
	ck_assert_ptr_null(temporary(1));
	host_run_until(&host, end_us - 5 * SEC);
	ck_assert_ptr_nonnull(temporary(1));
	second = temporary(1)->ip;
	ck_assert(!pyt_ip_equal(&first, &second));
	/* only one successor; and the old one serves until it is invalid */
	host_run_until(&host, end_us + 3600 * SEC);
	ck_assert_ptr_null(temporary(2));
	ck_assert(pyt_ip_equal(&temporary(0)->ip, &first));
}
END_TEST

START_TEST(old_ones_go_so_that_their_number_stays_bounded)
{
	host_sysctl(&host, "net.ipv6.conf.all.temp_prefered_lft", "1000");
	host_sysctl(&host, "net.ipv6.conf.all.temp_valid_lft", "3000");
	host_sysctl(&host, "net.ipv6.conf.all.max_desync_factor", "0");
	advertise(FOREVER, FOREVER);
	for (int i = 0; i < 50; i++) {
		host_run_until(&host, host.now_us + 1000 * SEC);
		ck_assert_int_le(host_address_count(&host, P), 6);
		ck_assert_ptr_nonnull(temporary(0));
	}
}
END_TEST

START_TEST(the_prefixs_lifetimes_bound_it_too)
{
	advertise(2000, 1000);
	ck_assert_int_eq(temporary(0)->preferred_until_us,
			 host.now_us + 1000 * SEC);
	ck_assert_int_eq(temporary(0)->valid_until_us,
			 host.now_us + 2000 * SEC);
	host_run_until(&host, host.now_us + 500 * SEC);
	advertise(9000, 8000);
	ck_assert_int_eq(temporary(0)->preferred_until_us,
			 host.now_us + 8000 * SEC);
	/* RFC 8981, 3.4, step 5: none that would be over at once */
	tear_down();
	set_up();
	advertise(2000, 5);
	ck_assert_ptr_null(temporary(0));
	advertise(2000, 6);
	ck_assert_ptr_nonnull(temporary(0));
}
END_TEST

START_TEST(reserved_identifiers_are_known)
{
	struct pyt_ip anycast = ip_of("2001:db8::");
	struct pyt_ip subnet = ip_of("2001:db8::fdff:ffff:ffff:ff80");
	struct pyt_ip below = ip_of("2001:db8::fdff:ffff:ffff:ff7f");
	struct pyt_ip ethernet = ip_of("2001:db8::200:5eff:fe00:5213");

	ck_assert(interface_id_is_reserved(&anycast));
	ck_assert(interface_id_is_reserved(&subnet));
	ck_assert(!interface_id_is_reserved(&below));
	ck_assert(interface_id_is_reserved(&ethernet));
}
END_TEST

START_TEST(a_stable_identifier_depends_on_all_that_the_rfc_names)
{
	struct engine *engine = &host.stack->engine;
	struct pyt_ip a = ip_of(P), same = a, prefix = ip_of("2001:db8:2::");
	struct pyt_ip mac = a, conflict = a, secret = a;

	interface_id_stable(engine, host_mac, 0, &a);
	interface_id_stable(engine, host_mac, 0, &same);
	interface_id_stable(engine, host_mac, 0, &prefix);
	interface_id_stable(engine, peer_mac, 0, &mac);
	interface_id_stable(engine, host_mac, 1, &conflict);
	engine->secret[5] ^= 1;
	interface_id_stable(engine, host_mac, 0, &secret);
	ck_assert(pyt_ip_equal(&a, &same));
	ck_assert_mem_ne(a.bytes + 8, prefix.bytes + 8, 8);
	ck_assert_mem_ne(a.bytes + 8, mac.bytes + 8, 8);
	ck_assert_mem_ne(a.bytes + 8, conflict.bytes + 8, 8);
	ck_assert_mem_ne(a.bytes + 8, secret.bytes + 8, 8);
}
END_TEST

UNIT_MAIN_WITH("temporary", set_up, tear_down,
	       a_temporary_address_stands_beside_the_stable_one,
	       which_one_is_the_source_is_a_matter_of_the_sysctl,
	       without_the_sysctl_there_is_none,
	       a_successor_comes_before_its_preferred_lifetime_ends,
	       old_ones_go_so_that_their_number_stays_bounded,
	       the_prefixs_lifetimes_bound_it_too,
	       reserved_identifiers_are_known,
	       a_stable_identifier_depends_on_all_that_the_rfc_names)
