/* Cookies that a Fast Open server gives to its clients. RFC 7413, 4.1.2. */
#ifndef TCP_TCP_FASTOPEN_COOKIE_H
#define TCP_TCP_FASTOPEN_COOKIE_H

#include <pyt/addr.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/siphash.h"

#define TCP_FASTOPEN_COOKIE_LEN 8 /* of those that we make, as Linux */
#define TCP_FASTOPEN_KEYS_TEXT_MAX 80

/* The first one makes cookies; the second one's are still taken. */
struct tcp_fastopen_keys {
	uint8_t key[2][SIPHASH_KEY_LEN];
	int count; /* 1 or 2 */
};

enum tcp_fastopen_verdict {
	TCP_FASTOPEN_FORGED,
	TCP_FASTOPEN_FRESH,
	TCP_FASTOPEN_OF_OLD_KEY, /* good, and a new one is due */
};

void tcp_fastopen_cookie_make(const struct tcp_fastopen_keys *keys,
			      const struct pyt_ip *client,
			      const struct pyt_ip *server,
			      uint8_t cookie[TCP_FASTOPEN_COOKIE_LEN]);
enum tcp_fastopen_verdict tcp_fastopen_cookie_check(
	const struct tcp_fastopen_keys *keys, const struct pyt_ip *client,
	const struct pyt_ip *server, const uint8_t *cookie, size_t len);
/* TCP_FASTOPEN_KEY's bytes: one key or two. False: neither. */
bool tcp_fastopen_keys_set(struct tcp_fastopen_keys *keys, const void *bytes,
			   size_t len);
/* As net.ipv4.tcp_fastopen_key: four words in hex, a comma, four more. */
bool tcp_fastopen_keys_parse(struct tcp_fastopen_keys *keys, const char *text);
void tcp_fastopen_keys_format(const struct tcp_fastopen_keys *keys,
			      char text[TCP_FASTOPEN_KEYS_TEXT_MAX]);

#endif
