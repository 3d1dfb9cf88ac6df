/* CLOSE and ABORT calls, TIME-WAIT, orphans. RFC 9293, 3.6, 3.10.4, 3.10.5. */
#include "tcp/tcp_close.h"

#include <errno.h>
#include <sys/socket.h>

#include "tcp/tcp_dsack.h"
#include "tcp/tcp_fastopen_server.h"
#include "tcp/tcp_state.h"
#include "tcp/tcp_timers.h"

static void free_buffers(struct tcp_connection *tcp)
{
	struct engine *engine = tcp_engine(tcp);

	tcp_sent_clear(&tcp->sent);
	stream_release(&tcp->send_stream, engine);
	ranges_clear(&tcp->out_of_order, engine);
	tcp_dsack_clear(tcp);
}

static void uncount(struct tcp_connection *tcp)
{
	if (tcp->counted_orphan)
		tcp->context->orphan_count--;
	if (tcp->counted_time_wait)
		tcp->context->time_wait_count--;
	tcp->counted_orphan = tcp->counted_time_wait = false;
}

/* What was received before may still be read, as on Linux. */
void tcp_close_now(struct tcp_connection *tcp, int error)
{
	tcp_timers_stop_all(tcp);
	tcp_fastopen_server_end(tcp, false, 0);
	tcp->fastopen.deferred = false;
	free_buffers(tcp);
	if (tcp->orphan)
		stream_release(&tcp->receive_stream, tcp_engine(tcp));
	uncount(tcp);
	tcp_state_set(tcp, TCP_STATE_CLOSED);
	tcp->snd.end = tcp->snd.una = tcp->snd.nxt;
	tcp->ack_now = tcp->syn_due = tcp->probe_due = false;
	if (error)
		tcp->error = error;
}

void tcp_close_with_reset(struct tcp_connection *tcp, int error)
{
	bool peer_knows_us = tcp_is_synchronized(tcp) ||
			     tcp->state == TCP_STATE_SYN_RECEIVED;

	tcp_close_now(tcp, error);
	tcp->reset_due = peer_knows_us;
}

void tcp_close_enter_time_wait(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_context *context = tcp->context;

	tcp_metrics_save(tcp, now_us);
	tcp_timers_stop_all(tcp);
	free_buffers(tcp);
	tcp_state_set(tcp, TCP_STATE_TIME_WAIT);
	if (tcp->counted_orphan)
		context->orphan_count--;
	tcp->counted_orphan = false;
	if (!tcp->counted_time_wait)
		context->time_wait_count++;
	tcp->counted_time_wait = true;
	if (context->time_wait_count > context->settings.max_tw_buckets) {
		counter_hit(&tcp_engine(tcp)->counters,
			    COUNTER_TCP_TIME_WAIT_OVERFLOW);
		tcp_close_now(tcp, 0);
		return;
	}
	tcp_timer_set(tcp, TCP_TIMER_CLOSE, now_us + TCP_TIME_WAIT_US);
}

void tcp_close_limit_fin_wait_2(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t limit_s = tcp->options.linger2_s;

	if (!tcp->orphan || tcp->state != TCP_STATE_FIN_WAIT_2)
		return;
	if (limit_s < 0) {
		tcp_count(tcp, COUNTER_TCP_ABORT_ON_LINGER, 1);
		tcp_close_with_reset(tcp, 0);
		return;
	}
	if (limit_s == 0)
		limit_s = tcp_settings(tcp)->fin_timeout;
	tcp_timer_set(tcp, TCP_TIMER_CLOSE, now_us + limit_s * 1000000);
}

/*
 * A FIN behind what is queued: RFC 9293, 3.10.4. In SYN-RECEIVED it waits
 * until the handshake is over.
 */
static void queue_fin(struct tcp_connection *tcp)
{
	if (tcp->state == TCP_STATE_ESTABLISHED)
		tcp_state_set(tcp, TCP_STATE_FIN_WAIT_1);
	else if (tcp->state == TCP_STATE_CLOSE_WAIT)
		tcp_state_set(tcp, TCP_STATE_LAST_ACK);
	else if (tcp->state != TCP_STATE_SYN_RECEIVED)
		return;
	tcp->fin_queued = true;
	tcp->more = false;
	tcp_timer_stop(tcp, TCP_TIMER_CORK); /* all that waits may go */
}

/*
 * RFC 9293, 3.10.5 and Linux's tcp_close(): the data would be lost. Which
 * counter, or COUNTER_NONE.
 */
static enum counter why_reset(const struct tcp_connection *tcp)
{
	if (tcp_readable(tcp) > 0)
		return COUNTER_TCP_ABORT_ON_CLOSE;
	if (tcp->options.linger && tcp->options.linger_s == 0)
		return COUNTER_TCP_ABORT_ON_DATA;
	return COUNTER_NONE;
}

static void become_orphan(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_context *context = tcp->context;

	tcp->orphan = true;
	tcp->read_shut = true;
	if (tcp->state == TCP_STATE_TIME_WAIT ||
	    tcp->state == TCP_STATE_CLOSED || tcp->counted_orphan)
		return;
	tcp->counted_orphan = true;
	context->orphan_count++;
	if (context->orphan_count > context->settings.max_orphans) {
		tcp_count(tcp, COUNTER_TCP_ABORT_ON_MEMORY, 1);
		tcp_close_with_reset(tcp, 0);
		return;
	}
	tcp_close_limit_fin_wait_2(tcp, now_us);
}

/* why: it ends with a reset. */
static void close_for(struct tcp_connection *tcp, enum counter why,
		      int64_t now_us)
{
	if (tcp->state == TCP_STATE_CLOSED || tcp->orphan) {
		tcp->orphan = true;
		return;
	}
	if (tcp->state == TCP_STATE_SYN_SENT) {
		tcp->orphan = true;
		tcp_close_now(tcp, 0);
		return;
	}
	if (tcp->state != TCP_STATE_TIME_WAIT && why) {
		tcp_count(tcp, why, 1);
		tcp->orphan = true;
		tcp_close_with_reset(tcp, 0);
		return;
	}
	stream_release(&tcp->receive_stream, tcp_engine(tcp));
	queue_fin(tcp);
	become_orphan(tcp, now_us);
}

void tcp_close(struct tcp_connection *tcp, int64_t now_us)
{
	close_for(tcp, why_reset(tcp), now_us);
}

void tcp_close_unread(struct tcp_connection *tcp, int64_t now_us)
{
	close_for(tcp, COUNTER_TCP_ABORT_ON_CLOSE, now_us);
}

void tcp_abort(struct tcp_connection *tcp, int64_t now_us)
{
	(void)now_us;
	if (tcp->state == TCP_STATE_TIME_WAIT)
		tcp_close_now(tcp, 0);
	else if (tcp->state != TCP_STATE_CLOSED)
		tcp_close_with_reset(tcp, tcp->orphan ? 0 : ECONNABORTED);
}

int tcp_shutdown(struct tcp_connection *tcp, int how, int64_t now_us)
{
	if (tcp->state == TCP_STATE_CLOSED || tcp->state == TCP_STATE_LISTEN)
		return -ENOTCONN;
	if (tcp->state == TCP_STATE_SYN_SENT) {
		if (how != SHUT_RD)
			tcp_close_now(tcp, 0);
		return 0; /* Linux gives up the attempt, too */
	}
	if (how == SHUT_RD || how == SHUT_RDWR)
		tcp->read_shut = true;
	if (how == SHUT_WR || how == SHUT_RDWR)
		queue_fin(tcp);
	return 0;
}
