/*
 * Each sent record remembers what had been delivered when it left; when it
 * arrives the difference, over the longer of the time in which it was sent
 * and that in which it was acknowledged, is a sample of the path's rate.
 */
#include "tcp/tcp_rate.h"

#include "tcp/tcp_connection.h"

#define INTERVAL_MASK 0x7fffffffu /* tcp_rate.last_us holds it */

void tcp_rate_on_sent(struct tcp_connection *tcp,
		      struct tcp_sent_record *record, int64_t now_us)
{
	struct tcp_rate *rate = &tcp->rate;

	/* After idleness the interval begins with this one. */
	if (tcp->snd.una == tcp->snd.nxt)
		rate->first_sent_us = rate->delivered_us = (uint32_t)now_us;
	record->rate = (struct tcp_rate_mark){ (uint32_t)rate->total,
					       rate->delivered_us,
					       rate->first_sent_us };
	record->is_app_limited = rate->limited_until != 0;
}

void tcp_rate_on_delivered(struct tcp_connection *tcp,
			   const struct tcp_sent_record *record,
			   struct tcp_rate_sample *sample)
{
	if (record->order < sample->order ||
	    (record->order == sample->order && record->end <= sample->end))
		return;
	sample->order = record->order;
	sample->end = record->end;
	sample->mark = record->rate;
	sample->sent_us = (uint32_t)record->sent_us;
	sample->is_app_limited = record->is_app_limited;
	tcp->rate.first_sent_us = sample->sent_us;
}

/* For TCP_INFO: an app-limited one only where it is the faster. */
static void keep(struct tcp_rate *rate, const struct pyt_cc_rate *sample)
{
	uint64_t is = (uint64_t)sample->delivered * rate->last_us;
	uint64_t was = (uint64_t)rate->last_len * sample->interval_us;

	if (sample->is_app_limited && is < was)
		return;
	if (sample->interval_us > INTERVAL_MASK)
		return; /* half an hour: no rate of a round trip */
	rate->last_len = sample->delivered;
	rate->last_us = sample->interval_us & INTERVAL_MASK;
	rate->last_is_app_limited = sample->is_app_limited;
}

struct pyt_cc_rate tcp_rate_finish(struct tcp_connection *tcp,
				   const struct tcp_rate_sample *sample,
				   uint32_t delivered, int64_t now_us)
{
	struct tcp_rate *rate = &tcp->rate;
	struct pyt_cc_rate result = { 0 };
	uint32_t send_us = sample->sent_us - sample->mark.first_sent_us;
	uint32_t ack_us = (uint32_t)now_us - sample->mark.delivered_us;
	uint32_t interval_us = send_us > ack_us ? send_us : ack_us;

	rate->total += delivered;
	result.total = rate->total;
	result.prior_total = rate->total;
	if (rate->limited_until && rate->total > rate->limited_until)
		rate->limited_until = 0;
	if (delivered)
		rate->delivered_us = (uint32_t)now_us;
	if (!sample->order)
		return result;
	result.delivered = (uint32_t)rate->total - sample->mark.total;
	result.prior_total = rate->total - result.delivered;
	result.is_app_limited = sample->is_app_limited;
	/* Faster than light: an ACK of the transmission before. */
	if (interval_us < (uint64_t)tcp->rto.min_rtt_us)
		return result;
	result.interval_us = interval_us;
	keep(rate, &result);
	return result;
}

/*
 * Nothing waits, the window has room and nothing is to be sent again: it is
 * the program that limits, until what is in flight has arrived.
 */
void tcp_rate_on_write(struct tcp_connection *tcp)
{
	uint32_t in_flight = tcp_in_flight(tcp);
	uint64_t until = tcp->rate.total + in_flight;

	if (tcp->snd.end >= tcp->snd.nxt + tcp->snd.mss ||
	    in_flight >= tcp->cc.cwnd || tcp->sent.lost_len)
		return;
	tcp->rate.limited_until = until ? until : 1;
}
