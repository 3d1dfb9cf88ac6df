/*
 * Whatever routers and neighbours say to a host that configures itself: input
 * is cut into ICMPv6 messages (two bytes of length, one that chooses whose it
 * is and how much time passes), their sums made right.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Check's claims can only be made within its tests: here they abort. */
#define TESTS_UNIT_H
#define MS 1000ll
#define SEC 1000000ll
#define ck_assert(claim) assert(claim)
#define ck_assert_int_eq(a, b) assert((a) == (b))
#define ck_abort_msg(...) abort()
#define ck_assert_int_ge(a, b) assert((a) >= (b))
#define ck_assert_int_le(a, b) assert((a) <= (b))
#define ck_assert_uint_eq(a, b) assert((a) == (b))
#define ck_assert_uint_ge(a, b) assert((a) >= (b))
#define ck_assert_ptr_nonnull(pointer) assert(pointer)
#define ck_assert_ptr_null(pointer) assert(!(pointer))

#include "autoconf/router.h"
#include "fuzz.h"

#define FRAMES_MAX 2000 /* of one step: nobody makes us flood a link */
#define ADDRESSES_MAX 64
#define ROUTES_MAX 1200

static struct host host;

static void drain(void)
{
	struct pyt_event event;
	int frames = 0;

	while (host_sent(&host))
		frames++;
	while (pyt_next_event(host.stack, &event))
		;
	FUZZ_CLAIM(frames <= FRAMES_MAX);
}

/* To a tentative address, a valid one, a group of its own, or all nodes. */
static struct pyt_ip destination(uint8_t how)
{
	struct pyt_address_info info;
	int ordinal = how >> 3 & 3;

	while (pyt_address_get(host.stack, ordinal, &info) == 0) {
		if (!pyt_ip_is_v4(&info.ip) && info.ifindex == ETH0)
			return how & 4 ? ip6_solicited_node(&info.ip) : info.ip;
		ordinal++;
	}
	return ip6_all_nodes;
}

static void input(const uint8_t *bytes, size_t len, uint8_t how)
{
	uint8_t *copy = malloc(len);
	uint8_t mac[6];
	struct pyt_ip src = router_ip(1 + (how & 1));
	struct pyt_ip dst = how & 2 ? destination(how) : ip6_all_nodes;

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	if ((how & 0xe0) == 0xe0)
		memset(&src, 0, sizeof(src)); /* a probe of somebody else's */
	router_mac(1 + (how & 1), mac);
	host_input_icmp6(&host, mac, src, dst, 255, copy, len);
	free(copy);
}

static void pass_time(uint8_t how)
{
	int64_t end_us =
		host.now_us + (how >> 5) * (how >> 5) * (how >> 5) * SEC;

	while (pyt_next_deadline(host.stack) <= end_us) {
		int64_t due_us = pyt_next_deadline(host.stack);

		if (due_us > host.now_us)
			host.now_us = due_us;
		pyt_run_timers(host.stack, host.now_us);
		drain();
	}
	host.now_us = end_us;
}

static void check_bounds(void)
{
	struct pyt_address_info address;
	struct pyt_route route;
	int count = 0;

	while (pyt_address_get(host.stack, count, &address) == 0)
		count++;
	FUZZ_CLAIM(count <= ADDRESSES_MAX);
	for (count = 0; pyt_route_get(host.stack, count, &route) == 0; count++)
		;
	FUZZ_CLAIM(count <= ROUTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(data, size);

	host_create(&host, 1);
	host_start(&host, METHOD(SLAAC) | METHOD(DHCP6));
	drain();
	while (r.left > 3) {
		size_t len = reader_u16(&r);
		uint8_t how = reader_u8(&r);

		if (len > r.left)
			len = r.left;
		if (len >= ICMP6_HEADER_LEN && len <= 1400)
			input(r.at, len, how);
		reader_bytes(&r, len);
		drain();
		check_bounds();
		pass_time(how);
	}
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	drain();
	host_destroy(&host);
	return 0;
}
