/* Two ends that ask for Accurate ECN: what its tests share. */
#ifndef TCP_ACCECN_TESTS_H
#define TCP_ACCECN_TESTS_H

#include "pair.h"
#include "tcp/tcp_accecn.h"
#include "tcp/tcp_ecn.h"

static const struct pair_network network = { .delay_us = 10 * MS };

static inline unsigned ace_of(const struct tcp_header *header)
{
	return (header->flags & TCP_AE ? 4u : 0) |
	       (header->flags & TCP_CWR ? 2u : 0) |
	       (header->flags & TCP_ECE ? 1u : 0);
}

static inline void set_ace(struct tcp_header *header, unsigned ace)
{
	header->flags &= (uint16_t)~TCP_ECN_FLAGS;
	header->flags |=
		(uint16_t)((ace & 4 ? TCP_AE : 0) | (ace & 2 ? TCP_CWR : 0) |
			   (ace & 1 ? TCP_ECE : 0));
}

static inline void set(struct pair *pair, int end, const char *name,
		       const char *value)
{
	ck_assert_int_eq(tcp_sysctl_set(pair->end[end].context, name, value),
			 0);
}

static inline void init(struct pair *pair, const struct pair_network *n)
{
	pair_init(pair, 1, n);
	set(pair, 0, "net.ipv4.tcp_ecn", "3");
	set(pair, 1, "net.ipv4.tcp_ecn", "3");
}

static inline struct tcp_accecn *of(const struct pair *pair, int end)
{
	return pair->end[end].tcp->ecn.accurate;
}

static inline enum tcp_ecn_mode mode_of(const struct pair *pair, int end)
{
	return (enum tcp_ecn_mode)pair->end[end].tcp->ecn.mode;
}

#endif
