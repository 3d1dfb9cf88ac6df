/* TCP Fast Open, the client's side: data in the SYN. RFC 7413, 4.2. */
#ifndef TCP_TCP_FASTOPEN_H
#define TCP_TCP_FASTOPEN_H

#include "tcp/tcp_connection.h"

/* Bits of net.ipv4.tcp_fastopen. */
#define TCP_FASTOPEN_CLIENT 0x1
#define TCP_FASTOPEN_SERVER 0x2
#define TCP_FASTOPEN_CLIENT_NO_COOKIE 0x4
#define TCP_FASTOPEN_SERVER_NO_COOKIE 0x200
#define TCP_FASTOPEN_ALL_LISTENERS 0x400

void tcp_fastopen_init(struct tcp_context *context);
void tcp_fastopen_clear(struct tcp_context *context);
/*
 * A connection that begins: asks for a cookie if it has none. True: it has
 * one, and the SYN waits for the data that is to go with it.
 */
bool tcp_fastopen_begin(struct tcp_connection *tcp, int64_t now_us);
/* The first data has come. */
void tcp_fastopen_on_write(struct tcp_connection *tcp, int64_t now_us);
/* The option of the SYN, and how much data goes with it; its first time. */
uint32_t tcp_fastopen_fill_syn(struct tcp_connection *tcp,
			       const struct tcp_path *path,
			       struct tcp_header *header);
/* Whether a SYN-ACK's number is one that our SYN may have earned. */
bool tcp_fastopen_ack_is_right(const struct tcp_connection *tcp, uint32_t ack);
/* After the handshake: what it acknowledged, and the cookie it brought. */
void tcp_fastopen_on_syn_ack(struct tcp_connection *tcp,
			     const struct tcp_header *header, int64_t now_us);
/* A timeout; the third in a row speaks for a hole on the way. */
void tcp_fastopen_on_timeout(struct tcp_connection *tcp, int64_t now_us);

bool tcp_fastopen_is_option(int name);
/* setsockopt(): -EINVAL, -EOPNOTSUPP. get: length or -ENOPROTOOPT. */
int tcp_fastopen_set_option(struct tcp_connection *tcp, int name,
			    const void *value, uint32_t value_len);
int tcp_fastopen_get_option(const struct tcp_connection *tcp, int name,
			    void *value, uint32_t value_len);

#endif
