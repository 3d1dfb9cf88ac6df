/* A segment as text: parse, print, compare. The notation of scenarios. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/script.h"
#include "wire/tcp_header.h"

static const struct {
	const char *name;
	unsigned flag;
} flag_names[] = {
	{ "SYN", TCP_SYN }, { "FIN", TCP_FIN }, { "RST", TCP_RST },
	{ "PSH", TCP_PSH }, { "URG", TCP_URG }, { "ECE", TCP_ECE },
	{ "CWR", TCP_CWR }, { "AE", TCP_AE },
};

#define FLAGS (sizeof(flag_names) / sizeof(*flag_names))

static const char *const ecn_names[] = { "not-ect", "ect1", "ect0", "ce" };

static const struct {
	const char *name;
	int kind;
	int least, most; /* values */
} option_names[] = {
	{ "mss", KIND_MSS, 1, 1 },	  { "ws", KIND_WS, 1, 1 },
	{ "sackok", KIND_SACK_OK, 0, 0 }, { "sack", KIND_SACK, 2, 8 },
	{ "ts", KIND_TS, 2, 2 },	  { "nop", KIND_NOP, 0, 0 },
	{ "eol", KIND_END, 0, 0 },
};

#define OPTIONS (sizeof(option_names) / sizeof(*option_names))

uint8_t segment_pattern(int64_t position, bool other)
{
	uint8_t byte = (uint8_t)(position * 31 + position / 251 + 7);

	return other ? (uint8_t)~byte : byte;
}

/* --------------------------------------------------------------- parsing */

static struct option *add_option(struct host *host, struct segment *segment,
				 int kind)
{
	struct option *option;

	if (segment->option_count == OPTIONS_MAX)
		host_fail(host, "too many options");
	option = &segment->option[segment->option_count++];
	*option = (struct option){ .kind = kind };
	return option;
}

/* 1,2 or 1:2,3:4; a * stands for any value. */
static void parse_values(struct host *host, const char *text,
			 struct option *option, int least, int most)
{
	while (*text && option->count < most) {
		int i = option->count++;
		char *end;

		if (*text == '*') {
			option->any[i] = true;
			end = (char *)(uintptr_t)text + 1;
		} else {
			option->value[i] = strtoll(text, &end, 0);
		}
		if (end == text || (*end && *end != ',' && *end != ':'))
			host_fail(host, "not a number: %s", text);
		text = *end ? end + 1 : end;
	}
	if (*text || option->count < least)
		host_fail(host, "%d to %d values were expected", least, most);
}

static void parse_hex(struct host *host, const char *text,
		      struct option *option)
{
	while (isxdigit((unsigned char)text[0]) &&
	       isxdigit((unsigned char)text[1])) {
		char digits[3] = { text[0], text[1], '\0' };

		if (option->raw_len == OPTION_BYTES_MAX)
			host_fail(host, "too many bytes of options");
		option->raw[option->raw_len++] =
			(uint8_t)strtoul(digits, NULL, 16);
		text += 2;
	}
	option->is_prefix = *text == '*';
	if (text[option->is_prefix] || !option->raw_len)
		host_fail(host, "bytes in hex were expected: %s", text);
}

/* md5 SECRET, ao SECRET ID,NEXT[,MAC], ao-cmac likewise */
static bool parse_signature(struct host *host, char ***word,
			    struct segment *segment)
{
	int kind = strcmp(**word, "md5") == 0	    ? KIND_MD5
		   : strcmp(**word, "ao") == 0	    ? KIND_AO
		   : strcmp(**word, "ao-cmac") == 0 ? KIND_AO_CMAC
						    : 0;
	struct option *option;

	if (!kind)
		return false;
	option = add_option(host, segment, kind);
	if (!*++*word || strlen(**word) > sizeof(option->raw))
		host_fail(host, "a signature without its key");
	option->raw_len = strlen(**word);
	memcpy(option->raw, **word, option->raw_len);
	if (kind == KIND_MD5)
		return true;
	if (!*++*word)
		host_fail(host, "a signature without ids");
	parse_values(host, **word, option, 2, 3);
	if (option->count == 2)
		option->value[option->count++] = 12;
	if (option->value[2] < 0 || option->value[2] > 20)
		host_fail(host, "no length of a MAC");
	return true;
}

static bool parse_option(struct host *host, char ***word,
			 struct segment *segment)
{
	struct option *option;

	if (strcmp(**word, "opt") == 0) {
		if (!*++*word)
			host_fail(host, "'opt' without bytes");
		option = add_option(host, segment, KIND_RAW);
		parse_hex(host, **word, option);
		return true;
	}
	for (size_t i = 0; i < OPTIONS; i++) {
		if (strcmp(**word, option_names[i].name) != 0)
			continue;
		option = add_option(host, segment, option_names[i].kind);
		if (!option_names[i].most)
			return true;
		if (!*++*word)
			host_fail(host, "%s: no value", option_names[i].name);
		parse_values(host, **word, option, option_names[i].least,
			     option_names[i].most);
		return true;
	}
	return false;
}

/* What a name is followed by a number for. */
static bool parse_field(struct host *host, char ***word,
			struct segment *segment)
{
	static const struct {
		const char *name;
		unsigned said;
		unsigned flag;
	} fields[] = {
		{ "seq", SAID_SEQ, 0 },
		{ "rawseq", SAID_SEQ | SAID_RAW_SEQ, 0 },
		{ "ack", SAID_ACK, TCP_ACK },
		{ "ackfield", SAID_ACK, 0 },
		{ "rawack", SAID_ACK | SAID_RAW_ACK, TCP_ACK },
		{ "win", SAID_WINDOW, 0 },
		{ "urg", SAID_URGENT, 0 },
		{ "offset", SAID_OFFSET, 0 },
		{ "cut", SAID_CUT, 0 },
		{ "ttl", SAID_TTL, 0 },
		{ "tos", SAID_TOS, 0 },
		{ "by", 0, 0 },
		{ "gso", 0, 0 },
		{ "peer", 0, 0 },
		{ "port", 0, 0 },
	};
	uint32_t *to[] = { NULL,
			   NULL,
			   NULL,
			   NULL,
			   NULL,
			   &segment->window,
			   &segment->urgent,
			   &segment->offset,
			   &segment->cut,
			   &segment->ttl,
			   &segment->tos,
			   &segment->by,
			   &segment->gso_size };
	size_t i = 0;
	int64_t number;

	while (i < sizeof(fields) / sizeof(*fields) &&
	       strcmp(**word, fields[i].name) != 0)
		i++;
	if (i == sizeof(fields) / sizeof(*fields))
		return false;
	if (!*++*word)
		host_fail(host, "%s: no value", fields[i].name);
	number = parse_number(host, **word);
	segment->said |= fields[i].said;
	segment->flags |= fields[i].flag;
	if (fields[i].said & SAID_SEQ)
		segment->seq = number;
	else if (fields[i].said & SAID_ACK)
		segment->ack = number;
	else if (strcmp(fields[i].name, "peer") == 0)
		segment->peer_port = (uint16_t)number;
	else if (strcmp(fields[i].name, "port") == 0)
		segment->host_port = (uint16_t)number;
	else
		*to[i] = (uint32_t)number;
	return true;
}

static bool parse_flag(const char *word, struct segment *segment)
{
	for (size_t i = 0; i < FLAGS; i++) {
		if (strcmp(word, flag_names[i].name) == 0) {
			segment->flags |= flag_names[i].flag;
			if (flag_names[i].flag == TCP_PSH)
				segment->said |= SAID_PSH;
			return true;
		}
	}
	if (strcmp(word, "-PSH") == 0) {
		segment->said |= SAID_PSH;
		return true;
	}
	for (unsigned i = 0; i < 4; i++) {
		if (strcmp(word, ecn_names[i]) == 0) {
			segment->said |= SAID_ECN;
			segment->ecn = i;
			return true;
		}
	}
	return false;
}

static bool parse_remark(const char *word, struct segment *segment)
{
	static const struct {
		const char *name;
		unsigned said;
	} remarks[] = {
		{ "no-ts", SAID_NO_TS },
		{ "no-options", SAID_NO_OPTIONS },
		{ "bad-checksum", SAID_BAD_CHECKSUM },
		{ "other", SAID_OTHER },
	};

	for (size_t i = 0; i < sizeof(remarks) / sizeof(*remarks); i++) {
		if (strcmp(word, remarks[i].name) == 0) {
			segment->said |= remarks[i].said;
			return true;
		}
	}
	return false;
}

/* start:end */
static bool parse_range(struct host *host, const char *word,
			struct segment *segment)
{
	char *end;
	int64_t start = strtoll(word, &end, 0), behind;

	if (end == word || *end != ':')
		return false;
	word = end + 1;
	behind = strtoll(word, &end, 0);
	if (end == word || *end || behind < start || behind - start > 65000000)
		host_fail(host, "not a range of data");
	segment->said |= SAID_SEQ;
	segment->seq = start;
	segment->len = (uint32_t)(behind - start);
	return true;
}

void segment_parse(struct host *host, char **word, struct segment *segment)
{
	*segment = (struct segment){ 0 };
	for (; *word; word++) {
		if (parse_flag(*word, segment) ||
		    parse_remark(*word, segment) ||
		    parse_range(host, *word, segment) ||
		    parse_option(host, &word, segment) ||
		    parse_signature(host, &word, segment) ||
		    parse_field(host, &word, segment))
			continue;
		host_fail(host, "'%s' is nothing that a segment has", *word);
	}
	if (segment->said & SAID_URGENT)
		segment->flags |= TCP_URG;
}

/* -------------------------------------------------------------- printing */

struct text {
	char *to;
	size_t len, size;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *text, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	if (text->len && text->len + 1 < text->size)
		text->to[text->len++] = ' ';
	n = vsnprintf(text->to + text->len, text->size - text->len, format,
		      arguments);
	va_end(arguments);
	if (n > 0)
		text->len += (size_t)n;
	if (text->len >= text->size)
		text->len = text->size - 1;
}

static void print_raw(struct text *text, const struct option *option)
{
	char hex[2 * sizeof(option->raw) + 1] = "";

	for (size_t i = 0; i < option->raw_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", option->raw[i]);
	add(text, "opt %s", hex);
}

/* What came does not tell its own. */
static const char *secret_of(const struct option *option)
{
	static char text[sizeof(option->raw) + 1];

	snprintf(text, sizeof(text), "%.*s", (int)option->raw_len, option->raw);
	return text[0] ? text : "?";
}

static void print_option(struct text *text, const struct option *option)
{
	char values[160] = "";
	size_t len = 0;

	if (option->kind == KIND_RAW) {
		print_raw(text, option);
		return;
	}
	if (option->kind == KIND_MD5)
		add(text, "md5 %s", secret_of(option));
	if (option->kind == KIND_AO || option->kind == KIND_AO_CMAC)
		add(text, "ao %s %d,%d,%d", secret_of(option),
		    (int)option->value[0], (int)option->value[1],
		    (int)option->value[2]);
	for (int i = 0; i < option->count; i++) {
		bool is_end = option->kind == KIND_SACK && i % 2;

		len += (size_t)snprintf(values + len, sizeof(values) - len,
					"%s",
					!i	 ? " "
					: is_end ? ":"
						 : ",");
		if (option->any[i])
			len += (size_t)snprintf(values + len,
						sizeof(values) - len, "*");
		else
			len += (size_t)snprintf(values + len,
						sizeof(values) - len, "%lld",
						(long long)option->value[i]);
	}
	for (size_t i = 0; i < OPTIONS; i++)
		if (option_names[i].kind == option->kind)
			add(text, "%s%s", option_names[i].name, values);
}

void segment_print(const struct segment *segment, char *to, size_t to_len)
{
	struct text text = { to, 0, to_len };

	to[0] = '\0';
	for (size_t i = 0; i < FLAGS; i++)
		if (segment->flags & flag_names[i].flag)
			add(&text, "%s", flag_names[i].name);
	if (segment->len)
		add(&text, "%lld:%lld", (long long)segment->seq,
		    (long long)segment->seq + segment->len);
	else if (segment->said & SAID_SEQ)
		add(&text, "seq %lld", (long long)segment->seq);
	if (segment->flags & TCP_ACK)
		add(&text, "ack %lld", (long long)segment->ack);
	if (segment->said & SAID_WINDOW)
		add(&text, "win %u", segment->window);
	if (segment->flags & TCP_URG)
		add(&text, "urg %u", segment->urgent);
	for (int i = 0; i < segment->option_count; i++)
		if (segment->option[i].kind != KIND_NOP)
			print_option(&text, &segment->option[i]);
	if (segment->ecn)
		add(&text, "%s", ecn_names[segment->ecn & 3]);
	if (segment->gso_size)
		add(&text, "gso %u", segment->gso_size);
	if (segment->payload_is_other)
		add(&text, "other");
}

/* ------------------------------------------------------------- comparison */

const struct option *segment_option(const struct segment *segment, int kind)
{
	for (int i = 0; i < segment->option_count; i++)
		if (segment->option[i].kind == kind)
			return &segment->option[i];
	return NULL;
}

static bool raw_equal(const struct option *wanted, const struct option *came)
{
	if (wanted->is_prefix ? came->raw_len < wanted->raw_len
			      : came->raw_len != wanted->raw_len)
		return false;
	return memcmp(wanted->raw, came->raw, wanted->raw_len) == 0;
}

static bool options_equal(const struct option *wanted,
			  const struct option *came)
{
	int kind = wanted->kind == KIND_AO_CMAC ? KIND_AO : wanted->kind;

	if (kind != came->kind)
		return false;
	if (kind == KIND_RAW)
		return raw_equal(wanted, came);
	if (wanted->count != came->count)
		return false;
	for (int i = 0; i < wanted->count; i++)
		if (!wanted->any[i] &&
		    (uint32_t)wanted->value[i] != (uint32_t)came->value[i])
			return false;
	return true;
}

/* Padding and timestamps are compared where they are said. */
static int next_option(const struct segment *segment, int from, bool with_nop,
		       bool with_ts)
{
	for (; from < segment->option_count; from++) {
		int kind = segment->option[from].kind;

		if ((kind != KIND_NOP || with_nop) && kind != KIND_END &&
		    (kind != KIND_TS || with_ts))
			break;
	}
	return from;
}

/* Timestamps of a SYN are part of what it offers. */
static const char *compare_options(const struct segment *wanted,
				   const struct segment *came)
{
	bool with_nop = segment_option(wanted, KIND_NOP) != NULL;
	bool with_ts = segment_option(wanted, KIND_TS) != NULL ||
		       (wanted->flags & TCP_SYN);
	int i = next_option(wanted, 0, with_nop, with_ts);
	int j = next_option(came, 0, with_nop, with_ts);

	while (i < wanted->option_count && j < came->option_count) {
		if (!options_equal(&wanted->option[i], &came->option[j]))
			return "options";
		i = next_option(wanted, i + 1, with_nop, with_ts);
		j = next_option(came, j + 1, with_nop, with_ts);
	}
	return i < wanted->option_count || j < came->option_count ? "options"
								  : NULL;
}

static const char *compare_payload(const struct segment *wanted,
				   const struct segment *came)
{
	if (wanted->len != came->len)
		return "length";
	if (!wanted->len)
		return NULL;
	if (wanted->said & SAID_OTHER ? !came->payload_is_other
				      : !came->payload_is_right)
		return "payload bytes";
	return NULL;
}

const char *segment_differs(const struct segment *wanted,
			    const struct segment *came)
{
	unsigned mask = wanted->said & SAID_PSH ? ~0u : ~(unsigned)TCP_PSH;

	if (came->fault)
		return came->fault;
	if ((wanted->flags & mask) != (came->flags & mask))
		return "flags";
	if ((wanted->said & SAID_SEQ) &&
	    (uint32_t)wanted->seq != (uint32_t)came->seq)
		return "sequence number";
	if ((wanted->said & SAID_ACK) &&
	    (uint32_t)wanted->ack != (uint32_t)came->ack)
		return "acknowledgment number";
	if ((wanted->said & SAID_WINDOW) && wanted->window != came->window)
		return "window";
	if ((wanted->said & SAID_URGENT) && wanted->urgent != came->urgent)
		return "urgent pointer";
	if ((wanted->said & SAID_ECN) && wanted->ecn != came->ecn)
		return "ECN";
	if ((wanted->said & SAID_TTL) && wanted->ttl != came->ttl)
		return "TTL";
	if ((wanted->said & SAID_TOS) && wanted->tos != came->tos)
		return "TOS";
	if ((wanted->said & SAID_NO_TS) && segment_option(came, KIND_TS))
		return "timestamps";
	if (wanted->gso_size != came->gso_size)
		return "GSO size";
	if (compare_payload(wanted, came))
		return compare_payload(wanted, came);
	return compare_options(wanted, came);
}
