/*
 * IPv4 options that a SYN wants in what answers it, from the SYN-ACK to the
 * end of the connection: TCP carries them, without a look inside. RFC 1122,
 * 4.2.3.8.
 */
#ifndef TCP_TCP_IP_OPTIONS_H
#define TCP_TCP_IP_OPTIONS_H

#include "tcp/tcp_listener.h"

struct tcp_ip_options {
	uint8_t len;
	uint8_t bytes[];
};

/* Without memory the answer has none. */
void tcp_ip_options_keep(struct engine *engine, struct tcp_half_open *half_open,
			 const struct tcp_segment *syn);
/* From the record to the listener, for who owns the connection. */
void tcp_ip_options_move(struct tcp_half_open *half_open,
			 struct tcp_listener *listener);
void tcp_ip_options_free(struct engine *engine,
			 struct tcp_ip_options **options);

#endif
