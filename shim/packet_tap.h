/*
 * AF_PACKET sockets, packet(7): copies of the frames that the link and lo
 * carry, both ways, and frames to send.
 */
#ifndef SHIM_PACKET_TAP_H
#define SHIM_PACKET_TAP_H

#include "view.h"

int packet_tap_open(struct server *server, struct view *view, int type,
		    int protocol);
void packet_tap_close(struct server *server, struct view *view);
bool packet_tap_pump(struct server *server, struct view *view);
int packet_tap_bind(struct request_call *call, struct view *view);
int packet_tap_name(struct request_call *call, struct view *view);
int packet_tap_set_option(struct request_call *call, struct view *view);
int packet_tap_get_option(struct request_call *call, struct view *view);
/* What it is bound to; 0: all. */
int packet_tap_ifindex(const struct packet_tap *tap);

#endif
