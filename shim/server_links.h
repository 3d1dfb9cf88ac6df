/*
 * The links that a stack starts with, in these steps, and those that come
 * later. All of them log why they fail.
 */
#ifndef SHIM_SERVER_LINKS_H
#define SHIM_SERVER_LINKS_H

#include "server.h"

#define SERVER_ACK_MERGE "net.ipv4.tcp_ack_merge_us"

/* By each link's name we are found. -EADDRINUSE: another stack has the first
 * one; -EBUSY: it has another of them. */
int server_links_take_names(struct server *server, const struct config *config);
/* The next of server->links; its name was taken. */
int server_link_open(struct server *server, const struct config_link *config);
/* Its interface, without addresses. */
int server_link_attach(struct server *server, int number);
/* Its addresses and gateways; what gives others begins. */
int server_link_configure(struct server *server, int number,
			  const struct config_link *config,
			  const char *hostname);
/* Their files. */
void server_links_close(struct server *server);

/* All steps of one link more, while the stack runs. Its ifindex or -errno. */
int server_link_add(struct server *server, const struct config_link *config,
		    const char *hostname);

#endif
