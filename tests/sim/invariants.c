/* The claims, one function each; a claim's text says what is broken. */
#include "sim/invariants.h"

#include <stdio.h>

#include "tcp/tcp_decide.h"

#define RECORDS_ALWAYS 16u /* so many are looked at after every call */
#define RECORDS_EVERY 64u /* more of them after so many calls */
#define DELAYED_ACK_MAX_US 500000 /* RFC 1122, 4.2.3.2 */

/* Also FIN-WAIT-2, where nothing of ours is left to say. */
static bool may_have_data(const struct tcp_connection *tcp)
{
	return tcp_is_synchronized(tcp) && tcp->state != TCP_STATE_TIME_WAIT;
}

static bool is_set(const struct tcp_connection *tcp, enum tcp_timer timer)
{
	return tcp_timer_is_set(tcp, timer);
}

/* ------------------------------------------------------- sequence numbers */

static const char *check_send(const struct tcp_connection *tcp,
			      const struct invariants *before)
{
	if (tcp->snd.una > tcp->snd.nxt)
		return "snd.una is behind snd.nxt";
	if (tcp_is_synchronized(tcp) &&
	    tcp->snd.nxt > tcp->snd.end + tcp->fin_queued)
		return "more was sent than the program wrote";
	if (before->tcp && tcp->snd.una < before->una)
		return "snd.una went back";
	if (before->tcp && tcp->snd.nxt < before->nxt)
		return "snd.nxt went back";
	return NULL;
}

static const char *check_receive(const struct tcp_connection *tcp,
				 const struct invariants *before)
{
	if (tcp->rcv.nxt > tcp->rcv.edge)
		return "rcv.nxt is behind the window's edge";
	if (tcp->rcv.acked > tcp->rcv.nxt)
		return "more was acknowledged than came";
	if (tcp->receive_stream.head > tcp->rcv.nxt)
		return "more was read than came";
	if (before->tcp && tcp->rcv.nxt < before->rcv_nxt)
		return "rcv.nxt went back";
	if (before->tcp && tcp->rcv.edge < before->rcv_edge &&
	    !tcp_settings(tcp)->shrink_window)
		return "the edge of our window moved to the left";
	if (tcp->rcv.fin && !tcp->fin_received && tcp->rcv.fin < tcp->rcv.nxt)
		return "there is data behind the FIN";
	return NULL;
}

static const char *check_ranges(const struct tcp_connection *tcp)
{
	const struct ranges *kept = &tcp->out_of_order;
	const struct range *range = ranges_first(kept);
	uint64_t before = tcp->rcv.nxt;
	uint32_t count = 0;

	if (kept->count > TCP_OUT_OF_ORDER_RANGES)
		return "too many ranges are kept";
	for (; range; range = ranges_next(range), count++) {
		if (range->start <= before || range->end <= range->start)
			return "ranges are not sorted and disjoint";
		before = range->end;
	}
	if (count != kept->count)
		return "the ranges are miscounted";
	if (kept->count && before > tcp->rcv.edge &&
	    !tcp_settings(tcp)->shrink_window)
		return "a range is kept from behind the window";
	return NULL;
}

/* ------------------------------------------------------------ the records */

struct sums {
	uint32_t sacked, lost, again, count, in_flight_count, lost_count;
};

static void add(struct sums *sums, const struct tcp_sent_record *record)
{
	uint32_t len = (uint32_t)(record->end - record->start);

	sums->count++;
	if (record->state == TCP_SENT_SACKED)
		sums->sacked += len;
	if (record->state == TCP_SENT_LOST) {
		sums->lost += len;
		sums->lost_count++;
	}
	if (record->state == TCP_SENT_IN_FLIGHT) {
		sums->in_flight_count++;
		sums->again += record->retransmitted ? len : 0;
	}
}

/* The tree beside the list: in order, and each knows the longest below. */
static const char *check_aside(const struct tcp_sent_record *record,
			       uint32_t *count)
{
	const struct tcp_sent_record *below[2];
	uint32_t longest;

	if (!record)
		return NULL;
	(*count)++;
	below[0] = RB_LEFT(record, lost);
	below[1] = RB_RIGHT(record, lost);
	longest = (uint32_t)(record->end - record->start);
	for (int i = 0; i < 2; i++) {
		if (check_aside(below[i], count))
			return "a branch of what is in flight is wrong";
		if (below[i] && below[i]->longest > longest)
			longest = below[i]->longest;
		if (below[i] && tcp_sent_is_before(record, below[i]->order,
						   below[i]->end) != (i == 1))
			return "a branch of what is in flight is not in order";
	}
	if (record->state != TCP_SENT_IN_FLIGHT || !record->is_aside)
		return "what is not in flight is in the tree of it";
	return record->longest == longest ? NULL
					  : "the longest is not the longest";
}

static const char *check_lists(const struct tcp_sent *sent,
			       const struct sums *sums)
{
	const struct tcp_sent_record *record;
	uint32_t count = 0;
	uint64_t order = 0, position;

	TAILQ_FOREACH (record, &sent->in_flight, list) {
		if (record->state != TCP_SENT_IN_FLIGHT ||
		    record->order < order)
			return "the list of what is in flight is wrong";
		order = record->order;
		count++;
	}
	if (check_aside(RB_ROOT(&sent->aside), &count))
		return "the tree of what is in flight is wrong";
	if (count != sums->in_flight_count)
		return "the list of what is in flight is not all of it";
	count = 0;
	position = 0;
	for (struct tcp_sent_record *lost = tcp_sent_first_lost(sent); lost;
	     lost = tcp_sent_next_lost(lost)) {
		if (lost->state != TCP_SENT_LOST || lost->start < position)
			return "the order of what is lost is wrong";
		position = lost->end;
		count++;
	}
	return count == sums->lost_count
		       ? NULL
		       : "the list of what is lost is not all of it";
}

static const char *check_records(const struct tcp_connection *tcp)
{
	const struct tcp_sent *sent = &tcp->sent;
	uint64_t position = tcp->snd.una;
	struct sums sums = { 0 };

	for (struct tcp_sent_record *record = tcp_sent_first(sent); record;
	     record = tcp_sent_next(record)) {
		if (record->start != position || record->end <= record->start)
			return "the records do not follow one another";
		position = record->end;
		add(&sums, record);
	}
	if (position != tcp->snd.nxt)
		return "the records are not what is in flight";
	if (sums.count != sent->count || sums.sacked != sent->sacked_len ||
	    sums.lost != sent->lost_len || sums.again != sent->again_len)
		return "the records' sums are wrong";
	return check_lists(sent, &sums);
}

/* -------------------------------------------------------------- timers */

static const char *check_closed(const struct tcp_connection *tcp)
{
	for (int i = 0; i < TCP_TIMERS; i++)
		if (tcp->deadline_us[i] != TIME_NEVER)
			return "a timer of a closed connection";
	return tcp->sent.count ? "records of a closed connection" : NULL;
}

static const char *check_retransmission(const struct tcp_connection *tcp)
{
	bool is_armed = is_set(tcp, TCP_TIMER_RETRANSMIT) ||
			is_set(tcp, TCP_TIMER_TAIL_PROBE) ||
			is_set(tcp, TCP_TIMER_REORDER);
	bool is_in_flight = tcp->snd.una < tcp->snd.nxt;

	if (is_in_flight && !is_armed)
		return "no timer although something is in flight";
	if (!is_in_flight && is_armed)
		return "a timer of retransmission, and nothing in flight";
	return NULL;
}

static const char *check_probing(const struct tcp_connection *tcp)
{
	bool has_more = tcp->snd.end + tcp->fin_queued > tcp->snd.nxt;

	if (is_set(tcp, TCP_TIMER_PROBE) && tcp->snd.una < tcp->snd.nxt)
		return "window probes although something is in flight";
	if (is_set(tcp, TCP_TIMER_PROBE) && !has_more)
		return "window probes, and nothing to send";
	if (tcp_decide_window_blocks(tcp) && !is_set(tcp, TCP_TIMER_PROBE))
		return "no probes although the window is closed";
	return NULL;
}

static const char *check_acknowledging(const struct tcp_connection *tcp,
				       int64_t now_us)
{
	bool is_due = tcp->rcv.acked < tcp->rcv.nxt || tcp->rcv.compressed;

	if (is_due && !tcp->ack_now && !is_set(tcp, TCP_TIMER_DELAYED_ACK))
		return "an ACK is owed and none will be sent";
	if (!is_due && is_set(tcp, TCP_TIMER_DELAYED_ACK))
		return "a delayed ACK of nothing";
	if (is_set(tcp, TCP_TIMER_DELAYED_ACK) &&
	    tcp->deadline_us[TCP_TIMER_DELAYED_ACK] >
		    now_us + DELAYED_ACK_MAX_US)
		return "an ACK is delayed too long";
	return NULL;
}

static bool must_end(const struct tcp_connection *tcp)
{
	return tcp->state == TCP_STATE_TIME_WAIT ||
	       (tcp->state == TCP_STATE_FIN_WAIT_2 && tcp->orphan);
}

static const char *check_other_timers(const struct tcp_connection *tcp,
				      int64_t now_us)
{
	if (is_set(tcp, TCP_TIMER_CLOSE) != must_end(tcp))
		return "the timer of the end is wrong";
	if (tcp_decide_cork_blocks(tcp) && !is_set(tcp, TCP_TIMER_CORK))
		return "a cork without a timer";
	if (is_set(tcp, TCP_TIMER_CORK) && !tcp_decide_cork_blocks(tcp) &&
	    !tcp_wants_output(tcp, now_us))
		return "the timer of a cork, and there is none";
	if (may_have_data(tcp) &&
	    is_set(tcp, TCP_TIMER_KEEPALIVE) != tcp->options.keepalive)
		return "the timer of keep-alive is wrong";
	return NULL;
}

/* What is not finished is driven by a timer, or may leave now. */
static const char *check_life(const struct tcp_connection *tcp, int64_t now_us)
{
	if (tcp->snd.una >= tcp->snd.end + tcp->fin_queued)
		return NULL;
	for (int i = 0; i < TCP_TIMERS; i++)
		if (tcp->deadline_us[i] != TIME_NEVER &&
		    i != TCP_TIMER_DELAYED_ACK && i != TCP_TIMER_KEEPALIVE)
			return NULL;
	return tcp_wants_output(tcp, now_us)
		       ? NULL
		       : "dead: nothing will bring the rest across";
}

static const char *check_timers(const struct tcp_connection *tcp,
				int64_t now_us)
{
	const char *problem;

	/* Fast Open's SYN waits for the program's first bytes. */
	if (tcp->state == TCP_STATE_SYN_SENT && tcp->fastopen.deferred)
		return NULL;
	if (tcp->state == TCP_STATE_SYN_SENT ||
	    tcp->state == TCP_STATE_SYN_RECEIVED)
		return is_set(tcp, TCP_TIMER_RETRANSMIT)
			       ? NULL
			       : "a handshake without a timer";
	problem = check_retransmission(tcp);
	if (!problem)
		problem = check_probing(tcp);
	if (!problem)
		problem = check_acknowledging(tcp, now_us);
	if (!problem)
		problem = check_other_timers(tcp, now_us);
	return problem ? problem : check_life(tcp, now_us);
}

/* -------------------------------------------------------------- bounds */

static uint64_t send_queued(const struct tcp_connection *tcp)
{
	return tcp->snd.end > tcp->snd.una ? tcp->snd.end - tcp->snd.una : 0;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* A buffer may have been made smaller: what it held then may stay. */
static const char *check_bounds(const struct tcp_connection *tcp,
				const struct invariants *before)
{
	uint64_t held = tcp->rcv.edge - tcp->receive_stream.head;
	uint64_t receive_most = max_u32(tcp->rcv.buffer, before->receive_most);

	if (tcp->sent.count > TCP_SENT_RECORDS_MAX)
		return "too many records";
	if (send_queued(tcp) > max_u32(tcp->snd.buffer, before->send_most))
		return "more is queued than the send buffer holds";
	if (held > receive_most + (1ull << tcp->rcv.wscale))
		return "the window is larger than the receive buffer";
	if (tcp->rto.base_us < TCP_RTO_LEAST_US ||
	    tcp->rto.base_us > TCP_RTO_MOST_US)
		return "the timeout is out of bounds";
	if (tcp->cc.cwnd > PYT_CC_CWND_MAX)
		return "the congestion window is out of bounds";
	return NULL;
}

/* ------------------------------------------------------------- windows */

/*
 * A transmission since the call before. A FIN alone needs no window, as on
 * Linux. Beyond the congestion window may go what RFC 5681 and 8985 let: one
 * segment when nothing is in flight, two of limited transmit, a tail loss
 * probe, and a retransmission begun below it.
 */
static const char *check_sending(const struct tcp_connection *tcp,
				 const struct invariants *before)
{
	uint64_t new_len = tcp->snd.nxt - before->nxt;
	uint64_t data_end =
		tcp->snd.nxt < tcp->snd.end ? tcp->snd.nxt : tcp->snd.end;
	uint32_t in_flight = tcp_in_flight(tcp);
	bool is_disordered = tcp->sent.sacked_len || tcp->recovery.dup_acks;
	uint64_t limit = tcp->cc.cwnd;

	if (!before->tcp || tcp->sent.last_order == before->last_order ||
	    tcp->snd.una != before->una)
		return NULL;
	if (data_end > before->nxt && data_end > tcp->snd.edge)
		return "sent beyond the peer's window";
	if (new_len == 1 && tcp->snd.nxt > tcp->snd.end)
		return NULL; /* the FIN */
	if (is_disordered && tcp->recovery.state == TCP_RECOVERY_OPEN)
		limit += 2ull * tcp->snd.mss;
	if (!new_len)
		limit += tcp->snd.mss;
	if (!before->in_flight && limit < tcp->snd.mss)
		limit = tcp->snd.mss;
	if (in_flight > limit + tcp->fin_queued &&
	    tcp->tlp.sent == before->tail_probes)
		return "sent beyond the congestion window";
	return NULL;
}

/* --------------------------------------------------------------- all */

static bool looks_at_records(const struct tcp_connection *tcp,
			     const struct invariants *before)
{
	return tcp->sent.count <= RECORDS_ALWAYS ||
	       before->calls % RECORDS_EVERY == 0;
}

static const char *check_synchronized(const struct invariants *before,
				      const struct tcp_connection *tcp,
				      int64_t now_us)
{
	const char *problem = check_receive(tcp, before);

	if (!problem && tcp->state != TCP_STATE_TIME_WAIT)
		problem = check_sending(tcp, before);
	if (!problem && looks_at_records(tcp, before))
		problem = check_records(tcp);
	if (!problem && looks_at_records(tcp, before))
		problem = check_ranges(tcp);
	if (!problem)
		problem = check_bounds(tcp, before);
	return problem ? problem : check_timers(tcp, now_us);
}

static bool is_another(const struct invariants *before,
		       const struct tcp_connection *tcp)
{
	return before->tcp != tcp || before->iss != tcp->snd.iss;
}

static void remember(struct invariants *before,
		     const struct tcp_connection *tcp)
{
	*before = (struct invariants){
		.tcp = tcp,
		.iss = tcp->snd.iss,
		.state = tcp->state,
		.una = tcp->snd.una,
		.nxt = tcp->snd.nxt,
		.rcv_nxt = tcp->rcv.nxt,
		.rcv_edge = tcp->rcv.edge,
		.last_order = tcp->sent.last_order,
		.in_flight = tcp_in_flight(tcp),
		.told_edge = before->told_edge,
		.has_told = before->has_told,
		.send_most = max_u32(tcp->snd.buffer, before->send_most),
		.receive_most = max_u32(tcp->rcv.buffer, before->receive_most),
		.tail_probes = tcp->tlp.sent,
		.calls = before->calls + 1,
	};
}

const char *invariants_check(struct invariants *before,
			     const struct tcp_connection *tcp, int64_t now_us)
{
	const char *problem;

	if (is_another(before, tcp))
		*before = (struct invariants){ 0 };
	problem = check_send(tcp, before);
	if (!problem && tcp->state == TCP_STATE_CLOSED)
		problem = check_closed(tcp);
	else if (!problem && tcp_is_synchronized(tcp))
		problem = check_synchronized(before, tcp, now_us);
	else if (!problem)
		problem = check_timers(tcp, now_us);
	remember(before, tcp);
	return problem;
}

/* The variable may be right where the segment is not. RFC 9293, 3.8.6. */
const char *invariants_check_told(struct invariants *seen,
				  const struct tcp_connection *tcp,
				  uint32_t ack, uint16_t window)
{
	uint32_t edge = ack + ((uint32_t)window << tcp->rcv.wscale);
	bool went_back = seen->has_told && seq_is_before(edge, seen->told_edge);

	if (!tcp_is_synchronized(tcp))
		return NULL;
	seen->told_edge = edge;
	seen->has_told = true;
	return went_back && !tcp_settings(tcp)->shrink_window
		       ? "the edge that is told moved to the left"
		       : NULL;
}

static size_t describe_timers(const struct tcp_connection *tcp, char *to,
			      size_t size)
{
	size_t len = 0;

	for (int i = 0; i < TCP_TIMERS && len < size; i++)
		if (tcp->deadline_us[i] != TIME_NEVER)
			len += (size_t)snprintf(to + len, size - len, " %d", i);
	return len;
}

void invariants_describe(const struct tcp_connection *tcp, char *to,
			 size_t size)
{
	unsigned long long una = tcp->snd.una - SEQ_SYN;
	unsigned long long nxt = tcp->snd.nxt - SEQ_SYN;
	unsigned long long end = tcp->snd.end - SEQ_SYN;
	unsigned long long edge = tcp->snd.edge - SEQ_SYN;
	char timers[64] = "";

	describe_timers(tcp, timers, sizeof(timers));
	snprintf(to, size,
		 "state %d, una %llu nxt %llu end %llu edge %llu, sacked %u "
		 "lost %u, cwnd %u, rcv %llu/%llu/%llu, timers%s",
		 (int)tcp->state, una, nxt, end, edge, tcp->sent.sacked_len,
		 tcp->sent.lost_len, tcp->cc.cwnd,
		 (unsigned long long)(tcp->rcv.acked - SEQ_SYN),
		 (unsigned long long)(tcp->rcv.nxt - SEQ_SYN),
		 (unsigned long long)(tcp->rcv.edge - SEQ_SYN), timers);
}
