/* The window that we offer, and the size of the buffer behind it. */
#ifndef TCP_TCP_WINDOW_H
#define TCP_TCP_WINDOW_H

#include "tcp/tcp_connection.h"

/* At creation and after SO_RCVBUF: the shift that the SYN carries. */
uint8_t tcp_window_scale(const struct tcp_connection *tcp);
/* Bytes of window that a buffer of so many bytes stands for. */
uint32_t tcp_window_of_buffer(const struct tcp_context *context,
			      uint32_t buffer);
/* And back: the buffer that such a window needs. */
uint64_t tcp_window_buffer_for(const struct tcp_context *context,
			       uint64_t window);
/* The whole window, of which unread data takes its part. */
uint32_t tcp_window_space(const struct tcp_connection *tcp);
/*
 * Moves the right edge as far as it may go and gives the window field of a
 * segment with that ACK. Never to the left (RFC 9293, 3.8.6), never by a
 * little (3.8.6.2.2).
 */
uint16_t tcp_window_advertise(struct tcp_connection *tcp, uint64_t ack);
/* Whether the edge could move so far that the peer should hear of it. */
bool tcp_window_update_is_due(const struct tcp_connection *tcp);

#endif
