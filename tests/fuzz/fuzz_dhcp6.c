/*
 * Whatever a DHCPv6 server says, in whatever state the client is: input is
 * cut into steps (two bytes of length, one that says what happens): options
 * behind the fixed part that answers the client's last message, Reconfigures
 * that are signed, routers' flags, other owners of addresses, links that come
 * up again, restarts with the kept lease; time passes between them.
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
#define ck_assert_uint_eq(a, b) assert((a) == (b))
#define ck_assert_str_eq(a, b) assert(!strcmp(a, b))
#define ck_assert_ptr_nonnull(pointer) assert(pointer)
#define ck_abort_msg(...) abort()

#include "autoconf/dhcp6_server.h"
#include "fuzz.h"

#include <nettle/hmac.h>
#include <pyt/view.h>

/* Bits of the third byte. */
#define WITH_SERVER 0x01 /* the identifiers are right */
#define TYPE(how) ((how) >> 1 & 3)
#define TIME(how) ((how) >> 3 & 7)
#define EVENT(how) ((how) >> 6)

enum { SAY_ADVERTISE, SAY_REPLY, SAY_RECONFIGURE, SAY_ROUTER };
enum { EVENT_NONE, EVENT_OWNER, EVENT_LINK, EVENT_RESTART };

/* Messages that a client may send by itself: some at once, few a second. */
#define BURST_MAX 8
#define RATE_MAX 4

static int drain(void)
{
	struct pyt_event event;
	struct sent sent;
	int messages = 0;

	while (client_sent(&sent))
		messages++;
	while (pyt_next_event(host.stack, &event))
		;
	return messages;
}

static void put_identifiers(struct writer *w)
{
	uint8_t duid[10] = { 0, 3, 0, 1 };

	memcpy(duid + 4, host_mac, 6);
	dhcp6_build_option(w, DHCP6_CLIENT_ID, duid, sizeof(duid));
	dhcp6_build_option(w, DHCP6_SERVER_ID, server_duid,
			   sizeof(server_duid));
}

/* With the key that the client knows, if any: that is what lies behind it. */
static void sign(uint8_t *bytes, struct writer *w)
{
	static const uint8_t zeros[DHCP6_KEY_LEN];
	const struct dhcp6_key *key = &client()->key;
	struct hmac_md5_ctx hmac;

	put_rkap(w, key->replay + 1, 2, zeros);
	if (w->failed)
		return;
	hmac_md5_set_key(&hmac, sizeof(key->bytes), key->bytes);
	hmac_md5_update(&hmac, w->len, bytes);
	hmac_md5_digest(&hmac, DHCP6_KEY_LEN, bytes + w->len - DHCP6_KEY_LEN);
}

static void say(const uint8_t *options, size_t len, uint8_t how)
{
	static const enum dhcp6_type types[] = {
		[SAY_ADVERTISE] = DHCP6_ADVERTISE,
		[SAY_REPLY] = DHCP6_REPLY,
		[SAY_RECONFIGURE] = DHCP6_RECONFIGURE,
	};
	uint8_t *bytes = malloc(1500);
	struct writer w = writer_init(bytes, 1400);

	if (!bytes)
		abort();
	dhcp6_build_header(&w, types[TYPE(how)], client()->transaction);
	if (how & WITH_SERVER)
		put_identifiers(&w);
	writer_copy(&w, options, len);
	if (TYPE(how) == SAY_RECONFIGURE)
		sign(bytes, &w);
	if (!w.failed)
		send_bytes(bytes, w.len);
	free(bytes);
}

/* Somebody else has the first address. */
static void own_address(void)
{
	if (client()->address_count == 0)
		return;
	host_input_claim(&host, peer_mac, client()->address[0]);
}

static void happen(uint8_t how)
{
	switch (EVENT(how)) {
	case EVENT_OWNER:
		own_address();
		break;
	case EVENT_LINK:
		pyt_iface_set_up(host.stack, ETH0, false, host.now_us);
		pyt_iface_set_up(host.stack, ETH0, true, host.now_us);
		break;
	case EVENT_RESTART:
		pyt_autoconf_stop(host.stack, ETH0, how & WITH_SERVER,
				  host.now_us);
		FUZZ_CLAIM(host_start(&host, METHOD(SLAAC) | METHOD(DHCP6)) ==
			   0);
		break;
	}
}

static void check(void)
{
	const struct dhcp6 *dhcp6 = client();

	FUZZ_CLAIM(dhcp6->address_count <= 2 * DHCP6_LEASES_MAX);
	FUZZ_CLAIM(dhcp6->grant.addresses.count <= DHCP6_LEASES_MAX);
	FUZZ_CLAIM(dhcp6->grant.server.id_len <= DHCP6_DUID_MAX);
	FUZZ_CLAIM(dhcp6->address_count == 0 || dhcp6_has_grant(dhcp6));
	FUZZ_CLAIM(dhcp6->address_count == 0 ||
		   (dhcp6->t1_us <= dhcp6->t2_us &&
		    dhcp6->t2_us <= dhcp6->end_us));
}

static void pass_time(uint8_t how)
{
	int seconds = TIME(how) * TIME(how) * TIME(how), messages = 0;
	int64_t end_us = host.now_us + seconds * SEC;

	while (pyt_next_deadline(host.stack) <= end_us) {
		if (pyt_next_deadline(host.stack) > host.now_us)
			host.now_us = pyt_next_deadline(host.stack);
		pyt_run_timers(host.stack, host.now_us);
		messages += drain();
	}
	host.now_us = end_us;
	FUZZ_CLAIM(messages <= BURST_MAX + RATE_MAX * seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(data, size);

	set_up();
	host_sysctl(&host, "net.pyt.dhcp6_prefix_len", "56");
	drain();
	while (r.left > 3) {
		size_t len = reader_u16(&r);
		uint8_t how = reader_u8(&r);
		const uint8_t *options;

		if (len > r.left)
			len = r.left;
		options = reader_bytes(&r, len);
		if (TYPE(how) == SAY_ROUTER)
			advertise(len ? options[0] & (M | O) : M);
		else
			say(options, len, how);
		drain();
		happen(how);
		drain();
		check();
		pass_time(how);
	}
	pyt_autoconf_stop(host.stack, ETH0, true, host.now_us);
	drain();
	tear_down();
	return 0;
}
