/*
 * Interfaces: identity, addresses, and the bounded queue of packets that
 * wait to be sent. The frames of "lo" and of a TUN begin with the IP header,
 * those of Ethernet with the Ethernet header.
 */
#ifndef IFACE_IFACE_H
#define IFACE_IFACE_H

#include <pyt/stack.h>

#include "base/engine.h"
#include "base/packet.h"

#define IFACE_MAX 16 /* per stack, lo included */
#define IFACE_ADDRESS_MAX 40 /* per interface, both families */
#define IFACE_OUTPUT_MAX 1000 /* packets, Linux's txqueuelen */

enum iface_address_state {
	IFACE_ADDRESS_TENTATIVE, /* being probed: RFC 5227, RFC 4862 5.4 */
	IFACE_ADDRESS_VALID,
	IFACE_ADDRESS_CONFLICT,
	IFACE_ADDRESS_ANYCAST, /* others have it, too: never a source */
};

#define IFACE_NONCE_LEN 6 /* RFC 7527, 4.1 */
#define IFACE_NONCES 3 /* a loop may bring back an old one */

struct iface_address {
	struct pyt_ip ip;
	unsigned prefix_len;
	enum iface_address_state state;
	int64_t next_us; /* next probe or announcement */
	int probes_left;
	int announcements_left;
	int64_t defended_us; /* last defence; TIME_NEVER: none */
	bool waits; /* while TENTATIVE it is not used; not optimistic */
	bool yields; /* given up at the second conflict: RFC 5227, 2.4 (b) */
	enum pyt_method method; /* whose it is */
	int64_t preferred_until_us; /* TIME_NEVER: without end */
	int64_t valid_until_us; /* whoever gave it takes it away then */
	unsigned flags; /* set of enum pyt_address_flag */
	uint32_t metric; /* of the route to its subnet */
	char label[PYT_IFACE_NAME_MAX];
	bool conflict_pending; /* an event to be fetched */
	uint8_t conflict_mac[6]; /* who else uses it */

	/* IPv6 */
	bool temporary; /* RFC 8981 */
	bool no_route; /* does not say what is on the link: RFC 5942 */
	/* of our last probes, each its own: RFC 7527 */
	uint8_t nonce[IFACE_NONCES][IFACE_NONCE_LEN];
	uint8_t nonce_count; /* that are set */
	bool looped; /* one of them came back, so that none may count */
	int64_t started_us; /* when its probing began */
	/* anycast: answered at next_us */
	uint32_t anycast_users;
	struct pyt_ip asker;
	uint8_t asker_mac[6];
};

/* What routers say of a link in their advertisements; 0: nothing. The rest of
 * it they set among the interface's settings. */
struct iface_nd {
	uint8_t hop_limit;
	uint32_t mtu; /* at most the link's */
};

struct neighbour_cache;

struct iface {
	int ifindex;
	struct engine *engine;
	struct pyt_iface_config config;
	struct iface_address address[IFACE_ADDRESS_MAX];
	int address_count;
	bool hears_dhcp; /* answers to it come to an address not yet ours */
	struct iface_nd nd;
	bool ip6_disabled; /* not wanted, or a duplicate: RFC 4862, 5.4.5 */
	struct neighbour_cache *neighbours; /* one for the whole stack */
	struct packet_queue output; /* at most IFACE_OUTPUT_MAX */
	uint32_t output_count;
	struct packet_tree held; /* hold.h */
	uint32_t held_count;
	uint64_t hold_order; /* of the latest */
	bool is_down; /* by its administrator: nothing passes */
	struct packet_out *sending; /* lent by iface_output_next() */
	uint64_t rx_packets, rx_bytes, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_dropped;
};

/* NULL: no memory. config is valid: see iface_config_is_valid(). */
struct iface *iface_create(struct engine *engine, int ifindex,
			   const struct pyt_iface_config *config);
void iface_destroy(struct iface *iface);
bool iface_config_is_valid(const struct pyt_iface_config *config);

/* Of IPv6: 1280 or more, as routers say. RFC 4861, 6.3.4 */
uint32_t iface_mtu6(const struct iface *iface);

/* 14 on Ethernet, else 0. */
uint32_t iface_link_header_len(const struct iface *iface);

/* What waits to be sent is lost. */
void iface_drop_output(struct iface *iface);
/*
 * Takes packet; link header and all are in place. A sum that the link
 * cannot finish is finished here. One with a time of departure is held until
 * then. -ENETDOWN; -ENOBUFS: the queue is full.
 */
int iface_output(struct iface *iface, struct packet_out *packet);
/* Takes packet into the queue, full or not. */
void iface_enqueue(struct iface *iface, struct packet_out *packet);
/*
 * The oldest queued packet as a frame; it is freed by the next call. The
 * counters tx_* are the caller's to keep, see iface_count_output().
 */
bool iface_output_next(struct iface *iface, struct pyt_frame *frame);
static inline void iface_count_output(struct iface *iface, uint64_t bytes)
{
	iface->tx_packets++;
	iface->tx_bytes += bytes;
}

/* RFC 4862, 5.5.4 */
static inline bool iface_address_is_deprecated(
	const struct iface_address *address, int64_t now_us)
{
	return address->preferred_until_us <= now_us;
}

/* -EEXIST, -ENOSPC */
int iface_address_add(struct iface *iface, const struct pyt_ip *ip,
		      unsigned prefix_len);
/* -EADDRNOTAVAIL */
int iface_address_remove(struct iface *iface, const struct pyt_ip *ip);
/* Any of the interface's own, in whatever state; or NULL. */
struct iface_address *iface_address_find(struct iface *iface,
					 const struct pyt_ip *ip);
/* It may be a source, and packets to it are ours. */
static inline bool iface_address_is_usable(const struct iface_address *address)
{
	return address->state == IFACE_ADDRESS_VALID ||
	       (address->state == IFACE_ADDRESS_TENTATIVE && !address->waits);
}

/* The one whose subnet holds ip (longest prefix), or NULL. */
const struct iface_address *iface_address_on_link(const struct iface *iface,
						  const struct pyt_ip *ip);
/* The first usable fe80:: one, or NULL. */
const struct iface_address *iface_link_local(const struct iface *iface);
/* All nodes, and the solicited-node groups of its addresses. */
bool iface_is_own_group6(const struct iface *iface, const struct pyt_ip *group);
/* Directed broadcast of one of the subnets; never for /31, /32: RFC 3021. */
bool iface_is_directed_broadcast(const struct iface *iface,
				 const struct pyt_ip *ip);

#endif
