/*
 * A host for tests of ip: 10.0.0.2/24 on "eth0" (index 2), gateway
 * 10.0.0.1, and a peer 10.0.0.9 with a MAC of its own, played by the test.
 */
#ifndef TESTS_IP_HOST_H
#define TESTS_IP_HOST_H

#include <errno.h>
#include <netinet/in.h>

#include "engine.h"

#include "base/checksum.h"
#include "iface/arp.h"
#include "ip/ip_internal.h"
#include "wire/ethernet.h"

#define HOST_IP 0x0a000002u
#define PEER_IP 0x0a000009u
#define GATEWAY_IP 0x0a000001u
#define ETH0 2

static const uint8_t host_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 9 };

struct host {
	struct test_memory memory;
	struct engine engine;
	struct ip *ip;
	struct iface *eth0;
	int64_t now_us;
	struct pyt_frame frame; /* the last received */
	struct pyt_frame sent; /* the last taken */
	struct packet_in packet;
	struct ip_error error;
	enum counter reason;
};

static inline void host_init(struct host *host, uint32_t mtu)
{
	struct pyt_iface_config config = { .name = "eth0",
					   .medium = PYT_MEDIUM_ETHERNET,
					   .mtu = mtu };
	struct pyt_ip own = pyt_ip_from_v4(HOST_IP);
	struct pyt_route gateway = { .prefix = pyt_ip_from_v4(0),
				     .gateway = pyt_ip_from_v4(GATEWAY_IP) };

	memset(host, 0, sizeof(*host));
	memcpy(config.mac, host_mac, 6);
	test_engine_init(&host->engine, &host->memory);
	host->now_us = 1000 * SEC;
	host->ip = ip_create(&host->engine, host->now_us);
	ck_assert_ptr_nonnull(host->ip);
	ck_assert_int_eq(ip_sysctl_set(host->ip,
				       "net.ipv4.conf.all."
				       "arp_conflict_detection",
				       "0"),
			 0);
	/* what IPv6 says of itself would come in between */
	ck_assert_int_eq(
		ip_sysctl_set(host->ip, "net.ipv6.conf.all.disable_ipv6", "1"),
		0);
	ck_assert_int_eq(ip_iface_add(host->ip, &config, host->now_us), ETH0);
	host->eth0 = ip_iface(host->ip, ETH0);
	ck_assert_int_eq(ip_address_add(host->ip, ETH0, &own, 24, host->now_us),
			 0);
	ck_assert_int_eq(ip_route_add(host->ip, &gateway), 0);
}

/* Nothing may be left. */
static inline void host_clear(struct host *host)
{
	ip_destroy(host->ip);
	ck_assert_uint_eq(host->memory.bytes, 0);
}

static inline uint64_t host_count(const struct host *host, enum counter c)
{
	return host->engine.counters.value[c];
}

/* The next frame that the host sends by ifindex, or NULL. */
static inline const uint8_t *host_sent(struct host *host, int ifindex)
{
	struct iface *iface = ip_iface(host->ip, ifindex);

	if (!iface_output_next(iface, &host->sent))
		return NULL;
	return host->sent.part[0].iov_base;
}

static inline enum ip_verdict host_input(struct host *host, int ifindex,
					 const void *bytes, size_t len)
{
	host->frame =
		(struct pyt_frame){ .part_count = 1, .len = (uint32_t)len };
	host->frame.part[0].iov_base = (void *)(uintptr_t)bytes;
	host->frame.part[0].iov_len = len;
	host->packet = (struct packet_in){ .iface = ip_iface(host->ip, ifindex),
					   .now_us = host->now_us,
					   .frame = &host->frame };
	return ip_input(host->ip, &host->packet, &host->error, &host->reason);
}

/* An IP packet from the peer in an Ethernet frame to dst_mac. */
static inline enum ip_verdict host_input_ip(struct host *host,
					    const uint8_t *dst_mac,
					    struct ip4_header header,
					    const void *payload, uint32_t len)
{
	static uint8_t bytes[70000];
	struct ethernet_header ethernet = { .type = ETHERNET_TYPE_IP4 };

	memcpy(ethernet.dst, dst_mac, 6);
	memcpy(ethernet.src, peer_mac, 6);
	ethernet_header_build(bytes, &ethernet);
	if (!header.len)
		header.len = (uint16_t)(ip4_header_len(&header) + len);
	if (!header.ttl)
		header.ttl = 64;
	ip4_header_build(bytes + ETHERNET_HEADER_LEN, &header);
	memcpy(bytes + ETHERNET_HEADER_LEN + ip4_header_len(&header), payload,
	       len);
	return host_input(host, ETH0, bytes,
			  ETHERNET_HEADER_LEN + ip4_header_len(&header) + len);
}

static inline enum ip_verdict host_input_arp(struct host *host,
					     enum arp_operation operation,
					     const uint8_t *sender_mac,
					     uint32_t sender_ip,
					     uint32_t target_ip)
{
	struct ethernet_header ethernet = { .type = ETHERNET_TYPE_ARP };
	struct arp_packet arp = { .operation = (uint16_t)operation,
				  .sender_ip = sender_ip,
				  .target_ip = target_ip };
	uint8_t bytes[60] = { 0 };

	memcpy(ethernet.dst,
	       operation == ARP_REQUEST ? ethernet_broadcast : host_mac, 6);
	memcpy(ethernet.src, sender_mac, 6);
	memcpy(arp.sender_mac, sender_mac, 6);
	ethernet_header_build(bytes, &ethernet);
	arp_build(bytes + ETHERNET_HEADER_LEN, &arp);
	return host_input(host, ETH0, bytes, sizeof(bytes));
}

/* The peer's address is known, as after an answer. */
static inline void host_knows_peer(struct host *host)
{
	struct pyt_ip peer = pyt_ip_from_v4(PEER_IP);
	struct neighbour *neighbour = neighbour_add(
		host->ip->neighbours, host->eth0, &peer, host->now_us);

	neighbour_update(host->ip->neighbours, neighbour, peer_mac,
			 NEIGHBOUR_REACHABLE, true, host->now_us);
}

/* The IP header of the last sent frame; *payload behind it. */
static inline struct ip4_header host_sent_ip(struct host *host,
					     struct reader *payload)
{
	struct ip4_header header = { 0 };
	struct reader r =
		reader_init(host->sent.part[0].iov_base, host->sent.len);

	if (host->sent.len)
		reader_bytes(&r, ETHERNET_HEADER_LEN);
	ck_assert_int_eq(ip4_header_parse(&r, &header), IP4_FAULT_NONE);
	*payload = r;
	return header;
}

/* Time goes on and each timer runs when it is due. */
static inline void host_run_until(struct host *host, int64_t end_us)
{
	while (ip_next_deadline(host->ip) <= end_us) {
		host->now_us = ip_next_deadline(host->ip);
		ip_run_timers(host->ip, host->now_us);
	}
	host->now_us = end_us;
}

/* What was to be said has been said. */
static inline void host_quiet(struct host *host)
{
	host_run_until(host, host->now_us + 30 * SEC);
	while (host_sent(host, ETH0))
		;
}

/* Sends len bytes of UDP-like payload to dst. */
static inline int host_send(struct host *host, uint32_t dst,
			    struct ip_fields fields, uint32_t len)
{
	struct packet_out *packet = packet_create(&host->engine, len);
	struct pyt_ip to = pyt_ip_from_v4(dst);
	struct ip_path path;
	int result;

	for (uint32_t i = 0; i < len; i++)
		packet->data[i] = (uint8_t)i;
	result = ip_route(host->ip, &to, NULL, 0, host->now_us, &path);
	if (result < 0) {
		packet_destroy(&host->engine, packet);
		return result;
	}
	if (!fields.protocol)
		fields.protocol = IPPROTO_UDP;
	return ip_send(host->ip, &path, &fields, packet, host->now_us);
}

#endif
