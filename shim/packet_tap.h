/*
 * AF_PACKET sockets, packet(7): copies of the frames that the link and lo
 * carry, both ways, and frames to send.
 */
#ifndef SHIM_PACKET_TAP_H
#define SHIM_PACKET_TAP_H

#include <linux/filter.h>

#include "bpf.h"
#include "packet_ring.h"
#include "view.h"

struct packet_tap {
	int type; /* SOCK_RAW, SOCK_DGRAM */
	uint16_t protocol; /* ethertype, host byte order; ETH_P_ALL; 0: none */
	int ifindex; /* 0: all */
	uint32_t packets, drops; /* since they were asked for */
	uint32_t wants; /* of struct pyt_view_frame */
	bool ignores_outgoing;
	struct packet_ring ring;
	uint32_t filter_count; /* instructions; 0: no filter */
	struct sock_filter filter[BPF_PROGRAM_MAX];
};

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

/* ------------------------------------------------ packet_tap_frame.c */

/* A frame that came, or goes: to all sockets that want it. Only while
 * server->tap_count is not 0. */
void packet_tap_frame(struct server *server, int ifindex,
		      const struct pyt_frame *frame, bool outgoing);
/* One of lo; context: the server. */
void packet_tap_loopback(void *context, const struct pyt_frame *frame);

#endif
