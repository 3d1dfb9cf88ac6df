/*
 * The states of a connection and which may follow which. RFC 9293, 3.3.2,
 * figure 5. scripts/picture-states draws docs/tcp-states.svg from this list.
 */
#ifndef TCP_TCP_STATE_H
#define TCP_TCP_STATE_H

#include "tcp/tcp.h"

/*
 * X(from, to, event, what is sent); no event: what ends it early (RST,
 * timeout, abort, an ICMP error, no memory). Two arrows of the RFC's figure
 * are walked in two steps: a close in SYN-RECEIVED waits for ESTABLISHED, and
 * a FIN that acknowledges ours passes FIN-WAIT-2.
 */
#define TCP_STATE_TRANSITIONS(X)                       \
	X(CLOSED, LISTEN, "listen", "")                \
	X(CLOSED, SYN_SENT, "connect", "SYN")          \
	X(LISTEN, SYN_RECEIVED, "SYN", "SYN,ACK")      \
	X(SYN_SENT, SYN_RECEIVED, "SYN", "SYN,ACK")    \
	X(SYN_SENT, ESTABLISHED, "SYN,ACK", "ACK")     \
	X(SYN_RECEIVED, ESTABLISHED, "ACK of SYN", "") \
	X(ESTABLISHED, FIN_WAIT_1, "close", "FIN")     \
	X(ESTABLISHED, CLOSE_WAIT, "FIN", "ACK")       \
	X(FIN_WAIT_1, FIN_WAIT_2, "ACK of FIN", "")    \
	X(FIN_WAIT_1, CLOSING, "FIN", "ACK")           \
	X(FIN_WAIT_2, TIME_WAIT, "FIN", "ACK")         \
	X(CLOSING, TIME_WAIT, "ACK of FIN", "")        \
	X(CLOSE_WAIT, LAST_ACK, "close", "FIN")        \
	X(LAST_ACK, CLOSED, "ACK of FIN", "")          \
	X(TIME_WAIT, CLOSED, "60 s", "")               \
	X(LISTEN, CLOSED, "close", "")                 \
	X(SYN_SENT, CLOSED, "", "")                    \
	X(SYN_RECEIVED, CLOSED, "", "")                \
	X(ESTABLISHED, CLOSED, "", "")                 \
	X(FIN_WAIT_1, CLOSED, "", "")                  \
	X(FIN_WAIT_2, CLOSED, "", "")                  \
	X(CLOSE_WAIT, CLOSED, "", "")                  \
	X(CLOSING, CLOSED, "", "")

/* "ESTABLISHED" ... as the RFC writes it. */
const char *tcp_state_name(enum tcp_state state);

bool tcp_state_may_follow(enum tcp_state from, enum tcp_state to);

/*
 * The one place where a connection's state changes. A step that is not on the
 * list is a mistake of ours: counted as tcp_illegal_transition, and the
 * connection is reset.
 */
void tcp_state_set(struct tcp_connection *tcp, enum tcp_state state);

#endif
