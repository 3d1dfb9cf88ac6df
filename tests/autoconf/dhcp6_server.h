/*
 * A DHCPv6 server for tests: what the client sends, parsed, and answers put
 * together option by option.
 */
#ifndef TESTS_AUTOCONF_DHCP6_SERVER_H
#define TESTS_AUTOCONF_DHCP6_SERVER_H

#include "router.h"

#include "autoconf/dhcp6_internal.h"
#include "ip/ip_internal.h"
#include "wire/dhcp6.h"

#define M 0x80
#define O 0x40
#define IP "2001:db8:6::42"

static struct host host;
static const uint8_t server_duid[6] = { 0, 3, 0, 1, 9, 9 };
static const uint8_t other_duid[6] = { 0, 3, 0, 1, 8, 8 };

static inline void set_up(void)
{
	host_create(&host, 1);
	ck_assert_int_eq(host_start(&host, METHOD(SLAAC) | METHOD(DHCP6)), 0);
}

static inline void tear_down(void)
{
	host_destroy(&host);
}

static inline struct dhcp6 *client(void)
{
	return dhcp6_of(host.stack->autoconf->link[ETH0 - 1]);
}

static inline void advertise(uint8_t flags)
{
	struct router r = ra(1, 1800, flags);

	ra_mac(&r);
	ra_send(&host, &r);
}

/* What the client sent last. */
struct sent {
	uint8_t type;
	uint32_t transaction;
	struct dhcp6_message m;
	uint16_t elapsed;
	bool rapid;
	bool accepts; /* Reconfigures */
};

static const uint8_t iaid[4] = { 0, 0, 0, 2 }; /* of host_mac */

/* False: the message has no such option. */
static inline bool find_option(struct reader r, uint16_t wanted,
			       struct reader *value)
{
	while (r.left >= 4) {
		uint16_t code = reader_u16(&r);

		*value = reader_split(&r, reader_u16(&r));
		if (code == wanted)
			return true;
	}
	return false;
}

static inline uint16_t elapsed_of(struct reader r)
{
	struct reader value;

	return find_option(r, DHCP6_ELAPSED_TIME, &value) ? reader_u16(&value)
							  : UINT16_MAX;
}

static inline bool client_sent(struct sent *sent)
{
	while (host_sent(&host)) {
		struct reader r = reader_init(host.sent, host.sent_len);
		struct ethernet_header ethernet;
		struct reader unused;
		struct ip6_header ip;

		ck_assert(ethernet_header_parse(&r, &ethernet));
		if (ethernet.type != ETHERNET_TYPE_IP6 ||
		    ip6_header_parse(&r, &ip) != IP6_FAULT_NONE ||
		    ip.next_header != IPPROTO_UDP)
			continue;
		ck_assert_uint_eq(reader_u16(&r), DHCP6_CLIENT_PORT);
		ck_assert_uint_eq(reader_u16(&r), DHCP6_SERVER_PORT);
		reader_u32(&r);
		ck_assert(ip6_is_link_local(&ip.src));
		ck_assert(dhcp6_parse(r, iaid, &sent->m));
		sent->type = sent->m.type;
		sent->transaction = sent->m.transaction;
		sent->rapid = sent->m.rapid_commit;
		reader_u32(&r);
		sent->elapsed = elapsed_of(r);
		sent->accepts =
			find_option(r, DHCP6_RECONFIGURE_ACCEPT, &unused);
		return true;
	}
	return false;
}

/* It says something now, and that is this. */
static inline void client_says(struct sent *sent, enum dhcp6_type type)
{
	ck_assert(client_sent(sent));
	ck_assert_uint_eq(sent->type, type);
}

/* Runs until the client says something; us that passed, or -1. */
static inline int64_t next_message(int64_t at_most_us, struct sent *sent)
{
	int64_t start_us = host.now_us, end_us = start_us + at_most_us;

	while (pyt_next_deadline(host.stack) <= end_us) {
		if (pyt_next_deadline(host.stack) > host.now_us)
			host.now_us = pyt_next_deadline(host.stack);
		pyt_run_timers(host.stack, host.now_us);
		if (client_sent(sent))
			return host.now_us - start_us;
	}
	host.now_us = end_us;
	return -1;
}

/* --------------------------------------------------- the server's side */

struct answer {
	enum dhcp6_type type;
	uint32_t transaction;
	const uint8_t *duid; /* NULL: server_duid */
	const char *ip; /* NULL: no IA_NA */
	uint32_t preferred, valid, t1, t2;
	int preference; /* 0: none */
	int status; /* of the whole; -1: none */
	int ia_status; /* 0: none */
	bool rapid, inform, prefix, foreign_client;
	uint32_t refresh, solicit_max;
	const uint8_t *key; /* of 16 bytes, for Reconfigures; NULL: none */
	uint64_t replay; /* with the key */
};

static inline void put_status(struct writer *w, int status)
{
	writer_u16(w, DHCP6_STATUS_CODE);
	writer_u16(w, 2);
	writer_u16(w, (uint16_t)status);
}

static inline void put_ia(struct writer *w, const struct answer *a)
{
	struct pyt_ip ip = ip_of(a->ip);

	writer_u16(w, DHCP6_IA_NA);
	writer_u16(w, (uint16_t)(12 + (a->ia_status ? 6 : 28)));
	writer_copy(w, iaid, 4);
	writer_u32(w, a->t1);
	writer_u32(w, a->t2);
	if (a->ia_status) {
		put_status(w, a->ia_status);
		return;
	}
	writer_u16(w, DHCP6_IA_ADDRESS);
	writer_u16(w, 24);
	writer_copy(w, ip.bytes, 16);
	writer_u32(w, a->preferred);
	writer_u32(w, a->valid);
}

static inline void put_pd(struct writer *w, const struct answer *a)
{
	struct pyt_ip ip = ip_of("2001:db8:7700::");

	writer_u16(w, DHCP6_IA_PD);
	writer_u16(w, 12 + 29);
	writer_copy(w, iaid, 4);
	writer_u32(w, a->t1);
	writer_u32(w, a->t2);
	writer_u16(w, DHCP6_IA_PREFIX);
	writer_u16(w, 25);
	writer_u32(w, a->preferred);
	writer_u32(w, a->valid);
	writer_u8(w, 56);
	writer_copy(w, ip.bytes, 16);
}

static inline void put_names(struct writer *w)
{
	struct pyt_ip dns = ip_of("2001:db8:6::53");

	dhcp6_build_option(w, DHCP6_DNS_SERVERS, dns.bytes, 16);
	dhcp6_build_option(w, DHCP6_DOMAIN_LIST, "\3lan\4home", 10);
}

/* RFC 8415, 20.4.1: type and value are a key, or a digest. */
static inline void put_rkap(struct writer *w, uint64_t replay, uint8_t type,
			    const uint8_t value[16])
{
	writer_u16(w, DHCP6_AUTHENTICATION);
	writer_u16(w, 11 + 17);
	writer_u8(w, 3);
	writer_u8(w, 1);
	writer_u8(w, 0);
	writer_u32(w, (uint32_t)(replay >> 32));
	writer_u32(w, (uint32_t)replay);
	writer_u8(w, type);
	writer_copy(w, value, 16);
}

static inline size_t build(const struct answer *a, uint8_t *bytes, size_t size)
{
	uint8_t duid[10] = { 0, 3, 0, 1 };
	struct writer w = writer_init(bytes, size);

	memcpy(duid + 4, host_mac, 6);
	duid[9] ^= a->foreign_client;
	dhcp6_build_header(&w, a->type, a->transaction);
	dhcp6_build_option(&w, DHCP6_CLIENT_ID, duid, sizeof(duid));
	dhcp6_build_option(&w, DHCP6_SERVER_ID, a->duid ? a->duid : server_duid,
			   6);
	if (a->preference) {
		uint8_t p = (uint8_t)a->preference;

		dhcp6_build_option(&w, DHCP6_PREFERENCE, &p, 1);
	}
	if (a->status >= 0)
		put_status(&w, a->status);
	if (a->rapid)
		dhcp6_build_option(&w, DHCP6_RAPID_COMMIT, NULL, 0);
	if (a->ip)
		put_ia(&w, a);
	if (a->prefix)
		put_pd(&w, a);
	if (a->refresh) {
		uint8_t seconds[4];

		put_u32(seconds, a->refresh);
		dhcp6_build_option(&w, DHCP6_INFORMATION_REFRESH_TIME, seconds,
				   4);
	}
	if (a->solicit_max) {
		uint8_t seconds[4];

		put_u32(seconds, a->solicit_max);
		dhcp6_build_option(&w, DHCP6_SOL_MAX_RT, seconds, 4);
	}
	if (a->key)
		put_rkap(&w, a->replay, 1, a->key);
	put_names(&w);
	ck_assert(!w.failed);
	return w.len;
}

static inline void send_bytes(const uint8_t *payload, size_t len)
{
	static uint8_t bytes[2048];
	struct ethernet_header ethernet = { .type = ETHERNET_TYPE_IP6 };
	struct ip6_header ip = { .payload_len = (uint16_t)(8 + len),
				 .next_header = IPPROTO_UDP,
				 .hop_limit = 64,
				 .src = router_ip(1),
				 .dst = ip6_link_local_of_mac(host_mac) };
	uint8_t *at = bytes + ETHERNET_HEADER_LEN;
	struct writer w = writer_init(at + IP6_HEADER_LEN, 1500);
	uint16_t sum;

	memcpy(ethernet.dst, host_mac, 6);
	router_mac(1, ethernet.src);
	ethernet_header_build(bytes, &ethernet);
	ip6_header_build(at, &ip);
	writer_u16(&w, DHCP6_SERVER_PORT);
	writer_u16(&w, DHCP6_CLIENT_PORT);
	writer_u16(&w, (uint16_t)(8 + len));
	writer_u16(&w, 0);
	writer_copy(&w, payload, len);
	sum = checksum_finish(checksum_add(
		checksum_pseudo_header(&ip.src, &ip.dst, IPPROTO_UDP,
				       (uint32_t)w.len),
		w.start, w.len));
	w.start[6] = (uint8_t)(sum >> 8);
	w.start[7] = (uint8_t)sum;
	host_input(&host, bytes, ETHERNET_HEADER_LEN + IP6_HEADER_LEN + w.len);
}

static inline void answer(struct answer a)
{
	uint8_t bytes[512];

	if (!a.preferred)
		a.preferred = 100;
	if (!a.valid)
		a.valid = 200;
	send_bytes(bytes, build(&a, bytes, sizeof(bytes)));
}

static inline bool has(const char *text)
{
	struct pyt_address_info info;
	struct pyt_ip wanted = ip_of(text);

	for (int i = 0; pyt_address_get(host.stack, i, &info) == 0; i++)
		if (pyt_ip_equal(&info.ip, &wanted))
			return true;
	return false;
}

/* Bound to IP with the lease's lifetimes, by the short way. */
static inline void bind_quickly(uint32_t preferred, uint32_t valid, uint32_t t1,
				uint32_t t2)
{
	struct sent sent;

	advertise(M);
	client_says(&sent, DHCP6_SOLICIT);
	answer((struct answer){ .type = DHCP6_REPLY,
				.transaction = sent.transaction,
				.ip = IP,
				.preferred = preferred,
				.valid = valid,
				.t1 = t1,
				.t2 = t2,
				.status = -1,
				.rapid = true });
	ck_assert(has(IP));
}

#endif
