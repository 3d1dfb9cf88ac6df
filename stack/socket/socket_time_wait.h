/* Connections in TIME-WAIT that no program holds: small records. */
#ifndef SOCKET_SOCKET_TIME_WAIT_H
#define SOCKET_SOCKET_TIME_WAIT_H

#include "socket/socket.h"
#include "tcp/tcp_time_wait.h"

#define SOCKET_TIME_WAIT_LEN_MAX 184 /* bytes; with its tables' 16: 200 */

struct socket_time_wait {
	struct tcp_time_wait tcp; /* first: its node is found in a table */
	struct socket_place *place; /* where it is counted */
	int bound_ifindex;
	uint8_t family;
	uint8_t reuse; /* as what */
	bool is_fin_wait; /* counted as such */
};

struct socket_time_waits {
	struct table table; /* by 4-tuple */
	struct heap timers;
	uint32_t fin_wait_count;
};

/* -ENOMEM */
int socket_time_wait_init(struct sockets *room);
void socket_time_wait_clear(struct sockets *room);
/*
 * A connection that just entered TIME-WAIT or, closed by the program,
 * FIN-WAIT-2, or was closed in it, becomes a record and is destroyed. False:
 * it stays.
 */
bool socket_time_wait_take(struct socket *socket);
struct socket_time_wait *socket_time_wait_find(const struct sockets *room,
					       const struct pyt_sockaddr *local,
					       const struct pyt_sockaddr *peer);
void socket_time_wait_destroy(struct sockets *room,
			      struct socket_time_wait *time_wait);
/* A segment for it. False: it may begin a new connection, iss is set. */
bool socket_time_wait_input(struct sockets *room,
			    struct socket_time_wait *time_wait,
			    const struct tcp_segment *segment, bool listens,
			    uint32_t *iss, int64_t now_us);
int64_t socket_time_wait_next_deadline(const struct sockets *room);
void socket_time_wait_run_timers(struct sockets *room, int64_t now_us);
/* All of them, and those in FIN-WAIT-2. */
uint32_t socket_time_wait_count(const struct sockets *room);
uint32_t socket_time_wait_fin_count(const struct sockets *room);

#endif
