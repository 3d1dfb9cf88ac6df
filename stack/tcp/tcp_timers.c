/* What each timer does when it runs out. RFC 9293, 3.8; RFC 6298; RFC 1122. */
#include "tcp/tcp_timers.h"

#include <errno.h>

#include "tcp/tcp_chrono.h"
#include "tcp/tcp_close.h"
#include "tcp/tcp_delack.h"
#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_keepalive.h"
#include "tcp/tcp_plpmtud.h"
#include "tcp/tcp_pmtu.h"
#include "tcp/tcp_recovery.h"
#include "tcp/tcp_retry.h"
#include "tcp/tcp_tlp.h"

void tcp_timers_stop_all(struct tcp_connection *tcp)
{
	for (int i = 0; i < TCP_TIMERS; i++)
		tcp->deadline_us[i] = TIME_NEVER;
}

void tcp_timers_restart_retransmit(struct tcp_connection *tcp, int64_t now_us)
{
	if (tcp->snd.una == tcp->snd.nxt)
		tcp_timer_stop(tcp, TCP_TIMER_RETRANSMIT);
	else
		tcp_timer_set(tcp, TCP_TIMER_RETRANSMIT,
			      now_us + tcp_rto_us(&tcp->rto));
}

void tcp_timers_give_up(struct tcp_connection *tcp)
{
	int error = tcp->soft_error ? tcp->soft_error : ETIMEDOUT;

	tcp_count(tcp, COUNTER_TCP_ABORT_ON_TIMEOUT, 1);
	if (tcp->state == TCP_STATE_SYN_SENT)
		tcp_close_now(tcp, error);
	else
		tcp_close_with_reset(tcp, error);
}

/* As Linux: nobody is there to hear a reset. */
static void time_out(struct tcp_connection *tcp)
{
	tcp_count(tcp, COUNTER_TCP_ABORT_ON_TIMEOUT, 1);
	tcp_close_now(tcp, tcp->soft_error ? tcp->soft_error : ETIMEDOUT);
}

static void send_syn_again(struct tcp_connection *tcp)
{
	struct counters *counters = &tcp_engine(tcp)->counters;

	if (tcp->syn_retries < UINT8_MAX)
		tcp->syn_retries++;
	counter_hit(counters, COUNTER_TCP_TIMEOUTS);
	if (tcp->is_held)
		return;
	tcp->syn_due = true;
	tcp->statistics.total_retransmissions++;
	counter_hit(counters, COUNTER_TCP_SYN_RETRANS);
	counter_hit(counters, COUNTER_TCP_RETRANS_SEGS);
}

void tcp_set_held(struct tcp_connection *tcp, bool held)
{
	tcp->is_held = held;
}

static void on_retransmit(struct tcp_connection *tcp, int64_t now_us)
{
	if (tcp_retry_is_over(tcp, now_us)) {
		time_out(tcp);
		return;
	}
	tcp_fastopen_on_timeout(tcp, now_us);

	if (tcp->state == TCP_STATE_SYN_SENT ||
	    tcp->state == TCP_STATE_SYN_RECEIVED) {
		send_syn_again(tcp);
	} else {
		tcp_plpmtud_on_timeout(tcp, tcp->rto.back_off, now_us);
		tcp_pmtu_on_timeout(tcp);
		tcp_recovery_on_timeout(tcp, now_us);
	}
	tcp_retry_count(tcp, now_us);
	tcp_timer_set(tcp, TCP_TIMER_RETRANSMIT,
		      tcp_retry_deadline_us(tcp, now_us));
}

static void on_reorder(struct tcp_connection *tcp, int64_t now_us)
{
	tcp_recovery_on_reorder_timer(tcp, now_us);
}

/* RFC 9293, 3.8.6.1: the window stays closed for as long as it answers. */
static void on_probe(struct tcp_connection *tcp, int64_t now_us)
{
	if (tcp->snd.end == tcp->snd.nxt && !tcp->fin_queued)
		return;
	if (tcp_retry_probe_is_over(tcp, now_us)) {
		time_out(tcp);
		return;
	}
	if (!tcp->recovery.first_retry_us)
		tcp->recovery.first_retry_us = now_us;
	tcp->probe_due = true;
	tcp->probe_is_forced = true;
	tcp->probes_sent++;
	tcp_count(tcp, COUNTER_TCP_WIN_PROBE, 1);
	tcp_rto_on_timeout(&tcp->rto);
	tcp_timer_set(tcp, TCP_TIMER_PROBE, tcp_retry_deadline_us(tcp, now_us));
}

static void on_cork(struct tcp_connection *tcp, int64_t now_us)
{
	(void)now_us;
	tcp->cork_flushed = true;
}

/* Memory, pacing: what was held back by the timer may leave. */
static void on_gate(struct tcp_connection *tcp, int64_t now_us)
{
	(void)tcp; /* that the timer is no longer set is all */
	(void)now_us;
}

static void on_close(struct tcp_connection *tcp, int64_t now_us)
{
	(void)now_us;
	tcp_close_now(tcp, 0);
}

static void (*const on_expiry[TCP_TIMERS])(struct tcp_connection *tcp,
					   int64_t now_us) = {
	[TCP_TIMER_TAIL_PROBE] = tcp_tlp_on_timer,
	[TCP_TIMER_RETRANSMIT] = on_retransmit,
	[TCP_TIMER_REORDER] = on_reorder,
	[TCP_TIMER_PROBE] = on_probe,
	[TCP_TIMER_DELAYED_ACK] = tcp_delack_on_timer,
	[TCP_TIMER_CORK] = on_cork,
	[TCP_TIMER_MEMORY] = on_gate,
	[TCP_TIMER_PACING] = on_gate,
	[TCP_TIMER_KEEPALIVE] = tcp_keepalive_on_timer,
	[TCP_TIMER_CLOSE] = on_close,
};

void tcp_run_timers(struct tcp_connection *tcp, int64_t now_us)
{
	for (int i = 0; i < TCP_TIMERS; i++) {
		if (now_us < tcp->deadline_us[i])
			continue;
		tcp->deadline_us[i] = TIME_NEVER;
		on_expiry[i](tcp, now_us);
	}
	tcp_chrono_update(tcp, now_us);
}

int64_t tcp_next_deadline(const struct tcp_connection *tcp)
{
	int64_t next_us = TIME_NEVER;

	for (int i = 0; i < TCP_TIMERS; i++)
		if (tcp->deadline_us[i] < next_us)
			next_us = tcp->deadline_us[i];
	return next_us;
}
