/* The states of a connection: names, and the check of each step. */
#include "tcp/tcp_state.h"

#include <errno.h>

#include "tcp/tcp_close.h"
#include "tcp/tcp_connection.h"

static const struct {
	enum tcp_state from, to;
} transitions[] = {
#define X(from, to, event, sent) { TCP_STATE_##from, TCP_STATE_##to },
	TCP_STATE_TRANSITIONS(X)
#undef X
};

const char *tcp_state_name(enum tcp_state state)
{
	static const char *const names[] = {
		[TCP_STATE_ESTABLISHED] = "ESTABLISHED",
		[TCP_STATE_SYN_SENT] = "SYN-SENT",
		[TCP_STATE_SYN_RECEIVED] = "SYN-RECEIVED",
		[TCP_STATE_FIN_WAIT_1] = "FIN-WAIT-1",
		[TCP_STATE_FIN_WAIT_2] = "FIN-WAIT-2",
		[TCP_STATE_TIME_WAIT] = "TIME-WAIT",
		[TCP_STATE_CLOSED] = "CLOSED",
		[TCP_STATE_CLOSE_WAIT] = "CLOSE-WAIT",
		[TCP_STATE_LAST_ACK] = "LAST-ACK",
		[TCP_STATE_LISTEN] = "LISTEN",
		[TCP_STATE_CLOSING] = "CLOSING",
	};

	return names[state];
}

bool tcp_state_may_follow(enum tcp_state from, enum tcp_state to)
{
	for (size_t i = 0; i < sizeof(transitions) / sizeof(*transitions); i++)
		if (transitions[i].from == from && transitions[i].to == to)
			return true;
	return from == to;
}

static void tell(struct tcp_connection *tcp, enum tcp_state state)
{
	char local[PYT_IP_TEXT_MAX], peer[PYT_IP_TEXT_MAX];

	engine_log(tcp_engine(tcp), PYT_LOG_DEBUG, "tcp",
		   "%s port %u, %s port %u: %s -> %s",
		   pyt_ip_format(&tcp->local.ip, local), tcp->local.port,
		   pyt_ip_format(&tcp->peer.ip, peer), tcp->peer.port,
		   tcp_state_name(tcp->state), tcp_state_name(state));
}

/* What RFC 4022 counts, tcpActiveOpens to tcpEstabResets. */
static void count_step(const struct tcp_connection *tcp, enum tcp_state to)
{
	enum tcp_state from = tcp->state;
	enum counter counter = COUNTER_NONE;

	if (from == TCP_STATE_CLOSED && to == TCP_STATE_SYN_SENT)
		counter = COUNTER_TCP_ACTIVE_OPENS;
	else if (from == TCP_STATE_LISTEN && to == TCP_STATE_SYN_RECEIVED)
		counter = COUNTER_TCP_PASSIVE_OPENS;
	else if (to != TCP_STATE_CLOSED)
		return;
	else if (from == TCP_STATE_SYN_SENT || from == TCP_STATE_SYN_RECEIVED)
		counter = COUNTER_TCP_ATTEMPT_FAILS;
	else if (from == TCP_STATE_ESTABLISHED || from == TCP_STATE_CLOSE_WAIT)
		counter = COUNTER_TCP_ESTAB_RESETS;
	if (counter != COUNTER_NONE)
		counter_hit(&tcp_engine(tcp)->counters, counter);
}

void tcp_state_set(struct tcp_connection *tcp, enum tcp_state state)
{
	if (tcp_state_may_follow(tcp->state, state)) {
		if (tcp_engine(tcp)->log_level >= PYT_LOG_DEBUG &&
		    state != tcp->state && state != TCP_STATE_LISTEN)
			tell(tcp, state);
		count_step(tcp, state);
		tcp->state = state;
		return;
	}
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_ILLEGAL_TRANSITION);
	tcp_close_with_reset(tcp, EPROTO);
}
