/* What to send next, and the segment that says it. */
#ifndef TCP_TCP_OUTPUT_H
#define TCP_TCP_OUTPUT_H

#include "tcp/tcp_connection.h"

/* snd.mss from the path, the peer's MSS and the options. */
void tcp_output_update_mss(struct tcp_connection *tcp);
/* Sets the timers that wait for a window or for the end of a cork. */
void tcp_output_schedule(struct tcp_connection *tcp, int64_t now_us);
#endif
