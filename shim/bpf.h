/*
 * Classic BPF, as SO_ATTACH_FILTER takes it (socket(7); McCanne and Jacobson,
 * 1993): programs come from anybody, so they are checked once and run with
 * every load bounded.
 */
#ifndef SHIM_BPF_H
#define SHIM_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BPF_PROGRAM_MAX 512 /* instructions: what a request carries */

/* What the ancillary loads (SKF_AD_) give. */
struct bpf_facts {
	uint16_t protocol; /* ethertype, host byte order */
	uint8_t packet_type;
	int ifindex;
	uint16_t hardware_type;
	uint32_t len; /* of the whole packet */
};

/* 0; -EINVAL: it might not end, or jumps away; -EOPNOTSUPP: a load of what
 * is not known here. */
int bpf_check(const struct sock_filter *program, size_t count);
/* Bytes of the packet to keep; 0: none. Only for checked ones. */
uint32_t bpf_run(const struct sock_filter *program, size_t count,
		 const struct bpf_facts *facts, const uint8_t *bytes,
		 size_t len);

#endif
