/*
 * Whatever a DHCPv4 server says: input is cut into options of replies (two
 * bytes of length, one that chooses what happens), put behind the fixed part
 * that answers the client's last message; time passes between them.
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

#include "autoconf/dhcp_server.h"
#include "fuzz.h"

static struct host host;
static struct request request;

/* What the host has sent; the last message of DHCP stays in request. */
static void drain(void)
{
	struct request latest;
	struct pyt_event event;

	while (host_sent_dhcp(&host, &latest))
		request = latest;
	while (pyt_next_event(host.stack, &event))
		;
}

/* The fixed part is right, or nothing would come further. */
static void reply(const uint8_t *options, size_t len, uint8_t how)
{
	struct dhcp4_header header = request.message.header;
	uint8_t *bytes = malloc(2048);
	struct writer w = writer_init(bytes, 2048);

	if (!bytes)
		abort();
	header.yiaddr = LEASED_IP + (how >> 6);
	dhcp4_put_header(&w, &header);
	bytes[0] = 2;
	writer_copy(&w, options, len);
	if (!w.failed)
		host_input_udp(&host, SERVER_IP,
			       how & 1 ? UINT32_MAX : LEASED_IP,
			       DHCP4_SERVER_PORT, DHCP4_CLIENT_PORT, bytes,
			       (uint32_t)w.len);
	free(bytes);
}

static void check_installed(void)
{
	const struct dhcp4 *dhcp4 = client_of(&host);

	FUZZ_CLAIM(dhcp4->route_count <= 2 * DHCP4_ROUTES_MAX);
	FUZZ_CLAIM(dhcp4->lease.server_count <= DHCP4_SERVERS_MAX);
	FUZZ_CLAIM(dhcp4->lease.domain_count <= DHCP4_DOMAINS_MAX);
	FUZZ_CLAIM(dhcp4->t1_us <= dhcp4->t2_us || !dhcp4->installed);
	FUZZ_CLAIM(dhcp4->t2_us <= dhcp4->end_us || !dhcp4->installed);
}

static void pass_time(uint8_t how)
{
	int64_t end_us = host.now_us + (how >> 3 & 7) * (how >> 3 & 7) * SEC;

	while (pyt_next_deadline(host.stack) <= end_us) {
		int64_t due_us = pyt_next_deadline(host.stack);

		if (due_us > host.now_us)
			host.now_us = due_us;
		pyt_run_timers(host.stack, host.now_us);
		drain();
	}
	host.now_us = end_us;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(data, size);

	host_create(&host, 1);
	host_sysctl(&host, "net.ipv4.conf.all.arp_conflict_detection", "1");
	host_start(&host, METHOD(DHCP4) | METHOD(LINKLOCAL4));
	drain();
	while (r.left > 3) {
		size_t len = reader_u16(&r);
		uint8_t how = reader_u8(&r);

		if (len > r.left)
			len = r.left;
		if (how & 2)
			host_input_arp(&host, ARP_REPLY, peer_mac,
				       how & 4 ? LEASED_IP : SERVER_IP, 0);
		reply(reader_bytes(&r, len), len, how);
		drain();
		check_installed();
		pass_time(how);
	}
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	drain();
	host_destroy(&host);
	return 0;
}
