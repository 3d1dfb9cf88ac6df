/* The answer to a SYN: what is agreed on, and how it looks. */
#ifndef TCP_TCP_SYN_ACK_H
#define TCP_TCP_SYN_ACK_H

#include "tcp/tcp_listener.h"

/* Takes the options of the peer's SYN that the listener wants, too. */
void tcp_syn_ack_agree(const struct tcp_listener *listener,
		       struct tcp_half_open *half_open,
		       const struct tcp_segment *syn,
		       const struct tcp_path *path);
/* What we ask for ourselves: MSS, window and its scale. */
void tcp_syn_ack_offer(const struct tcp_listener *listener,
		       struct tcp_half_open *half_open,
		       const struct tcp_path *path);
void tcp_syn_ack_build(const struct tcp_listener *listener,
		       const struct tcp_half_open *half_open,
		       struct tcp_output *output, int64_t now_us);

#endif
