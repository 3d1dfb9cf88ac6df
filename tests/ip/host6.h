/*
 * The host of host.h with IPv6: fd00::2/64 beside its link-local address,
 * gateway fd00::1, and a peer fd00::9, played by the test. No DAD unless the
 * test switches it on.
 */
#ifndef TESTS_IP_HOST6_H
#define TESTS_IP_HOST6_H

#include "host.h"

#include "iface/nd.h"

static const struct pyt_ip own6 = { { 0xfd, [15] = 2 } };
static const struct pyt_ip peer6 = { { 0xfd, [15] = 9 } };
static const struct pyt_ip gateway6 = { { 0xfd, [15] = 1 } };
static const struct pyt_ip far6 = { { 0x20, 1, 0x0d, 0xb8, [15] = 1 } };
static const struct pyt_ip any6;

static inline void host6_set(struct host *host, const char *name,
			     const char *value)
{
	ck_assert_int_eq(ip_sysctl_set(host->ip, name, value), 0);
}

static inline struct pyt_ip host6_link_local(const struct host *host)
{
	return ip6_link_local_of_mac(host->eth0->config.mac);
}

/* With the sysctls "name=value" of a list that NULL ends. */
static inline void host6_init_with(struct host *host, uint32_t mtu,
				   const char *const *settings)
{
	struct pyt_route gateway = { .gateway = gateway6 };
	char name[100];

	host_init(host, mtu);
	for (; settings && *settings; settings++) {
		size_t len = strcspn(*settings, "=");

		memcpy(name, *settings, len);
		name[len] = 0;
		host6_set(host, name, *settings + len + 1);
	}
	host6_set(host, "net.ipv6.conf.all.disable_ipv6", "0");
	ck_assert_int_eq(
		ip_address_add(host->ip, ETH0, &own6, 64, host->now_us), 0);
	ck_assert_int_eq(ip_route_add(host->ip, &gateway), 0);
	/* reports of the groups that it has joined */
	host_run_until(host, host->now_us + 10 * SEC);
	while (host_sent(host, ETH0))
		;
}

static inline void host6_init(struct host *host, uint32_t mtu)
{
	static const char *const no_dad[] = { "net.ipv6.conf.all.accept_dad=0",
					      NULL };

	host6_init_with(host, mtu, no_dad);
}

/* The frame that host6_input() builds, and what stands in it. */
struct packet6 {
	struct ip6_header header; /* zero fields: sensible ones */
	const uint8_t *dst_mac; /* NULL: the host's, or the group's */
	const void *payload;
	uint32_t len;
};

static inline enum ip_verdict host6_input(struct host *host, struct packet6 p)
{
	static uint8_t bytes[70000];
	struct ethernet_header ethernet = { .type = ETHERNET_TYPE_IP6 };

	if (pyt_ip_is_unspecified(&p.header.dst))
		p.header.dst = own6;
	if (!p.header.hop_limit)
		p.header.hop_limit = 64;
	if (!p.header.payload_len)
		p.header.payload_len = (uint16_t)p.len;
	memcpy(ethernet.dst, p.dst_mac ? p.dst_mac : host_mac, 6);
	if (!p.dst_mac && pyt_ip_is_multicast(&p.header.dst))
		ethernet_from_group6(p.header.dst.bytes, ethernet.dst);
	memcpy(ethernet.src, peer_mac, 6);
	ethernet_header_build(bytes, &ethernet);
	ip6_header_build(bytes + ETHERNET_HEADER_LEN, &p.header);
	memcpy(bytes + ETHERNET_HEADER_LEN + IP6_HEADER_LEN, p.payload, p.len);
	return host_input(host, ETH0, bytes,
			  ETHERNET_HEADER_LEN + IP6_HEADER_LEN + p.len);
}

/* An ICMPv6 message, its sum made here; hop_limit 0: 255. */
static inline enum ip_verdict host6_input_icmp(struct host *host,
					       struct pyt_ip src,
					       struct pyt_ip dst,
					       uint8_t hop_limit,
					       uint8_t *message, uint32_t len)
{
	icmp6_set_checksum(message, len, &src, &dst);
	return host6_input(
		host,
		(struct packet6){
			.header = { .next_header = IP6_ICMP,
				    .hop_limit = hop_limit ? hop_limit : 255,
				    .src = src,
				    .dst = dst },
			.payload = message,
			.len = len });
}

/* The next IPv6 packet that the host sends on eth0: false if there is none. */
static inline bool host6_sent(struct host *host, struct ip6_header *header,
			      struct reader *payload)
{
	const uint8_t *frame = host_sent(host, ETH0);

	if (!frame)
		return false;
	*payload = reader_init(frame + ETHERNET_HEADER_LEN,
			       host->sent.len - ETHERNET_HEADER_LEN);
	ck_assert_int_eq(ip6_header_parse(payload, header), IP6_FAULT_NONE);
	return true;
}

/* An ICMPv6 message is sent next, its sum right. */
static inline uint8_t host6_sent_icmp(struct host *host,
				      struct ip6_header *header,
				      struct reader *message)
{
	ck_assert(host6_sent(host, header, message));
	ck_assert_uint_eq(header->next_header, IP6_ICMP);
	ck_assert(icmp6_checksum_is_right(message->at, message->left,
					  &header->src, &header->dst));
	return message->at[0];
}

static inline struct neighbour *host6_neighbour(struct host *host,
						struct pyt_ip ip)
{
	return neighbour_find(host->ip->neighbours, host->eth0, &ip);
}

/* The address is known, as after an answer. */
static inline void host6_knows(struct host *host, struct pyt_ip ip)
{
	struct neighbour *n = neighbour_add(host->ip->neighbours, host->eth0,
					    &ip, host->now_us);

	neighbour_update(host->ip->neighbours, n, peer_mac, NEIGHBOUR_REACHABLE,
			 true, host->now_us);
}

/* Sends len bytes of UDP-like payload to dst. */
static inline int host6_send(struct host *host, struct pyt_ip dst,
			     struct ip_fields fields, uint32_t len)
{
	struct packet_out *packet = packet_create(&host->engine, len);
	struct ip_path path;
	int result;

	for (uint32_t i = 0; i < len; i++)
		packet->data[i] = (uint8_t)i;
	result = ip_route(host->ip, &dst, NULL, 0, host->now_us, &path);
	if (result < 0) {
		packet_destroy(&host->engine, packet);
		return result;
	}
	if (!fields.protocol)
		fields.protocol = IPPROTO_UDP;
	return ip_send(host->ip, &path, &fields, packet, host->now_us);
}

#endif
