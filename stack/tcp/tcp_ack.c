/* Acknowledgement: the scoreboard, round trips, the send window. */
#include "tcp/tcp_ack.h"

#include "tcp/tcp_autotune.h"
#include "tcp/tcp_dsack.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_plpmtud.h"
#include "tcp/tcp_pmtu.h"
#include "tcp/tcp_recovery.h"
#include "tcp/tcp_retry.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_timers.h"
#include "tcp/tcp_tlp.h"

/* RFC 9293, 3.10.7.4: a newer segment says the window. True: it changed. */
static bool update_window(struct tcp_connection *tcp,
			  const struct tcp_segment *segment, uint64_t ack)
{
	struct tcp_send *snd = &tcp->snd;
	uint32_t wnd = (uint32_t)segment->header.window << snd->wscale;
	uint32_t seq = segment->header.seq;
	bool is_newer = seq_is_before(snd->wl1, seq) ||
			(snd->wl1 == seq &&
			 (snd->wl2 < ack ||
			  (snd->wl2 == ack && ack + wnd > snd->edge)));
	bool changed;

	if (ack > snd->una)
		is_newer = true;
	if (!is_newer && !(snd->wl1 == seq && snd->wl2 == ack))
		return false;
	changed = wnd != snd->wnd;
	snd->wl1 = seq;
	snd->wl2 = ack;
	snd->wnd = wnd;
	snd->edge = ack + wnd;
	if (wnd > snd->max_wnd)
		snd->max_wnd = wnd;
	return changed;
}

static void on_delivered(struct tcp_connection *tcp,
			 struct tcp_sent_record record,
			 struct tcp_ack_result *result, int64_t now_us)
{
	int64_t rtt_us = now_us - record.sent_us;

	if (record.state == TCP_SENT_SACKED)
		return;
	tcp_recovery_on_delivered(tcp, &record, result, now_us);
	if (record.retransmitted)
		result->acked_again = true;
	else if (!result->rtt_us)
		result->rtt_us = rtt_us > 0 ? rtt_us : 1;
}

/* Removes the records before una; a cut one stays with its rest. */
static void remove_acked(struct tcp_connection *tcp,
			 struct tcp_ack_result *result, int64_t now_us)
{
	uint64_t una = tcp->snd.una;
	struct tcp_sent_record *record;

	while ((record = tcp_sent_first(&tcp->sent)) && record->start < una) {
		struct tcp_sent_record arrived = *record;

		if (arrived.end > una)
			arrived.end = una;
		on_delivered(tcp, arrived, result, now_us);
		if (record->end > una) {
			tcp_sent_trim(&tcp->sent, record, una);
			return;
		}
		tcp_sent_remove(&tcp->sent, record);
	}
}

/*
 * Karn's rule, or the echoed timestamp: RFC 6298, 3; RFC 7323, 4.1. What a
 * retransmission uncovered may have arrived long before: no sample either.
 * Nor does a D-SACK give one: ACKs were lost, and the peer echoes the
 * timestamp of what it got then, not that of the duplicate.
 */
static void sample_rtt(struct tcp_connection *tcp,
		       struct tcp_ack_result *result, int64_t now_us)
{
	if (result->acked_again)
		result->rtt_us = 0;
	/* In a recovery its first ACK may have been lost long before. */
	if (!result->rtt_us && tcp->recovery.state == TCP_RECOVERY_OPEN)
		result->rtt_us = result->sack_rtt_us;
	if (!result->rtt_us && result->acked && !result->has_dsack &&
	    result->has_ts_echo && result->ts_echo) {
		int32_t ms =
			(int32_t)(tcp_timestamp(tcp, now_us) - result->ts_echo);

		if (ms >= 0 && ms < TCP_RTO_MOST_US / 1000)
			result->rtt_us = ms ? (int64_t)ms * 1000 : 1000;
	}
	if (result->rtt_us)
		tcp_rto_sample(&tcp->rto, result->rtt_us,
			       tcp_settings(tcp)->min_rtt_wlen, now_us);
	/* RFC 6298, 5: a D-SACK shows a path as alive as a sample does. */
	if (result->rtt_us || (result->acked && result->has_dsack))
		tcp_rto_on_progress(&tcp->rto);
	if (result->round_start)
		tcp_rto_on_round(&tcp->rto);
}

static void free_acked(struct tcp_connection *tcp)
{
	struct engine *engine = tcp_engine(tcp);
	uint64_t head = tcp->snd.una;

	if (head > tcp->snd.end)
		head = tcp->snd.end; /* the FIN is no byte */
	stream_discard(&tcp->send_stream, engine, head);
	if (head == tcp->snd.end)
		stream_release(&tcp->send_stream, engine);
}

static void advance(struct tcp_connection *tcp, uint64_t ack,
		    struct tcp_ack_result *result, int64_t now_us)
{
	result->acked = (uint32_t)(ack - tcp->snd.una);
	tcp->snd.una = ack;
	tcp->statistics.bytes_acked += result->acked;
	remove_acked(tcp, result, now_us);
	free_acked(tcp);
	tcp_plpmtud_on_ack(tcp, now_us);
	tcp_pmtu_on_ack(tcp);
	if (ack >= tcp->round_end) {
		result->round_start = true;
		tcp->round_end = tcp->snd.nxt;
	}
	tcp_retry_on_progress(tcp);
	tcp->soft_error = 0;
}

/* A window that opens ends probing; the back-off of the probes goes. */
static void update_probing(struct tcp_connection *tcp, bool window_changed)
{
	tcp->probes_sent = 0;
	if (!tcp_timer_is_set(tcp, TCP_TIMER_PROBE))
		return;
	if (window_changed && tcp->snd.edge > tcp->snd.nxt) {
		tcp_timer_stop(tcp, TCP_TIMER_PROBE);
		tcp->rto.back_off = 0;
		tcp->recovery.first_retry_us = 0;
		tcp->probe_due = false;
	}
}

/* RFC 5681, 2. */
static bool is_duplicate(const struct tcp_connection *tcp,
			 const struct tcp_segment *segment, uint64_t ack,
			 bool window_changed)
{
	return ack == tcp->snd.una && tcp->snd.nxt > ack &&
	       segment->payload_len == 0 && !window_changed &&
	       !(segment->header.flags & (TCP_SYN | TCP_FIN));
}

/*
 * Linux takes what goes on as before by a shorter way, and counts what went
 * it. There is one way only here, but the counts say what comes.
 */
static void count_kind(const struct tcp_connection *tcp,
		       const struct tcp_segment *segment, uint64_t ack)
{
	const struct tcp_header *header = &segment->header;
	uint64_t seq = seq_from_wire(tcp->rcv.irs, tcp->rcv.nxt, header->seq);
	uint32_t window = (uint32_t)header->window << tcp->snd.wscale;
	bool is_expected = tcp->state == TCP_STATE_ESTABLISHED &&
			   (header->flags & ~TCP_PSH) == TCP_ACK &&
			   !header->sack_count && seq == tcp->rcv.nxt &&
			   window == tcp->snd.wnd && !tcp->out_of_order.count;

	if (segment->payload_len && is_expected)
		tcp_count(tcp, COUNTER_TCP_HP_HITS, 1);
	else if (segment->payload_len || header->flags & (TCP_SYN | TCP_FIN))
		return;
	else if (is_expected && ack > tcp->snd.una)
		tcp_count(tcp, COUNTER_TCP_HP_ACKS, 1);
	else
		tcp_count(tcp, COUNTER_TCP_PURE_ACKS, 1);
}

static void process(struct tcp_connection *tcp,
		    const struct tcp_segment *segment, uint64_t ack,
		    bool is_old, int64_t now_us)
{
	struct tcp_ack_result result = {
		.prior_una = tcp->snd.una,
		.prior_in_flight = tcp_in_flight(tcp),
		.has_ts_echo = tcp->ts_ok && segment->header.has_timestamp,
		.ts_echo = segment->header.ts_echo,
	};
	bool window_changed;

	if (!is_old)
		count_kind(tcp, segment, ack);
	window_changed = !is_old && update_window(tcp, segment, ack);

	result.has_dsack = tcp_dsack_input(tcp, &segment->header, &result);
	result.is_duplicate =
		!is_old && is_duplicate(tcp, segment, ack, window_changed);
	if (ack > tcp->snd.una)
		advance(tcp, ack, &result, now_us);
	if (tcp->sack_ok && segment->header.sack_count)
		tcp_sack_input(tcp, &segment->header, &result, now_us);
	sample_rtt(tcp, &result, now_us);
	if (!is_old)
		tcp_ecn_on_ack(tcp, segment, &result);
	if (result.prior_in_flight || result.delivered || result.has_dsack) {
		tcp_recovery_on_ack(tcp, &result, now_us);
		tcp->statistics.delivered += result.delivered;
		tcp_count(tcp, COUNTER_TCP_DELIVERED,
			  (result.delivered + tcp->snd.mss - 1u) /
				  tcp->snd.mss);
	}
	tcp_tlp_on_ack(tcp, &result, now_us);
	if (result.round_start)
		tcp->snd.flight_peak = tcp_in_flight(tcp);
	if (result.acked) {
		tcp_timers_restart_retransmit(tcp, now_us);
		tcp_autotune_send_buffer(tcp);
	}
	if (result.delivered || result.acked)
		tcp_tlp_schedule(tcp, now_us);
	if (result.acked)
		tcp_recovery_suspect_reneging(tcp, now_us);
	update_probing(tcp, window_changed);
}

/* RFC 5961, 5.2; Linux: nor older than anything that was acknowledged. */
static bool is_too_old(const struct tcp_connection *tcp, uint64_t ack)
{
	uint64_t most = tcp->snd.max_wnd;

	if (most > tcp->statistics.bytes_acked)
		most = tcp->statistics.bytes_acked;
	return ack + most < tcp->snd.una;
}

enum tcp_ack_verdict tcp_ack_input(struct tcp_connection *tcp,
				   const struct tcp_segment *segment,
				   int64_t now_us)
{
	uint64_t ack =
		seq_from_wire(tcp->snd.iss, tcp->snd.una, segment->header.ack);

	if (ack > tcp->snd.nxt)
		return TCP_ACK_TOO_NEW;
	if (is_too_old(tcp, ack))
		return TCP_ACK_TOO_OLD;
	/* Old news of what was sent, but its SACKs may be new. */
	if (ack < tcp->snd.una)
		process(tcp, segment, tcp->snd.una, true, now_us);
	else
		process(tcp, segment, ack, false, now_us);
	return TCP_ACK_FINE;
}
