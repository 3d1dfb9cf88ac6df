/*
 * Interfaces: identity, addresses, neighbours, and the bounded queue of
 * packets that wait to be sent.
 */
#ifndef IFACE_IFACE_H
#define IFACE_IFACE_H

#include <pyt/stack.h>

#include "base/engine.h"
#include "base/packet.h"

#define IFACE_MAX 16			/* per stack, lo included */
#define IFACE_ADDRESS_MAX 16		/* per interface */

enum iface_address_state {
	IFACE_ADDRESS_TENTATIVE,	/* being probed; used all the same */
	IFACE_ADDRESS_VALID,
	IFACE_ADDRESS_CONFLICT,
};

struct iface_address {
	struct pyt_ip ip;
	unsigned prefix_len;
	enum iface_address_state state;
	int64_t next_us;		/* next probe or announcement */
	int probes_left;
};

struct neighbour_cache;

struct iface {
	int ifindex;
	struct pyt_iface_config config;
	struct iface_address address[IFACE_ADDRESS_MAX];
	int address_count;
	struct neighbour_cache *neighbours;
	struct packet_queue output;	/* at most net.core.txqueuelen */
	uint32_t output_count;
	uint64_t rx_packets, rx_bytes, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_dropped;
};

#endif
