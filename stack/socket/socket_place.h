/*
 * Where sockets are bound. Those of a port that bind(2) and the packets'
 * look-up tell apart by nothing but SO_REUSEADDR and SO_REUSEPORT stand at
 * one place, and are counted there by these two, so that nobody ever walks
 * the sockets of a port: who is in the way is a sum or a few look-ups away,
 * the socket for a packet is the first of the best of a few places, or the
 * one that a hash chooses of its SO_REUSEPORT group.
 */
#ifndef SOCKET_SOCKET_PLACE_H
#define SOCKET_SOCKET_PLACE_H

#include "socket/socket.h"

#define SOCKET_SUMS_MAX 3
#define SOCKET_ANY_DEVICE (-1) /* in the key of a sum: each but none */
#define SOCKET_NO_MEMBER UINT32_MAX

/* Which destination addresses the sockets of a place may take. */
enum socket_cover {
	COVER_INET, /* of AF_INET */
	COVER_MAPPED, /* of AF_INET6, bound to an address of IPv4 */
	COVER_DUAL, /* of AF_INET6, bound to ::, IPv4's as well; connected,
		     * it is still in the way of who wants all of IPv4's */
	COVER_V6ONLY, /* of AF_INET6, IPv6's alone */
	COVERS,
	COVER_SUM4 = COVERS, /* a sum of all that take some of IPv4's */
	COVER_SUM6,
};

/* Hashed as bytes: all of them are set. */
struct socket_place_key {
	struct pyt_ip ip; /* ::, where it is unspecified */
	struct pyt_ip peer; /* of a connected socket of UDP, or :: */
	int ifindex; /* SO_BINDTODEVICE, or 0 */
	uint16_t port, peer_port;
	uint8_t kind, cover;
	uint16_t zero;
};

/* What a socket may be that is in the way of others. */
#define SOCKET_STRICT 1u /* listens, or is without SO_REUSEADDR */
#define SOCKET_ALONE 2u /* without SO_REUSEPORT */
#define SOCKET_BOUND 4u /* did not get its port by connect(2) */

struct socket_tally {
	uint32_t all, strict, alone, both;
};

/* All places of one port of one kind. */
struct socket_port {
	struct table_node node;
	enum socket_kind kind;
	uint16_t port;
	uint32_t users; /* sockets, and connections in TIME-WAIT */
	uint32_t bound; /* SOCKET_BOUND; 0: serves for other peers, too */
	/* of IPv4 and IPv6; without and with a device */
	struct socket_tally tally[2][2];
	/* receivers, so that places without any are not looked for: bound to
	 * some address and to none */
	uint32_t receiver_count[COVERS][2];
	uint32_t device_count, connected_count; /* of them */
};

struct socket_place {
	struct table_node node;
	struct socket_port *port;
	struct socket_place_key key;
	struct socket_tally tally;
	/* what else counts its sockets: of a connected socket's place that
	 * without the peer, of one with a device that of all devices and
	 * those of all addresses */
	struct socket_place *sum[SOCKET_SUMS_MAX];
	struct socket_list receivers; /* listeners, datagram sockets */
	struct socket **group; /* those with SO_REUSEPORT, in any order */
	uint32_t group_count, group_size;
};

int socket_places_init(struct sockets *room);
void socket_places_clear(struct sockets *room);

struct socket_port *socket_port_find(const struct sockets *room,
				     enum socket_kind kind, uint16_t port);
struct socket_place *socket_place_find(struct sockets *room,
				       const struct socket_place_key *key);
/* Where the socket belongs as it is now, on this port. */
struct socket_place_key socket_place_key(const struct socket *socket,
					 uint16_t port);
bool socket_place_takes_v4(const struct socket_place_key *key);
bool socket_place_takes_v6(const struct socket_place_key *key);

/* What it is for others, now: SOCKET_STRICT and so on. */
uint8_t socket_place_reuse_of(const struct socket *socket);
/* Datagram sockets receive at once. -ENOBUFS: it is where it was. */
int socket_place_enter(struct socket *socket, uint16_t port);
/* Its address, peer or device has changed. -ENOBUFS as above. */
int socket_place_move(struct socket *socket);
/* A listener's child, of the same port; without memory, of the same place. */
void socket_place_share(struct socket *socket, struct socket_place *place);
void socket_place_leave(struct socket *socket);
/* Its options have changed, or whether it receives. */
void socket_place_recount(struct socket *socket);
/* Counted (1) or not (-1), for a while in which the place is needed. */
void socket_place_count(struct socket_place *place, uint8_t reuse, int count);
/* Frees what nobody is counted at, and its port. */
void socket_place_check(struct sockets *room, struct socket_place *place);
void socket_place_receive(struct socket *socket);
void socket_place_receive_not(struct socket *socket);

#endif
