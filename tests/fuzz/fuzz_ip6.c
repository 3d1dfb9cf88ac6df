/*
 * Whatever frames of IPv6 come: input is cut into frames (two bytes of
 * length, one that chooses interface and how much time passes), which a host
 * receives whose addresses are still being probed.
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
#include "ip/host6.h"

static void prepare(struct host *host)
{
	struct pyt_ip group = { { 0xff, 2, [15] = 0xfb } };

	host6_init_with(host, 1500, NULL);
	host6_knows(host, peer6);
	ip_group_join(host->ip, ETH0, &group, host->now_us);
	/* again, so that it is tentative */
	ip_address_remove(host->ip, ETH0, &own6, host->now_us);
	ip_address_add(host->ip, ETH0, &own6, 64, host->now_us);
}

/* Random sums would end every story in the first check. */
static void mend_sums(uint8_t *ip, size_t len)
{
	struct reader r = reader_init(ip, len);
	struct ip6_header header;

	if (ip6_header_parse(&r, &header) != IP6_FAULT_NONE ||
	    header.next_header != IP6_ICMP || r.left < ICMP6_HEADER_LEN)
		return;
	icmp6_set_checksum(ip + IP6_HEADER_LEN, r.left, &header.src,
			   &header.dst);
}

/* An exact copy, so that ASan sees a read behind the frame. */
static void input(struct host *host, const uint8_t *bytes, size_t len,
		  uint8_t how)
{
	int ifindex = how & 1 ? ETH0 : IP_LO_INDEX;
	size_t link_len = ifindex == ETH0 ? ETHERNET_HEADER_LEN : 0;
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, bytes, len);
	if (!(how & 0x40) && len > link_len)
		mend_sums(copy + link_len, len - link_len);
	if (host_input(host, ifindex, copy, len) == IP_DELIVER &&
	    host->packet.protocol != IPPROTO_ICMPV6)
		ip_unreachable(host->ip, &host->packet,
			       how & 2 ? IP_NO_PORT : IP_NO_PROTOCOL,
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
	static struct host host;
	struct reader r = reader_init(data, size);

	prepare(&host);
	while (r.left > 3) {
		size_t len = reader_u16(&r);
		uint8_t how = reader_u8(&r);

		if (len > r.left)
			len = r.left;
		input(&host, reader_bytes(&r, len), len, how);
		host6_send(&host, peer6, (struct ip_fields){ 0 },
			   (uint32_t)how * 8 + 1);
		host_run_until(&host,
			       host.now_us + (how & 0x30 ? SEC * how : 0));
		drain(&host);
	}
	host_clear(&host);
	return 0;
}
