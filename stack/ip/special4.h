/* IPv4 addresses with a purpose of their own: RFC 6890, as data. */
#ifndef IP_SPECIAL4_H
#define IP_SPECIAL4_H

#include <stdbool.h>
#include <stdint.h>

struct special4 {
	uint32_t prefix;
	uint8_t prefix_len;
	const char *name;
	/* RFC 6890, 2.2.2: may it be ... */
	bool source, destination, forwardable, global;
	/*
	 * Not accepted as a source from a link. Fewer than those that are no
	 * source: laboratories use documentation's networks, and Linux lets
	 * them.
	 */
	bool martian;
};

/* The most specific entry, or NULL: an ordinary address. */
const struct special4 *special4_find(uint32_t ip);

#endif
