/*
 * The sockets of one stack: handles, ports, the tables that find a socket
 * for a packet, datagram queues, options and events. Which room does what:
 * socket_handle.c, socket_place.c (who is bound where), socket_port.c (bind
 * rules), socket_demux.c (lookup),
 * socket_option*.c, socket_queue.c, socket_message.c (connect, receive),
 * socket_send.c, socket_udp.c and socket_raw.c (the way in),
 * socket_multicast.c and
 * socket_membership.c, socket_error.c (ICMP errors), socket_tcp.c
 * and socket_tcp_in.c, socket_ready.c, socket_sysctl.c, socket.c (life, state).
 */
#ifndef SOCKET_SOCKET_H
#define SOCKET_SOCKET_H

#include <bsd/sys/queue.h>
#include <sys/socket.h>

#include <pyt/stack.h>

#include "base/engine.h"
#include "base/heap.h"
#include "base/table.h"
#include "iface/neighbour.h"
#include "ip/ip.h"
#include "socket/socket_option.h"
#include "socket/socket_queue.h"
#include "tcp/tcp.h"

#define SOCKET_SOURCES_MAX 1024 /* most that igmp_max_msf may allow */
#define SOCKETS_MAX 262144u /* handles; unaccepted and orphans as many */
#define SOCKET_PLACES_MAX 14 /* where a datagram's receivers may be */

enum socket_kind {
	SOCKET_TCP,
	SOCKET_UDP,
	SOCKET_PING, /* the port is the identifier of the echo */
	SOCKET_RAW,
};

struct socket {
	struct sockets *room;
	int handle; /* -1: not accepted yet, or orphan */
	uint8_t kind; /* enum socket_kind */
	uint8_t family;
	uint8_t type;
	uint8_t protocol;
	bool address_bound : 1; /* by bind(2): survives a disconnect */
	bool port_bound : 1;
	bool connected : 1; /* peer is set */
	bool in_flows : 1;
	bool shut_read : 1, shut_write : 1; /* datagram sockets */
	bool is_ready : 1; /* in room->ready[] */
	bool is_parked : 1; /* waits for a neighbour */
	bool has_event : 1;
	bool is_orphan : 1;
	bool probes : 1; /* was parked: look before sending */
	bool is_unfinished : 1; /* TCP: counted in room->unfinished_count */
	bool receives : 1; /* is on place->receivers */
	bool by_connect : 1; /* TCP: its port was chosen by connect(2) */
	uint8_t place_reuse; /* as what it is counted there */
	uint32_t member; /* its number in place->group */
	int error; /* pending; positive errno; not TCP */
	int bound_ifindex; /* SO_BINDTODEVICE; 0: any */
	int16_t ready_ifindex; /* of the ready list that it is in */
	uint16_t seen; /* ready set that was reported */
	union {
		int64_t order; /* among receivers; the highest is the first */
		int64_t confirmed_us; /* neighbour; connections of TCP */
	};

	struct pyt_sockaddr local, peer; /* local.port: bound */
	struct table_node flow; /* TCP: in room->flows, by 4-tuple */
	struct socket_place *place; /* of its port; NULL: it has none */
	union {
		TAILQ_ENTRY(socket) on_place; /* of those that receive */
		LIST_ENTRY(socket) raw_link; /* raw sockets have no port */
	};
	struct heap_node deadline;
	union {
		TAILQ_ENTRY(socket) ready_link;
		struct neighbour_waiter waiter; /* parked */
	};
	TAILQ_ENTRY(socket) event_link;
	TAILQ_ENTRY(socket) room_link; /* all */

	struct tcp_connection *tcp; /* the listener's prototype, too */
	struct tcp_listener *listener;
	struct socket_datagrams *datagrams; /* not for TCP */
	struct socket_options *options; /* shared: socket_options_own() */
};

TAILQ_HEAD(socket_list, socket);

struct socket_slot {
	struct socket *socket; /* NULL: free */
	uint16_t generation;
	uint32_t next_free;
};

/* Limits, by their Linux names in socket_sysctl.c. */
struct socket_limits {
	int rmem_default, rmem_max, wmem_default, wmem_max;
	int somaxconn;
	int port_range[2];
	int unprivileged_port_start;
	int default_ttl;
	int memberships_max; /* of IPv4, per socket */
	int sources4_max, sources6_max; /* per membership */
	int udp_mem[3]; /* pages of all sockets; only the last bounds */
};

struct sockets {
	struct engine *engine;
	struct ip *ip;
	struct tcp_context *tcp;
	struct socket_limits limits;

	struct socket_slot *slots;
	uint32_t slot_count, slot_size;
	uint32_t free_head, free_tail; /* slot numbers; oldest is reused */

	struct table flows;
	struct table ports, places; /* socket_place.c */
	int64_t receiver_order; /* of the latest one */
	uint32_t visited; /* places, sockets looked at: the cost, for tests */
	struct socket_time_waits *time_waits; /* socket_time_wait.c */
	struct heap deadlines;
	struct socket_options *default_options; /* NULL: not asked yet */
	struct socket_list all;
	struct socket_list events;
	struct socket_list ready[IFACE_MAX + 1]; /* by ifindex */
	LIST_HEAD(, socket) raw;
	uint64_t udp_bytes; /* in the queues of UDP's sockets */
	LIST_HEAD(, socket_anycast) anycasts; /* addresses that they joined */
	uint32_t handle_count, socket_count;
	int unfinished_count; /* see socket_tcp_note_unfinished() */
	int64_t now_us; /* of the latest call into the stack */
};

int sockets_init(struct sockets *room, struct engine *engine, struct ip *ip,
		 struct tcp_context *tcp);
void sockets_clear(struct sockets *room);

/* ------------------------------------------------------- life and state */

/* Without handle; NULL: no memory. */
struct socket *socket_create(struct sockets *room, enum socket_kind kind,
			     int family, int type, int protocol);
/* Takes it out of every table and frees it. */
void socket_destroy(struct socket *socket);
/* Kind for socket(2)'s arguments, or -errno as Linux gives it. */
int socket_kind_for(int family, int type, int protocol);
unsigned socket_ready(const struct socket *socket);
/* To be called after whatever may have changed the state. */
void socket_update(struct socket *socket);
void socket_fill_status(const struct socket *socket,
			struct pyt_socket_status *status);
void socket_set_error(struct socket *socket, int error);
int socket_take_error(struct socket *socket);

/* -ENFILE, -ENOBUFS */
int socket_handle_open(struct socket *socket);
void socket_handle_close(struct socket *socket);
struct socket *socket_handle_find(const struct sockets *room, int handle);

/* ------------------------------------------------------ ports and lookup */

/* bind(2): -EINVAL, -EADDRINUSE, -EADDRNOTAVAIL, -EAFNOSUPPORT, -EACCES */
int socket_port_bind(struct socket *socket, const struct pyt_sockaddr *local);
/* A free port for a datagram socket without one. -EAGAIN: none */
int socket_port_autobind(struct socket *socket);
/* A port for a TCP connect() to socket->peer from socket->local.ip. */
int socket_port_for_connect(struct socket *socket);
/* -EADDRINUSE: somebody else listens here. */
int socket_port_listen(struct socket *socket);
void socket_port_unlisten(struct socket *socket);

/* Connections of TCP. */
void socket_flow_insert(struct socket *socket);
void socket_flow_remove(struct socket *socket);
struct socket *socket_flow_find(const struct sockets *room,
				const struct pyt_sockaddr *local,
				const struct pyt_sockaddr *peer);
/* Best receiver on a port: Linux's score, SO_REUSEPORT groups by hash. */
struct socket *socket_demux(struct sockets *room, enum socket_kind kind,
			    const struct pyt_sockaddr *local,
			    const struct pyt_sockaddr *peer, int ifindex);
/* Those that a datagram to a group or a broadcast address may be for. */
struct socket_walk {
	struct socket_place *place[SOCKET_PLACES_MAX];
	int count, at;
	struct socket *next;
};
void socket_demux_all(struct sockets *room, enum socket_kind kind,
		      const struct pyt_sockaddr *local,
		      const struct pyt_sockaddr *peer, int ifindex,
		      struct socket_walk *walk);
/* NULL: that was the last one. */
struct socket *socket_demux_next(struct socket_walk *walk);
/* Whether its binding takes packets to this address. */
bool socket_accepts_address(const struct socket *socket,
			    const struct pyt_ip *address);
/* The same, and the peer and interface that it is tied to, if any. */
bool socket_accepts_packet(const struct socket *socket,
			   const struct packet_in *packet);

/* ------------------------------------------------------------- datagrams */

/* connect(2) of a datagram socket; disconnect by AF_UNSPEC. */
int socket_message_connect(struct socket *socket,
			   const struct pyt_sockaddr *peer, int64_t now_us);
void socket_message_disconnect(struct socket *socket);
/* Path to peer with the socket's and the message's source and interface. */
int socket_message_route(const struct socket *socket,
			 const struct pyt_message *message,
			 const struct pyt_sockaddr *peer, int64_t now_us,
			 struct ip_path *path);
ssize_t socket_message_send(struct socket *socket,
			    const struct pyt_message *message,
			    const struct iovec *iov, int iov_count,
			    int64_t now_us);
/* The bytes that were corked, whatever became of the socket meanwhile. */
int socket_message_send_corked(struct socket *socket,
			       const struct pyt_message *message,
			       const struct iovec *bytes, int64_t now_us);
/* As pyt_socket_check_message(). */
int socket_message_check(struct socket *socket,
			 const struct pyt_message *message, uint32_t len,
			 int64_t *max_len, int64_t now_us);
int socket_message_shutdown(struct socket *socket, int how);
/* As pyt_socket_view_message(), pyt_socket_drop_message(). */
int socket_message_view(struct socket *socket, bool error_queue,
			struct pyt_message *message, struct iovec *iov,
			int iov_max);
void socket_message_drop(struct socket *socket, bool error_queue);
/* IP_RECVERR was switched off: all of them. */
void socket_message_drop_errors(struct socket *socket);
/* 0.0.0.0 and :: stand for this host (RFC 1122, 3.2.1.3; as Linux). */
struct pyt_ip socket_destination(const struct socket *socket,
				 const struct pyt_ip *ip);
/* Whether IPv4's options and errors are its own, for that peer or address. */
static inline bool socket_speaks_v4(const struct socket *socket,
				    const struct pyt_ip *ip)
{
	return socket->family == AF_INET || pyt_ip_is_v4(ip);
}
/*
 * The link of a peer whose address means nothing elsewhere (RFC 4007), or the
 * one that the socket is tied to; 0: any. -EINVAL: they differ, or (strict)
 * none is known of a link-local peer.
 */
int socket_zone(const struct socket *socket, const struct pyt_sockaddr *peer,
		bool strict);
/* Connected by this path: of which link its link-local addresses are. */
void socket_set_zone(struct socket *socket, const struct iface *iface);
/* -EAFNOSUPPORT, -ENETUNREACH: not an address for this socket. */
int socket_check_family(const struct socket *socket, const struct pyt_ip *ip);
/* It has IPv4's address, and that peer none: as Linux, -EAFNOSUPPORT where
 * there is a route. */
bool socket_is_of_other_family(const struct socket *socket,
			       const struct pyt_ip *ip);

/* What PKTINFO and its like say of a received packet. */
struct pyt_message socket_message_of(const struct sockets *room,
				     const struct packet_in *packet);

/* IPV6_RECVPATHMTU: the way to peer carries mtu bytes only. */
void socket_tell_path_mtu(struct socket *socket,
			  const struct pyt_sockaddr *peer, uint32_t mtu,
			  int64_t now_us);

/* The way in. COUNTER_NONE: delivered; else why not (counted). */
enum counter socket_udp_input(struct sockets *room,
			      const struct packet_in *packet);
enum counter socket_ping_input(struct sockets *room,
			       const struct packet_in *packet);
/* A copy for each raw socket; whether there was one. */
bool socket_raw_input(struct sockets *room, const struct packet_in *packet);

/* An ICMP error that quotes a packet of ours. */
enum counter socket_error_input(struct sockets *room,
				const struct ip_error *error, int64_t now_us);

/* The interface that an address, or else the route to the group, names. */
int socket_multicast_interface(const struct socket *socket,
			       const struct pyt_ip *address,
			       const struct pyt_ip *group);
/* Out of a sockaddr_storage; false: not of the level's family. */
bool socket_multicast_address(const void *storage, int level,
			      struct pyt_ip *ip);
int socket_multicast_option(struct socket *socket, int level, int name,
			    const void *value, uint32_t value_len);

/* ------------------------------------------------------------------- TCP */

int socket_tcp_connect(struct socket *socket, const struct pyt_sockaddr *peer,
		       int64_t now_us);
/* With MSG_FASTOPEN: -EOPNOTSUPP; 0: the SYN waits for data to carry. */
int socket_tcp_connect_fast(struct socket *socket,
			    const struct pyt_sockaddr *peer, int64_t now_us);
int socket_tcp_disconnect(struct socket *socket, int64_t now_us);
int socket_tcp_listen(struct socket *socket, int backlog);
/* Handle or -errno. */
int socket_tcp_accept(struct socket *socket, int64_t now_us);
int socket_tcp_shutdown(struct socket *socket, int how, int64_t now_us);
/* The handle is gone: a connection lives on as an orphan. */
void socket_tcp_close(struct socket *socket, bool unread, int64_t now_us);
/*
 * After whatever may have changed a connection or listener: sets deadline,
 * ready list and events, sends what a listener has to send, and destroys a
 * connection that ended and that nobody holds (then false).
 */
bool socket_tcp_touch(struct socket *socket, int64_t now_us);
void socket_tcp_touch_listener(struct socket *socket, int64_t now_us);
void socket_tcp_unlisten(struct socket *socket, int64_t now_us);
/* Sends what the connection has to say at once, by way of ip_send(). */
void socket_tcp_flush(struct socket *socket, int64_t now_us);
/* TOS and TTL as its options say for that peer are put with the connection. */
void socket_tell_tcp(struct socket *socket);
/* Where its segments go now. *facts is what TCP needs to know of it. */
int socket_tcp_path(const struct socket *socket, int64_t now_us,
		    struct ip_path *path, struct tcp_path *facts);
void socket_tcp_path_facts(const struct ip_path *path, struct tcp_path *facts);
/* Of a path whose packets have these. */
void socket_tcp_extend_facts(const struct ip_extensions *extensions,
			     struct tcp_path *facts);
enum counter socket_tcp_input(struct sockets *room,
			      const struct packet_in *packet);
/* Sticky extension headers of its segments; false: none. */
bool socket_tcp_extensions(const struct socket *socket,
			   const struct pyt_ip *peer,
			   struct ip_extensions *extensions);
/* A single segment by way of ip_send(); false: lost. Whose it is, NULL:
 * nobody's. extensions NULL: no headers. */
bool socket_tcp_send_packet(struct sockets *room, const struct socket *owner,
			    const struct ip_path *path,
			    const struct ip_extensions *extensions,
			    const struct tcp_output *output, int64_t now_us);
/* Whether something of ours is still to be acknowledged: kept as a count, so
 * that to ask for it costs nothing. ends: the socket goes. */
void socket_tcp_note_unfinished(struct socket *socket, bool ends);
void socket_tcp_run_timers(struct sockets *room, int64_t now_us);

/* An address is ours no more: its connections are reset, ECONNABORTED. */
void socket_address_lost(struct sockets *room, const struct pyt_ip *ip,
			 int64_t now_us);

/* Lists of connections that want to send; path_out.c takes from them. */
void socket_set_ready(struct socket *socket, int ifindex);
void socket_unset_ready(struct socket *socket);
/* Until something is heard of the path's next hop. */
void socket_park(struct socket *socket, const struct ip_path *path);
/* Neighbours were found or given up: who waits for them tries again. */
void sockets_unpark(struct sockets *room);
/* Paths may have changed: all that wait try again. */
void sockets_unpark_all(struct sockets *room);

/* ---------------------------------------------------------------- sysctl */

void socket_limits_init(struct socket_limits *limits);
/* All names, by number; NULL after the last. */
const char *socket_sysctl_name(size_t number);
int socket_sysctl_set(struct sockets *room, const char *name,
		      const char *value);
int socket_sysctl_get(const struct sockets *room, const char *name, char *value,
		      size_t value_len);

#endif
