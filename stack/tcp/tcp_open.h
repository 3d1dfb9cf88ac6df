/* The handshake: SYN-SENT, simultaneous open, and what the SYNs agree on. */
#ifndef TCP_TCP_OPEN_H
#define TCP_TCP_OPEN_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_iss.h"

/* Sequence numbers and windows of a connection that begins. */
void tcp_open_init(struct tcp_connection *tcp, struct tcp_iss iss,
		   const struct tcp_path *path, int64_t now_us);
/* Takes the peer's SYN: irs and the options both sides want. */
void tcp_open_agree(struct tcp_connection *tcp, const struct tcp_header *syn,
		    int64_t now_us);
/* What may be sent, from the peer's SYN or the handshake's end on. */
void tcp_open_start(struct tcp_connection *tcp, const struct tcp_header *header,
		    uint32_t window, int64_t now_us);
/* The handshake is over. window: the peer's, scaled where it must be. */
void tcp_open_established(struct tcp_connection *tcp,
			  const struct tcp_header *header, uint32_t window,
			  int64_t now_us);
/* RFC 9293, 3.10.7.3. */
enum counter tcp_open_input(struct tcp_connection *tcp,
			    const struct tcp_segment *segment, int64_t now_us);
/* Of a connection's packets: what stands before the TCP header ... */
static inline uint32_t tcp_open_ip_len(const struct tcp_connection *tcp)
{
	return tcp->snd.ip_words * 4u;
}

/* ... and without options. */
static inline uint32_t tcp_open_ip_header_len(const struct tcp_connection *tcp)
{
	return tcp_open_ip_len(tcp) < 40 ? 20 : 40;
}

void tcp_open_use_path(struct tcp_connection *tcp, const struct tcp_path *path);

/* MSS to announce: RFC 6691, options are not deducted. */
uint16_t tcp_open_mss(const struct tcp_options *options,
		      const struct tcp_path *path);
/* Window of a SYN, never scaled; as Linux, whole segments. */
uint32_t tcp_open_window(const struct tcp_connection *tcp, uint32_t mss);

#endif
