#include "host.h"

static int route_to(struct host *host, uint32_t dst, struct ip_path *path)
{
	struct pyt_ip to = pyt_ip_from_v4(dst);

	return ip_route(host->ip, &to, NULL, 0, host->now_us, path);
}

START_TEST(longest_prefix_then_metric_wins)
{
	struct pyt_route wide = { .prefix = pyt_ip_from_v4(0xc0a80000),
				  .prefix_len = 16,
				  .gateway = pyt_ip_from_v4(0x0a000010),
				  .metric = 5 };
	struct pyt_route better = wide, narrow = wide;
	struct ip_path path;
	struct host host;

	host_init(&host, 1500);
	better.gateway = pyt_ip_from_v4(0x0a000011);
	better.metric = 1;
	narrow.prefix_len = 24;
	narrow.gateway = pyt_ip_from_v4(0x0a000012);
	narrow.metric = 100;
	ck_assert_int_eq(ip_route_add(host.ip, &wide), 0);
	ck_assert_int_eq(ip_route_add(host.ip, &wide), -EEXIST);
	ck_assert_int_eq(ip_route_add(host.ip, &better), 0);
	ck_assert_int_eq(ip_route_add(host.ip, &narrow), 0);

	ck_assert_int_eq(route_to(&host, 0xc0a80005, &path), 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&path.next_hop), 0x0a000012);
	ck_assert_int_eq(route_to(&host, 0xc0a80505, &path), 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&path.next_hop), 0x0a000011);
	ck_assert_int_eq(ip_route_remove(host.ip, &better), 0);
	ck_assert_int_eq(route_to(&host, 0xc0a80505, &path), 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&path.next_hop), 0x0a000010);
	ck_assert_int_eq(route_to(&host, 0x01010101, &path), 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&path.next_hop), GATEWAY_IP);
	host_clear(&host);
}
END_TEST

START_TEST(routes_that_cannot_work_are_refused)
{
	struct pyt_route far = { .prefix = pyt_ip_from_v4(0xc0a80000),
				 .prefix_len = 16,
				 .gateway = pyt_ip_from_v4(0x01020304) };
	struct pyt_route route = far;
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(ip_route_add(host.ip, &far), -ENETUNREACH);
	route.prefix_len = 33;
	ck_assert_int_eq(ip_route_add(host.ip, &route), -EINVAL);
	route = far;
	route.gateway = pyt_ip_from_v4(0);
	ck_assert_int_eq(ip_route_add(host.ip, &route), -EINVAL);
	route.ifindex = 9;
	ck_assert_int_eq(ip_route_add(host.ip, &route), -ENODEV);
	ck_assert_int_eq(ip_route_remove(host.ip, &far), -ESRCH);
	host_clear(&host);
}
END_TEST

START_TEST(own_addresses_go_by_lo)
{
	struct ip_path path;
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(route_to(&host, HOST_IP, &path), 0);
	ck_assert(path.local);
	ck_assert_int_eq(path.iface->ifindex, IP_LO_INDEX);
	ck_assert_uint_eq(pyt_ip_to_v4(&path.src), HOST_IP);
	ck_assert_int_eq(route_to(&host, 0x7f010203, &path), 0);
	ck_assert(path.local);
	ck_assert_uint_eq(pyt_ip_to_v4(&path.src), 0x7f000001);
	ck_assert_int_eq(route_to(&host, 0, &path), 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&path.dst), 0x7f000001);
	host_clear(&host);
}
END_TEST

START_TEST(sources_must_be_ours_and_loopback_stays_inside)
{
	struct pyt_ip dst = pyt_ip_from_v4(PEER_IP);
	struct pyt_ip foreign = pyt_ip_from_v4(0x0a000077);
	struct pyt_ip loopback = pyt_ip_from_v4(0x7f000001);
	struct pyt_ip six;
	struct ip_path path;
	struct host host;

	host_init(&host, 1500);
	ck_assert(pyt_ip_parse("2001:db8::1", &six));
	ck_assert_int_eq(ip_route(host.ip, &dst, &foreign, 0, 0, &path),
			 -EADDRNOTAVAIL);
	ck_assert_int_eq(ip_route(host.ip, &dst, &loopback, 0, 0, &path),
			 -EINVAL);
	ck_assert_int_eq(ip_route(host.ip, &six, NULL, 0, 0, &path),
			 -ENETUNREACH);
	host_clear(&host);
}
END_TEST

START_TEST(a_datagram_too_long_is_fragmented_and_comes_together)
{
	static uint8_t frames[4][1600];
	uint32_t lens[4];
	struct host host, peer;
	int count = 0;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ck_assert_int_eq(
		host_send(&host, PEER_IP, (struct ip_fields){ 0 }, 4000), 0);
	while (host_sent(&host, ETH0)) {
		ck_assert_int_lt(count, 4);
		ck_assert_uint_le(host.sent.len, 1514);
		lens[count] = host.sent.len;
		memcpy(frames[count++], host.sent.part[0].iov_base,
		       host.sent.len);
	}
	ck_assert_int_eq(count, 3);

	/* a second host plays the peer: its address is the destination */
	host_init(&peer, 1500);
	for (int i = count - 1; i >= 0; i--) {
		uint8_t *packet = frames[i] + ETHERNET_HEADER_LEN;

		memcpy(frames[i], host_mac, 6);
		memcpy(frames[i] + 6, peer_mac, 6);
		packet[15] = 9; /* from .9 to .2 instead */
		packet[19] = 2;
		ip4_header_set_checksum(packet, 20);
		ck_assert_int_eq(host_input(&peer, ETH0, frames[i], lens[i]),
				 i ? IP_DONE : IP_DELIVER);
	}
	ck_assert_uint_eq(peer.packet.payload.left, 4000);
	for (uint32_t i = 0; i < 4000; i++)
		ck_assert_uint_eq(peer.packet.payload.at[i], (uint8_t)i);
	host_clear(&host);
	host_clear(&peer);
}
END_TEST

START_TEST(only_copied_options_stand_in_later_fragments)
{
	static const uint8_t options[12] = { 7, 7, 4,	0, 0, 0,
					     0, 1, 148, 4, 0, 0 };
	struct ip_extensions extensions = { 0 };
	struct ip_fields fields = { .extensions = &extensions };
	struct ip4_header header;
	struct host host;
	struct reader r;

	ip4_options_take(&extensions, options, sizeof(options));
	host_init(&host, 1500);
	host_knows_peer(&host);
	host_send(&host, PEER_IP, fields, 2000);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	header = host_sent_ip(&host, &r);
	ck_assert_uint_eq(header.options_len, 12);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	header = host_sent_ip(&host, &r);
	ck_assert_uint_eq(header.options_len, 4);
	ck_assert_uint_eq(header.options[0], 148);
	ck_assert_uint_eq(header.flags, 0);
	host_clear(&host);
}
END_TEST

START_TEST(dont_fragment_refuses_what_the_path_cannot_carry)
{
	struct ip_fields fields = { .dont_fragment = true };
	struct host host;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ck_assert_int_eq(host_send(&host, PEER_IP, fields, 1481), -EMSGSIZE);
	ck_assert_int_eq(host_send(&host, PEER_IP, fields, 1480), 0);
	host_clear(&host);
}
END_TEST

START_TEST(a_lower_path_mtu_is_kept_and_expires)
{
	struct ip_error error = { .src = pyt_ip_from_v4(HOST_IP),
				  .dst = pyt_ip_from_v4(0x08080808),
				  .info = 1400 };
	struct ip_path path;
	struct host host;

	host_init(&host, 1500);
	ip_lower_mtu(host.ip, &error, host.now_us);
	ck_assert_int_eq(route_to(&host, 0x08080808, &path), 0);
	ck_assert_uint_eq(path.mtu, 1400);
	ck_assert(!path.mtu_locked);
	error.info = 1450; /* it never grows that way */
	ip_lower_mtu(host.ip, &error, host.now_us);
	ck_assert_int_eq(route_to(&host, 0x08080808, &path), 0);
	ck_assert_uint_eq(path.mtu, 1400);
	host.now_us += 600 * SEC;
	ck_assert_int_eq(route_to(&host, 0x08080808, &path), 0);
	ck_assert_uint_eq(path.mtu, 1500);
	host_clear(&host);
}
END_TEST

START_TEST(a_path_below_the_least_mtu_is_not_forced_on_us)
{
	struct ip_error error = { .src = pyt_ip_from_v4(HOST_IP),
				  .dst = pyt_ip_from_v4(PEER_IP),
				  .info = 68 };
	struct ip_fields fields = { .dont_fragment = true };
	struct ip4_header header;
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ip_lower_mtu(host.ip, &error, host.now_us);
	ck_assert_int_eq(host_send(&host, PEER_IP, fields, 500), 0);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	header = host_sent_ip(&host, &r);
	ck_assert_uint_eq(header.flags, 0); /* the network may */
	host_clear(&host);
}
END_TEST

START_TEST(ids_do_not_repeat_and_atomic_datagrams_have_none)
{
	struct ip_fields fields = { .dont_fragment = true };
	struct ip4_header header;
	uint16_t first = 0;
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	for (uint16_t i = 0; i < 100; i++) {
		host_send(&host, PEER_IP, (struct ip_fields){ 0 }, 8);
		ck_assert_ptr_nonnull(host_sent(&host, ETH0));
		header = host_sent_ip(&host, &r);
		if (i == 0)
			first = header.id;
		ck_assert_uint_eq(header.id, (uint16_t)(first + i));
	}
	host_send(&host, PEER_IP, fields, 8);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	header = host_sent_ip(&host, &r);
	ck_assert_uint_eq(header.id, 0);
	host_clear(&host);
}
END_TEST

/* The link cuts it and counts on from its header's. */
START_TEST(a_super_frame_takes_an_id_for_each_segment)
{
	struct ip_fields fields = { .protocol = IPPROTO_TCP };
	struct pyt_frame frame = { .part_count = 1, .gso_size = 1000 };
	uint8_t *ip_header = frame.headers + PACKET_HEADROOM - IP4_HEADER_LEN;
	struct ip_path path;
	struct host host;
	uint16_t first, next;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ck_assert_int_eq(route_to(&host, PEER_IP, &path), 0);
	ck_assert_int_eq(ip_frame(host.ip, &path, &fields, 20, 43500, &frame,
				  host.now_us),
			 IP_READY);
	first = (uint16_t)(ip_header[4] << 8 | ip_header[5]);
	frame = (struct pyt_frame){ .part_count = 1 };
	ck_assert_int_eq(
		ip_frame(host.ip, &path, &fields, 20, 7, &frame, host.now_us),
		IP_READY);
	next = (uint16_t)(ip_header[4] << 8 | ip_header[5]);
	ck_assert_uint_eq((uint16_t)(next - first), 44);
	host_clear(&host);
}
END_TEST

START_TEST(a_frame_gets_its_headers_in_front_and_its_sum_at_last)
{
	static uint8_t part[] = { 1, 2, 3 }, rest[] = { 4, 5, 6, 7 };
	struct ip_fields fields = { .protocol = IPPROTO_TCP };
	struct pyt_frame frame = { .part_count = 3,
				   .csum = PYT_CSUM_PARTIAL,
				   .csum_offset = 16 };
	uint8_t *l4 = frame.headers + PACKET_HEADROOM;
	struct ip_path path;
	struct host host;
	uint16_t sum;

	host_init(&host, 1500);
	ck_assert_int_eq(route_to(&host, PEER_IP, &path), 0);
	ck_assert_int_eq(
		ip_frame(host.ip, &path, &fields, 20, 7, &frame, host.now_us),
		IP_RESOLVING);
	host_input_arp(&host, ARP_REPLY, peer_mac, PEER_IP, HOST_IP);
	frame.part[1] = (struct iovec){ part, 3 };
	frame.part[2] = (struct iovec){ rest, 4 };
	ck_assert_int_eq(
		ip_frame(host.ip, &path, &fields, 20, 7, &frame, host.now_us),
		IP_READY);
	ck_assert_ptr_eq(frame.part[0].iov_base, l4 - 34);
	ck_assert_uint_eq(frame.part[0].iov_len, 54);
	ck_assert_uint_eq(frame.len, 61);
	ck_assert_int_eq(frame.csum, PYT_CSUM_NONE);
	/* 0102 0304 0506 07, the pieces' odd border notwithstanding */
	sum = (uint16_t) ~(0x0102 + 0x0304 + 0x0506 + 0x0700);
	ck_assert_uint_eq(l4[16] << 8 | l4[17], sum);
	host_clear(&host);
}
END_TEST

START_TEST(a_silent_neighbour_makes_frames_unreachable_for_a_second)
{
	struct ip_fields fields = { .protocol = IPPROTO_TCP };
	struct pyt_frame frame = { .part_count = 1 };
	struct ip_path path;
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(route_to(&host, PEER_IP, &path), 0);
	ip_frame(host.ip, &path, &fields, 20, 0, &frame, host.now_us);
	host_run_until(&host, host.now_us + 3 * SEC);
	ck_assert_int_eq(
		ip_frame(host.ip, &path, &fields, 20, 0, &frame, host.now_us),
		IP_UNREACHABLE);
	host.now_us += 1 * SEC;
	ck_assert_int_eq(
		ip_frame(host.ip, &path, &fields, 20, 0, &frame, host.now_us),
		IP_RESOLVING);
	host_clear(&host);
}
END_TEST

START_TEST(a_super_datagram_is_cut_where_the_link_cannot)
{
	struct pyt_ip dst = pyt_ip_from_v4(PEER_IP);
	struct ip_fields fields = { .protocol = IPPROTO_UDP };
	struct packet_out *packet;
	struct ip_path path;
	struct host host;
	struct reader r;
	int count = 0;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ck_assert_int_eq(route_to(&host, PEER_IP, &path), 0);
	packet = packet_create(&host.engine, 8 + 2500);
	packet->gso = PYT_GSO_UDP;
	packet->gso_size = 1000;
	packet->gso_header_len = 8;
	packet->csum = PYT_CSUM_PARTIAL;
	packet->csum_offset = 6;
	ck_assert_int_eq(ip_send(host.ip, &path, &fields, packet, host.now_us),
			 0);
	while (host_sent(&host, ETH0)) {
		uint64_t sum;

		host_sent_ip(&host, &r);
		ck_assert_uint_eq(r.left, count++ < 2 ? 1008 : 508);
		ck_assert_uint_eq(r.at[4] << 8 | r.at[5], r.left);
		sum = checksum_pseudo_header(&path.src, &dst, IPPROTO_UDP,
					     (uint32_t)r.left);
		sum = checksum_add(sum, r.at, r.left);
		ck_assert_uint_eq(checksum_finish(sum), 0);
	}
	ck_assert_int_eq(count, 3);
	host_clear(&host);
}
END_TEST

START_TEST(a_header_of_the_program_is_completed)
{
	struct ip4_header header = { .protocol = 99, .dst = PEER_IP, .ttl = 9 };
	struct pyt_ip dst = pyt_ip_from_v4(PEER_IP);
	struct packet_out *packet;
	struct ip_path path;
	struct host host;
	struct reader r;

	host_init(&host, 1500);
	host_knows_peer(&host);
	ck_assert_int_eq(ip_route(host.ip, &dst, NULL, 0, 0, &path), 0);
	packet = packet_create(&host.engine, 30);
	ip4_header_build(packet->data, &header);
	ck_assert_int_eq(
		ip_send_with_header(host.ip, &path, packet, host.now_us), 0);
	ck_assert_ptr_nonnull(host_sent(&host, ETH0));
	header = host_sent_ip(&host, &r);
	ck_assert_uint_eq(header.src, HOST_IP);
	ck_assert_uint_eq(header.len, 30);
	ck_assert_uint_eq(header.ttl, 9);
	packet = packet_create(&host.engine, 10);
	ck_assert_int_eq(
		ip_send_with_header(host.ip, &path, packet, host.now_us),
		-EINVAL);
	host_clear(&host);
}
END_TEST

START_TEST(broadcasts_are_heard_by_ourselves_too)
{
	const uint8_t *bytes;
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(
		host_send(&host, 0xffffffff, (struct ip_fields){ 0 }, 8), 0);
	bytes = host_sent(&host, ETH0);
	ck_assert_mem_eq(bytes, ethernet_broadcast, 6);
	bytes = host_sent(&host, IP_LO_INDEX);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(host_input(&host, IP_LO_INDEX, bytes, host.sent.len),
			 IP_DELIVER);
	ck_assert(host.packet.dst_broadcast);
	ck_assert_int_eq(
		host_send(&host, 0x0a0000ff, (struct ip_fields){ 0 }, 8), 0);
	ck_assert_mem_eq(host_sent(&host, ETH0), ethernet_broadcast, 6);
	host_clear(&host);
}
END_TEST

START_TEST(sysctls_have_linux_names_and_limits)
{
	char text[16];
	struct host host;

	host_init(&host, 1500);
	ck_assert_int_eq(ip_sysctl_get(host.ip, "net.ipv4.ip_default_ttl", text,
				       sizeof(text)),
			 2);
	ck_assert_str_eq(text, "64");
	ck_assert_int_eq(
		ip_sysctl_set(host.ip, "net.ipv4.ip_default_ttl", "256"),
		-ERANGE);
	ck_assert_int_eq(ip_sysctl_set(host.ip, "net.ipv4.ip_default_ttl", "x"),
			 -EINVAL);
	ck_assert_int_eq(
		ip_sysctl_set(host.ip, "net.ipv4.ip_default_ttl", "9\n"), 0);
	ck_assert_int_eq(ip_sysctl_set(host.ip, "net.ipv4.none", "1"), -ENOENT);
	ck_assert_int_eq(ip_sysctl_set(host.ip,
				       "net.ipv4.neigh.eth9.retrans_time_ms",
				       "1"),
			 -ENOENT);
	ck_assert_int_eq(ip_sysctl_get(host.ip,
				       "net.ipv4.neigh.eth0.retrans_time_ms",
				       text, sizeof(text)),
			 4);
	host_clear(&host);
}
END_TEST

/* Whatever a program gives: filling in what was accepted stays within it. */
START_TEST(no_options_of_a_program_lead_out_of_them)
{
	static const uint8_t kinds[] = { 0, 1, 7, 68, 131, 137, 148, 30 };
	static const uint8_t seed[32] = { 1 };
	struct random random;
	int accepted = 0;

	random_init(&random, seed);
	for (int i = 0; i < 200000; i++) {
		uint8_t len = (uint8_t)(4 * random_below(&random, 11));
		uint8_t *bytes = malloc(len ? len : 1); /* no byte more */
		struct pyt_ip hop;
		bool strict;

		for (uint8_t at = 0; at < len; at++)
			bytes[at] = (uint8_t)random_below(
				&random, random_below(&random, 2) ? 13 : 256);
		if (len)
			bytes[0] = kinds[random_below(&random, 8)];
		if (ip4_options_accept(bytes, len)) {
			accepted += len > 0;
			ip4_options_first_hop(bytes, len, &hop, &strict);
			ip4_options_fill(bytes, len, HOST_IP, PEER_IP, i);
		}
		free(bytes);
	}
	ck_assert_int_gt(accepted, 1000);
}
END_TEST

UNIT_MAIN("ip4_out", longest_prefix_then_metric_wins,
	  routes_that_cannot_work_are_refused, own_addresses_go_by_lo,
	  sources_must_be_ours_and_loopback_stays_inside,
	  a_datagram_too_long_is_fragmented_and_comes_together,
	  only_copied_options_stand_in_later_fragments,
	  no_options_of_a_program_lead_out_of_them,
	  dont_fragment_refuses_what_the_path_cannot_carry,
	  a_lower_path_mtu_is_kept_and_expires,
	  a_path_below_the_least_mtu_is_not_forced_on_us,
	  ids_do_not_repeat_and_atomic_datagrams_have_none,
	  a_super_frame_takes_an_id_for_each_segment,
	  a_frame_gets_its_headers_in_front_and_its_sum_at_last,
	  a_silent_neighbour_makes_frames_unreachable_for_a_second,
	  a_super_datagram_is_cut_where_the_link_cannot,
	  a_header_of_the_program_is_completed,
	  broadcasts_are_heard_by_ourselves_too,
	  sysctls_have_linux_names_and_limits)
