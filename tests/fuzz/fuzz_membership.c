/*
 * Whatever is said of multicast groups to a host that is in some: input is cut
 * into records (two bytes of length, one that chooses what happens): a message
 * of IGMP or MLD, or another filter for one of four groups; time passes.
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
#include "wire/membership.h"

#define GROUPS 4
#define SOURCES_MAX 8
#define FRAMES_MAX 2000 /* of one step: nobody makes us flood a link */

static const struct pyt_ip router6 = { { 0xfe, 0x80, [15] = 1 } };

/* What a program wants of a group. */
struct wish {
	struct pyt_ip group;
	struct pyt_ip source[SOURCES_MAX];
	struct ip_filter filter;
	bool joined;
};
static struct wish wish[GROUPS];
static struct host host;

static void change(struct wish *w, struct reader r)
{
	struct pyt_ip source[SOURCES_MAX];
	struct ip_filter filter = { .exclude = reader_u8(&r) & 1,
				    .sources = source };
	bool leaves = r.failed;

	while (r.left > 0 && filter.count < SOURCES_MAX) {
		struct pyt_ip *s = &source[filter.count++];

		*s = pyt_ip_from_v4(0x0a000000u + filter.count * 256u +
				    reader_u8(&r));
		if (!pyt_ip_is_v4(&w->group))
			s->bytes[0] = 0xfd;
	}
	ip_group_change(host.ip, ETH0, &w->group, w->joined ? &w->filter : NULL,
			leaves ? NULL : &filter, host.now_us);
	memcpy(w->source, source, sizeof(source));
	w->filter = filter;
	w->filter.sources = w->source;
	w->joined = !leaves;
}

static void prepare(void)
{
	static const uint8_t last[GROUPS] = { 0xfb, 0x77, 0xfb, 0x77 };
	static const uint8_t exclude = 1;

	memset(wish, 0, sizeof(wish));
	host6_init(&host, 1500);
	for (int i = 0; i < GROUPS; i++) {
		wish[i].group = pyt_ip_from_v4(0xef000000u + last[i]);
		if (i >= 2)
			wish[i].group =
				(struct pyt_ip){ { 0xff, 5, [15] = last[i] } };
		change(&wish[i], reader_init(&exclude, 1));
	}
}

static void input_igmp(const struct pyt_ip *to, uint8_t *message, uint32_t len)
{
	struct ip4_header header = { .protocol = IPPROTO_IGMP,
				     .src = GATEWAY_IP,
				     .dst = pyt_ip_to_v4(to) };

	if (len >= IGMP_LEN_MIN)
		icmp4_set_checksum(message, len);
	host_input_ip(&host, ethernet_broadcast, header, message, len);
}

static void input_mld(const struct pyt_ip *to, uint8_t *message, uint32_t len)
{
	static const uint8_t alert[8] = { IP6_ICMP, 0, 5, 2, 0, 0, 1, 0 };
	uint8_t *whole = malloc(sizeof(alert) + len);
	struct packet6 p = { .header = { .next_header = IP6_HOP_BY_HOP,
					 .hop_limit = 1,
					 .src = router6,
					 .dst = *to },
			     .payload = whole,
			     .len = (uint32_t)sizeof(alert) + len };

	if (!whole)
		abort();
	if (len >= ICMP6_HEADER_LEN)
		icmp6_set_checksum(message, len, &router6, to);
	memcpy(whole, alert, sizeof(alert));
	memcpy(whole + sizeof(alert), message, len);
	host6_input(&host, p);
	free(whole);
}

/* An exact copy, so that ASan sees a read behind it. */
static void input(struct reader r, uint8_t how)
{
	uint32_t len = (uint32_t)r.left;
	uint8_t *copy = malloc(len ? len : 1);
	struct pyt_ip all4 = pyt_ip_from_v4(0xe0000001u);
	const struct wish *w = &wish[how >> 2 & 1];

	if (!copy)
		abort();
	memcpy(copy, reader_bytes(&r, len), len);
	if ((how & 3) == 0)
		input_igmp(how & 8 ? &w->group : &all4, copy, len);
	else
		input_mld(how & 8 ? &w[2].group : &ip6_all_nodes, copy, len);
	free(copy);
}

static void pass_time(uint8_t how)
{
	int64_t end_us = host.now_us + (how >> 4) * (how >> 4) * SEC / 4;
	int frames = 0;

	host_run_until(&host, end_us);
	host.now_us = end_us;
	while (host_sent(&host, ETH0) || host_sent(&host, IP_LO_INDEX))
		frames++;
	FUZZ_CLAIM(frames <= FRAMES_MAX);
	FUZZ_CLAIM(ip_next_deadline(host.ip) > host.now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_init(data, size);

	prepare();
	while (r.left > 3) {
		size_t len = reader_u16(&r);
		uint8_t how = reader_u8(&r);
		struct reader record;

		if (len > r.left)
			len = r.left;
		record = reader_split(&r, len);
		if ((how & 3) < 2)
			input(record, how);
		else if ((how & 3) == 2)
			change(&wish[how >> 2 & 3], record);
		pass_time(how);
	}
	for (int i = 0; i < GROUPS; i++)
		change(&wish[i], reader_init(data, 0));
	host_clear(&host);
	return 0;
}
