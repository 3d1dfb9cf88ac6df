/*
 * What a datagram socket has received: bounded queues of messages and of
 * errors. A message is one block of memory; full queues drop and count.
 */
#ifndef SOCKET_SOCKET_QUEUE_H
#define SOCKET_SOCKET_QUEUE_H

#include <bsd/sys/queue.h>

#include <pyt/stack.h>

#include "base/engine.h"
#include "ip/ip.h"
#include "socket/socket_membership.h"

struct socket_datagram {
	TAILQ_ENTRY(socket_datagram) link;
	struct pyt_message message;
	uint32_t len;
	uint32_t extensions_len; /* in front of the payload */
	uint8_t bytes[];
};
TAILQ_HEAD(socket_datagram_list, socket_datagram);

struct socket_queue {
	struct socket_datagram_list list;
	uint32_t bytes; /* what the datagrams queued are charged */
	uint32_t count;
	uint64_t dropped; /* for want of room */
	uint64_t *total; /* of all queues that share a bound; or NULL */
};

/* What only UDP, ping and raw sockets have; TCP has no room for more. */
struct socket_cork;

struct socket_datagrams {
	struct socket_queue received;
	struct socket_queue errors;
	LIST_HEAD(, socket_membership) memberships;
	int membership4_count; /* of IPv4: igmp_max_memberships */
	struct pyt_ip multicast_source; /* IP_MULTICAST_IF by address */
	int multicast_ifindex; /* IP_MULTICAST_IF; 0: by route */
	uint32_t icmp_filter; /* bit set: type is not delivered */
	uint32_t icmp6_filter[8]; /* the same: RFC 3542, 3.2 */
	struct socket_cork *cork; /* UDP_CORK's bytes; NULL: none */
	int checksum_at; /* IPV6_CHECKSUM; -1: none */
};

/* What a datagram is made of. */
struct socket_parts {
	const struct ip_extensions *extensions; /* NULL: none */
	const void *bytes;
	uint32_t len;
};

/* total: the bytes of all queues of a kind, kept up to date; or NULL. */
void socket_queue_init(struct socket_queue *queue, uint64_t *total);
void socket_queue_clear(struct socket_queue *queue, struct engine *engine);
/*
 * Why it was dropped: full, as limit bytes are charged to the queue, or no
 * memory.
 */
enum counter socket_queue_put(struct socket_queue *queue, struct engine *engine,
			      uint32_t limit, const struct pyt_message *message,
			      const struct socket_parts *parts,
			      enum counter full);
/* The oldest, or NULL. */
struct socket_datagram *socket_queue_first(const struct socket_queue *queue);
void socket_queue_drop(struct socket_queue *queue, struct engine *engine);

#endif
