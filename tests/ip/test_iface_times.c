/*
 * The constants of RFC 4861, 10, RFC 4862, 5.4 and RFC 5227, 1.1, and between
 * what bounds each time that is random is found: many draws, which come near
 * to both ends.
 */
#include "host6.h"

#define DRAWS 100

static struct host host;

static void set_up(void)
{
	host6_init(&host, 1500);
}

static void tear_down(void)
{
	host_clear(&host);
}

struct bounds {
	int64_t least_us, most_us;
};

static void note(struct bounds *b, int64_t us)
{
	if (b->most_us == 0 || us < b->least_us)
		b->least_us = us;
	if (us > b->most_us)
		b->most_us = us;
}

/* Within [low, high], and near to both. */
static void check(const struct bounds *b, int64_t low_us, int64_t high_us)
{
	int64_t near_us = (high_us - low_us) / 10;

	ck_assert_int_ge(b->least_us, low_us);
	ck_assert_int_le(b->most_us, high_us);
	ck_assert_int_le(b->least_us, low_us + near_us);
	ck_assert_int_ge(b->most_us, high_us - near_us);
}

static struct pyt_ip nth(bool v4, uint8_t n)
{
	struct pyt_ip ip = { { 0xfd } };

	ip.bytes[14] = 1;
	ip.bytes[15] = n;
	return v4 ? pyt_ip_from_v4(0x0a000000u + 20 + n) : ip;
}

static struct neighbour *answered(bool v4, uint8_t n)
{
	struct pyt_ip ip = nth(v4, n);
	struct neighbour *neighbour =
		neighbour_add(host.ip->neighbours, host.eth0, &ip, host.now_us);

	neighbour_update(host.ip->neighbours, neighbour, peer_mac,
			 NEIGHBOUR_REACHABLE, true, host.now_us);
	return neighbour;
}

/* REACHABLE_TIME 30 s, MIN_RANDOM_FACTOR 0.5, MAX_RANDOM_FACTOR 1.5. */
static void check_reachable(bool v4)
{
	struct bounds b = { 0 };

	for (uint8_t i = 0; i < DRAWS; i++)
		note(&b, answered(v4, i)->timer.deadline_us - host.now_us);
	check(&b, 15 * SEC, 45 * SEC);
}

START_TEST(reachable_for_15_to_45_s)
{
	check_reachable(true);
	check_reachable(false);
}
END_TEST

static int64_t run_to_next(void)
{
	int64_t before_us = host.now_us;

	host_run_until(&host, ip_next_deadline(host.ip));
	return host.now_us - before_us;
}

/* DELAY_FIRST_PROBE_TIME 5 s, MAX_UNICAST_SOLICIT 3, RETRANS_TIMER 1 s. */
static void check_delay(bool v4)
{
	struct neighbour *n = answered(v4, 1);
	struct pyt_ip ip = nth(v4, 1),
		      own = v4 ? pyt_ip_from_v4(HOST_IP) : own6;
	uint8_t mac[6];

	host_run_until(&host, host.now_us + 60 * SEC);
	ck_assert_int_eq(n->state, NEIGHBOUR_STALE);
	ck_assert_int_eq(neighbour_resolve(host.ip->neighbours, host.eth0, &ip,
					   &own, mac, host.now_us),
			 NEIGHBOUR_KNOWN);
	ck_assert_int_eq(n->state, NEIGHBOUR_DELAY);
	ck_assert_int_eq(run_to_next(), 5 * SEC);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(n->state, NEIGHBOUR_PROBE);
		ck_assert_ptr_nonnull(host_sent(&host, ETH0));
		ck_assert_ptr_null(host_sent(&host, ETH0));
		ck_assert_int_eq(run_to_next(), SEC);
	}
	ck_assert_int_ne(n->state, NEIGHBOUR_PROBE);
}

START_TEST(five_seconds_of_delay_then_three_probes_a_second_apart)
{
	check_delay(true);
	check_delay(false);
}
END_TEST

/* MAX_MULTICAST_SOLICIT 3. */
static void check_questions(bool v4)
{
	struct pyt_ip ip = nth(v4, 1),
		      own = v4 ? pyt_ip_from_v4(HOST_IP) : own6;
	uint8_t mac[6];

	ck_assert_int_eq(neighbour_resolve(host.ip->neighbours, host.eth0, &ip,
					   &own, mac, host.now_us),
			 NEIGHBOUR_ASKED);
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_nonnull(host_sent(&host, ETH0));
		ck_assert_ptr_null(host_sent(&host, ETH0));
		ck_assert_int_eq(run_to_next(), SEC);
	}
	ck_assert_int_eq(
		neighbour_find(host.ip->neighbours, host.eth0, &ip)->state,
		NEIGHBOUR_FAILED);
	ck_assert_ptr_null(host_sent(&host, ETH0));
}

START_TEST(three_questions_a_second_apart)
{
	check_questions(true);
	check_questions(false);
}
END_TEST

/* MAX_ANYCAST_DELAY_TIME 1 s. */
START_TEST(anycast_is_answered_within_a_second)
{
	struct pyt_ip shared = { { 0xfd, [15] = 0x77 } };
	struct bounds b = { 0 };
	uint8_t bytes[64];

	ck_assert_int_eq(ip_anycast_join(host.ip, ETH0, &shared, host.now_us),
			 ETH0);
	for (int i = 0; i < DRAWS; i++) {
		struct writer w = writer_init(bytes, sizeof(bytes));

		nd_build_solicitation(&w, &shared);
		nd_build_mac_option(&w, ND_OPTION_SOURCE_LINK, peer_mac);
		host6_input_icmp(&host, peer6, ip6_solicited_node(&shared), 0,
				 bytes, (uint32_t)w.len);
		note(&b, iface_address_find(host.eth0, &shared)->next_us -
				 host.now_us);
		host_run_until(&host, host.now_us + 2 * SEC);
		while (host_sent(&host, ETH0))
			;
	}
	check(&b, 0, SEC);
}
END_TEST

/* An address that is being probed; when is its next timer? */
static struct iface_address *probed(const struct pyt_ip *ip)
{
	ck_assert_int_eq(ip_address_add(host.ip, ETH0, ip,
					pyt_ip_is_v4(ip) ? 24 : 64,
					host.now_us),
			 0);
	return iface_address_find(host.eth0, ip);
}

static int64_t next_of(const struct pyt_ip *ip)
{
	struct iface_address *a = iface_address_find(host.eth0, ip);
	int64_t us = a->next_us - host.now_us;

	host_run_until(&host, a->next_us);
	return us;
}

/* PROBE_WAIT 1 s, PROBE_NUM 3, PROBE_MIN 1 s, PROBE_MAX 2 s, ANNOUNCE_WAIT
 * 2 s, ANNOUNCE_NUM 2, ANNOUNCE_INTERVAL 2 s. */
START_TEST(addresses_of_ipv4_are_probed_and_announced_in_their_time)
{
	struct pyt_ip ip = pyt_ip_from_v4(0x0a000003);
	struct bounds wait = { 0 }, between = { 0 };

	host6_set(&host, "net.ipv4.conf.all.arp_conflict_detection", "1");
	for (int i = 0; i < DRAWS; i++) {
		struct iface_address *a = probed(&ip);

		note(&wait, next_of(&ip));
		note(&between, next_of(&ip));
		note(&between, next_of(&ip));
		ck_assert_int_eq(a->probes_left, 0);
		ck_assert_int_eq(next_of(&ip), 2 * SEC);
		ck_assert_int_eq(a->state, IFACE_ADDRESS_VALID);
		ck_assert_int_eq(next_of(&ip), 2 * SEC);
		ck_assert_int_eq(a->next_us, TIME_NEVER);
		ip_address_remove(host.ip, ETH0, &ip, host.now_us);
	}
	check(&wait, 0, SEC);
	check(&between, SEC, 2 * SEC);
}
END_TEST

/* RFC 4862: MAX_RTR_SOLICITATION_DELAY 1 s, DupAddrDetectTransmits 1,
 * RetransTimer 1 s; RFC 4861: MAX_NEIGHBOR_ADVERTISEMENT 3. */
START_TEST(addresses_of_ipv6_are_probed_and_announced_in_their_time)
{
	struct pyt_ip ip = { { 0xfd, [15] = 3 } };
	struct bounds wait = { 0 };

	host6_set(&host, "net.ipv6.conf.all.accept_dad", "1");
	host6_set(&host, "net.ipv6.conf.all.optimistic_dad", "0");
	for (int i = 0; i < DRAWS; i++) {
		struct iface_address *a = probed(&ip);

		note(&wait, next_of(&ip));
		ck_assert_int_eq(a->probes_left, 0);
		ck_assert_int_eq(next_of(&ip), SEC);
		ck_assert_int_eq(a->state, IFACE_ADDRESS_VALID);
		ck_assert_int_eq(next_of(&ip), SEC);
		ck_assert_int_eq(next_of(&ip), SEC);
		ck_assert_int_eq(a->next_us, TIME_NEVER);
		ip_address_remove(host.ip, ETH0, &ip, host.now_us);
		host_quiet(&host);
	}
	check(&wait, 0, SEC);
}
END_TEST

UNIT_MAIN_WITH("iface_times", set_up, tear_down, reachable_for_15_to_45_s,
	       five_seconds_of_delay_then_three_probes_a_second_apart,
	       three_questions_a_second_apart,
	       anycast_is_answered_within_a_second,
	       addresses_of_ipv4_are_probed_and_announced_in_their_time,
	       addresses_of_ipv6_are_probed_and_announced_in_their_time)
