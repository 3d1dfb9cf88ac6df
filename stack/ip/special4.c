/* The registry of RFC 6890, 2.2.2, tables 1 to 16; RFC 8190. */
#include "ip/special4.h"

#include <stddef.h>

#define YES true
#define NO false

/* The most specific of nested ones first. */
static const struct special4 registry[] = {
	{ 0xffffffff, 32, "limited broadcast", NO, YES, NO, NO, YES },
	{ 0xc0000000, 29, "DS-Lite", YES, YES, YES, NO, NO },
	{ 0xc0000000, 24, "protocol assignments", NO, NO, NO, NO, NO },
	{ 0xc0000200, 24, "TEST-NET-1", NO, NO, NO, NO, NO },
	{ 0xc0586300, 24, "6to4 relay anycast", YES, YES, YES, YES, NO },
	{ 0xc6336400, 24, "TEST-NET-2", NO, NO, NO, NO, NO },
	{ 0xcb007100, 24, "TEST-NET-3", NO, NO, NO, NO, NO },
	{ 0xa9fe0000, 16, "link local", YES, YES, NO, NO, NO },
	{ 0xc0a80000, 16, "private use", YES, YES, YES, NO, NO },
	{ 0xc6120000, 15, "benchmarking", YES, YES, YES, NO, NO },
	{ 0xac100000, 12, "private use", YES, YES, YES, NO, NO },
	{ 0x64400000, 10, "shared address space", YES, YES, YES, NO, NO },
	{ 0x00000000, 8, "this host on this network", YES, NO, NO, NO, YES },
	{ 0x0a000000, 8, "private use", YES, YES, YES, NO, NO },
	{ 0x7f000000, 8, "loopback", NO, NO, NO, NO, YES },
	{ 0xe0000000, 4, "multicast", NO, YES, YES, YES, YES },
	{ 0xf0000000, 4, "reserved", NO, NO, NO, NO, YES },
};

const struct special4 *special4_find(uint32_t ip)
{
	for (size_t i = 0; i < sizeof(registry) / sizeof(*registry); i++) {
		if ((ip ^ registry[i].prefix) >>
			    (32 - registry[i].prefix_len) ==
		    0)
			return &registry[i];
	}
	return NULL;
}
