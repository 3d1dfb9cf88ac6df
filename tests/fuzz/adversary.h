/*
 * Somebody between two hosts who sees everything, and puts segments and ICMP
 * errors of his own into connections: an input's bytes say which.
 */
#ifndef FUZZ_ADVERSARY_H
#define FUZZ_ADVERSARY_H

#include "base/reader.h"
#include "sim/sim.h"
#include "tcp/tcp_connection.h"

/* The client's port for what belongs to no connection. */
#define ADVERSARY_CLIENT_PORT 40000
#define ADVERSARY_SERVER_PORT 80

/* A segment arrives at host. last: the last header that each host sent. */
void adversary_segment(struct sim *sim, struct reader *in, int host,
		       const struct tcp_header last[SIM_HOSTS]);
/* An ICMP error that quotes something that host has sent, or has not. */
void adversary_icmp(struct sim *sim, struct reader *in, int host);
/* The connection number which of a host, or NULL. */
const struct tcp_connection *adversary_victim(const struct sim *sim, int host,
					      unsigned which);

#endif
