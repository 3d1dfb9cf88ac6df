/* The TCP header and its options, between wire and host order. */
#include "wire/tcp_header.h"

#include "base/writer.h"

#define FLAGS_MASK 0x1ff

enum option {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WSCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMP = 8,
	OPTION_MD5 = 19,
	OPTION_AO = 29,
	OPTION_FASTOPEN = 34, /* RFC 7413 */
	OPTION_ACCECN0 = 172, /* ECT(0), CE, ECT(1) */
	OPTION_ACCECN1 = 174, /* ECT(1), CE, ECT(0) */
};

enum option_len {
	OPTION_LEN_MSS = 4,
	OPTION_LEN_WSCALE = 3,
	OPTION_LEN_SACK_PERMITTED = 2,
	OPTION_LEN_SACK_BASE = 2,
	OPTION_LEN_SACK_BLOCK = 8,
	OPTION_LEN_TIMESTAMP = 10,
	OPTION_LEN_MD5 = 18,
	OPTION_LEN_AO_BASE = 4,
	OPTION_LEN_FASTOPEN_BASE = 2,
	OPTION_LEN_ACCECN_BASE = 2,
	OPTION_LEN_ACCECN_FIELD = 3,
};

static const enum tcp_accecn_field accecn_order[2][TCP_ACCECN_FIELDS] = {
	{ TCP_ACCECN_ECT0, TCP_ACCECN_CE, TCP_ACCECN_ECT1 },
	{ TCP_ACCECN_ECT1, TCP_ACCECN_CE, TCP_ACCECN_ECT0 },
};

static void parse_sack(struct reader *value, struct tcp_header *h)
{
	if (value->left == 0 || value->left % OPTION_LEN_SACK_BLOCK)
		return;

	while (value->left && h->sack_count < TCP_SACK_BLOCKS_MAX) {
		h->sack[h->sack_count].start = reader_u32(value);
		h->sack[h->sack_count].end = reader_u32(value);
		h->sack_count++;
	}
}

static void parse_auth(uint8_t kind, struct reader value, const uint8_t *start,
		       struct tcp_auth_option *auth)
{
	size_t len = value.left + 2;

	if (kind == OPTION_MD5 && len == OPTION_LEN_MD5) {
		auth->kind = TCP_AUTH_MD5;
	} else if (kind == OPTION_AO && len >= OPTION_LEN_AO_BASE) {
		auth->kind = TCP_AUTH_AO;
		auth->key_id = reader_u8(&value);
		auth->next_key_id = reader_u8(&value);
	} else {
		return;
	}
	auth->count++;
	auth->at = (uint8_t)(value.at - start);
	auth->mac_len = (uint8_t)value.left;
}

/* RFC 9768, 3.2.3: any whole number of fields; a last part is ignored. */
static void parse_accecn(uint8_t kind, struct reader value,
			 struct tcp_accecn_option *option)
{
	option->present = true;
	option->ect1_first = kind == OPTION_ACCECN1;
	option->count = 0;
	while (value.left >= OPTION_LEN_ACCECN_FIELD &&
	       option->count < TCP_ACCECN_FIELDS) {
		uint32_t high = reader_u8(&value);
		enum tcp_accecn_field field =
			accecn_order[option->ect1_first][option->count++];

		option->bytes[field] = high << 16 | reader_u16(&value);
	}
}

/* RFC 7413, 4.1.1: none, or an even number of 4 to 16 bytes. */
static void parse_fastopen(struct reader *value, struct tcp_header *h)
{
	size_t len = value->left;

	if (len && (len % 2 || len < TCP_FASTOPEN_COOKIE_MIN ||
		    len > TCP_FASTOPEN_COOKIE_MAX))
		return;
	h->has_fastopen = true;
	h->fastopen_len = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		h->fastopen[i] = reader_u8(value);
}

/* An option whose length does not fit its kind is ignored. */
static void parse_option(uint8_t kind, struct reader value,
			 const uint8_t *start, struct tcp_header *h)
{
	size_t len = value.left + 2;
	bool is_syn = h->flags & TCP_SYN;

	if (kind == OPTION_MSS && len == OPTION_LEN_MSS && is_syn) {
		h->mss = reader_u16(&value);
	} else if (kind == OPTION_WSCALE && len == OPTION_LEN_WSCALE &&
		   is_syn) {
		h->has_wscale = true;
		h->wscale = reader_u8(&value);
	} else if (kind == OPTION_SACK_PERMITTED &&
		   len == OPTION_LEN_SACK_PERMITTED && is_syn) {
		h->sack_permitted = true;
	} else if (kind == OPTION_SACK && !is_syn) {
		parse_sack(&value, h);
	} else if (kind == OPTION_FASTOPEN && is_syn) {
		parse_fastopen(&value, h);
	} else if (kind == OPTION_TIMESTAMP && len == OPTION_LEN_TIMESTAMP) {
		h->has_timestamp = true;
		h->ts_value = reader_u32(&value);
		h->ts_echo = reader_u32(&value);
	} else if (kind == OPTION_MD5 || kind == OPTION_AO) {
		parse_auth(kind, value, start, &h->auth);
	} else if (kind == OPTION_ACCECN0 || kind == OPTION_ACCECN1) {
		parse_accecn(kind, value, &h->accecn);
	}
}

/* RFC 9293, 3.1 and 3.2; MUST-5, MUST-6, MUST-7. */
static void parse_options(struct reader options, const uint8_t *start,
			  struct tcp_header *h)
{
	while (options.left) {
		uint8_t kind = reader_u8(&options);
		struct reader value;
		uint8_t len;

		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		len = reader_u8(&options);
		if (options.failed || len < 2)
			return;
		value = reader_split(&options, len - 2u);
		if (options.failed)
			return;
		parse_option(kind, value, start, h);
	}
}

bool tcp_header_parse(struct reader *segment, struct tcp_header *header)
{
	struct reader r = *segment;
	struct tcp_header h = { 0 };
	struct reader options;
	uint16_t offset_and_flags;
	size_t header_len;

	h.src_port = reader_u16(&r);
	h.dst_port = reader_u16(&r);
	h.seq = reader_u32(&r);
	h.ack = reader_u32(&r);
	offset_and_flags = reader_u16(&r);
	h.window = reader_u16(&r);
	h.checksum = reader_u16(&r);
	h.urgent = reader_u16(&r);

	h.flags = offset_and_flags & FLAGS_MASK;
	header_len = (size_t)(offset_and_flags >> 12) * 4;
	if (r.failed || header_len < TCP_HEADER_LEN_MIN)
		return false;

	options = reader_split(&r, header_len - TCP_HEADER_LEN_MIN);
	if (r.failed)
		return false;
	parse_options(options, segment->at, &h);

	*header = h;
	*segment = r;
	return true;
}

bool tcp_header_parse_quoted(struct reader *quoted, struct tcp_header *header)
{
	struct reader r = *quoted;
	struct tcp_header h = { 0 };

	h.src_port = reader_u16(&r);
	h.dst_port = reader_u16(&r);
	h.seq = reader_u32(&r);
	if (r.failed)
		return false;
	*header = h;
	*quoted = r;
	return true;
}

static void build_timestamp(struct writer *w, const struct tcp_header *h)
{
	writer_u8(w, OPTION_TIMESTAMP);
	writer_u8(w, OPTION_LEN_TIMESTAMP);
	writer_u32(w, h->ts_value);
	writer_u32(w, h->ts_echo);
}

static void build_nops(struct writer *w, int count)
{
	while (count-- > 0)
		writer_u8(w, OPTION_NOP);
}

/* It comes first, as on Linux, and begins or ends at a multiple of 4. */
static void build_auth(struct writer *w, const struct tcp_auth_option *auth)
{
	if (auth->kind == TCP_AUTH_NONE)
		return;
	if (auth->kind == TCP_AUTH_MD5) {
		build_nops(w, 2);
		writer_u8(w, OPTION_MD5);
		writer_u8(w, OPTION_LEN_MD5);
	} else {
		writer_u8(w, OPTION_AO);
		writer_u8(w, (uint8_t)(OPTION_LEN_AO_BASE + auth->mac_len));
		writer_u8(w, auth->key_id);
		writer_u8(w, auth->next_key_id);
	}
	for (unsigned i = 0; i < auth->mac_len; i++)
		writer_u8(w, 0);
	build_nops(w, (int)(4 - w->len % 4) % 4);
}

/* NOPs in front fill the last 4 bytes. */
static void build_accecn(struct writer *w,
			 const struct tcp_accecn_option *option)
{
	size_t len = OPTION_LEN_ACCECN_BASE +
		     (size_t)option->count * OPTION_LEN_ACCECN_FIELD;
	size_t padding = (4 - len % 4) % 4;
	const enum tcp_accecn_field *order =
		accecn_order[option->ect1_first ? 1 : 0];

	if (!option->present || w->len + padding + len > w->size)
		return;
	build_nops(w, (int)padding);
	writer_u8(w, option->ect1_first ? OPTION_ACCECN1 : OPTION_ACCECN0);
	writer_u8(w, (uint8_t)len);
	for (unsigned i = 0; i < option->count && i < TCP_ACCECN_FIELDS; i++) {
		uint32_t bytes = option->bytes[order[i]];

		writer_u8(w, (uint8_t)(bytes >> 16));
		writer_u16(w, (uint16_t)bytes);
	}
}

/* Linux pads behind it. */
static void build_fastopen(struct writer *w, const struct tcp_header *h)
{
	size_t len = OPTION_LEN_FASTOPEN_BASE + h->fastopen_len;
	size_t padding = (4 - len % 4) % 4;

	if (w->len + len + padding > w->size)
		return;
	writer_u8(w, OPTION_FASTOPEN);
	writer_u8(w, (uint8_t)len);
	for (size_t i = 0; i < h->fastopen_len; i++)
		writer_u8(w, h->fastopen[i]);
	build_nops(w, (int)padding);
}

/* MSS, SACK-permitted, timestamps, NOP, window scale, Fast Open: as Linux. */
static void build_syn_options(struct writer *w, const struct tcp_header *h)
{
	if (h->mss) {
		writer_u8(w, OPTION_MSS);
		writer_u8(w, OPTION_LEN_MSS);
		writer_u16(w, h->mss);
	}
	if (h->has_timestamp || h->sack_permitted) {
		if (!h->sack_permitted || !h->has_timestamp)
			build_nops(w, 2);
		if (h->sack_permitted) {
			writer_u8(w, OPTION_SACK_PERMITTED);
			writer_u8(w, OPTION_LEN_SACK_PERMITTED);
		}
		if (h->has_timestamp)
			build_timestamp(w, h);
	}
	if (h->has_wscale) {
		build_nops(w, 1);
		writer_u8(w, OPTION_WSCALE);
		writer_u8(w, OPTION_LEN_WSCALE);
		writer_u8(w, h->wscale);
	}
	if (h->has_fastopen)
		build_fastopen(w, h);
}

static void build_options(struct writer *w, const struct tcp_header *h)
{
	size_t room;
	size_t count = h->sack_count;

	if (h->has_timestamp) {
		build_nops(w, 2);
		build_timestamp(w, h);
	}
	room = w->size - w->len;
	if (count * OPTION_LEN_SACK_BLOCK + 4 > room)
		count = room > 4 ? (room - 4) / OPTION_LEN_SACK_BLOCK : 0;
	if (!count)
		return;

	build_nops(w, 2);
	writer_u8(w, OPTION_SACK);
	writer_u8(w, (uint8_t)(OPTION_LEN_SACK_BASE +
			       count * OPTION_LEN_SACK_BLOCK));
	for (size_t i = 0; i < count; i++) {
		writer_u32(w, h->sack[i].start);
		writer_u32(w, h->sack[i].end);
	}
}

size_t tcp_header_build(const struct tcp_header *header,
			uint8_t to[TCP_HEADER_LEN_MAX])
{
	struct writer w = writer_init(to, TCP_HEADER_LEN_MAX);
	uint16_t offset_and_flags;

	writer_u16(&w, header->src_port);
	writer_u16(&w, header->dst_port);
	writer_u32(&w, header->seq);
	writer_u32(&w, header->ack);
	writer_u16(&w, 0); /* its length is known at the end */
	writer_u16(&w, header->window);
	writer_u16(&w, header->checksum);
	writer_u16(&w, header->urgent);
	build_auth(&w, &header->auth);
	if (header->flags & TCP_SYN)
		build_syn_options(&w, header);
	else
		build_options(&w, header);
	build_accecn(&w, &header->accecn);

	offset_and_flags =
		(uint16_t)((w.len / 4) << 12 | (header->flags & FLAGS_MASK));
	to[12] = (uint8_t)(offset_and_flags >> 8);
	to[13] = (uint8_t)offset_and_flags;
	return w.len;
}
