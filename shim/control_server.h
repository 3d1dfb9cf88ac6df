/* The rendezvous, the control connections and their requests. */
#ifndef SHIM_CONTROL_SERVER_H
#define SHIM_CONTROL_SERVER_H

#include "server.h"

/* Gives the names of all links back. */
void control_unbind(struct server *server);
/* From now on clients are heard by that link's name. */
int control_listen(struct server *server, int number);

void control_accept(struct server *server);
/* Once more, when there was no descriptor left for one of them. */
void control_accept_retry(struct server *server);
/* A connection that was handed in, of whatever user. */
int control_admit(struct server *server, int fd, const struct ucred *peer);
/* The descriptor that comes with the next message; -EAGAIN: there is none. */
int control_take_passed(int fd);
/* Another connection, for a child of parent's: its end, or -errno. */
int control_another(struct server *server, const struct client *parent);
void control_input(struct server *server, uint32_t client_index);
/* Drops the client if it does not take the reply. */
void control_send(struct server *server, struct client *client,
		  const struct pyt_reply *reply);
void control_drop(struct server *server, struct client *client);

/* Answers the client's OP_EXIT when it is known what becomes of the stack. */
void control_wait_exit(struct server *server, struct client *client);
void control_check_exits(struct server *server);

/*
 * Does what *request asks for; its data is followed by a zero byte. fd is a
 * descriptor that came along, owned by the callee, or why there is none.
 * False: no reply.
 */
bool request_handle(struct server *server, struct client *client,
		    const struct pyt_request *request, int fd,
		    struct pyt_reply *reply);

#endif
