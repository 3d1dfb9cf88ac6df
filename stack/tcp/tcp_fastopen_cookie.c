/*
 * A cookie is the keyed hash of both addresses, as Linux makes it: servers
 * of one farm that share a key share their clients. RFC 7413, 4.1.2.
 */
#include "tcp/tcp_fastopen_cookie.h"

#include <stdio.h>
#include <string.h>

#define WORDS 4 /* of a key's text */

static void make(const uint8_t key[SIPHASH_KEY_LEN],
		 const struct pyt_ip *client, const struct pyt_ip *server,
		 uint8_t cookie[TCP_FASTOPEN_COOKIE_LEN])
{
	size_t skip = pyt_ip_is_v4(client) ? 12 : 0;
	size_t len = sizeof(client->bytes) - skip;
	uint8_t addresses[2 * sizeof(client->bytes)];
	uint64_t value;

	memcpy(addresses, client->bytes + skip, len);
	memcpy(addresses + len, server->bytes + skip, len);
	value = siphash(key, addresses, 2 * len);
	for (size_t i = 0; i < TCP_FASTOPEN_COOKIE_LEN; i++)
		cookie[i] = (uint8_t)(value >> 8 * i);
}

void tcp_fastopen_cookie_make(const struct tcp_fastopen_keys *keys,
			      const struct pyt_ip *client,
			      const struct pyt_ip *server,
			      uint8_t cookie[TCP_FASTOPEN_COOKIE_LEN])
{
	make(keys->key[0], client, server, cookie);
}

enum tcp_fastopen_verdict tcp_fastopen_cookie_check(
	const struct tcp_fastopen_keys *keys, const struct pyt_ip *client,
	const struct pyt_ip *server, const uint8_t *cookie, size_t len)
{
	uint8_t good[TCP_FASTOPEN_COOKIE_LEN];

	if (len != sizeof(good))
		return TCP_FASTOPEN_FORGED;
	for (int i = 0; i < keys->count; i++) {
		make(keys->key[i], client, server, good);
		if (memcmp(good, cookie, sizeof(good)) == 0)
			return i == 0 ? TCP_FASTOPEN_FRESH
				      : TCP_FASTOPEN_OF_OLD_KEY;
	}
	return TCP_FASTOPEN_FORGED;
}

bool tcp_fastopen_keys_set(struct tcp_fastopen_keys *keys, const void *bytes,
			   size_t len)
{
	if (len != SIPHASH_KEY_LEN && len != sizeof(keys->key))
		return false;
	memcpy(keys->key, bytes, len);
	keys->count = (int)(len / SIPHASH_KEY_LEN);
	return true;
}

/* One to eight digits. */
static bool parse_word(const char **text, uint32_t *word)
{
	static const char digits[] = "0123456789abcdef";
	int count = 0;

	for (*word = 0; count < 8 && **text; count++, (*text)++) {
		const char *digit = strchr(digits, **text | 0x20);

		if (!digit)
			break;
		*word = *word << 4 | (uint32_t)(digit - digits);
	}
	return count > 0;
}

/* Words are host order's: the key's bytes are theirs from the lowest on. */
static bool parse_key(const char **text, uint8_t key[SIPHASH_KEY_LEN])
{
	for (int i = 0; i < WORDS; i++) {
		uint32_t word;

		if (i > 0 && *(*text)++ != '-')
			return false;
		if (!parse_word(text, &word))
			return false;
		for (int byte = 0; byte < 4; byte++)
			key[4 * i + byte] = (uint8_t)(word >> 8 * byte);
	}
	return true;
}

bool tcp_fastopen_keys_parse(struct tcp_fastopen_keys *keys, const char *text)
{
	struct tcp_fastopen_keys parsed = { .count = 1 };

	if (!parse_key(&text, parsed.key[0]))
		return false;
	if (*text == ',') {
		text++;
		parsed.count = 2;
		if (!parse_key(&text, parsed.key[1]))
			return false;
	}
	if (text[strspn(text, " \t\n")])
		return false;
	*keys = parsed;
	return true;
}

void tcp_fastopen_keys_format(const struct tcp_fastopen_keys *keys,
			      char text[TCP_FASTOPEN_KEYS_TEXT_MAX])
{
	size_t at = 0;

	for (int i = 0; i < keys->count; i++) {
		for (int word = 0; word < WORDS; word++) {
			const uint8_t *b = keys->key[i] + (size_t)4 * word;
			unsigned value = b[0] | (unsigned)b[1] << 8 |
					 (unsigned)b[2] << 16 |
					 (unsigned)b[3] << 24;
			const char *separator = word ? "-" : i ? "," : "";

			at += (size_t)snprintf(text + at,
					       TCP_FASTOPEN_KEYS_TEXT_MAX - at,
					       "%s%08x", separator, value);
		}
	}
}
