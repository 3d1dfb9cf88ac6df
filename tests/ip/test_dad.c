#include "host6.h"

#include "iface/conflict.h"

static const struct pyt_ip new6 = { { 0xfd, [15] = 0x44 } };

static struct iface_address *address_of(struct host *host, struct pyt_ip ip)
{
	struct iface_address *address = iface_address_find(host->eth0, &ip);

	ck_assert_ptr_nonnull(address);
	return address;
}

/* A host that has settled, and an address that is new to it. */
static void init(struct host *host, const char *const *settings)
{
	host6_init_with(host, 1500, settings);
	ck_assert_int_eq(
		ip_address_add(host->ip, ETH0, &new6, 64, host->now_us), 0);
}

static const char *const not_optimistic[] = {
	"net.ipv6.conf.all.optimistic_dad=0", NULL
};

/* The next message of ND that is sent, others left out: its type, or 0. */
static uint8_t sent_nd(struct host *host, struct ip6_header *header,
		       struct reader *r)
{
	while (host6_sent(host, header, r))
		if (header->next_header == IP6_ICMP && r->left > 0 &&
		    r->at[0] >= ICMP6_ROUTER_SOLICITATION &&
		    r->at[0] <= ICMP6_REDIRECT)
			return r->at[0];
	return 0;
}

static void expect_probe(struct host *host, uint8_t nonce[6])
{
	struct pyt_ip group = ip6_solicited_node(&new6);
	struct nd_solicitation nd;
	struct ip6_header header;
	struct nd_option option;
	struct reader r;

	ck_assert_uint_eq(sent_nd(host, &header, &r),
			  ICMP6_NEIGHBOUR_SOLICITATION);
	ck_assert(nd_solicitation_parse(r, &nd));
	ck_assert(pyt_ip_equal(&nd.target, &new6));
	ck_assert(pyt_ip_is_unspecified(&header.src));
	ck_assert(pyt_ip_equal(&header.dst, &group));
	ck_assert(!nd_option_find(nd.options, ND_OPTION_SOURCE_LINK, &option));
	ck_assert(nd_option_find(nd.options, ND_OPTION_NONCE, &option));
	memcpy(nonce, option.value.at, 6);
}

static enum ip_verdict input_probe(struct host *host, const uint8_t *nonce)
{
	struct pyt_ip group = ip6_solicited_node(&new6);
	uint8_t bytes[64];
	struct writer w = writer_init(bytes, sizeof(bytes));

	nd_build_solicitation(&w, &new6);
	if (nonce)
		nd_build_nonce_option(&w, nonce);
	return host6_input_icmp(host, any6, group, 0, bytes, (uint32_t)w.len);
}

static enum ip_verdict input_claim(struct host *host)
{
	struct nd_advertisement nd = { .override = true, .target = new6 };
	uint8_t bytes[64];
	struct writer w = writer_init(bytes, sizeof(bytes));

	nd_build_advertisement(&w, &nd);
	nd_build_mac_option(&w, ND_OPTION_TARGET_LINK, peer_mac);
	return host6_input_icmp(host, peer6, ip6_all_nodes, 0, bytes,
				(uint32_t)w.len);
}

static void expect_conflict(struct host *host)
{
	struct pyt_event event;

	ck_assert_int_eq(ip_next_event(host->ip, &event), 1);
	ck_assert_int_eq(event.type, PYT_EVENT_ADDRESS_CONFLICT);
	ck_assert(pyt_ip_equal(&event.ip, &new6));
	ck_assert_mem_eq(event.mac, peer_mac, 6);
	ck_assert_int_eq(address_of(host, new6)->state, IFACE_ADDRESS_CONFLICT);
	ck_assert(!ip_is_local(host->ip, &new6));
}

START_TEST(an_address_is_probed_then_valid_then_announced)
{
	struct nd_advertisement nd;
	struct ip6_header header;
	struct reader r;
	struct host host;
	uint8_t nonce[6];
	int announcements = 0;

	init(&host, NULL);
	ck_assert_int_eq(address_of(&host, new6)->state,
			 IFACE_ADDRESS_TENTATIVE);
	ck_assert(ip_is_local(host.ip, &new6)); /* optimistic */
	host_run_until(&host, host.now_us);
	expect_probe(&host, nonce);
	host_run_until(&host, host.now_us + SEC - 1);
	ck_assert_int_eq(address_of(&host, new6)->state,
			 IFACE_ADDRESS_TENTATIVE);
	host_run_until(&host, host.now_us + 1);
	ck_assert_int_eq(address_of(&host, new6)->state, IFACE_ADDRESS_VALID);
	host_run_until(&host, host.now_us + 10 * SEC);
	while (sent_nd(&host, &header, &r)) {
		ck_assert(nd_advertisement_parse(r, &nd));
		ck_assert(pyt_ip_equal(&nd.target, &new6));
		ck_assert(pyt_ip_equal(&header.dst, &ip6_all_nodes));
		ck_assert(nd.override);
		ck_assert(!nd.solicited);
		announcements++;
	}
	ck_assert_int_eq(announcements, 3); /* RFC 9131, RFC 4861 10 */
	host_clear(&host);
}
END_TEST

START_TEST(one_that_is_not_optimistic_is_not_used_before)
{
	struct pyt_ip group = ip6_solicited_node(&new6);
	uint8_t bytes[64], nonce[6];
	struct writer w = writer_init(bytes, sizeof(bytes));
	struct ip6_header header;
	struct reader r;
	struct host host;
	int64_t start_us;

	init(&host, not_optimistic);
	start_us = host.now_us;
	ck_assert(!ip_is_local(host.ip, &new6));
	/* RFC 4862, 5.4.2: at random within the first second */
	ck_assert_int_ge(address_of(&host, new6)->next_us, start_us);
	ck_assert_int_lt(address_of(&host, new6)->next_us, start_us + SEC);
	/* RFC 4862, 5.4.3: who asks for it hears nothing */
	nd_build_solicitation(&w, &new6);
	nd_build_mac_option(&w, ND_OPTION_SOURCE_LINK, peer_mac);
	ck_assert_int_eq(host6_input_icmp(&host, peer6, group, 0, bytes,
					  (uint32_t)w.len),
			 IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ND_NOT_FOR_US);
	host_run_until(&host, start_us + SEC);
	expect_probe(&host, nonce);
	ck_assert_uint_eq(sent_nd(&host, &header, &r), 0);
	host_run_until(&host, start_us + 2 * SEC);
	ck_assert(ip_is_local(host.ip, &new6));
	host_clear(&host);
}
END_TEST

START_TEST(an_optimistic_address_answers_without_override)
{
	struct pyt_ip group = ip6_solicited_node(&new6);
	struct nd_advertisement nd;
	struct ip6_header header;
	struct reader r;
	struct host host;
	uint8_t bytes[64], nonce[6];
	struct writer w = writer_init(bytes, sizeof(bytes));

	init(&host, NULL);
	host_run_until(&host, host.now_us);
	expect_probe(&host, nonce);
	nd_build_solicitation(&w, &new6);
	nd_build_mac_option(&w, ND_OPTION_SOURCE_LINK, peer_mac);
	host6_input_icmp(&host, peer6, group, 0, bytes, (uint32_t)w.len);
	ck_assert_uint_eq(sent_nd(&host, &header, &r),
			  ICMP6_NEIGHBOUR_ADVERTISEMENT);
	ck_assert(nd_advertisement_parse(r, &nd));
	ck_assert(!nd.override);
	ck_assert(nd.solicited);
	host_clear(&host);
}
END_TEST

START_TEST(an_optimistic_address_keeps_quiet_for_a_moment)
{
	struct packet_out *packet;
	struct nd_solicitation nd;
	struct ip6_header header;
	struct ip_path path;
	struct reader r;
	struct host host;
	uint8_t nonce[6];

	init(&host, NULL);
	host_run_until(&host, host.now_us);
	expect_probe(&host, nonce);
	packet = packet_create(&host.engine, 8);
	ck_assert_int_eq(
		ip_route(host.ip, &peer6, &new6, 0, host.now_us, &path), 0);
	ck_assert_int_eq(ip_send(host.ip, &path,
				 &(struct ip_fields){ .protocol = 17 }, packet,
				 host.now_us),
			 0);
	host_run_until(&host, host.now_us + 19999);
	ck_assert_uint_eq(sent_nd(&host, &header, &r), 0);
	host_run_until(&host, host.now_us + 1);
	ck_assert_uint_eq(sent_nd(&host, &header, &r),
			  ICMP6_NEIGHBOUR_SOLICITATION);
	ck_assert(nd_solicitation_parse(r, &nd));
	ck_assert(pyt_ip_equal(&header.src, &new6));
	ck_assert(pyt_ip_equal(&nd.target, &peer6));
	host_clear(&host);
}
END_TEST

START_TEST(somebody_elses_probe_ends_a_tentative_address)
{
	static const uint8_t nonce[6] = { 1, 2, 3, 4, 5, 6 };
	struct host host;

	init(&host, not_optimistic);
	ck_assert_int_eq(input_probe(&host, nonce), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ND_CONFLICT);
	expect_conflict(&host);
	host_clear(&host);
}
END_TEST

START_TEST(an_echo_of_our_own_probe_is_no_conflict)
{
	struct host host;
	uint8_t nonce[6];

	init(&host, NULL);
	host_run_until(&host, host.now_us);
	expect_probe(&host, nonce);
	ck_assert_int_eq(input_probe(&host, nonce), IP_DROP);
	ck_assert_int_eq(host.reason, COUNTER_ND_LOOPED_BACK);
	ck_assert_int_eq(address_of(&host, new6)->state,
			 IFACE_ADDRESS_TENTATIVE);
	nonce[0]++;
	input_probe(&host, nonce);
	expect_conflict(&host);
	host_clear(&host);
}
END_TEST

/* RFC 7527, 4.1: three more, a second apart, each with a nonce of its own. */
START_TEST(while_probes_come_back_the_probing_goes_on)
{
	struct host host;
	uint8_t nonce[7][6];
	struct ip6_header header;
	struct reader r;

	init(&host, not_optimistic);
	host_run_until(&host, host.now_us + SEC);
	expect_probe(&host, nonce[0]);
	ck_assert_int_eq(input_probe(&host, nonce[0]), IP_DROP);
	for (int i = 1; i < 7; i++) {
		host_run_until(&host, host.now_us + SEC);
		expect_probe(&host, nonce[i]);
		ck_assert_mem_ne(nonce[i], nonce[i - 1], 6);
		if (i <= 3) /* the second round is not looped */
			input_probe(&host, nonce[i == 3 ? 1 : i]);
		ck_assert_int_eq(address_of(&host, new6)->state,
				 IFACE_ADDRESS_TENTATIVE);
		ck_assert(!ip_is_local(host.ip, &new6));
	}
	host_run_until(&host, host.now_us + SEC);
	ck_assert_int_eq(address_of(&host, new6)->state, IFACE_ADDRESS_VALID);
	while (sent_nd(&host, &header, &r))
		ck_assert_uint_eq(r.at[0], ICMP6_NEIGHBOUR_ADVERTISEMENT);
	host_clear(&host);
}
END_TEST

START_TEST(amid_a_loop_somebody_elses_claim_is_heard)
{
	struct host host;
	uint8_t nonce[6];

	init(&host, not_optimistic);
	host_run_until(&host, host.now_us + SEC);
	expect_probe(&host, nonce);
	input_probe(&host, nonce);
	host_run_until(&host, host.now_us + SEC);
	ck_assert_int_eq(input_claim(&host), IP_DROP);
	expect_conflict(&host);
	host_clear(&host);
}
END_TEST

START_TEST(an_advertisement_ends_an_optimistic_address)
{
	struct host host;

	init(&host, NULL);
	host_run_until(&host, host.now_us);
	ck_assert_int_eq(input_claim(&host), IP_DROP);
	expect_conflict(&host);
	host_clear(&host);
}
END_TEST

START_TEST(a_valid_address_is_defended_once_in_ten_seconds)
{
	struct pyt_event event;
	struct ip6_header header;
	struct reader r;
	struct host host;

	init(&host, NULL);
	host_run_until(&host, host.now_us + 20 * SEC);
	while (host_sent(&host, ETH0))
		;
	/* a probe is answered, to all nodes */
	ck_assert_int_eq(input_probe(&host, NULL), IP_DELIVER);
	ck_assert_uint_eq(sent_nd(&host, &header, &r),
			  ICMP6_NEIGHBOUR_ADVERTISEMENT);
	ck_assert(pyt_ip_equal(&header.dst, &ip6_all_nodes));
	ck_assert_int_eq(ip_next_event(host.ip, &event), 0);
	for (int i = 0; i < 5; i++)
		input_claim(&host);
	ck_assert_int_eq(ip_next_event(host.ip, &event), 1);
	ck_assert_int_eq(ip_next_event(host.ip, &event), 0);
	ck_assert_uint_eq(sent_nd(&host, &header, &r),
			  ICMP6_NEIGHBOUR_ADVERTISEMENT);
	ck_assert_uint_eq(sent_nd(&host, &header, &r), 0);
	ck_assert_int_eq(address_of(&host, new6)->state, IFACE_ADDRESS_VALID);
	host_clear(&host);
}
END_TEST

START_TEST(a_duplicate_of_the_macs_address_ends_ipv6_where_asked_for)
{
	struct host host;
	struct pyt_ip own;
	uint8_t bytes[64];
	struct writer w = writer_init(bytes, sizeof(bytes));
	struct pyt_ip group;

	host_init(&host, 1500);
	host6_set(&host, "net.ipv6.conf.all.accept_dad", "2");
	host6_set(&host, "net.ipv6.conf.all.disable_ipv6", "0");
	own = host6_link_local(&host);
	group = ip6_solicited_node(&own);
	nd_build_solicitation(&w, &own);
	host6_input_icmp(&host, any6, group, 0, bytes, (uint32_t)w.len);
	ck_assert(host.eth0->ip6_disabled);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("dad", an_address_is_probed_then_valid_then_announced,
	  one_that_is_not_optimistic_is_not_used_before,
	  an_optimistic_address_answers_without_override,
	  an_optimistic_address_keeps_quiet_for_a_moment,
	  somebody_elses_probe_ends_a_tentative_address,
	  an_echo_of_our_own_probe_is_no_conflict,
	  while_probes_come_back_the_probing_goes_on,
	  amid_a_loop_somebody_elses_claim_is_heard,
	  an_advertisement_ends_an_optimistic_address,
	  a_valid_address_is_defended_once_in_ten_seconds,
	  a_duplicate_of_the_macs_address_ends_ipv6_where_asked_for)
