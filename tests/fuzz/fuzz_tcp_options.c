/*
 * TCP headers: whatever bytes come, the parser stays within them; what it
 * understood is built into a header that says the same, and that is built
 * again the same way.
 */
#include <string.h>

#include "fuzz.h"
#include "wire/tcp_header.h"

#define AUTH_ROOM 16 /* a MAC that leaves room for a SYN's options */

/* An exact copy, so that ASan sees a read behind it. */
static bool parse(const uint8_t *data, size_t size, struct tcp_header *header,
		  size_t *header_len)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct reader r;
	bool fine;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	r = reader_init(copy, size);
	fine = tcp_header_parse(&r, header);
	FUZZ_CLAIM(r.at + r.left == copy + size);
	FUZZ_CLAIM(fine || r.left == size);
	*header_len = size - r.left;
	free(copy);
	return fine;
}

static void check_parsed(const struct tcp_header *header, size_t header_len)
{
	FUZZ_CLAIM(header_len >= TCP_HEADER_LEN_MIN);
	FUZZ_CLAIM(header_len <= TCP_HEADER_LEN_MAX);
	FUZZ_CLAIM(header->sack_count <= TCP_SACK_BLOCKS_MAX);
	FUZZ_CLAIM(header->accecn.count <= TCP_ACCECN_FIELDS);
	FUZZ_CLAIM(!header->auth.count ||
		   header->auth.at + header->auth.mac_len <= (int)header_len);
	if (!(header->flags & TCP_SYN))
		FUZZ_CLAIM(!header->mss && !header->has_wscale &&
			   !header->sack_permitted);
	else
		FUZZ_CLAIM(!header->sack_count);
}

static size_t build(const struct tcp_header *header, uint8_t *to)
{
	uint8_t *exact = malloc(TCP_HEADER_LEN_MAX);
	size_t len;

	if (!exact)
		abort();
	memset(exact, 0xa5, TCP_HEADER_LEN_MAX);
	len = tcp_header_build(header, exact);
	FUZZ_CLAIM(len >= TCP_HEADER_LEN_MIN && len <= TCP_HEADER_LEN_MAX);
	FUZZ_CLAIM(len % 4 == 0);
	memcpy(to, exact, len);
	free(exact);
	return len;
}

/* SACK blocks and AccECN's fields may have found no room; else all is there. */
static void check_same(const struct tcp_header *a, const struct tcp_header *b)
{
	FUZZ_CLAIM(a->src_port == b->src_port && a->dst_port == b->dst_port);
	FUZZ_CLAIM(a->seq == b->seq && a->ack == b->ack);
	FUZZ_CLAIM(a->flags == b->flags && a->window == b->window);
	FUZZ_CLAIM(a->checksum == b->checksum && a->urgent == b->urgent);
	FUZZ_CLAIM(a->mss == b->mss);
	FUZZ_CLAIM(a->has_wscale == b->has_wscale && a->wscale == b->wscale);
	FUZZ_CLAIM(a->sack_permitted == b->sack_permitted);
	FUZZ_CLAIM(a->has_timestamp == b->has_timestamp);
	FUZZ_CLAIM(a->ts_value == b->ts_value && a->ts_echo == b->ts_echo);
	FUZZ_CLAIM(b->sack_count <= a->sack_count);
	FUZZ_CLAIM(memcmp(a->sack, b->sack, b->sack_count * sizeof(*b->sack)) ==
		   0);
	FUZZ_CLAIM(a->auth.kind == b->auth.kind &&
		   a->auth.mac_len == b->auth.mac_len);
	FUZZ_CLAIM(!b->accecn.present || a->accecn.present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t first[TCP_HEADER_LEN_MAX], second[TCP_HEADER_LEN_MAX];
	size_t first_len, second_len, header_len;
	struct tcp_header a, b;

	if (!parse(data, size, &a, &header_len))
		return 0;
	check_parsed(&a, header_len);
	if (a.auth.mac_len > AUTH_ROOM)
		return 0; /* nobody builds one */
	first_len = build(&a, first);
	FUZZ_CLAIM(parse(first, first_len, &b, &header_len));
	FUZZ_CLAIM(header_len == first_len);
	check_parsed(&b, header_len);
	check_same(&a, &b);
	second_len = build(&b, second);
	FUZZ_CLAIM(first_len == second_len);
	FUZZ_CLAIM(memcmp(first, second, first_len) == 0);
	return 0;
}
