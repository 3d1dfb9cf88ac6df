/*
 * Whatever frames come: input is cut into frames (two bytes of length, one
 * that chooses interface and how much time passes), which a host receives.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Check's claims can only be made within its tests: here they abort. */
#define TESTS_UNIT_H
#define SEC 1000000ll
#define ck_assert(claim) assert(claim)
#define ck_assert_int_eq(a, b) assert((a) == (b))
#define ck_assert_uint_eq(a, b) assert((a) == (b))
#define ck_assert_ptr_nonnull(pointer) assert(pointer)

#include "fuzz.h"
#include "ip/host.h"

static void prepare(struct host *host)
{
	struct pyt_ip group = pyt_ip_from_v4(0xe00000fb);

	host_init(host, 1500);
	host_knows_peer(host);
	ip_sysctl_set(host->ip, "net.ipv4.conf.all.arp_conflict_detection",
		      "1");
	ip_sysctl_set(host->ip, "net.ipv4.icmp_echo_ignore_broadcasts", "0");
	ip_group_join(host->ip, ETH0, &group, host->now_us);
}

/* Random sums would end every story in the first check. */
static void mend_sums(uint8_t *ip, size_t len)
{
	size_t header_len = len ? (ip[0] & 15u) * 4u : 0;

	if (header_len < IP4_HEADER_LEN || header_len > len)
		return;
	ip4_header_set_checksum(ip, (uint32_t)header_len);
	if (len >= header_len + ICMP4_HEADER_LEN &&
	    (ip[9] == IPPROTO_ICMP || ip[9] == IPPROTO_IGMP))
		icmp4_set_checksum(ip + header_len, len - header_len);
}

/* An exact copy, so that ASan sees a read behind the frame. */
static void input(struct host *host, const uint8_t *bytes, size_t len,
		  uint8_t how)
{
	int ifindex = how & 1 ? ETH0 : IP_LO_INDEX;
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, bytes, len);
	if (!(how & 0x40) && ifindex == IP_LO_INDEX)
		mend_sums(copy, len);
	else if (!(how & 0x40) && len > ETHERNET_HEADER_LEN)
		mend_sums(copy + ETHERNET_HEADER_LEN,
			  len - ETHERNET_HEADER_LEN);
	if (host_input(host, ifindex, copy, len) == IP_DELIVER &&
	    host->packet.protocol != IPPROTO_ICMP)
		ip_unreachable(host->ip, &host->packet, IP_NO_PORT,
			       host->now_us);
	else if (host->error.error == EMSGSIZE)
		ip_lower_mtu(host->ip, &host->error, host->now_us);
	free(copy);
}

static void drain(struct host *host)
{
	struct pyt_event event;

	while (ip_next_error(host->ip, &host->error, host->now_us))
		;
	while (ip_next_event(host->ip, &event))
		;
	while (host_sent(host, ETH0) || host_sent(host, IP_LO_INDEX))
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(data, size);
	static struct host host;

	prepare(&host);
	while (r.left > 3) {
		size_t len = reader_u16(&r);
		uint8_t how = reader_u8(&r);

		if (len > r.left)
			len = r.left;
		input(&host, reader_bytes(&r, len), len, how);
		drain(&host);
		if (how & 0x80)
			host_run_until(&host, host.now_us + (how & 0x7e) * SEC);
	}
	drain(&host);
	host_clear(&host);
	return 0;
}
