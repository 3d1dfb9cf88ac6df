/*
 * The rooms that do what clients ask for, one for each kind of request; the
 * table of them all stands in control_requests.c. The fields of a request
 * come from another process and may hold anything.
 */
#ifndef SHIM_REQUESTS_H
#define SHIM_REQUESTS_H

#include "server.h"

struct request_call {
	struct server *server;
	struct client *client;
	struct endpoint *endpoint; /* NULL where the op needs none */
	const struct pyt_request *request;
	struct pyt_reply *reply;
	int fd; /* came along, or -errno; -1 once it was taken */
};

/* The result; not for PYT_OP_HELLO and its like, which need the client. */
int request_run(struct request_call *call);
/* A program's thread may run it, if it is about a stream. */
bool request_can_visit(enum pyt_op op);

/* -------------------------------------------------- requests_socket.c */

int request_socket(struct request_call *call);
int request_bind(struct request_call *call);
int request_connect(struct request_call *call);
int request_connect_fast(struct request_call *call);
int request_attach(struct request_call *call);
int request_disconnect(struct request_call *call);
int request_listen(struct request_call *call);
int request_adopt(struct request_call *call);
int request_prove(struct request_call *call);
int request_nudge(struct request_call *call);
int request_closed(struct request_call *call);
int request_shutdown(struct request_call *call);

/* ------------------------------------------------ requests_datagram.c */

int request_send(struct request_call *call);

/* -------------------------------------------------- requests_option.c */

int request_set_option(struct request_call *call);
int request_get_option(struct request_call *call);
int request_wide_option(struct request_call *call);
int request_own_options(struct request_call *call);
int request_error(struct request_call *call);
int request_status(struct request_call *call);
int request_recv_urgent(struct request_call *call);
int request_send_urgent(struct request_call *call);
int request_more(struct request_call *call);
int request_keep_byte(struct request_call *call);
int request_show(struct request_call *call);
void request_end_reading(struct server *server, struct client *client);
int request_error_queue(struct request_call *call);
int request_zerocopy(struct request_call *call);
/* Whether errors are still queued, for who polls. */
void request_note_errors(struct request_call *call);

/* --------------------------------------------------- requests_stack.c */

int request_interfaces(struct request_call *call);
int request_addresses(struct request_call *call);
int request_sources(struct request_call *call);
int request_routes(struct request_call *call);
int request_neighbours(struct request_call *call);
int request_names(struct request_call *call);
int request_sysctl_get(struct request_call *call);
int request_sysctl_set(struct request_call *call);
int request_counters(struct request_call *call);
int request_sizes(struct request_call *call);

/* ----------------------------------------------- requests_link.c */

int request_link_add(struct request_call *call);

#endif
