/*
 * A segment only notes its time: the timer looks at it when it runs out, so
 * that busy connections do not move it all the time. With TCP_USER_TIMEOUT
 * that, and not the count of probes, says when the peer is dead: as Linux.
 */
#include "tcp/tcp_keepalive.h"

#include "tcp/tcp_timers.h"

static int64_t seconds(int option_s, int setting_s)
{
	return (int64_t)(option_s ? option_s : setting_s) * 1000000;
}

static int64_t idle_limit_us(const struct tcp_connection *tcp)
{
	return seconds(tcp->options.keepalive_idle_s,
		       tcp_settings(tcp)->keepalive_time);
}

static int64_t interval_us(const struct tcp_connection *tcp)
{
	return seconds(tcp->options.keepalive_interval_s,
		       tcp_settings(tcp)->keepalive_intvl);
}

static bool is_of_use(const struct tcp_connection *tcp)
{
	return tcp->options.keepalive && tcp_is_synchronized(tcp) &&
	       tcp->state != TCP_STATE_TIME_WAIT;
}

static void set_at_least(struct tcp_connection *tcp, int64_t deadline_us,
			 int64_t now_us)
{
	tcp_timer_set(tcp, TCP_TIMER_KEEPALIVE,
		      deadline_us > now_us ? deadline_us : now_us + 1);
}

void tcp_keepalive_schedule(struct tcp_connection *tcp, int64_t now_us)
{
	if (!is_of_use(tcp))
		tcp_timer_stop(tcp, TCP_TIMER_KEEPALIVE);
	else
		set_at_least(tcp, tcp->rcv.heard_us + idle_limit_us(tcp),
			     now_us);
}

void tcp_keepalive_on_segment(struct tcp_connection *tcp, int64_t now_us)
{
	tcp->rcv.heard_us = now_us;
	tcp->keepalive_probes_sent = 0;
}

static bool is_dead(const struct tcp_connection *tcp, int64_t idle_us)
{
	int64_t user_us = tcp->options.user_timeout_ms * 1000ll;
	int limit = tcp->options.keepalive_probes;

	if (user_us)
		return idle_us >= user_us && tcp->keepalive_probes_sent > 0;
	if (!limit)
		limit = tcp_settings(tcp)->keepalive_probes;
	return tcp->keepalive_probes_sent >= limit;
}

/* RFC 9293, 3.8.4: only while nothing else is on its way. */
void tcp_keepalive_on_timer(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t idle_us = now_us - tcp->rcv.heard_us;

	if (!is_of_use(tcp))
		return;
	if (tcp->snd.una != tcp->snd.nxt || tcp->snd.end > tcp->snd.nxt) {
		set_at_least(tcp, now_us + idle_limit_us(tcp), now_us);
		return;
	}
	if (idle_us < idle_limit_us(tcp)) {
		tcp_keepalive_schedule(tcp, now_us);
		return;
	}
	if (is_dead(tcp, idle_us)) {
		tcp_timers_give_up(tcp);
		return;
	}
	tcp->keepalive_probes_sent++;
	tcp_count(tcp, COUNTER_TCP_KEEPALIVE, 1);
	tcp->probe_due = true;
	tcp->probe_is_forced = false;
	tcp_timer_set(tcp, TCP_TIMER_KEEPALIVE, now_us + interval_us(tcp));
}
