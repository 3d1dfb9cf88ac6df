/* What DCTCP has of NewReno: RFC 8257, 3.5. */
#ifndef TCP_TCP_RENO_H
#define TCP_TCP_RENO_H

#include <pyt/cc.h>

/*
 * Congestion avoidance, RFC 5681, 3.1: one segment more for each window of
 * acked bytes; *credit keeps what is not yet a window.
 */
void tcp_reno_avoid(struct pyt_cc *cc, uint32_t acked, uint32_t *credit);

#endif
