/* ACKs of what comes behind a hole: each, or one for many. RFC 5681, 4.2. */
#include "tcp/tcp_ack_compress.h"

#include "tcp/tcp_delack.h"
#include "tcp/tcp_dsack.h"

#define RTT_SHARE 20
#define NS_PER_US 1000

/* What fits into a moment of the sender's: it can tell nothing from it. */
static int64_t delay_us(const struct tcp_connection *tcp)
{
	int64_t most_us = tcp_settings(tcp)->comp_sack_delay_ns / NS_PER_US;
	int64_t rtt_us = tcp->rcv.rtt_us;

	if (tcp->rto.srtt_us && tcp->rto.srtt_us < rtt_us)
		rtt_us = tcp->rto.srtt_us;
	return rtt_us / RTT_SHARE < most_us ? rtt_us / RTT_SHARE : most_us;
}

static bool may_wait(const struct tcp_connection *tcp)
{
	return tcp->sack_ok && !tcp_delack_is_quick(tcp) &&
	       !tcp_delack_is_due(tcp) &&
	       tcp->rcv.compressed < tcp_settings(tcp)->comp_sack_nr;
}

/*
 * Of those that come in one turn of the loop three are answered: that many a
 * sender without SACK must see, and one alone may be lost.
 */
static void tell_at_once(struct tcp_connection *tcp)
{
	if (tcp->ack_now && tcp->rcv.repeated_acks < TCP_DUP_THRESH - 1)
		tcp->rcv.repeated_acks++;
	tcp->ack_now = true;
}

/* The timer may be late by the slack, unless an event comes by. */
static void wait(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t delay = delay_us(tcp);
	int64_t slack_us = tcp_settings(tcp)->comp_sack_slack_ns / NS_PER_US;
	bool is_first = !tcp->rcv.compressed++;
	int64_t due_us = tcp->deadline_us[TCP_TIMER_DELAYED_ACK];

	tcp->rcv.ack_owed = true;
	if (delay <= 0 || (!is_first && now_us >= due_us - slack_us)) {
		tcp_ack_compress_on_timer(tcp);
		tcp->ack_now = true;
	} else if (is_first && now_us + delay + slack_us < due_us) {
		tcp_timer_set(tcp, TCP_TIMER_DELAYED_ACK,
			      now_us + delay + slack_us);
		tcp->rcv.ack_is_soon = true;
	}
}

void tcp_ack_compress_on_kept(struct tcp_connection *tcp, bool grows,
			      int64_t now_us)
{
	if (!may_wait(tcp)) {
		tell_at_once(tcp);
	} else if (tcp->rcv.duplicate_acks < TCP_DUP_THRESH) {
		tcp->rcv.duplicate_acks++;
		tell_at_once(tcp);
	} else if (!grows || tcp_dsack_is_pending(tcp)) {
		tell_at_once(tcp); /* one ACK tells of one new block */
	} else {
		wait(tcp, now_us);
	}
}

void tcp_ack_compress_restart(struct tcp_connection *tcp)
{
	tcp->rcv.duplicate_acks = 0;
}

void tcp_ack_compress_on_timer(struct tcp_connection *tcp)
{
	if (tcp->rcv.compressed)
		tcp->rcv.compressed--;
}

void tcp_ack_compress_on_ack_sent(struct tcp_connection *tcp)
{
	struct counters *counters = &tcp_engine(tcp)->counters;

	counters->value[COUNTER_TCP_ACK_COMPRESSED] += tcp->rcv.compressed;
	tcp->rcv.compressed = 0;
}
