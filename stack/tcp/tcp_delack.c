/*
 * The delay is an estimate (ato) of the time between the peer's segments, from
 * which follows when the second one of a pair should have come. "Pingpong"
 * says that the program answers, so that ACKs ride on its data.
 */
#include "tcp/tcp_delack.h"

#include "tcp/tcp_ack_compress.h"
#include "tcp/tcp_window.h"

#define MSS_MIN 88 /* what Linux takes for a full segment at least */
#define REMNANT (TCP_FIN | TCP_URG | TCP_SYN | TCP_PSH)

/* More ACKs than this window holds pairs of segments are of no use. */
static void raise_budget(struct tcp_connection *tcp)
{
	uint64_t window = tcp->rcv.edge - tcp->rcv.nxt;
	uint64_t budget = window / (2ull * (tcp->rcv.mss ? tcp->rcv.mss : 1));

	if (!budget)
		budget = 2;
	if (budget > TCP_QUICK_ACKS)
		budget = TCP_QUICK_ACKS;
	if (budget > tcp->rcv.quick_acks)
		tcp->rcv.quick_acks = (uint8_t)budget;
}

void tcp_delack_enter_quick(struct tcp_connection *tcp)
{
	raise_budget(tcp);
	tcp->pingpong = 0;
	tcp->rcv.ato_us = TCP_ATO_MIN_US;
}

static void enter_pingpong(struct tcp_connection *tcp)
{
	tcp->pingpong = (uint8_t)tcp_settings(tcp)->pingpong_thresh;
}

bool tcp_delack_is_pingpong(const struct tcp_connection *tcp)
{
	return tcp->pingpong >= tcp_settings(tcp)->pingpong_thresh;
}

bool tcp_delack_is_quick(const struct tcp_connection *tcp)
{
	return tcp->rcv.quick_acks && !tcp_delack_is_pingpong(tcp);
}

/*
 * The peer's full segments. A smaller size is believed when it comes twice in
 * a row; a segment that is not full is one that the peer pushed.
 */
static void estimate_mss(struct tcp_connection *tcp,
			 const struct tcp_segment *segment)
{
	uint32_t count = segment->segment_count ? segment->segment_count : 1;
	uint32_t len = (segment->payload_len + count - 1) / count;
	uint16_t last = tcp->rcv.last_len;

	if (len >= tcp->rcv.mss) {
		tcp->rcv.mss = len;
		return;
	}
	if (len >= TCP_MSS_DEFAULT_V4 ||
	    (len >= MSS_MIN && !(segment->header.flags & REMNANT))) {
		tcp->rcv.last_len = (uint16_t)len;
		if (len == last) {
			tcp->rcv.mss = len;
			return;
		}
	}
	if (tcp->rcv.pushed < 2)
		tcp->rcv.pushed++;
}

static void estimate_ato(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t gap_us = now_us - tcp->rcv.last_us;
	int32_t ato_us = tcp->rcv.ato_us;

	if (!ato_us) { /* the first data: the peer is in slow start */
		raise_budget(tcp);
		tcp->rcv.ato_us = TCP_ATO_MIN_US;
	} else if (gap_us <= TCP_ATO_MIN_US / 2) {
		tcp->rcv.ato_us = ato_us / 2 + TCP_ATO_MIN_US / 2;
	} else if (gap_us < ato_us) {
		tcp->rcv.ato_us = ato_us / 2 + (int32_t)gap_us;
		if (tcp->rcv.ato_us > tcp_rto_us(&tcp->rto))
			tcp->rcv.ato_us = (int32_t)tcp_rto_us(&tcp->rto);
	} else if (gap_us > tcp_rto_us(&tcp->rto)) {
		raise_budget(tcp); /* it restarts from a small window */
	}
}

void tcp_delack_on_data(struct tcp_connection *tcp,
			const struct tcp_segment *segment, int64_t now_us)
{
	estimate_mss(tcp, segment);
	estimate_ato(tcp, now_us);
	tcp->rcv.last_us = now_us;
}

/* RFC 9293, 3.8.6.3: every second full segment at least. */
bool tcp_delack_is_due(const struct tcp_connection *tcp)
{
	uint64_t data_end = tcp->rcv.nxt - tcp->fin_received;

	return data_end > tcp->rcv.acked + tcp->rcv.mss;
}

void tcp_delack_soon(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t due_us = now_us + tcp_settings(tcp)->ack_merge_us;

	tcp->rcv.ack_owed = true;
	if (due_us == now_us || tcp->ack_now) {
		tcp->ack_now = true;
		return;
	}
	if (due_us < tcp->deadline_us[TCP_TIMER_DELAYED_ACK])
		tcp_timer_set(tcp, TCP_TIMER_DELAYED_ACK, due_us);
	tcp->rcv.ack_is_soon = true;
}

/* Above the least a delay is worth at most a round trip. */
static int64_t delay_us(const struct tcp_connection *tcp)
{
	int64_t delay_us = tcp->rcv.ato_us ? tcp->rcv.ato_us : TCP_ATO_MIN_US;
	int64_t most_us = TCP_DELACK_ONE_WAY_US;

	if (delay_us > TCP_DELACK_MIN_US) {
		if (tcp_delack_is_pingpong(tcp) || tcp->rcv.pushed)
			most_us = TCP_DELACK_MAX_US;
		if (tcp->rto.srtt_us && tcp->rto.srtt_us < most_us)
			most_us = tcp->rto.srtt_us > TCP_DELACK_MIN_US
					  ? tcp->rto.srtt_us
					  : TCP_DELACK_MIN_US;
		if (delay_us > most_us)
			delay_us = most_us;
	}
	return delay_us < TCP_DELACK_MAX_US ? delay_us : TCP_DELACK_MAX_US;
}

/*
 * An ACK is due already, and one more would be if it had left. Where many
 * segments come in one turn of the loop, one ACK for all of them is a whole
 * window's only one; it may be lost. RFC 5681, 4.2. Super-segments mean a
 * fast and near peer, to which ACKs are a cost.
 */
void tcp_delack_merge(struct tcp_connection *tcp,
		      const struct tcp_segment *segment)
{
	unsigned most = segment->segment_count > 1 ? TCP_SUPER_ACKS_A_TURN
						   : TCP_ACKS_A_TURN;

	if (tcp->ack_now && tcp->rcv.merged_acks + 1u < most)
		tcp->rcv.merged_acks++;
}

void tcp_delack_schedule(struct tcp_connection *tcp, bool at_once,
			 int64_t now_us)
{
	int64_t delay = delay_us(tcp);
	int64_t set_us = tcp->deadline_us[TCP_TIMER_DELAYED_ACK];

	tcp->rcv.ack_owed = true;
	if (at_once) {
		tcp->ack_now = true;
		return;
	}
	if (tcp_delack_is_quick(tcp)) {
		tcp_delack_soon(tcp, now_us);
		return;
	}
	if (set_us != TIME_NEVER && set_us <= now_us + delay / 4) {
		tcp->ack_now = true; /* it would be due in a moment */
		return;
	}
	if (now_us + delay < set_us)
		tcp_timer_set(tcp, TCP_TIMER_DELAYED_ACK, now_us + delay);
}

void tcp_delack_on_ack_sent(struct tcp_connection *tcp)
{
	tcp->rcv.ack_owed = false;
	tcp->rcv.ack_is_soon = false;
	tcp->rcv.pushed = 0;
	tcp_ack_compress_on_ack_sent(tcp);
	if (tcp->rcv.quick_acks && --tcp->rcv.quick_acks == 0)
		tcp->rcv.ato_us = TCP_ATO_MIN_US;
	tcp_timer_stop(tcp, TCP_TIMER_DELAYED_ACK);
}

void tcp_delack_on_data_sent(struct tcp_connection *tcp, int64_t now_us)
{
	if (tcp->rcv.last_us && now_us - tcp->rcv.last_us < tcp->rcv.ato_us &&
	    tcp->pingpong < UINT8_MAX)
		tcp->pingpong++;
}

/*
 * The program has emptied the buffer and does not answer: the last segment of
 * a burst, less than full, need not wait for the timer.
 */
static bool burst_is_over(const struct tcp_connection *tcp)
{
	if (tcp_readable(tcp))
		return false;
	return tcp->rcv.pushed > 1 ||
	       (tcp->rcv.pushed && !tcp_delack_is_pingpong(tcp));
}

void tcp_delack_on_read(struct tcp_connection *tcp, int64_t now_us)
{
	if (!tcp_is_synchronized(tcp))
		return;
	if (tcp->rcv.ack_owed && tcp_delack_is_due(tcp))
		tcp->ack_now = true;
	else if (tcp->rcv.ack_owed && burst_is_over(tcp))
		tcp_delack_soon(tcp, now_us);
	if (!tcp->fin_received && tcp_window_update_is_due(tcp))
		tcp->ack_now = true;
}

/* No second segment and no answer came in time. */
void tcp_delack_on_timer(struct tcp_connection *tcp, int64_t now_us)
{
	int64_t rto_us = tcp_rto_us(&tcp->rto);
	int64_t ato_us = 2ll * tcp->rcv.ato_us;

	(void)now_us;
	tcp->ack_now = true;
	tcp_ack_compress_on_timer(tcp);
	if (tcp->rcv.ack_is_soon)
		return;
	tcp_count(tcp, COUNTER_TCP_DELAYED_ACKS, 1);
	if (tcp_delack_is_pingpong(tcp)) {
		tcp->pingpong = 0;
		ato_us = TCP_ATO_MIN_US;
	}
	tcp->rcv.ato_us = (int32_t)(ato_us < rto_us ? ato_us : rto_us);
}

void tcp_delack_set_quick(struct tcp_connection *tcp, int value)
{
	bool owes = tcp->rcv.ack_owed && (tcp->state == TCP_STATE_ESTABLISHED ||
					  tcp->state == TCP_STATE_CLOSE_WAIT);

	tcp->pingpong = 0;
	if (!value)
		enter_pingpong(tcp);
	if (!value || !owes)
		return;
	tcp->ack_now = true;
	if (!(value & 1)) /* this one alone, as Linux */
		enter_pingpong(tcp);
}
