/* Half-open connections become connections, which wait for accept(2). */
#ifndef TCP_TCP_ACCEPT_H
#define TCP_TCP_ACCEPT_H

#include "tcp/tcp_listener.h"

/* More than backlog wait: listen(2) counts so. */
bool tcp_accept_is_full(const struct tcp_listener *listener);
/* A connection in SYN-RECEIVED, in no queue; NULL: no memory. */
struct tcp_connection *tcp_accept_make(const struct tcp_listener *listener,
				       const struct tcp_half_open *half_open,
				       const struct tcp_path *path,
				       int64_t now_us);
void tcp_accept_put(struct tcp_listener *listener, struct tcp_connection *tcp);

#endif
