/*
 * What a system shows of a stack and lets its administrator change: what
 * ip(8), ss(8), sysctl(8) and their like need beyond pyt/stack.h.
 */
#ifndef PYT_VIEW_H
#define PYT_VIEW_H

#include <stdbool.h>

#include <pyt/stack.h>

/* --------------------------------------------------------------- sockets */

#define PYT_TCP_INFO_MAX 320
#define PYT_VIEW_NEW_SYN_RECV 12 /* TCP_NEW_SYN_RECV of linux/tcp_states.h */

/* As tcp_diag has them: idiag_timer. */
enum pyt_view_timer {
	PYT_VIEW_TIMER_NONE,
	PYT_VIEW_TIMER_RETRANSMIT,
	PYT_VIEW_TIMER_KEEPALIVE, /* and FIN-WAIT-2's */
	PYT_VIEW_TIMER_TIME_WAIT,
	PYT_VIEW_TIMER_PROBE,
};

struct pyt_socket_view {
	int handle; /* -1: half-open, not accepted yet, closed, TIME-WAIT */
	/*
	 * Listening: receive_queued is the number of connections that wait,
	 * send_queued the backlog. tcp_state may be PYT_VIEW_NEW_SYN_RECV.
	 */
	struct pyt_socket_status status;
	int ifindex; /* SO_BINDTODEVICE; 0: any */
	enum pyt_view_timer timer;
	int64_t expires_us; /* from now */
	uint8_t retransmits;
	uint8_t shutdown; /* bit 0: receive, bit 1: send */
	uint8_t tos, tclass;
	bool v6only;
	uint32_t mark;
	uint32_t receive_buffer, send_buffer; /* SO_RCVBUF, SO_SNDBUF */
	uint32_t send_used; /* bytes of memory that wait to be sent */
	uint64_t dropped; /* datagrams, for want of room */
	char congestion_control[16];
	uint32_t tcp_info_len; /* 0: no TCP_INFO */
	uint8_t tcp_info[PYT_TCP_INFO_MAX];
};

/*
 * Hands all sockets in turn to visit(), from the one with this ordinal on,
 * until it answers false. The ordinal of the one that it refused, or 0 after
 * the last.
 */
unsigned pyt_sockets_visit(struct pyt_stack *stack, unsigned from,
			   bool (*visit)(void *context,
					 const struct pyt_socket_view *view),
			   void *context, int64_t now_us);
/*
 * SOCK_DESTROY: ends the socket with these addresses, ECONNABORTED. protocol
 * IPPROTO_TCP or IPPROTO_UDP. -ENOENT.
 */
int pyt_socket_abort(struct pyt_stack *stack, int protocol,
		     const struct pyt_sockaddr *local,
		     const struct pyt_sockaddr *peer, int64_t now_us);

/* -------------------------------------------------------------- addresses */

/* What an administrator says of an address: IFA_F_*, ip-address(8). */
enum pyt_address_flag {
	PYT_ADDRESS_NO_DAD = 1 << 0, /* nobody is asked whether it is free */
	PYT_ADDRESS_HOME = 1 << 1, /* RFC 6275; RFC 6724, 5, rule 4 */
	PYT_ADDRESS_NO_ROUTE = 1 << 2, /* none to its subnet */
	PYT_ADDRESS_TEMPORARIES = 1 << 3, /* kept and shown */
	PYT_ADDRESS_NO_BROADCAST = 1 << 4, /* kept and shown */
};

/*
 * As pyt_address_add(); one that is there already gets these lifetimes, flags,
 * metric and label, whoever gave it; another prefix_len is -EEXIST. It goes
 * when it is not valid any more. What info says of its state is not read.
 * -EINVAL: it ends before it begins, or is preferred for longer than valid.
 */
int pyt_address_put(struct pyt_stack *stack,
		    const struct pyt_address_info *info, int64_t now_us);

/* A row of the policy table for sources: RFC 6724, 2.1. */
struct pyt_label {
	struct pyt_ip prefix; /* of IPv4 as ::ffff:0:0/96 */
	unsigned prefix_len; /* bits of the 128 */
	int ifindex; /* 0: any */
	uint32_t label;
};
#define PYT_LABELS_MAX 64
/* In the order in which they are looked at; -ENOENT after the last. */
int pyt_label_get(const struct pyt_stack *stack, int ordinal,
		  struct pyt_label *label);
/* The row that this address has; -ENOENT. */
int pyt_label_find(const struct pyt_stack *stack, const struct pyt_ip *ip,
		   int ifindex, struct pyt_label *label);
/* -EEXIST unless it replaces; -EINVAL, -ENOSPC. */
int pyt_label_add(struct pyt_stack *stack, const struct pyt_label *label,
		  bool replaces);
/* By prefix and interface; -ENOENT. */
int pyt_label_remove(struct pyt_stack *stack, const struct pyt_label *label);

/* ----------------------------------------------------- links, neighbours */

/* A link is up at first. While it is down nothing passes it. */
int pyt_iface_set_up(struct pyt_stack *stack, int ifindex, bool up,
		     int64_t now_us);
/*
 * Its wire was out and is in again, perhaps at another network: who was known
 * there is forgotten, and who gives addresses is asked at once.
 */
int pyt_iface_replug(struct pyt_stack *stack, int ifindex, int64_t now_us);
/* -EINVAL: no such MTU, a group address, or a medium without. */
int pyt_iface_set_mtu(struct pyt_stack *stack, int ifindex, uint32_t mtu);
int pyt_iface_set_mac(struct pyt_stack *stack, int ifindex,
		      const uint8_t mac[6]);
/*
 * A frame as the link carries it, to be sent as it is; on lo it comes in
 * again. -ENETDOWN, -ENODEV, -EMSGSIZE, -ENOBUFS, -EINVAL (no link header).
 */
int pyt_iface_send(struct pyt_stack *stack, int ifindex, const void *frame,
		   uint32_t len, int64_t now_us);

/* A permanent entry; mac NULL: removes it. -ENODEV, -ENOENT, -ENOBUFS. */
int pyt_neighbour_set(struct pyt_stack *stack, int ifindex,
		      const struct pyt_ip *ip, const uint8_t mac[6],
		      int64_t now_us);
/* Another number than before: pyt_neighbour_get() may answer otherwise. */
uint32_t pyt_neighbour_changes(const struct pyt_stack *stack);

/* -------------------------------------------------------------- multicast */

struct pyt_group_info {
	int ifindex;
	struct pyt_ip ip;
	unsigned users; /* sockets */
	bool exclude; /* the filter's mode: all but its sources */
};
struct pyt_group_source_info {
	struct pyt_ip ip;
	unsigned include_count, exclude_count; /* sockets that name it */
};
/* Those that sockets joined; -ENOENT after the last. */
int pyt_group_get(const struct pyt_stack *stack, int ordinal,
		  struct pyt_group_info *info);
/* Anycast addresses that sockets joined; exclude means nothing. */
int pyt_anycast_get(const struct pyt_stack *stack, int ordinal,
		    struct pyt_group_info *info);
int pyt_group_source_get(const struct pyt_stack *stack, int group_ordinal,
			 int ordinal, struct pyt_group_source_info *info);

/* ---------------------------------------------------------------- routes */

/* Where a packet would go, and by what. */
struct pyt_way {
	int ifindex;
	struct pyt_ip src;
	struct pyt_ip next_hop;
	uint32_t mtu;
	bool local; /* to an address of our own */
	bool broadcast, multicast;
	bool has_route; /* route is the one that decided */
	bool mtu_is_learned; /* of the path: less than the link's */
	bool gateway_is_dead; /* nobody else leads there, either */
	struct pyt_route route;
	/*
	 * By which rule of RFC 6724, 5, src was chosen before the next best
	 * one; 0: there was no choice, or it is of IPv4.
	 */
	int source_rule;
	char neighbour[16]; /* state of next_hop; "": nobody has asked yet */
};
/* src NULL: chosen; ifindex 0: any. -ENETUNREACH, -EADDRNOTAVAIL ... */
int pyt_way_find(struct pyt_stack *stack, const struct pyt_ip *dst,
		 const struct pyt_ip *src, int ifindex, int64_t now_us,
		 struct pyt_way *way);

/* ----------------------------------- what connections leave for the next */

struct pyt_tcp_metrics {
	struct pyt_ip local, peer;
	int64_t age_us;
	uint32_t rtt_us, rttvar_us; /* 0: unknown */
	uint32_t ssthresh; /* segments; 0: unknown */
	bool reorders;
};
/* The latest first; -ENOENT after the last. */
int pyt_tcp_metrics_get(const struct pyt_stack *stack, int ordinal,
			struct pyt_tcp_metrics *metrics, int64_t now_us);
/* What is known of peer from local (NULL: any); peer NULL: all. -ENOENT:
 * nothing is, and peer is not NULL. */
int pyt_tcp_metrics_remove(struct pyt_stack *stack, const struct pyt_ip *local,
			   const struct pyt_ip *peer);

/* -------------------------------------------------------------- settings */

/* Each name that pyt_sysctl_get() knows, until visit() answers false. */
void pyt_sysctls_visit(const struct pyt_stack *stack,
		       bool (*visit)(void *context, const char *name),
		       void *context);

/*
 * Frames of lo, which no link carries: called with each before it comes in.
 * NULL: no more.
 */
void pyt_loopback_watch(struct pyt_stack *stack,
			void (*watch)(void *context,
				      const struct pyt_frame *frame),
			void *context);

#endif
