/*
 * RFC 9293, 3.10.7.4, seventh step. Data goes straight to its place in the
 * receive stream; ranges remember what lies behind a hole.
 */
#include "tcp/tcp_receive.h"

#include "tcp/tcp_ack_compress.h"
#include "tcp/tcp_autotune.h"
#include "tcp/tcp_delack.h"
#include "tcp/tcp_dsack.h"
#include "tcp/tcp_memory.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_urgent.h"
#include "tcp/tcp_window.h"

/*
 * Behind which early ACKs end: what was acknowledged, and what a hole that is
 * filled had kept back. An ACK inside of that would say that it came after
 * what filled the hole, and the peer's RACK take the rest of it for lost.
 */
static uint64_t early_base(const struct tcp_connection *tcp)
{
	uint64_t nxt = tcp->rcv.nxt;
	uint64_t filled = nxt - ((uint32_t)nxt - tcp->rcv.filled);

	return filled > tcp->rcv.acked ? filled : tcp->rcv.acked;
}

bool tcp_receive_acks_early(const struct tcp_connection *tcp)
{
	return tcp->rcv.merged_acks && early_base(tcp) < tcp->rcv.nxt &&
	       !tcp->fin_received;
}

/* In steps of whole segments, two at least: RFC 5681, 4.2. */
uint64_t tcp_receive_early_ack(const struct tcp_connection *tcp)
{
	uint64_t base = early_base(tcp);
	uint64_t owed = tcp->rcv.nxt - base;
	uint64_t mss = tcp->rcv.mss ? tcp->rcv.mss : 1;
	uint64_t steps = tcp->rcv.merged_acks + !tcp->out_of_order.count;
	uint64_t step = (owed / steps + mss - 1) / mss * mss;

	if (step < 2 * mss)
		step = 2 * mss;
	return step < owed ? base + step : tcp->rcv.nxt;
}

void tcp_receive_on_early_ack(struct tcp_connection *tcp, uint64_t ack)
{
	tcp->rcv.acked = ack;
	tcp->rcv.merged_acks =
		ack < tcp->rcv.nxt ? tcp->rcv.merged_acks - 1u : 0;
	tcp_delack_on_ack_sent(tcp);
	tcp->ack_now = ack < tcp->rcv.nxt || tcp->out_of_order.count ||
		       tcp_dsack_is_pending(tcp);
}

void tcp_receive_on_ack_sent(struct tcp_connection *tcp)
{
	tcp->rcv.acked = tcp->rcv.nxt;
	tcp->rcv.merged_acks = 0;
	tcp->ack_now = false;
	tcp_delack_on_ack_sent(tcp);
	if (!tcp->out_of_order.count) {
		tcp->rcv.repeated_acks = 0;
	} else if (tcp->rcv.repeated_acks) {
		tcp->rcv.repeated_acks--;
		tcp->ack_now = true;
	}
	if (tcp_dsack_is_pending(tcp))
		tcp->ack_now = true;
}

/* The peer mends a loss, in a window that may be one segment long. */
static void expect_small_windows(struct tcp_connection *tcp, int64_t now_us)
{
	tcp_delack_enter_quick(tcp);
	tcp_ack_compress_on_kept(tcp, false, now_us);
}

/*
 * What was behind a hole may be in order now: the first range that ends
 * behind what came. It may lie behind the edge of a window that has shrunk.
 */
static void take_in_order(struct tcp_connection *tcp, uint64_t end)
{
	struct ranges *kept = &tcp->out_of_order;
	const struct range *first;

	if (end > tcp->rcv.nxt)
		tcp->rcv.nxt = end;
	tcp_ack_compress_restart(tcp);
	ranges_trim(kept, tcp_engine(tcp), tcp->rcv.nxt);
	first = ranges_first(kept);
	if (first && first->start == tcp->rcv.nxt) {
		tcp->rcv.nxt = first->end;
		tcp->rcv.filled = (uint32_t)tcp->rcv.nxt;
		ranges_trim(kept, tcp_engine(tcp), tcp->rcv.nxt);
	}
	if (tcp->rcv.edge < tcp->rcv.nxt)
		tcp->rcv.edge = tcp->rcv.nxt;
}

/* Whether the newest block is the one that it has made longer. */
static bool take_out_of_order(struct tcp_connection *tcp, uint64_t start,
			      uint64_t end)
{
	struct range range = { start, end };
	struct ranges *kept = &tcp->out_of_order;
	uint64_t newest = tcp_sack_newest(tcp);
	const struct range *at;

	tcp_count(tcp, COUNTER_TCP_OFO_QUEUE, 1);
	tcp_dsack_note_kept(tcp, range);
	if (ranges_cover(kept, range)) {
		tcp_count(tcp, COUNTER_TCP_OFO_MERGE, 1);
		tcp_sack_note_newest(tcp, start);
		return false;
	}
	if (ranges_add(kept, tcp_engine(tcp), range, TCP_OUT_OF_ORDER_RANGES) <
	    0) {
		counter_hit(&tcp_engine(tcp)->counters,
			    COUNTER_TCP_REASSEMBLY_FULL);
		return false;
	}
	tcp_sack_note_newest(tcp, start);
	tcp->statistics.out_of_order++;
	at = ranges_search(kept, start);
	return at->start <= newest && newest < at->end;
}

/* Whole segment outside the window, or nothing new: RFC 2883, 4. */
static bool is_useless(struct tcp_connection *tcp, uint64_t start, uint64_t end)
{
	if (end > tcp->rcv.nxt)
		return false;
	tcp_count(tcp, COUNTER_TCP_DELAYED_ACK_LOST, 1);
	tcp_dsack_note(tcp, (struct range){ start, end });
	return true;
}

static bool store(struct tcp_connection *tcp, const struct tcp_segment *segment,
		  uint64_t start, uint64_t from, uint64_t to)
{
	if (tcp->orphan) /* nobody will read it */
		return true;
	return stream_write(&tcp->receive_stream, tcp_engine(tcp), from,
			    segment->payload + (from - start),
			    (size_t)(to - from)) == 0;
}

void tcp_receive_data(struct tcp_connection *tcp,
		      const struct tcp_segment *segment, uint64_t start,
		      int64_t now_us)
{
	uint64_t end = start + segment->payload_len;
	uint64_t from = start > tcp->rcv.nxt ? start : tcp->rcv.nxt;
	uint64_t to = end < tcp->rcv.edge ? end : tcp->rcv.edge;
	bool in_order = from == tcp->rcv.nxt;

	tcp->statistics.data_segs_in += segment->segment_count;
	if (tcp->rcv.edge == tcp->rcv.nxt && end > tcp->rcv.nxt)
		tcp_count(tcp, COUNTER_TCP_ZERO_WINDOW_DROP, 1);
	if (is_useless(tcp, start, end) || from >= to) {
		expect_small_windows(tcp, now_us);
		return;
	}
	if (!tcp_memory_may_receive(tcp, in_order))
		return; /* as if it were lost on its way */
	if (!store(tcp, segment, start, from, to)) {
		counter_hit(&tcp_engine(tcp)->counters, COUNTER_NO_MEMORY);
		return; /* as if it were lost on its way */
	}
	tcp_autotune_on_data(tcp, &segment->header, now_us);
	tcp_delack_on_data(tcp, segment, now_us);
	if (start < tcp->rcv.nxt)
		tcp_dsack_note(tcp, (struct range){ start, tcp->rcv.nxt });
	if (in_order) {
		bool had_holes = tcp->out_of_order.count > 0;
		bool at_once = had_holes;

		if (tcp_readable(tcp))
			tcp_count(tcp, COUNTER_TCP_RCV_COALESCE, 1);
		tcp_dsack_note_kept(tcp, (struct range){ from, to });
		at_once |= tcp_dsack_is_pending(tcp);
		take_in_order(tcp, to);
		if (had_holes && !tcp->out_of_order.count)
			tcp_delack_enter_quick(tcp); /* a loss is mended */
		tcp_urgent_skip(tcp);
		tcp_delack_merge(tcp, segment);
		tcp_delack_schedule(tcp, at_once || tcp_delack_is_due(tcp),
				    now_us);
	} else {
		bool grows = take_out_of_order(tcp, from, to);

		tcp_ack_compress_on_kept(tcp, grows, now_us);
	}
}
