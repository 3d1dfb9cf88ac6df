/* TCP Fast Open, the listener's side. RFC 7413, 4.2.2 and 5.1. */
#ifndef TCP_TCP_FASTOPEN_SERVER_H
#define TCP_TCP_FASTOPEN_SERVER_H

#include "tcp/tcp_listener.h"

const struct tcp_fastopen_keys *tcp_fastopen_server_keys(
	const struct tcp_connection *tcp);
/* old's own keys, if it has any. False: no memory. */
bool tcp_fastopen_server_copy_keys(struct tcp_connection *tcp,
				   const struct tcp_connection *old);
void tcp_fastopen_server_init(struct tcp_listener *listener);
void tcp_fastopen_server_clear(struct tcp_listener *listener);
/*
 * Looks at a SYN. A connection, in SYN-RECEIVED and with the SYN's data, if
 * its cookie is good; else NULL, and half_open->gives_cookie is set if the
 * SYN-ACK is to carry one.
 */
struct tcp_connection *tcp_fastopen_server_syn(struct tcp_listener *listener,
					       struct tcp_half_open *half_open,
					       const struct tcp_segment *syn,
					       const struct tcp_path *path,
					       int64_t now_us);
/* The cookie for this client, into a SYN-ACK. */
void tcp_fastopen_server_give(const struct tcp_fastopen_keys *keys,
			      const struct pyt_ip *client,
			      const struct pyt_ip *server,
			      struct tcp_header *header);
/* The handshake of such a connection is over, or never will be. */
void tcp_fastopen_server_end(struct tcp_connection *tcp, bool by_reset,
			     int64_t now_us);

#endif
