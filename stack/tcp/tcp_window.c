/* RFC 9293, 3.8.6; RFC 7323, 2; buffer autotuning as Linux's. */
#include "tcp/tcp_window.h"

#define WINDOW_UNSCALED_MAX 65535u

uint32_t tcp_window_of_buffer(const struct tcp_context *context,
			      uint32_t buffer)
{
	int scale = context->settings.adv_win_scale;

	return scale > 0 ? buffer - (buffer >> scale) : buffer >> -scale;
}

/* Linux: what the largest buffer may need. */
uint8_t tcp_window_scale(const struct tcp_connection *tcp)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	uint32_t most = (uint32_t)settings->rmem[2];
	uint8_t scale = 0;

	if (!settings->window_scaling)
		return 0;
	if ((uint32_t)settings->rmem_max > most)
		most = (uint32_t)settings->rmem_max;
	if (tcp->options.rcvbuf)
		most = tcp->options.rcvbuf;
	while (most > WINDOW_UNSCALED_MAX && scale < TCP_WSCALE_MAX) {
		most >>= 1;
		scale++;
	}
	return scale;
}

uint32_t tcp_window_space(const struct tcp_connection *tcp)
{
	uint32_t space = tcp_window_of_buffer(tcp->context, tcp->rcv.buffer);
	uint32_t most = WINDOW_UNSCALED_MAX << tcp->rcv.wscale;

	if (tcp->options.window_clamp && space > tcp->options.window_clamp)
		space = tcp->options.window_clamp;
	return space < most ? space : most;
}

/* Where the edge would be if it moved now; SWS avoidance, 3.8.6.2.2. */
static uint64_t wanted_edge(const struct tcp_connection *tcp)
{
	uint32_t space = tcp_window_space(tcp);
	uint32_t used = tcp_readable(tcp);
	uint32_t free = space > used ? space - used : 0;
	uint32_t least = space / 2 < tcp->rcv.mss ? space / 2 : tcp->rcv.mss;

	if (free < least || free < space / 16)
		free = 0;
	free = free >> tcp->rcv.wscale << tcp->rcv.wscale;
	return tcp->rcv.nxt + free;
}

uint16_t tcp_window_advertise(struct tcp_connection *tcp)
{
	uint64_t edge = wanted_edge(tcp);
	uint64_t unit = 1ull << tcp->rcv.wscale;
	uint64_t window;

	/* Rounding up keeps an edge that the shift cannot express exactly. */
	if (edge < tcp->rcv.edge)
		edge = tcp->rcv.edge;
	window = (edge - tcp->rcv.nxt + unit - 1) >> tcp->rcv.wscale;
	if (window > WINDOW_UNSCALED_MAX)
		window = WINDOW_UNSCALED_MAX;
	edge = tcp->rcv.nxt + (window << tcp->rcv.wscale);
	if (edge > tcp->rcv.edge)
		tcp->rcv.edge = edge;
	return (uint16_t)window;
}

/* Linux: when the window that is left could double. */
bool tcp_window_update_is_due(const struct tcp_connection *tcp)
{
	uint64_t left = tcp->rcv.edge - tcp->rcv.nxt;
	uint64_t wanted = wanted_edge(tcp) - tcp->rcv.nxt;

	return wanted > 0 && wanted >= 2 * left;
}

static int64_t round_trip_us(const struct tcp_connection *tcp)
{
	if (tcp->rcv.rtt_us)
		return tcp->rcv.rtt_us;
	return tcp->rto.srtt_us ? tcp->rto.srtt_us : 100000;
}

/*
 * What was read in one round trip is what the window let through: twice
 * that, and more if it grows, is the window to offer. Linux's
 * tcp_rcv_space_adjust().
 */
void tcp_window_autotune(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_receive *rcv = &tcp->rcv;
	const struct tcp_settings *settings = tcp_settings(tcp);
	uint64_t head = tcp->receive_stream.head;
	uint64_t copied = head - rcv->space_head;
	uint64_t window, wanted;

	if (now_us - rcv->space_since_us < round_trip_us(tcp))
		return;
	if (copied > rcv->space && !tcp->options.rcvbuf &&
	    settings->moderate_rcvbuf) {
		window = 2 * copied + 16ull * rcv->mss;
		window += 2 * (window * (copied - rcv->space) /
			       (rcv->space ? rcv->space : 1));
		wanted = settings->adv_win_scale > 0
				 ? (window << settings->adv_win_scale) /
					   ((1u << settings->adv_win_scale) - 1)
				 : window << -settings->adv_win_scale;
		if (wanted > (uint32_t)settings->rmem[2])
			wanted = (uint32_t)settings->rmem[2];
		if (wanted > rcv->buffer)
			rcv->buffer = (uint32_t)wanted;
	}
	if (copied > rcv->space)
		rcv->space = copied < UINT32_MAX / 2 ? (uint32_t)copied
						     : UINT32_MAX / 2;
	rcv->space_head = head;
	rcv->space_since_us = now_us;
}
