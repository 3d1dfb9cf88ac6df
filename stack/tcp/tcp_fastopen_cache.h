/*
 * What a Fast Open client knows of its servers: cookie and MSS. RFC 7413,
 * 4.1.3. Bounded; the server that was used longest ago is forgotten.
 */
#ifndef TCP_TCP_FASTOPEN_CACHE_H
#define TCP_TCP_FASTOPEN_CACHE_H

#include <bsd/sys/queue.h>
#include <pyt/addr.h>

#include "base/table.h"
#include "wire/tcp_header.h"

#define TCP_FASTOPEN_CACHE_MAX 1024 /* servers */

struct tcp_fastopen_entry {
	struct table_node node;
	TAILQ_ENTRY(tcp_fastopen_entry) used; /* latest first */
	struct pyt_ip local, server;
	uint8_t cookie_len;
	uint8_t cookie[TCP_FASTOPEN_COOKIE_MAX];
	uint16_t mss; /* of the server's SYN; 0: unknown */
	uint8_t losses; /* SYNs with data in a row that got no answer */
	int64_t lost_us; /* the last of them */
};

struct tcp_fastopen_cache {
	struct engine *engine;
	struct table *table; /* made when first needed */
	TAILQ_HEAD(tcp_fastopen_list, tcp_fastopen_entry) used;
	uint32_t count;
};

void tcp_fastopen_cache_init(struct tcp_fastopen_cache *cache,
			     struct engine *engine);
void tcp_fastopen_cache_clear(struct tcp_fastopen_cache *cache);
/* NULL: nothing is known. */
struct tcp_fastopen_entry *tcp_fastopen_cache_find(
	struct tcp_fastopen_cache *cache, const struct pyt_ip *local,
	const struct pyt_ip *server);
/* The same, made if need be; NULL: no memory. */
struct tcp_fastopen_entry *tcp_fastopen_cache_get(
	struct tcp_fastopen_cache *cache, const struct pyt_ip *local,
	const struct pyt_ip *server);

#endif
