/* SEGMENT ARRIVES, RFC 9293, 3.10.7; one function a step. RFC 5961. */
#include <errno.h>

#include "tcp/tcp_ack.h"
#include "tcp/tcp_auth.h"
#include "tcp/tcp_challenge.h"
#include "tcp/tcp_close.h"
#include "tcp/tcp_delack.h"
#include "tcp/tcp_dsack.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_fastopen_server.h"
#include "tcp/tcp_keepalive.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_paws.h"
#include "tcp/tcp_receive.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_state.h"
#include "tcp/tcp_timers.h"
#include "tcp/tcp_urgent.h"

/* What the steps know of the segment. */
struct arrival {
	const struct tcp_segment *segment;
	uint64_t start; /* position of the first byte, SYN included */
	uint64_t end; /* behind payload and FIN */
	int64_t now_us;
};

/* A SYN is challenged wherever it stands; RFC 5961, 4.2. */
static bool is_syn(const struct arrival *a)
{
	return (a->segment->header.flags & (TCP_SYN | TCP_RST)) == TCP_SYN;
}

/* Fourth, check the SYN bit; RFC 5961, 4.2. */
static enum counter check_syn(struct tcp_connection *tcp, struct arrival *a)
{
	const struct tcp_header *header = &a->segment->header;

	if (!(header->flags & TCP_SYN))
		return COUNTER_NONE;
	if (tcp->state == TCP_STATE_SYN_RECEIVED && a->start == SEQ_SYN &&
	    (header->flags & TCP_ACK))
		return COUNTER_NONE; /* simultaneous open, RFC 9293, 3.5 */
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_SYN_CHALLENGE);
	tcp_challenge(tcp, a->now_us);
	if (a->start == SEQ_SYN && tcp->ack_now)
		tcp_ecn_on_syn_ack_again(tcp, a->segment);
	return COUNTER_TCP_CHALLENGED_SYN;
}

/* RFC 7323, 5.3, R1. */
static enum counter check_paws(struct tcp_connection *tcp, struct arrival *a)
{
	switch (tcp_paws_check(tcp, a->segment, a->start, a->now_us)) {
	case TCP_PAWS_FINE:
		return COUNTER_NONE;
	case TCP_PAWS_OLD_ACK:
		return COUNTER_TCP_PAWS_OLD_ACK;
	case TCP_PAWS_OUTDATED:
		break;
	}
	if (is_syn(a))
		return check_syn(tcp, a);
	tcp_challenge_unacceptable(tcp, a->segment,
				   COUNTER_TCP_ACK_SKIPPED_PAWS, a->now_us);
	return COUNTER_TCP_PAWS;
}

/*
 * First, check sequence number. As Linux, what ends at or behind the last
 * ACK sent is let through: it is a duplicate, but its ACK may be news.
 */
static enum counter check_sequence(struct tcp_connection *tcp,
				   struct arrival *a)
{
	bool is_behind_edge =
		a->start > tcp->rcv.edge ||
		(a->start == tcp->rcv.edge && a->segment->payload_len &&
		 tcp->rcv.edge > tcp->rcv.nxt); /* a closed window is probed */

	if (a->end >= tcp->rcv.acked && !is_behind_edge)
		return COUNTER_NONE;
	if (is_behind_edge)
		tcp_count(tcp, COUNTER_TCP_BEYOND_WINDOW, 1);
	if (a->segment->header.flags & TCP_RST)
		return tcp_challenge_reset_is_exact(tcp, a->start)
			       ? COUNTER_NONE
			       : COUNTER_TCP_OUT_OF_WINDOW;
	if (is_syn(a))
		return check_syn(tcp, a);
	if (a->start < tcp->rcv.nxt && a->end > a->start)
		tcp_count(tcp, COUNTER_TCP_DELAYED_ACK_LOST, 1);
	if (a->segment->payload_len && a->end <= tcp->rcv.nxt)
		tcp_dsack_note(tcp, (struct range){
					    a->start,
					    a->start + a->segment->payload_len,
				    });
	tcp_challenge_unacceptable(tcp, a->segment, COUNTER_TCP_ACK_SKIPPED_SEQ,
				   a->now_us);
	return COUNTER_TCP_OUT_OF_WINDOW;
}

/* RFC 7323, 4.3. */
static enum counter take_timestamp(struct tcp_connection *tcp,
				   struct arrival *a)
{
	const struct tcp_header *header = &a->segment->header;

	if (a->start <= tcp->rcv.acked &&
	    tcp_paws_is_newer(tcp, header, a->now_us)) {
		tcp->ts_recent = header->ts_value;
		tcp->ts_recent_us = a->now_us;
	}
	return COUNTER_NONE;
}

static void on_reset(struct tcp_connection *tcp, int64_t now_us)
{
	switch (tcp->state) {
	case TCP_STATE_SYN_RECEIVED:
		tcp_fastopen_server_end(tcp, true, now_us);
		tcp_close_now(tcp, tcp->fastopen.is_child ? ECONNRESET
							  : ECONNREFUSED);
		break;
	case TCP_STATE_CLOSE_WAIT:
		tcp_close_now(tcp, EPIPE);
		break;
	case TCP_STATE_TIME_WAIT:
		if (!tcp_settings(tcp)->rfc1337)
			tcp_close_now(tcp, 0);
		break;
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
		tcp_close_now(tcp, tcp->orphan ? 0 : ECONNRESET);
		break;
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
		break;
	}
}

/* Second, check the RST bit; RFC 5961, 3.2. */
static enum counter check_reset(struct tcp_connection *tcp, struct arrival *a)
{
	if (!(a->segment->header.flags & TCP_RST))
		return COUNTER_NONE;
	if (tcp_challenge_reset_is_exact(tcp, a->start)) {
		on_reset(tcp, a->now_us);
		return COUNTER_TCP_RESET;
	}
	tcp_challenge(tcp, a->now_us);
	return COUNTER_TCP_BAD_RST;
}

/* The handshake's last ACK; the window of a SYN-ACK is not scaled. */
static enum counter check_handshake(struct tcp_connection *tcp,
				    struct arrival *a)
{
	const struct tcp_header *header = &a->segment->header;
	uint32_t window = header->window;

	if (tcp->state != TCP_STATE_SYN_RECEIVED)
		return COUNTER_NONE;
	if (header->ack - seq_to_wire(tcp->snd.iss, SEQ_DATA) >
	    tcp->snd.nxt - SEQ_DATA) {
		tcp->stray_reset_due = true;
		tcp->stray_reset_seq = header->ack;
		return COUNTER_TCP_BAD_ACK;
	}
	if (!(header->flags & TCP_SYN))
		window <<= tcp->snd.wscale;
	tcp_open_established(tcp, header, window, a->now_us);
	if (tcp->fin_queued)
		tcp_state_set(tcp, TCP_STATE_FIN_WAIT_1);
	return COUNTER_NONE;
}

static void on_fin_acked(struct tcp_connection *tcp, int64_t now_us)
{
	switch (tcp->state) {
	case TCP_STATE_FIN_WAIT_1:
		tcp_state_set(tcp, TCP_STATE_FIN_WAIT_2);
		tcp_close_limit_fin_wait_2(tcp, now_us);
		break;
	case TCP_STATE_CLOSING:
		tcp_close_enter_time_wait(tcp, now_us);
		break;
	case TCP_STATE_LAST_ACK:
		tcp_metrics_save(tcp, now_us);
		tcp_close_now(tcp, 0);
		break;
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_TIME_WAIT:
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
		break;
	}
}

/* Fifth, check the ACK field. */
static enum counter check_ack(struct tcp_connection *tcp, struct arrival *a)
{
	if (!(a->segment->header.flags & TCP_ACK))
		return COUNTER_TCP_NO_ACK;
	if (check_handshake(tcp, a) != COUNTER_NONE)
		return COUNTER_TCP_BAD_ACK;
	if (tcp->state == TCP_STATE_TIME_WAIT)
		return COUNTER_NONE;

	switch (tcp_ack_input(tcp, a->segment, a->now_us)) {
	case TCP_ACK_TOO_OLD:
		tcp_challenge(tcp, a->now_us);
		return COUNTER_TCP_BAD_ACK;
	case TCP_ACK_TOO_NEW:
		tcp_challenge(tcp, a->now_us);
		return COUNTER_TCP_BAD_ACK;
	case TCP_ACK_FINE:
		break;
	}
	if (tcp_fin_is_acked(tcp))
		on_fin_acked(tcp, a->now_us);
	return COUNTER_NONE;
}

static enum counter take_marks(struct tcp_connection *tcp, struct arrival *a)
{
	tcp_ecn_on_segment(tcp, a->segment);
	return COUNTER_NONE;
}

static bool may_receive(const struct tcp_connection *tcp)
{
	return tcp->state == TCP_STATE_ESTABLISHED ||
	       tcp->state == TCP_STATE_FIN_WAIT_1 ||
	       tcp->state == TCP_STATE_FIN_WAIT_2;
}

/*
 * Both directions were shut, by close(2) or shutdown(2): Linux, RFC 9293,
 * 3.6.1 SHLD-3.
 */
static bool is_for_nobody(const struct tcp_connection *tcp)
{
	return tcp->orphan ||
	       (tcp->read_shut && tcp->state != TCP_STATE_ESTABLISHED);
}

/* Sixth, check the URG bit. Seventh, process the segment text. */
static enum counter process_text(struct tcp_connection *tcp, struct arrival *a)
{
	const struct tcp_segment *segment = a->segment;
	uint64_t start = a->start + !!(segment->header.flags & TCP_SYN);

	if (!segment->payload_len || !may_receive(tcp))
		return COUNTER_NONE;
	if (is_for_nobody(tcp) && start + segment->payload_len > tcp->rcv.nxt) {
		tcp_count(tcp, COUNTER_TCP_ABORT_ON_DATA, 1);
		tcp_close_with_reset(tcp, tcp->orphan ? 0 : ECONNRESET);
		return COUNTER_TCP_DATA_AFTER_CLOSE;
	}
	tcp_urgent_input(tcp, segment, start);
	tcp_receive_data(tcp, segment, start, a->now_us);
	return COUNTER_NONE;
}

static void on_fin(struct tcp_connection *tcp, int64_t now_us)
{
	tcp->rcv.nxt++;
	if (tcp->rcv.edge < tcp->rcv.nxt)
		tcp->rcv.edge = tcp->rcv.nxt;
	tcp->fin_received = true;
	/* An end is an end: what a liar sent from behind it is forgotten. */
	ranges_clear(&tcp->out_of_order, tcp_engine(tcp));
	if (tcp->state == TCP_STATE_ESTABLISHED)
		tcp_delack_soon(tcp, now_us); /* it may close now */
	else
		tcp->ack_now = true;

	switch (tcp->state) {
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_ESTABLISHED:
		tcp_state_set(tcp, TCP_STATE_CLOSE_WAIT);
		break;
	case TCP_STATE_FIN_WAIT_1:
		tcp_state_set(tcp, TCP_STATE_CLOSING);
		break;
	case TCP_STATE_FIN_WAIT_2:
		tcp_close_enter_time_wait(tcp, now_us);
		break;
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
	case TCP_STATE_TIME_WAIT:
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
		break; /* a FIN came before */
	}
}

/* One that comes too early is remembered; a hole: RFC 5681, 4.2. */
static void keep_fin(struct tcp_connection *tcp, const struct arrival *a,
		     uint64_t fin)
{
	if (tcp->rcv.fin == fin && !a->segment->payload_len)
		tcp_dsack_note(tcp, (struct range){ fin, fin + 1 });
	tcp->rcv.fin = fin;
	tcp_sack_note_newest(tcp, fin);
	tcp->ack_now = true;
}

/* Eighth, check the FIN bit. */
static enum counter process_fin(struct tcp_connection *tcp, struct arrival *a)
{
	uint64_t fin = a->end - 1;

	if (tcp->state == TCP_STATE_TIME_WAIT) {
		if (a->segment->header.flags & TCP_FIN) {
			tcp->ack_now = true;
			tcp_timer_set(tcp, TCP_TIMER_CLOSE,
				      a->now_us + TCP_TIME_WAIT_US);
		}
		return COUNTER_NONE;
	}
	if (tcp->fin_received) {
		if (a->segment->header.flags & TCP_FIN)
			tcp->ack_now = true; /* our ACK was lost */
		return COUNTER_NONE;
	}
	if ((a->segment->header.flags & TCP_FIN) && fin >= tcp->rcv.nxt &&
	    fin <= tcp->rcv.edge) {
		if (fin > tcp->rcv.nxt)
			keep_fin(tcp, a, fin);
		else
			tcp->rcv.fin = fin;
	}
	if (tcp->rcv.fin && tcp->rcv.fin == tcp->rcv.nxt)
		on_fin(tcp, a->now_us);
	else if (tcp->rcv.fin < tcp->rcv.nxt)
		tcp->rcv.fin = 0; /* data came from behind it: a lie */
	return COUNTER_NONE;
}

/* Our SYN-ACK was lost: RFC 7413, 4.2.2; Linux in all of SYN-RECEIVED. */
static enum counter check_repeated_syn(struct tcp_connection *tcp,
				       struct arrival *a)
{
	uint16_t flags = a->segment->header.flags;

	if (tcp->state != TCP_STATE_SYN_RECEIVED || a->start != SEQ_SYN ||
	    (flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return COUNTER_NONE;
	tcp->syn_due = true;
	return COUNTER_TCP_REPEATED_SYN;
}

/* A step gives COUNTER_NONE, or why the segment is done with. */
static enum counter (*const steps[])(struct tcp_connection *tcp,
				     struct arrival *a) = {
	check_repeated_syn, check_paws,	 check_sequence, check_reset,
	check_syn,	    check_ack,	 take_timestamp, take_marks,
	process_text,	    process_fin,
};

static enum counter arrive(struct tcp_connection *tcp, struct arrival *a)
{

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		enum counter reason = steps[i](tcp, a);

		if (reason != COUNTER_NONE)
			return reason;
		if (tcp->state == TCP_STATE_CLOSED)
			break;
	}
	tcp_keepalive_on_segment(tcp, a->now_us);
	return COUNTER_NONE;
}

static struct arrival describe(const struct tcp_connection *tcp,
			       const struct tcp_segment *segment,
			       int64_t now_us)
{
	struct arrival a = { .segment = segment, .now_us = now_us };

	a.start =
		seq_from_wire(tcp->rcv.irs, tcp->rcv.nxt, segment->header.seq);
	a.end = a.start + segment->payload_len +
		!!(segment->header.flags & TCP_SYN) +
		!!(segment->header.flags & TCP_FIN);
	return a;
}

enum counter tcp_input(struct tcp_connection *tcp,
		       const struct tcp_segment *segment, int64_t now_us)
{
	enum counter reason;
	struct arrival a;

	tcp->statistics.segs_in += segment->segment_count;
	if (tcp->state == TCP_STATE_CLOSED)
		return COUNTER_TCP_CLOSED;
	reason = tcp_auth_verify(tcp, segment);
	if (reason != COUNTER_NONE)
		return counter_hit(&tcp_engine(tcp)->counters, reason);
	if (tcp->state == TCP_STATE_SYN_SENT) {
		reason = tcp_open_input(tcp, segment, now_us);
	} else {
		a = describe(tcp, segment, now_us);
		reason = arrive(tcp, &a);
	}
	if (reason != COUNTER_NONE)
		counter_hit(&tcp_engine(tcp)->counters, reason);
	tcp_output_schedule(tcp, now_us);
	return reason;
}

/* RFC 9293, 3.6.1 and RFC 6191: a new SYN may take TIME-WAIT's place. */
bool tcp_time_wait_yields(const struct tcp_connection *tcp,
			  const struct tcp_segment *segment)
{
	const struct tcp_header *header = &segment->header;
	uint64_t start;

	if (tcp->state != TCP_STATE_TIME_WAIT ||
	    (header->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return false;
	if (tcp->ts_ok && header->has_timestamp &&
	    header->ts_value != tcp->ts_recent)
		return seq_is_before(tcp->ts_recent, header->ts_value);
	start = seq_from_wire(tcp->rcv.irs, tcp->rcv.nxt, header->seq);
	return start > tcp->rcv.nxt;
}
