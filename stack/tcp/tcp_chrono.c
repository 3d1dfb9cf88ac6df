/*
 * What a sender is busy with, as Linux's chronometers tell it: it has data or
 * a FIN that is not acknowledged; of that time, the peer's window or the
 * program's send buffer may be what holds it up. And the time that went by
 * with retransmission timeouts. Milliseconds, as Linux's are ticks.
 */
#include "tcp/tcp_chrono.h"

#include "tcp/tcp_memory.h"

static uint32_t ms_of(int64_t us)
{
	return (uint32_t)(us / 1000);
}

static bool has_work(const struct tcp_connection *tcp)
{
	uint64_t una = tcp->snd.una > SEQ_DATA ? tcp->snd.una : SEQ_DATA;

	if (tcp->state == TCP_STATE_CLOSED || tcp->state == TCP_STATE_TIME_WAIT)
		return false;
	return una < tcp->snd.end ||
	       (tcp->fin_queued && !tcp_fin_is_acked(tcp));
}

static bool cwnd_is_full(const struct tcp_connection *tcp)
{
	uint32_t in_flight = tcp_in_flight(tcp);

	return in_flight && in_flight + tcp->snd.mss > tcp->cc.cwnd;
}

/* The next segment does not fit: the window is tested after cwnd. */
static bool window_blocks(const struct tcp_connection *tcp, uint64_t unsent)
{
	uint64_t next = unsent < tcp->snd.mss ? unsent : tcp->snd.mss;

	return tcp_is_synchronized(tcp) && !cwnd_is_full(tcp) &&
	       tcp->snd.nxt + next > tcp->snd.edge;
}

/* In slow start a window that was used half is one that still grows. */
static bool cwnd_is_limit(const struct tcp_connection *tcp)
{
	if (pyt_cc_in_slow_start(&tcp->cc))
		return tcp->cc.cwnd / 2 < tcp->snd.flight_peak;
	return cwnd_is_full(tcp);
}

/* All is sent, cwnd has room, and the buffer has none for the program. */
static bool buffer_blocks(const struct tcp_connection *tcp)
{
	return (tcp->state == TCP_STATE_ESTABLISHED ||
		tcp->state == TCP_STATE_CLOSE_WAIT) &&
	       tcp->sndbuf_is_full && !cwnd_is_limit(tcp);
}

/* From when it was full until a third is free, and a program is woken. */
static void watch_buffer(struct tcp_connection *tcp)
{
	uint32_t queued = tcp_send_queued(tcp);
	uint32_t limit = tcp_memory_send_limit(tcp);

	if (queued >= limit)
		tcp->sndbuf_is_full = true;
	else if (limit - queued >= limit / 3)
		tcp->sndbuf_is_full = false;
}

static enum tcp_busy goes_on(const struct tcp_connection *tcp)
{
	uint64_t unsent =
		tcp->snd.end > tcp->snd.nxt ? tcp->snd.end - tcp->snd.nxt : 0;

	if (!has_work(tcp))
		return TCP_BUSY_NOT;
	if (unsent && window_blocks(tcp, unsent))
		return TCP_BUSY_RWND_LIMITED;
	if (!unsent && buffer_blocks(tcp))
		return TCP_BUSY_SNDBUF_LIMITED;
	return TCP_BUSY_SENDING;
}

static bool timeouts_are_over(const struct tcp_connection *tcp)
{
	return tcp->state == TCP_STATE_CLOSED ||
	       (tcp_is_synchronized(tcp) &&
		tcp->recovery.state != TCP_RECOVERY_LOSS);
}

void tcp_chrono_update(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_chrono *chrono = &tcp->chrono;
	enum tcp_busy what;

	watch_buffer(tcp);
	what = goes_on(tcp);
	if (what != tcp->busy) {
		if (tcp->busy != TCP_BUSY_NOT)
			chrono->spent_ms[tcp->busy - 1] +=
				ms_of(now_us) - chrono->since_ms;
		tcp->busy = what;
		chrono->since_ms = ms_of(now_us);
	}
	if (tcp->in_timeouts && timeouts_are_over(tcp)) {
		chrono->rto_ms = tcp_chrono_rto_ms(tcp, now_us);
		tcp->in_timeouts = false;
	}
}

uint64_t tcp_chrono_us(const struct tcp_connection *tcp, enum tcp_busy what,
		       int64_t now_us)
{
	uint64_t ms = tcp->chrono.spent_ms[what - 1];

	if (tcp->busy == what)
		ms += ms_of(now_us) - tcp->chrono.since_ms;
	return ms * 1000;
}

void tcp_chrono_on_timeout(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_chrono *chrono = &tcp->chrono;

	if (chrono->rto_count < UINT16_MAX)
		chrono->rto_count++;
	if (!tcp->recovery.retransmits && chrono->rto_recoveries < UINT16_MAX)
		chrono->rto_recoveries++;
	if (tcp->in_timeouts)
		return;
	tcp->in_timeouts = true;
	chrono->rto_since_ms = ms_of(now_us);
}

void tcp_chrono_accept(struct tcp_connection *tcp, unsigned retries,
		       int64_t sent_us, int64_t now_us)
{
	if (!retries)
		return;
	tcp->chrono.rto_count = (uint16_t)retries;
	tcp->chrono.rto_recoveries = 1;
	tcp->chrono.rto_ms = ms_of(now_us - sent_us);
}

uint32_t tcp_chrono_rto_ms(const struct tcp_connection *tcp, int64_t now_us)
{
	uint32_t ms = tcp->chrono.rto_ms;

	if (tcp->in_timeouts)
		ms += ms_of(now_us) - tcp->chrono.rto_since_ms;
	return ms;
}
