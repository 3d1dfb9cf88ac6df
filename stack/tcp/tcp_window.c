/* RFC 9293, 3.8.6; RFC 7323, 2. */
#include "tcp/tcp_window.h"

#include "tcp/tcp_memory.h"

#define WINDOW_UNSCALED_MAX 65535u
#define PRESSURE_SEGMENTS 4 /* Linux: four segments of window */

uint32_t tcp_window_of_buffer(const struct tcp_context *context,
			      uint32_t buffer)
{
	int scale = context->settings.adv_win_scale;

	return scale > 0 ? buffer - (buffer >> scale) : buffer >> -scale;
}

uint64_t tcp_window_buffer_for(const struct tcp_context *context,
			       uint64_t window)
{
	int scale = context->settings.adv_win_scale;

	if (scale > 0)
		return (window << scale) / ((1ull << scale) - 1);
	return window << -scale;
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

/* Memory is short: little more of each, but enough to go on. */
static uint32_t most_under_pressure(const struct tcp_connection *tcp)
{
	if (tcp_memory_level(tcp->context) == TCP_MEMORY_FINE)
		return UINT32_MAX;
	return PRESSURE_SEGMENTS * tcp->rcv.mss;
}

/* Where the edge would be if it moved now; SWS avoidance, 3.8.6.2.2. */
static uint64_t wanted_edge(const struct tcp_connection *tcp)
{
	uint32_t space = tcp_window_space(tcp);
	uint32_t used = tcp_readable(tcp);
	uint32_t free = space > used ? space - used : 0;
	uint32_t least = space / 2 < tcp->rcv.mss ? space / 2 : tcp->rcv.mss;

	free = free >> tcp->rcv.wscale << tcp->rcv.wscale;
	if (free < least || free < space / 16)
		free = 0;
	if (free > most_under_pressure(tcp))
		free = most_under_pressure(tcp);
	return tcp->rcv.nxt + free;
}

/* wanted: before it was kept from shrinking. */
static void count_closed(struct tcp_connection *tcp, uint64_t wanted,
			 uint64_t window)
{
	bool closed = window == 0;

	if (closed && !tcp->window_is_closed)
		tcp_count(tcp, COUNTER_TCP_TO_ZERO_WINDOW, 1);
	else if (!closed && tcp->window_is_closed)
		tcp_count(tcp, COUNTER_TCP_FROM_ZERO_WINDOW, 1);
	else if (!closed && wanted == tcp->rcv.nxt)
		tcp_count(tcp, COUNTER_TCP_WANT_ZERO_WINDOW, 1);
	tcp->window_is_closed = closed;
}

uint16_t tcp_window_advertise(struct tcp_connection *tcp, uint64_t ack)
{
	uint64_t wanted = wanted_edge(tcp);
	uint64_t edge = wanted;
	uint64_t unit = 1ull << tcp->rcv.wscale;
	uint64_t window;

	/* Rounding up keeps an edge that the shift cannot express exactly. */
	if (edge < tcp->rcv.edge && !tcp_settings(tcp)->shrink_window)
		edge = tcp->rcv.edge;
	window = (edge - ack + unit - 1) >> tcp->rcv.wscale;
	if (window > WINDOW_UNSCALED_MAX)
		window = WINDOW_UNSCALED_MAX;
	edge = ack + (window << tcp->rcv.wscale);
	if (edge > tcp->rcv.edge || tcp_settings(tcp)->shrink_window)
		tcp->rcv.edge = edge;
	count_closed(tcp, wanted, window);
	return (uint16_t)window;
}

/* Linux: when the window that is left could double. */
bool tcp_window_update_is_due(const struct tcp_connection *tcp)
{
	uint64_t left = tcp->rcv.edge - tcp->rcv.nxt;
	uint64_t wanted = wanted_edge(tcp) - tcp->rcv.nxt;

	return wanted > 0 && wanted >= 2 * left;
}
