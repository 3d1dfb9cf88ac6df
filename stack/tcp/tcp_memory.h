/*
 * The bound on what all connections hold for data together: Linux's tcp_mem,
 * in pages of 4 KiB: relief below the first, pressure above the second,
 * nothing but the least above the third.
 */
#ifndef TCP_TCP_MEMORY_H
#define TCP_TCP_MEMORY_H

#include "tcp/tcp_connection.h"

enum tcp_memory {
	TCP_MEMORY_FINE,
	TCP_MEMORY_PRESSURE, /* buffers do not grow, windows are small */
	TCP_MEMORY_FULL, /* only tcp_rmem's and tcp_wmem's least */
};

enum tcp_memory tcp_memory_level(struct tcp_context *context);
/* What may be in the send buffer now; at most snd.buffer. */
uint32_t tcp_memory_send_limit(const struct tcp_connection *tcp);
/* Whether received data may take more memory; counted if not. */
bool tcp_memory_may_receive(struct tcp_connection *tcp, bool in_order);

#endif
