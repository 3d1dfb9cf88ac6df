#include "host6.h"

/* A neighbour solicitation or advertisement as the peer builds it. */
struct message {
	uint8_t bytes[256];
	struct writer w;
};

static struct message solicitation(struct pyt_ip target, const uint8_t *mac)
{
	struct message m;

	m.w = writer_init(m.bytes, sizeof(m.bytes));
	nd_build_solicitation(&m.w, &target);
	if (mac)
		nd_build_mac_option(&m.w, ND_OPTION_SOURCE_LINK, mac);
	return m;
}

static struct message advertisement(struct nd_advertisement nd,
				    const uint8_t *mac)
{
	struct message m;

	m.w = writer_init(m.bytes, sizeof(m.bytes));
	nd_build_advertisement(&m.w, &nd);
	if (mac)
		nd_build_mac_option(&m.w, ND_OPTION_TARGET_LINK, mac);
	return m;
}

static enum ip_verdict input(struct host *host, struct pyt_ip src,
			     struct pyt_ip dst, struct message m)
{
	return host6_input_icmp(host, src, dst, 0, m.bytes, (uint32_t)m.w.len);
}

static bool sent_solicitation(struct host *host, struct ip6_header *header,
			      struct nd_solicitation *nd)
{
	struct reader r;

	return host6_sent(host, header, &r) &&
	       r.at[0] == ICMP6_NEIGHBOUR_SOLICITATION &&
	       nd_solicitation_parse(r, nd);
}

static bool sent_advertisement(struct host *host, struct ip6_header *header,
			       struct nd_advertisement *nd)
{
	struct reader r;

	return host6_sent(host, header, &r) &&
	       r.at[0] == ICMP6_NEIGHBOUR_ADVERTISEMENT &&
	       nd_advertisement_parse(r, nd);
}

START_TEST(packets_wait_for_the_answer_and_leave_in_order)
{
	struct pyt_ip group = ip6_solicited_node(&peer6);
	struct nd_solicitation nd;
	struct ip6_header header;
	struct reader payload;
	struct host host;
	uint8_t mac[6];

	host6_init(&host, 1500);
	for (uint32_t i = 1; i <= 3; i++)
		ck_assert_int_eq(
			host6_send(&host, peer6, (struct ip_fields){ 0 }, i),
			0);
	ck_assert(sent_solicitation(&host, &header, &nd));
	ck_assert(pyt_ip_equal(&nd.target, &peer6));
	ck_assert(pyt_ip_equal(&header.src, &own6));
	ck_assert(pyt_ip_equal(&header.dst, &group));
	ck_assert_uint_eq(header.hop_limit, 255);
	ck_assert(nd_option_find_mac(nd.options, ND_OPTION_SOURCE_LINK, mac));
	ck_assert_mem_eq(mac, host_mac, 6);
	ck_assert_mem_eq(host.sent.part[0].iov_base, "\x33\x33\xff\x00\x00\x09",
			 6);
	ck_assert(!host6_sent(&host, &header, &payload));

	input(&host, peer6, own6,
	      advertisement((struct nd_advertisement){ .solicited = true,
						       .override = true,
						       .target = peer6 },
			    peer_mac));
	ck_assert_int_eq(host6_neighbour(&host, peer6)->state,
			 NEIGHBOUR_REACHABLE);
	for (uint32_t i = 1; i <= 3; i++) {
		ck_assert(host6_sent(&host, &header, &payload));
		ck_assert_mem_eq(host.sent.part[0].iov_base, peer_mac, 6);
		ck_assert_uint_eq(payload.left, i);
	}
	host_clear(&host);
}
END_TEST

START_TEST(who_asks_for_our_address_is_answered_and_learnt)
{
	struct pyt_ip group = ip6_solicited_node(&own6);
	struct nd_advertisement nd;
	struct ip6_header header;
	struct host host;
	uint8_t mac[6];

	host6_init(&host, 1500);
	ck_assert_int_eq(
		input(&host, peer6, group, solicitation(own6, peer_mac)),
		IP_DELIVER);
	ck_assert(sent_advertisement(&host, &header, &nd));
	ck_assert(nd.solicited);
	ck_assert(nd.override);
	ck_assert(!nd.router);
	ck_assert(pyt_ip_equal(&nd.target, &own6));
	ck_assert(pyt_ip_equal(&header.dst, &peer6));
	ck_assert_uint_eq(header.hop_limit, 255);
	ck_assert(nd_option_find_mac(nd.options, ND_OPTION_TARGET_LINK, mac));
	ck_assert_mem_eq(mac, host_mac, 6);
	ck_assert_int_eq(host6_neighbour(&host, peer6)->state, NEIGHBOUR_STALE);
	host_clear(&host);
}
END_TEST

START_TEST(who_asks_without_an_address_hears_it_with_all_nodes)
{
	struct pyt_ip group = ip6_solicited_node(&own6);
	struct nd_advertisement nd;
	struct ip6_header header;
	struct host host;

	host6_init(&host, 1500);
	ck_assert_int_eq(input(&host, any6, group, solicitation(own6, NULL)),
			 IP_DELIVER);
	ck_assert(sent_advertisement(&host, &header, &nd));
	ck_assert(!nd.solicited);
	ck_assert(pyt_ip_equal(&header.dst, &ip6_all_nodes));
	ck_assert_int_eq(host.ip->neighbours->count, 0);
	host_clear(&host);
}
END_TEST

static void expect_drop(struct host *host, struct pyt_ip src, struct pyt_ip dst,
			struct message m, uint8_t hop_limit, enum counter why)
{
	struct ip6_header header;
	struct reader r;

	ck_assert_int_eq(host6_input_icmp(host, src, dst, hop_limit, m.bytes,
					  (uint32_t)m.w.len),
			 IP_DROP);
	ck_assert_str_eq(counter_name(host->reason), counter_name(why));
	ck_assert_uint_eq(host_count(host, why), 1);
	ck_assert(!host6_sent(host, &header, &r));
	ck_assert_int_eq(host->ip->neighbours->count, 0);
	host->engine.counters.value[why] = 0;
}

START_TEST(what_breaks_a_rule_of_solicitations_is_dropped)
{
	struct pyt_ip group = ip6_solicited_node(&own6);
	struct message m;
	struct host host;

	host6_init(&host, 1500);
	m = solicitation(own6, peer_mac);
	expect_drop(&host, peer6, group, m, 254, COUNTER_ND_HOP_LIMIT);
	m.bytes[1] = 1; /* code */
	expect_drop(&host, peer6, group, m, 255, COUNTER_ND_MALFORMED);
	m = solicitation(own6, peer_mac);
	m.bytes[25] = 0; /* length of the option */
	expect_drop(&host, peer6, group, m, 255, COUNTER_ND_MALFORMED);
	m = solicitation(own6, NULL);
	m.w.len = 23;
	expect_drop(&host, peer6, group, m, 255, COUNTER_ND_MALFORMED);
	expect_drop(&host, peer6, group, solicitation(ip6_all_nodes, peer_mac),
		    255, COUNTER_ND_BAD_TARGET);
	/* from nobody: to the group alone, and without an address */
	expect_drop(&host, any6, own6, solicitation(own6, NULL), 255,
		    COUNTER_ND_BAD_SOURCE);
	expect_drop(&host, any6, group, solicitation(own6, peer_mac), 255,
		    COUNTER_ND_BAD_SOURCE);
	expect_drop(&host, peer6, ip6_all_nodes, solicitation(peer6, peer_mac),
		    255, COUNTER_ND_NOT_FOR_US);
	host_clear(&host);
}
END_TEST

START_TEST(an_advertisement_that_nobody_asked_for_makes_no_entry)
{
	struct nd_advertisement nd = { .override = true, .target = peer6 };
	struct host host;

	host6_init(&host, 1500);
	expect_drop(&host, peer6, ip6_all_nodes, advertisement(nd, peer_mac),
		    255, COUNTER_ND_UNKNOWN_NEIGHBOUR);
	nd.solicited = true;
	expect_drop(&host, peer6, ip6_all_nodes, advertisement(nd, peer_mac),
		    255, COUNTER_ND_MALFORMED);
	nd.target = ip6_all_nodes;
	expect_drop(&host, peer6, own6, advertisement(nd, peer_mac), 255,
		    COUNTER_ND_BAD_TARGET);
	host_clear(&host);
}
END_TEST

/* One line of the table of RFC 4861, 7.2.5 and Appendix C. */
struct advertised {
	enum neighbour_state before;
	bool solicited, override, has_mac, other_mac;
	enum neighbour_state after;
	bool mac_changes;
};

static const struct advertised advertised[] = {
	/* no override, the same address */
	{ NEIGHBOUR_STALE, 1, 0, 1, 0, NEIGHBOUR_REACHABLE, 0 },
	{ NEIGHBOUR_STALE, 0, 0, 1, 0, NEIGHBOUR_STALE, 0 },
	{ NEIGHBOUR_REACHABLE, 0, 0, 1, 0, NEIGHBOUR_REACHABLE, 0 },
	/* no override, another one: a doubt */
	{ NEIGHBOUR_REACHABLE, 1, 0, 1, 1, NEIGHBOUR_STALE, 0 },
	{ NEIGHBOUR_REACHABLE, 0, 0, 1, 1, NEIGHBOUR_STALE, 0 },
	{ NEIGHBOUR_STALE, 1, 0, 1, 1, NEIGHBOUR_STALE, 0 },
	{ NEIGHBOUR_PROBE, 1, 0, 1, 1, NEIGHBOUR_PROBE, 0 },
	/* override */
	{ NEIGHBOUR_REACHABLE, 1, 1, 1, 1, NEIGHBOUR_REACHABLE, 1 },
	{ NEIGHBOUR_REACHABLE, 0, 1, 1, 1, NEIGHBOUR_STALE, 1 },
	{ NEIGHBOUR_REACHABLE, 0, 1, 1, 0, NEIGHBOUR_REACHABLE, 0 },
	{ NEIGHBOUR_PROBE, 1, 1, 1, 1, NEIGHBOUR_REACHABLE, 1 },
	{ NEIGHBOUR_PROBE, 0, 1, 1, 1, NEIGHBOUR_STALE, 1 },
	/* no address told */
	{ NEIGHBOUR_PROBE, 1, 0, 0, 0, NEIGHBOUR_REACHABLE, 0 },
	{ NEIGHBOUR_PROBE, 0, 1, 0, 0, NEIGHBOUR_PROBE, 0 },
	/* the first answer */
	{ NEIGHBOUR_INCOMPLETE, 1, 0, 1, 1, NEIGHBOUR_REACHABLE, 1 },
	{ NEIGHBOUR_INCOMPLETE, 0, 0, 1, 1, NEIGHBOUR_STALE, 1 },
	{ NEIGHBOUR_INCOMPLETE, 1, 1, 0, 0, NEIGHBOUR_INCOMPLETE, 0 },
};

static void expect_advertised(const struct advertised *a)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 0x77 };
	struct nd_advertisement nd = { .solicited = a->solicited,
				       .override = a->override,
				       .target = peer6 };
	struct neighbour *n;
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	n = host6_neighbour(&host, peer6);
	n->state = a->before;
	input(&host, peer6, own6,
	      advertisement(nd, !a->has_mac    ? NULL
				: a->other_mac ? other
					       : peer_mac));
	ck_assert_str_eq(neighbour_state_name(n->state),
			 neighbour_state_name(a->after));
	ck_assert_mem_eq(n->mac, a->mac_changes ? other : peer_mac, 6);
	host_clear(&host);
}

START_TEST(advertisements_change_the_state_as_rfc_4861_says)
{
	for (size_t i = 0; i < sizeof(advertised) / sizeof(*advertised); i++)
		expect_advertised(&advertised[i]);
}
END_TEST

START_TEST(a_router_that_becomes_a_host_is_noticed)
{
	struct nd_advertisement nd = { .solicited = true,
				       .router = true,
				       .target = peer6 };
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	input(&host, peer6, own6, advertisement(nd, peer_mac));
	ck_assert(host6_neighbour(&host, peer6)->is_router);
	ck_assert_uint_eq(host.ip->neighbours->router_losses, 0);
	nd.router = false;
	input(&host, peer6, own6, advertisement(nd, peer_mac));
	ck_assert(!host6_neighbour(&host, peer6)->is_router);
	ck_assert_uint_eq(host.ip->neighbours->router_losses, 1);
	host_clear(&host);
}
END_TEST

START_TEST(silence_after_three_questions_is_told_to_the_sender)
{
	struct nd_solicitation nd;
	struct ip6_header header;
	struct ip_error error;
	struct host host;
	int questions = 0;

	host6_init(&host, 1500);
	host6_send(&host, peer6, (struct ip_fields){ 0 }, 20);
	host_run_until(&host, host.now_us + 10 * SEC);
	while (sent_solicitation(&host, &header, &nd))
		questions++;
	ck_assert_int_eq(questions, 3);
	ck_assert_int_eq(ip_next_error(host.ip, &error, host.now_us), 1);
	ck_assert_int_eq(error.error, EHOSTUNREACH);
	ck_assert_int_eq(error.type, ICMP6_UNREACHABLE);
	ck_assert_int_eq(error.code, ICMP6_ADDRESS_UNREACHABLE);
	ck_assert(pyt_ip_equal(&error.dst, &peer6));
	ck_assert_uint_eq(error.payload.left, 20);
	host_clear(&host);
}
END_TEST

/* Next question to peer6: when it came; 0: none until then. */
static int64_t question_until(struct host *host, int64_t until_us,
			      struct ip6_header *header)
{
	struct nd_solicitation nd;

	while (host->now_us <= until_us) {
		if (sent_solicitation(host, header, &nd) &&
		    pyt_ip_equal(&nd.target, &peer6))
			return host->now_us;
		host_run_until(host, host->now_us + 10 * MS);
	}
	return 0;
}

/* RFC 7048, 3. Each interval is off by half at most: RFC 4861, 10. */
START_TEST(one_that_went_silent_is_used_and_asked_less_and_less)
{
	static const int64_t intervals[] = { 3 * SEC, 9 * SEC, 27 * SEC,
					     60 * SEC, 60 * SEC };
	struct pyt_ip group = ip6_solicited_node(&peer6);
	struct ip6_header header;
	struct ip_error error;
	struct neighbour *n;
	struct host host;
	int64_t asked_us, next_us;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	host_run_until(&host, host.now_us + 50 * SEC);
	n = host6_neighbour(&host, peer6);
	host6_send(&host, peer6, (struct ip_fields){ 0 }, 1);
	for (int i = 0; i < 3; i++) {
		asked_us =
			question_until(&host, host.now_us + 6 * SEC, &header);
		ck_assert_int_ne(asked_us, 0);
		ck_assert(pyt_ip_equal(&header.dst, &peer6));
	}
	next_us = question_until(&host, host.now_us + 2 * SEC, &header);
	ck_assert_int_ne(next_us, 0);
	ck_assert(pyt_ip_equal(&header.dst, &group));
	ck_assert_int_eq(n->state, NEIGHBOUR_UNREACHABLE);
	ck_assert(n->is_dead);
	for (int i = 0; i < 5; i++) {
		asked_us = next_us;
		host6_send(&host, peer6, (struct ip_fields){ 0 }, 1);
		ck_assert_ptr_nonnull(host_sent(&host, ETH0)); /* to its MAC */
		ck_assert_mem_eq(host.sent.part[0].iov_base, peer_mac, 6);
		next_us = question_until(&host, asked_us + 100 * SEC, &header);
		ck_assert_int_ge(next_us - asked_us, intervals[i] / 2);
		ck_assert_int_le(next_us - asked_us,
				 intervals[i] * 3 / 2 + 20 * MS);
		ck_assert(pyt_ip_equal(&header.dst, &group));
	}
	ck_assert_int_eq(ip_next_error(host.ip, &error, host.now_us), 0);
	/* nobody sends any more: nobody asks */
	ck_assert_int_eq(
		question_until(&host, host.now_us + 500 * SEC, &header), 0);
	host6_send(&host, peer6, (struct ip_fields){ 0 }, 1);
	ck_assert_int_ne(question_until(&host, host.now_us + SEC, &header), 0);
	/* it is back, elsewhere */
	neighbour_update(host.ip->neighbours, n, host_mac, NEIGHBOUR_REACHABLE,
			 true, host.now_us);
	ck_assert_int_eq(n->state, NEIGHBOUR_REACHABLE);
	ck_assert(!n->is_dead);
	host_clear(&host);
}
END_TEST

/* As a router that is back says who it is, long before the next question. */
START_TEST(one_that_went_silent_and_speaks_is_asked_at_once)
{
	struct ip6_header header;
	struct neighbour *n;
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	host_run_until(&host, host.now_us + 50 * SEC);
	n = host6_neighbour(&host, peer6);
	host6_send(&host, peer6, (struct ip_fields){ 0 }, 1);
	for (int i = 0; i < 6; i++) {
		host6_send(&host, peer6, (struct ip_fields){ 0 }, 1);
		ck_assert_int_ne(
			question_until(&host, host.now_us + 50 * SEC, &header),
			0);
	}
	ck_assert_int_eq(n->state, NEIGHBOUR_UNREACHABLE);
	host_run_until(&host, host.now_us + 2 * SEC);
	for (int i = 0; i < 3; i++)
		neighbour_update(host.ip->neighbours, n, peer_mac,
				 NEIGHBOUR_STALE, true, host.now_us);
	ck_assert_int_eq(n->state, NEIGHBOUR_UNREACHABLE);
	ck_assert_int_eq(question_until(&host, host.now_us, &header),
			 host.now_us);
	ck_assert_int_eq(question_until(&host, host.now_us + SEC, &header), 0);
	host_clear(&host);
}
END_TEST

START_TEST(a_stale_neighbour_is_asked_directly_when_it_is_used)
{
	struct nd_solicitation nd;
	struct ip6_header header;
	struct reader payload;
	struct neighbour *n;
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	host_run_until(&host, host.now_us + 50 * SEC);
	n = host6_neighbour(&host, peer6);
	ck_assert_int_eq(n->state, NEIGHBOUR_STALE);
	host6_send(&host, peer6, (struct ip_fields){ 0 }, 1);
	ck_assert(host6_sent(&host, &header, &payload));
	ck_assert_int_eq(n->state, NEIGHBOUR_DELAY);
	host_run_until(&host, host.now_us + 5 * SEC);
	ck_assert_int_eq(n->state, NEIGHBOUR_PROBE);
	ck_assert(sent_solicitation(&host, &header, &nd));
	ck_assert(pyt_ip_equal(&header.dst, &peer6));
	ck_assert_mem_eq(host.sent.part[0].iov_base, peer_mac, 6);
	host_clear(&host);
}
END_TEST

START_TEST(times_are_the_configured_ones_of_ip6)
{
	struct nd_solicitation nd;
	struct ip6_header header;
	struct host host;
	int64_t start_us;

	host6_init(&host, 1500);
	ip_sysctl_set(host.ip, "net.ipv6.neigh.all.retrans_time_ms", "200");
	start_us = host.now_us;
	host6_send(&host, peer6, (struct ip_fields){ 0 }, 20);
	ck_assert_int_eq(ip_next_deadline(host.ip), start_us + 200000);
	while (sent_solicitation(&host, &header, &nd))
		;
	ip_sysctl_set(host.ip, "net.ipv6.neigh.all.base_reachable_time_ms",
		      "1000");
	host6_knows(&host, gateway6);
	host_run_until(&host, host.now_us + 1500001);
	ck_assert_int_ne(host6_neighbour(&host, gateway6)->state,
			 NEIGHBOUR_REACHABLE);
	host_clear(&host);
}
END_TEST

/* --------------------------------------------------------------- redirects */

static const struct pyt_ip router = { { 0xfe, 0x80, [15] = 1 } };
static const struct pyt_ip better = { { 0xfe, 0x80, [15] = 2 } };

/* The host sends by router, whose address is link-local as it should be. */
static void init_redirected(struct host *host)
{
	struct pyt_route old = { .gateway = gateway6 };
	struct pyt_route new = { .gateway = router, .ifindex = ETH0 };

	host6_init(host, 1500);
	ck_assert_int_eq(ip_route_remove(host->ip, &old), 0);
	ck_assert_int_eq(ip_route_add(host->ip, &new), 0);
}

static enum ip_verdict input_redirect(struct host *host, struct pyt_ip src,
				      struct pyt_ip target, struct pyt_ip dst)
{
	uint8_t bytes[64];
	struct writer w = writer_init(bytes, sizeof(bytes));

	writer_u8(&w, ICMP6_REDIRECT);
	writer_u8(&w, 0);
	writer_u16(&w, 0);
	writer_u32(&w, 0);
	writer_copy(&w, target.bytes, 16);
	writer_copy(&w, dst.bytes, 16);
	nd_build_mac_option(&w, ND_OPTION_TARGET_LINK, peer_mac);
	return host6_input_icmp(host, src, own6, 0, bytes, (uint32_t)w.len);
}

static struct pyt_ip next_hop_of(struct host *host, struct pyt_ip dst)
{
	struct ip_path path;

	ck_assert_int_eq(ip_route(host->ip, &dst, NULL, 0, host->now_us, &path),
			 0);
	return path.next_hop;
}

START_TEST(a_redirect_of_the_first_hop_is_followed)
{
	struct host host;
	struct pyt_ip hop;

	init_redirected(&host);
	ck_assert_int_eq(input_redirect(&host, router, better, far6),
			 IP_DELIVER);
	hop = next_hop_of(&host, far6);
	ck_assert(pyt_ip_equal(&hop, &better));
	ck_assert_mem_eq(host6_neighbour(&host, better)->mac, peer_mac, 6);
	ck_assert(host6_neighbour(&host, better)->is_router);
	/* now that one is the first hop: the destination is on the link */
	ck_assert_int_eq(input_redirect(&host, better, far6, far6), IP_DELIVER);
	hop = next_hop_of(&host, far6);
	ck_assert(pyt_ip_equal(&hop, &far6));
	ck_assert(!host6_neighbour(&host, far6)->is_router);
	host_clear(&host);
}
END_TEST

START_TEST(other_redirects_are_not)
{
	struct pyt_ip hop, other = far6;
	struct host host;

	init_redirected(&host);
	other.bytes[15]++;
	input_redirect(&host, better, peer6, far6); /* not the first hop */
	ck_assert_int_eq(host.reason, COUNTER_ND_BAD_REDIRECT);
	input_redirect(&host, better, router, far6);
	ck_assert_int_eq(host.reason, COUNTER_ND_REDIRECT_IGNORED);
	input_redirect(&host, gateway6, better, far6);
	ck_assert_int_eq(host.reason, COUNTER_ND_BAD_SOURCE);
	input_redirect(&host, router, other, far6); /* no router, not itself */
	ck_assert_int_eq(host.reason, COUNTER_ND_BAD_REDIRECT);
	input_redirect(&host, router, better, ip6_all_nodes);
	ck_assert_int_eq(host.reason, COUNTER_ND_BAD_REDIRECT);
	host6_set(&host, "net.ipv6.conf.all.accept_redirects", "0");
	input_redirect(&host, router, better, far6);
	ck_assert_int_eq(host.reason, COUNTER_ND_REDIRECT_IGNORED);
	hop = next_hop_of(&host, far6);
	ck_assert(pyt_ip_equal(&hop, &router));
	host_clear(&host);
}
END_TEST

UNIT_MAIN("nd", packets_wait_for_the_answer_and_leave_in_order,
	  who_asks_for_our_address_is_answered_and_learnt,
	  who_asks_without_an_address_hears_it_with_all_nodes,
	  what_breaks_a_rule_of_solicitations_is_dropped,
	  an_advertisement_that_nobody_asked_for_makes_no_entry,
	  advertisements_change_the_state_as_rfc_4861_says,
	  a_router_that_becomes_a_host_is_noticed,
	  silence_after_three_questions_is_told_to_the_sender,
	  a_stale_neighbour_is_asked_directly_when_it_is_used,
	  one_that_went_silent_is_used_and_asked_less_and_less,
	  one_that_went_silent_and_speaks_is_asked_at_once,
	  times_are_the_configured_ones_of_ip6,
	  a_redirect_of_the_first_hop_is_followed, other_redirects_are_not)
