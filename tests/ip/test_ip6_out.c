#include "host6.h"

START_TEST(a_packet_has_what_it_was_given)
{
	struct ip_fields fields = { .tos = 0xb8, .ttl = 7 };
	struct ip6_header header;
	struct reader payload;
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	ck_assert_int_eq(host6_send(&host, peer6, fields, 100), 0);
	ck_assert(host6_sent(&host, &header, &payload));
	ck_assert_uint_eq(header.tclass, 0xb8);
	ck_assert_uint_eq(header.hop_limit, 7);
	ck_assert_uint_eq(header.next_header, IPPROTO_UDP);
	ck_assert(pyt_ip_equal(&header.src, &own6));
	ck_assert(pyt_ip_equal(&header.dst, &peer6));
	ck_assert_uint_eq(payload.left, 100);
	host_clear(&host);
}
END_TEST

START_TEST(far_destinations_go_to_the_gateway_with_the_links_hop_limit)
{
	struct ip6_header header;
	struct reader payload;
	struct host host;

	host6_init(&host, 1500);
	host6_knows(&host, gateway6);
	host6_send(&host, far6, (struct ip_fields){ 0 }, 1);
	ck_assert(host6_sent(&host, &header, &payload));
	ck_assert_uint_eq(header.hop_limit, 64);
	ck_assert_int_eq(
		ip_sysctl_set(host.ip, "net.ipv6.conf.all.hop_limit", "32"), 0);
	host6_send(&host, far6, (struct ip_fields){ 0 }, 1);
	ck_assert(host6_sent(&host, &header, &payload));
	ck_assert_uint_eq(header.hop_limit, 32);
	host_clear(&host);
}
END_TEST

static uint32_t label_of(struct host *host, struct pyt_ip dst, uint32_t len)
{
	struct ip6_header header;
	struct reader payload;

	host6_send(host, dst, (struct ip_fields){ 0 }, len);
	ck_assert(host6_sent(host, &header, &payload));
	return header.flow_label;
}

START_TEST(a_flow_keeps_its_label)
{
	struct ip_fields own = { .own_flow_label = true, .flow_label = 5 };
	struct ip6_header header;
	struct reader payload;
	struct host host;
	uint32_t label;

	host6_init(&host, 1500);
	host6_knows(&host, peer6);
	host6_knows(&host, gateway6);
	label = label_of(&host, peer6, 100);
	ck_assert_uint_ne(label, 0);
	ck_assert_uint_eq(label_of(&host, peer6, 200), label);
	ck_assert_uint_ne(label_of(&host, gateway6, 100), label);
	host6_send(&host, peer6, own, 1);
	host6_sent(&host, &header, &payload);
	ck_assert_uint_eq(header.flow_label, 5);
	host6_set(&host, "net.ipv6.auto_flowlabels", "0");
	ck_assert_uint_eq(label_of(&host, peer6, 100), 0);
	host_clear(&host);
}
END_TEST

/* Reads one fragment; *payload is what it holds. */
static struct ip6_fragment take_fragment(struct host *host,
					 struct reader *payload)
{
	struct ip6_fragment f;
	struct ip6_header header;

	ck_assert(host6_sent(host, &header, payload));
	ck_assert_uint_eq(header.next_header, IP6_FRAGMENT);
	ck_assert(ip6_fragment_parse(payload, &f));
	return f;
}

START_TEST(what_is_too_long_is_cut_into_fragments_that_fit)
{
	struct ip6_fragment first, f;
	struct reader payload;
	uint32_t offset = 0;
	struct host host;

	host6_init(&host, 1280);
	host6_knows(&host, peer6);
	ck_assert_int_eq(
		host6_send(&host, peer6, (struct ip_fields){ 0 }, 3000), 0);
	first = f = take_fragment(&host, &payload);
	for (;;) {
		ck_assert_uint_le(host.sent.len, 14 + 1280);
		ck_assert_uint_eq(f.id, first.id);
		ck_assert_uint_eq(f.offset, offset);
		ck_assert_uint_eq(f.next_header, IPPROTO_UDP);
		for (size_t i = 0; i < payload.left; i++)
			ck_assert_uint_eq(payload.at[i], (uint8_t)(offset + i));
		offset += (uint32_t)payload.left;
		if (!f.more)
			break;
		ck_assert_uint_eq(payload.left % 8, 0);
		f = take_fragment(&host, &payload);
	}
	ck_assert_uint_eq(offset, 3000);
	ck_assert_uint_eq(host_count(&host, COUNTER_IP6_FRAG_CREATES), 3);
	host_clear(&host);
}
END_TEST

START_TEST(fragment_ids_do_not_follow_one_another)
{
	struct reader payload;
	struct host host;
	uint32_t id = 0;

	host6_init(&host, 1280);
	host6_knows(&host, peer6);
	for (int i = 0; i < 10; i++) {
		struct ip6_fragment f;

		host6_send(&host, peer6, (struct ip_fields){ 0 }, 1300);
		f = take_fragment(&host, &payload);
		take_fragment(&host, &payload);
		ck_assert_uint_gt(f.id - id, 1000); /* nor one before it */
		ck_assert_uint_gt(id - f.id, 1000);
		id = f.id;
	}
	host_clear(&host);
}
END_TEST

START_TEST(what_must_not_be_cut_is_not_sent)
{
	struct ip_fields fields = { .dont_fragment = true };
	struct host host;

	host6_init(&host, 1280);
	host6_knows(&host, peer6);
	ck_assert_int_eq(host6_send(&host, peer6, fields, 1240), 0);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	ck_assert_int_eq(host6_send(&host, peer6, fields, 1241), -EMSGSIZE);
	ck_assert_ptr_null(host_sent(&host, ETH0));
	host_clear(&host);
}
END_TEST

START_TEST(extension_headers_stand_in_their_order)
{
	static const uint8_t pad[8] = { 0, 0, 1, 4 };
	static const uint8_t routing[8] = { 0, 0, 4, 0 };
	struct ip_extensions extensions = {
		.header = { pad, pad, routing, pad },
		.len = { 8, 8, 8, 8 },
		.first_hop = peer6,
	};
	struct ip6_chain chain = { .limits = { 8, 8, 8, 64, 64 } };
	struct ip_fields fields = { .extensions = &extensions };
	struct ip6_fragment f;
	struct ip6_header header;
	struct reader payload;
	struct host host;

	host6_init(&host, 1280);
	host6_knows(&host, peer6);
	ck_assert_int_eq(host6_send(&host, peer6, fields, 10), 0);
	ck_assert(host6_sent(&host, &header, &payload));
	ck_assert_int_eq(ip6_chain_walk(payload, header.next_header, &chain),
			 IP6_CHAIN_TRANSPORT);
	ck_assert_uint_eq(chain.hop_by_hop_at, 40);
	ck_assert_uint_eq(chain.destination_at[0], 48);
	ck_assert_uint_eq(chain.routing_at, 56);
	ck_assert_uint_eq(chain.destination_at[1], 64);
	ck_assert_uint_eq(chain.protocol, IPPROTO_UDP);
	ck_assert_uint_eq(chain.payload.left, 10);

	/* up to the routing header in each fragment, the rest is cut */
	ck_assert_int_eq(host6_send(&host, peer6, fields, 1300), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert(host6_sent(&host, &header, &payload));
		ck_assert_int_eq(
			ip6_chain_walk(payload, header.next_header, &chain),
			IP6_CHAIN_FRAGMENT);
		ck_assert_uint_eq(chain.fragment_at, 64);
		f = chain.fragment;
		ck_assert_uint_eq(f.next_header, IP6_DESTINATION);
		ck_assert_int_eq(f.more, i == 0);
	}
	host_clear(&host);
}
END_TEST

/* --------------------------------------------------------------- path MTU */

static void lower(struct host *host, uint32_t mtu)
{
	struct ip_error error = {
		.src = own6, .dst = far6, .error = EMSGSIZE, .info = mtu
	};

	ip_lower_mtu(host->ip, &error, host->now_us);
}

static uint32_t mtu_to(struct host *host, struct pyt_ip dst)
{
	struct ip_path path;

	ck_assert_int_eq(ip_route(host->ip, &dst, NULL, 0, host->now_us, &path),
			 0);
	return path.mtu;
}

START_TEST(a_path_mtu_is_learnt_falls_only_and_is_forgotten)
{
	struct host host;

	host6_init(&host, 1500);
	lower(&host, 1400);
	ck_assert_uint_eq(mtu_to(&host, far6), 1400);
	ck_assert_uint_eq(mtu_to(&host, peer6), 1500);
	lower(&host, 1450);
	ck_assert_uint_eq(mtu_to(&host, far6), 1400);
	lower(&host, 1280);
	ck_assert_uint_eq(mtu_to(&host, far6), 1280);
	host.now_us += 599 * SEC;
	ck_assert_uint_eq(mtu_to(&host, far6), 1280);
	host.now_us += 2 * SEC;
	ck_assert_uint_eq(mtu_to(&host, far6), 1500);
	host_clear(&host);
}
END_TEST

START_TEST(less_than_every_link_carries_is_no_path_mtu)
{
	struct host host;

	host6_init(&host, 1500);
	lower(&host, 1279); /* RFC 8201, 4 */
	lower(&host, 0);
	ck_assert_uint_eq(mtu_to(&host, far6), 1500);
	host_clear(&host);
}
END_TEST

START_TEST(a_routers_mtu_is_the_links)
{
	struct host host;

	host6_init(&host, 1500);
	host.eth0->nd.mtu = 1400;
	ck_assert_uint_eq(mtu_to(&host, peer6), 1400);
	host.eth0->nd.mtu = 9000; /* more than the link: RFC 4861, 6.3.4 */
	ck_assert_uint_eq(mtu_to(&host, peer6), 1500);
	host.eth0->nd.mtu = 1279;
	ck_assert_uint_eq(mtu_to(&host, peer6), 1500);
	host_clear(&host);
}
END_TEST

START_TEST(a_link_below_1280_has_no_ipv6)
{
	struct host host;

	host_init(&host, 1279);
	host6_set(&host, "net.ipv6.conf.all.disable_ipv6", "0");
	ck_assert(host.eth0->ip6_disabled);
	ck_assert_int_eq(ip_address_add(host.ip, ETH0, &own6, 64, host.now_us),
			 -EINVAL);
	host_clear(&host);
}
END_TEST

START_TEST(the_zone_of_a_link_local_address_is_its_sources)
{
	struct host host;
	struct pyt_ip own, peer = { { 0xfe, 0x80, [15] = 9 } };
	struct ip_path path;

	host6_init(&host, 1500);
	own = host6_link_local(&host);
	ck_assert_int_eq(ip_route(host.ip, &peer, &own, 0, host.now_us, &path),
			 0);
	ck_assert_ptr_eq(path.iface, host.eth0);
	ck_assert(pyt_ip_equal(&path.src, &own));
	ck_assert_int_eq(
		ip_route(host.ip, &peer, NULL, ETH0, host.now_us, &path), 0);
	ck_assert(pyt_ip_equal(&path.src, &own));
	ck_assert_int_eq(ip_route(host.ip, &own, NULL, 0, host.now_us, &path),
			 0);
	ck_assert(path.local);
	host_clear(&host);
}
END_TEST

UNIT_MAIN("ip6_out", a_packet_has_what_it_was_given,
	  far_destinations_go_to_the_gateway_with_the_links_hop_limit,
	  a_flow_keeps_its_label,
	  what_is_too_long_is_cut_into_fragments_that_fit,
	  fragment_ids_do_not_follow_one_another,
	  what_must_not_be_cut_is_not_sent,
	  extension_headers_stand_in_their_order,
	  a_path_mtu_is_learnt_falls_only_and_is_forgotten,
	  less_than_every_link_carries_is_no_path_mtu,
	  a_routers_mtu_is_the_links, a_link_below_1280_has_no_ipv6,
	  the_zone_of_a_link_local_address_is_its_sources)
