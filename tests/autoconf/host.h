/*
 * A whole stack with one Ethernet interface that is to configure itself, in
 * virtual time; the test plays everybody else on the link.
 */
#ifndef TESTS_AUTOCONF_HOST_H
#define TESTS_AUTOCONF_HOST_H

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "engine.h"

#include "autoconf/autoconf_internal.h"
#include "base/checksum.h"
#include "iface/arp.h"
#include "stack.h"
#include "wire/ethernet.h"
#include "wire/ip4.h"
#include "wire/udp_header.h"

#define ETH0 2
#define METHOD(name) (1u << PYT_METHOD_##name)

static const uint8_t host_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 9 };

struct host {
	struct test_memory memory;
	struct pyt_stack *stack;
	int64_t now_us;
	uint8_t sent[2048]; /* the last frame that host_sent() gave */
	uint32_t sent_len;
	struct pyt_event event; /* the last that host_event() gave */
	const char *drop_reason; /* of the last input */
};

static inline void host_create(struct host *host, uint8_t seed)
{
	struct pyt_stack_config config = {
		.allocator = { test_alloc, test_free, &host->memory },
		.seed = { seed },
		.secret = { 1, 2, 3 },
	};
	struct pyt_iface_config eth0 = { .name = "eth0",
					 .medium = PYT_MEDIUM_ETHERNET,
					 .mtu = 1500 };

	memset(host, 0, sizeof(*host));
	host->now_us = 1000 * SEC;
	host->stack = pyt_stack_create(&config, host->now_us);
	ck_assert_ptr_nonnull(host->stack);
	memcpy(eth0.mac, host_mac, 6);
	ck_assert_int_eq(pyt_iface_add(host->stack, &eth0, host->now_us), ETH0);
}

/* Nothing may be left. */
static inline void host_destroy(struct host *host)
{
	pyt_stack_destroy(host->stack);
	ck_assert_uint_eq(host->memory.bytes, 0);
}

static inline void host_sysctl(struct host *host, const char *name,
			       const char *value)
{
	ck_assert_int_eq(pyt_sysctl_set(host->stack, name, value), 0);
}

static inline int host_start(struct host *host, unsigned methods)
{
	struct pyt_autoconf_config config = { .methods = methods };

	return pyt_autoconf_start(host->stack, ETH0, &config, host->now_us);
}

static inline uint64_t host_count(const struct host *host, enum counter c)
{
	return host->stack->engine.counters.value[c];
}

/* The next frame that the host sends, or NULL. */
static inline const uint8_t *host_sent(struct host *host)
{
	struct pyt_frame frame;

	host->sent_len = 0;
	if (pyt_output(host->stack, ETH0, &frame, host->now_us) <= 0)
		return NULL;
	for (int i = 0; i < frame.part_count; i++) {
		memcpy(host->sent + host->sent_len, frame.part[i].iov_base,
		       frame.part[i].iov_len);
		host->sent_len += (uint32_t)frame.part[i].iov_len;
	}
	return host->sent;
}

/* The next ARP packet that it sends; what else it sends before is lost. */
static inline bool host_sent_arp(struct host *host, struct arp_packet *arp)
{
	while (host_sent(host)) {
		struct reader r = reader_init(host->sent, host->sent_len);
		struct ethernet_header ethernet;

		ck_assert(ethernet_header_parse(&r, &ethernet));
		if (ethernet.type == ETHERNET_TYPE_ARP)
			return arp_parse(&r, arp);
	}
	return false;
}

static inline void host_input(struct host *host, const void *bytes, size_t len)
{
	struct pyt_frame frame = { .part_count = 1, .len = (uint32_t)len };

	frame.part[0].iov_base = (void *)(uintptr_t)bytes;
	frame.part[0].iov_len = len;
	pyt_input(host->stack, ETH0, &frame, host->now_us);
	host->drop_reason = frame.drop_reason;
}

static inline void host_input_arp(struct host *host,
				  enum arp_operation operation,
				  const uint8_t *sender_mac, uint32_t sender_ip,
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
	host_input(host, bytes, sizeof(bytes));
}

/* A UDP datagram over IPv4 from the peer's MAC to ours. */
static inline void host_input_udp(struct host *host, uint32_t src, uint32_t dst,
				  uint16_t src_port, uint16_t dst_port,
				  const void *payload, uint32_t len)
{
	static uint8_t bytes[4096];
	struct ethernet_header ethernet = { .type = ETHERNET_TYPE_IP4 };
	struct ip4_header ip = {
		.len = (uint16_t)(IP4_HEADER_LEN + UDP_HEADER_LEN + len),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.src = src,
		.dst = dst,
	};
	struct udp_header udp = { .src_port = src_port,
				  .dst_port = dst_port,
				  .len = (uint16_t)(UDP_HEADER_LEN + len) };
	uint8_t *at = bytes;

	memcpy(ethernet.dst, dst == UINT32_MAX ? ethernet_broadcast : host_mac,
	       6);
	memcpy(ethernet.src, peer_mac, 6);
	ethernet_header_build(at, &ethernet);
	at += ETHERNET_HEADER_LEN;
	ip4_header_build(at, &ip);
	at += IP4_HEADER_LEN;
	udp_header_build(&udp, at);
	memcpy(at + UDP_HEADER_LEN, payload, len);
	host_input(host, bytes, ETHERNET_HEADER_LEN + ip.len);
}

/* Time goes on and each timer runs when it is due. */
static inline void host_run_until(struct host *host, int64_t end_us)
{
	while (pyt_next_deadline(host->stack) <= end_us) {
		if (pyt_next_deadline(host->stack) > host->now_us)
			host->now_us = pyt_next_deadline(host->stack);
		pyt_run_timers(host->stack, host->now_us);
	}
	host->now_us = end_us;
}

/* Whether there is such an event; those before it are lost. */
static inline bool host_event(struct host *host, enum pyt_event_type type)
{
	while (pyt_next_event(host->stack, &host->event)) {
		if (host->event.type == type)
			return true;
	}
	return false;
}

static inline bool host_has_ip(const struct host *host, uint32_t ip)
{
	struct pyt_address_info info;
	struct pyt_ip wanted = pyt_ip_from_v4(ip);

	for (int i = 0; pyt_address_get(host->stack, i, &info) == 0; i++) {
		if (info.ifindex == ETH0 && pyt_ip_equal(&info.ip, &wanted))
			return true;
	}
	return false;
}

#endif
