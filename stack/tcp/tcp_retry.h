/* When a connection without answers is given up, and how long it waits. */
#ifndef TCP_TCP_RETRY_H
#define TCP_TCP_RETRY_H

#include "tcp/tcp_connection.h"

#ifndef TCP_RTO_MAX_MS /* Linux 6.15; older headers do not know them */
#define TCP_RTO_MAX_MS 44
#define TCP_RTO_MIN_US 45
#endif

/* TCP_THIN_LINEAR_TIMEOUTS, TCP_RTO_MAX_MS, TCP_RTO_MIN_US. -EINVAL */
int tcp_retry_set_option(struct tcp_connection *tcp, int name, int number);
int tcp_retry_get_option(const struct tcp_connection *tcp, int name);
/* Bounds of the timeout from the options and the sysctls. */
void tcp_retry_set_bounds(struct tcp_connection *tcp);
/* The retransmission timer has run out: is that the end? */
bool tcp_retry_is_over(const struct tcp_connection *tcp, int64_t now_us);
/* The same for probes of a closed window. */
bool tcp_retry_probe_is_over(const struct tcp_connection *tcp, int64_t now_us);
/* Counts one timeout more and backs off. */
void tcp_retry_count(struct tcp_connection *tcp, int64_t now_us);
/* When the timer is to run out next. */
int64_t tcp_retry_deadline_us(const struct tcp_connection *tcp, int64_t now_us);
/* New data was acknowledged. */
void tcp_retry_on_progress(struct tcp_connection *tcp);

#endif
