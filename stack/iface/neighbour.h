/*
 * The neighbour cache of a stack: link-layer addresses of hosts on the link,
 * for ARP and ND alike. The states are those of RFC 4861, 7.3.2; for
 * ARP they give what RFC 1122, 2.3.2.1 asks: nothing stale is believed for
 * long, no flood of requests, one or more packets kept meanwhile.
 */
#ifndef IFACE_NEIGHBOUR_H
#define IFACE_NEIGHBOUR_H

#include "base/heap.h"
#include "base/table.h"
#include "iface/iface.h"
#include "iface/settings.h"

enum neighbour_state {
	NEIGHBOUR_INCOMPLETE, /* being asked for; packets wait */
	NEIGHBOUR_REACHABLE, /* confirmed not long ago */
	NEIGHBOUR_STALE, /* used all the same; checked when used */
	NEIGHBOUR_DELAY, /* used; the transport may confirm it yet */
	NEIGHBOUR_PROBE, /* being asked directly */
	NEIGHBOUR_UNREACHABLE, /* went silent; used and asked: RFC 7048 */
	NEIGHBOUR_FAILED, /* did not answer */
	NEIGHBOUR_PERMANENT, /* static */
};

#define NEIGHBOUR_NEVER_US (INT64_MIN / 2) /* long ago */

/* Somebody who wants to be told when his neighbour changes. */
struct neighbour_waiter {
	LIST_ENTRY(neighbour_waiter) link;
};
LIST_HEAD(neighbour_waiters, neighbour_waiter);

struct neighbour {
	struct table_node node;
	struct heap_node timer;
	TAILQ_ENTRY(neighbour) link;
	struct iface *iface;
	struct pyt_ip ip;
	struct pyt_ip src; /* whose packet asked: what a request says */
	uint8_t mac[6];
	enum neighbour_state state;
	bool is_router; /* RFC 4861, 5.1 */
	bool is_dead; /* FAILED or UNREACHABLE, and not heard since */
	int probes;
	int64_t confirmed_us; /* last proof that it is there */
	int64_t updated_us; /* last change of mac or state */
	int64_t used_us;
	int64_t asked_us; /* last question */
	struct packet_queue waiting;
	int waiting_count, waiting_bytes;
	struct neighbour_waiters waiters;
};

struct neighbour_cache {
	struct engine *engine;
	/* by ifindex; the first is what new interfaces get */
	struct iface_settings settings[IFACE_MAX + 1];
	uint32_t deaths; /* and returns: what routes say may change */
	uint32_t router_losses; /* a router became a host: RFC 4861, 7.3.3 */
	struct table table;
	struct heap timers;
	TAILQ_HEAD(neighbour_list, neighbour) all; /* oldest first */
	int count;
	int family_count[2]; /* of them: of IPv4, of IPv6 */
	uint32_t changes; /* of an entry, its state or address */
	struct neighbour_waiters woken; /* of those that changed */
	int64_t collected_us; /* last garbage collection */
	struct packet_queue failed; /* whose neighbour did not answer */
	int failed_count;
};

/* NULL: no memory. */
struct neighbour_cache *neighbour_cache_create(struct engine *engine);
void neighbour_cache_destroy(struct neighbour_cache *cache);

static inline const struct iface_settings *iface_settings(
	const struct iface *iface)
{
	return &iface->neighbours->settings[iface->ifindex];
}

static inline const struct neighbour_settings *neighbour_settings(
	const struct neighbour *neighbour)
{
	const struct iface_settings *own = iface_settings(neighbour->iface);

	return pyt_ip_is_v4(&neighbour->ip) ? &own->neigh4 : &own->neigh6;
}

struct neighbour *neighbour_find(struct neighbour_cache *cache,
				 const struct iface *iface,
				 const struct pyt_ip *ip);
/* A new one in state FAILED; NULL: the cache is full, or no memory. */
struct neighbour *neighbour_add(struct neighbour_cache *cache,
				struct iface *iface, const struct pyt_ip *ip,
				int64_t now_us);
void neighbour_remove(struct neighbour_cache *cache,
		      struct neighbour *neighbour);
void neighbour_flush(struct neighbour_cache *cache);
const char *neighbour_state_name(enum neighbour_state state);

enum neighbour_answer {
	NEIGHBOUR_KNOWN, /* mac is set */
	NEIGHBOUR_ASKED, /* wait */
	NEIGHBOUR_SILENT, /* did not answer within the last second */
	NEIGHBOUR_NO_ROOM,
};

/* For who keeps its packet: asks, or gives the address to use now. */
enum neighbour_answer neighbour_resolve(struct neighbour_cache *cache,
					struct iface *iface,
					const struct pyt_ip *ip,
					const struct pyt_ip *src,
					uint8_t mac[6], int64_t now_us);
/*
 * Sends an IP packet, or keeps it until the answer comes; *packet is the
 * cache's from now on. 0, -ENOBUFS.
 */
int neighbour_output(struct neighbour_cache *cache, struct iface *iface,
		     const struct pyt_ip *ip, const struct pyt_ip *src,
		     struct packet_out *packet, int64_t now_us);

/* What was heard: an address with the confidence of state (REACHABLE or
 * STALE); override: it may replace another one. */
void neighbour_update(struct neighbour_cache *cache,
		      struct neighbour *neighbour, const uint8_t mac[6],
		      enum neighbour_state state, bool override,
		      int64_t now_us);
/* RFC 4861, 7.2.5; mac NULL: none was told. COUNTER_NONE, or why not. */
struct nd_advertisement;
enum counter neighbour_advertised(struct neighbour_cache *cache,
				  struct neighbour *neighbour,
				  const uint8_t *mac,
				  const struct nd_advertisement *told,
				  int64_t now_us);
void neighbour_set_permanent(struct neighbour_cache *cache,
			     struct neighbour *neighbour, const uint8_t mac[6],
			     int64_t now_us);
/* It is asked at once, and what waits for it waits on. */
void neighbour_hurry(struct neighbour_cache *cache, struct neighbour *neighbour,
		     int64_t now_us);
/* RFC 4861, 7.3.1: the transport made progress. */
void neighbour_confirm(struct neighbour_cache *cache,
		       struct neighbour *neighbour, int64_t now_us);

/* Until its next change; LIST_REMOVE() of its link ends it before. */
void neighbour_wait(struct neighbour_cache *cache, const struct iface *iface,
		    const struct pyt_ip *ip, struct neighbour_waiter *waiter);
/* To be called when anything of it has changed, or it goes. */
void neighbour_changed(struct neighbour_cache *cache,
		       struct neighbour *neighbour);
/* As if all had changed. */
void neighbour_wake_all(struct neighbour_cache *cache);
/* One whose neighbour changed, who waits no more; NULL: there is none. */
struct neighbour_waiter *neighbour_next_woken(struct neighbour_cache *cache);

void neighbour_run_timers(struct neighbour_cache *cache, int64_t now_us);
int64_t neighbour_next_deadline(const struct neighbour_cache *cache);

/* The next packet that could not be sent, or NULL; the caller's to free. */
struct packet_out *neighbour_next_failed(struct neighbour_cache *cache);

/* Ethernet header in front; false: no headroom. type: enum ethernet_type. */
bool neighbour_push_header(const struct iface *iface, struct packet_out *packet,
			   const uint8_t dst[6]);

#endif
