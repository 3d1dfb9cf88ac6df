/* TCP_CONGESTION and TCP_CC_INFO of tcp(7). */
#ifndef TCP_TCP_CC_OPTION_H
#define TCP_TCP_CC_OPTION_H

#include "tcp/tcp_connection.h"

/* TCP_CONGESTION. -ENOENT: no such name; -EPERM: it is not allowed. */
int tcp_cc_option_set(struct tcp_connection *tcp, const void *value,
		      uint32_t value_len, int64_t now_us);
/* Bytes written to value, or -ENOPROTOOPT: another option. */
int tcp_cc_option_get(const struct tcp_connection *tcp, int name, void *value,
		      uint32_t value_len);

#endif
