/* Accurate ECN feedback. RFC 9768, 3; appendix A for what ACE leaves open. */
#include "tcp/tcp_accecn.h"

#include "tcp/tcp_ecn.h"
#include "tcp/tcp_output.h"

#define ACE_MASK 7u
#define FIELD_MASK 0xffffffu
#define MARKS_DATA 2 /* an ACK is due after so many; 3.2.2.5.1 */
#define MARKS_ACKS 3 /* of segments without data */
#define SENDS_NEVER 0 /* net.ipv4.tcp_ecn_option */
#define SENDS_SPARINGLY 1

/* The three flags as one number, AE first. */
static unsigned ace_of(uint16_t flags)
{
	return (flags & TCP_AE ? 4u : 0) | (flags & TCP_CWR ? 2u : 0) |
	       (flags & TCP_ECE ? 1u : 0);
}

static uint16_t flags_of(unsigned ace)
{
	return (uint16_t)((ace & 4 ? TCP_AE : 0) | (ace & 2 ? TCP_CWR : 0) |
			  (ace & 1 ? TCP_ECE : 0));
}

/* ------------------------------------------------------- the handshake */

/* Tables 2 and 3: how a SYN or SYN-ACK arrived. */
static const uint8_t handshake_code[] = {
	[TCP_ECN_NOT_ECT] = 2,
	[TCP_ECN_ECT1] = 3,
	[TCP_ECN_ECT0] = 4,
	[TCP_ECN_CE] = 6,
};

static bool is_code(unsigned code)
{
	return code == 2 || code == 3 || code == 4 || code == 6;
}

/* The mark that a code stands for; others mean what not-ECT means. */
static uint8_t mark_of_code(unsigned code)
{
	for (int mark = TCP_ECN_NOT_ECT; mark <= TCP_ECN_CE; mark++)
		if (handshake_code[mark] == code)
			return (uint8_t)mark;
	return TCP_ECN_NOT_ECT;
}

/* 3.2.2.3: the only change that a path may make is from ECT to CE. */
static bool is_mangled(uint8_t sent, uint8_t arrived)
{
	if (sent == arrived)
		return false;
	return sent == TCP_ECN_NOT_ECT || arrived != TCP_ECN_CE;
}

static struct tcp_accecn *make(struct tcp_connection *tcp)
{
	struct tcp_accecn *accurate =
		engine_alloc(tcp_engine(tcp), sizeof(*accurate));

	if (!accurate)
		return NULL;
	accurate->received_ce = TCP_ACCECN_COUNT_INITIAL;
	accurate->fed_back_ce = TCP_ACCECN_COUNT_INITIAL;
	accurate->option_ce = TCP_ACCECN_COUNT_INITIAL;
	accurate->received[TCP_ACCECN_ECT0] = 1;
	accurate->received[TCP_ACCECN_ECT1] = 1;
	accurate->fed_back[TCP_ACCECN_ECT0] = 1;
	accurate->fed_back[TCP_ACCECN_ECT1] = 1;
	accurate->may_send_options =
		tcp_settings(tcp)->ecn_option != SENDS_NEVER;
	accurate->sends_options = accurate->may_send_options;
	tcp->ecn.accurate = accurate;
	return accurate;
}

void tcp_accecn_destroy(struct tcp_connection *tcp)
{
	engine_free(tcp_engine(tcp), tcp->ecn.accurate,
		    sizeof(*tcp->ecn.accurate));
	tcp->ecn.accurate = NULL;
}

static void take_option(struct tcp_accecn *accurate,
			const struct tcp_accecn_option *option);

/* 3.2.2.2: of several marked SYN-ACKs one counts. */
static void note_syn_ack(struct tcp_accecn *accurate, uint8_t mark)
{
	accurate->handshake_mark = mark;
	accurate->handshake_due = true;
	if (mark == TCP_ECN_CE &&
	    accurate->received_ce == TCP_ACCECN_COUNT_INITIAL)
		accurate->received_ce++;
}

/* Table 2. A marked SYN is reacted to, but counted by neither: 3.2.2.2. */
enum tcp_ecn_mode tcp_accecn_on_syn_ack(struct tcp_connection *tcp,
					const struct tcp_segment *segment,
					uint8_t syn_mark)
{
	unsigned code = ace_of(segment->header.flags);
	struct tcp_accecn *accurate;
	uint8_t arrived;

	if (code == 0 || code == 7) /* none, or our own flags reflected */
		return TCP_ECN_OFF;
	if (code == 1 || code == 5)
		return TCP_ECN_CLASSIC;
	accurate = make(tcp);
	if (!accurate)
		return TCP_ECN_OFF;
	arrived = mark_of_code(code);
	tcp->ecn.path_mangles = is_mangled(syn_mark, arrived);
	tcp->ecn.handshake_marked = arrived == TCP_ECN_CE;
	note_syn_ack(accurate, segment->ecn);
	take_option(accurate, &segment->header.accecn);
	return TCP_ECN_ACCURATE;
}

void tcp_accecn_on_syn_ack_again(struct tcp_connection *tcp,
				 const struct tcp_segment *segment)
{
	note_syn_ack(tcp->ecn.accurate, segment->ecn);
}

/* 3.2.3.2.2: the first retry has no option, the next ones no flags. */
void tcp_accecn_syn_ack(const struct tcp_settings *settings,
			const struct tcp_half_open *h,
			struct tcp_header *header)
{
	if (h->resent < 2)
		header->flags |= flags_of(handshake_code[h->syn_ecn]);
	if (h->resent > 0 || settings->ecn_option == SENDS_NEVER)
		return;
	header->accecn = (struct tcp_accecn_option){
		.present = true,
		.count = TCP_ACCECN_FIELDS,
		.bytes = { [TCP_ACCECN_ECT0] = 1, [TCP_ACCECN_ECT1] = 1 },
	};
}

void tcp_accecn_child_syn_ack(const struct tcp_connection *tcp,
			      struct tcp_header *header)
{
	struct tcp_half_open h = { .syn_ecn = tcp->ecn.accurate->handshake_mark,
				   .resent = tcp->syn_retries };

	tcp_accecn_syn_ack(tcp_settings(tcp), &h, header);
}

bool tcp_accecn_accept(struct tcp_connection *child,
		       const struct tcp_half_open *h)
{
	struct tcp_accecn *accurate = make(child);

	if (!accurate)
		return false;
	accurate->handshake_mark = h->syn_ecn;
	accurate->handshake_sent =
		h->ecn_ect && !h->resent ? TCP_ECN_ECT0 : TCP_ECN_NOT_ECT;
	/* 3.1.5: who has said "no ECN" once cannot know what is agreed on. */
	if (h->ecn_was_plain || h->resent > 1)
		child->ecn.path_mangles = true;
	if (h->resent > 0) /* 3.2.3.2.2: the option may be what was lost */
		accurate->sends_options = false;
	return true;
}

/*
 * 3.2.2.1, table 4, and 3.2.2.4: what became of our SYN-ACK. Only a pure ACK
 * tells it so; where that was lost, what comes first counts as always.
 */
static void check_first(struct tcp_connection *tcp, unsigned ace, bool is_pure)
{
	struct tcp_accecn *accurate = tcp->ecn.accurate;
	uint32_t marks = (ace - TCP_ACCECN_COUNT_INITIAL) & ACE_MASK;

	accurate->is_checked = true;
	if (ace == 0) {
		tcp->ecn.path_mangles = true; /* somebody clears the flags */
		accurate->ignores_feedback = true;
		return;
	}
	if (!tcp->passive)
		return;
	if (is_pure) {
		uint8_t arrived = mark_of_code(ace);

		if (is_code(ace) &&
		    is_mangled(accurate->handshake_sent, arrived))
			tcp->ecn.path_mangles = true;
		marks = arrived == TCP_ECN_CE;
	}
	accurate->fed_back_ce += marks;
	if (marks)
		tcp->cc.cwnd = tcp->cc.mss; /* RFC 5562, 3.2 */
}

/* ------------------------------------------------------------- the way out */

/* Table 3 is for a pure ACK without SACK blocks alone. */
static unsigned next_ace(const struct tcp_accecn *accurate, bool is_pure_ack)
{
	return accurate->handshake_due && is_pure_ack
		       ? handshake_code[accurate->handshake_mark]
		       : accurate->received_ce & ACE_MASK;
}

bool tcp_accecn_allows_gso(const struct tcp_connection *tcp)
{
	/* Cutters of super-frames keep CWR on the first segment alone. */
	return !(flags_of(next_ace(tcp->ecn.accurate, false)) & TCP_CWR);
}

uint32_t tcp_accecn_option_len(const struct tcp_connection *tcp)
{
	const struct tcp_accecn *accurate = tcp->ecn.accurate;

	return accurate && accurate->sends_options ? TCP_ACCECN_OPTION_LEN : 0;
}

/* 3.2.3.3: whenever it fits, or when it says something new, and in any case
 * a few times in a round trip. */
static bool option_is_due(const struct tcp_connection *tcp, int64_t now_us)
{
	const struct tcp_accecn *accurate = tcp->ecn.accurate;
	const struct tcp_settings *settings = tcp_settings(tcp);
	int64_t interval_us = tcp->rto.srtt_us;

	if (!accurate->sends_options)
		return false;
	if (settings->ecn_option != SENDS_SPARINGLY || !accurate->told_us)
		return true;
	if (accurate->told[TCP_ACCECN_CE] != accurate->received[TCP_ACCECN_CE])
		return true;
	if (settings->ecn_option_beacon)
		interval_us /= settings->ecn_option_beacon;
	return now_us - accurate->told_us >= interval_us;
}

/* 3.2.3.3: those that have ever changed; the rest leaves room for SACK. */
static uint8_t field_count(const struct tcp_accecn *accurate, bool ect1_first)
{
	if (ect1_first && accurate->received[TCP_ACCECN_ECT0] > 1)
		return TCP_ACCECN_FIELDS;
	return accurate->received[TCP_ACCECN_CE] ? 2 : 1;
}

static void add_option(struct tcp_accecn *accurate, struct tcp_header *header,
		       int64_t now_us)
{
	struct tcp_accecn_option *option = &header->accecn;

	option->present = true;
	option->ect1_first = accurate->received[TCP_ACCECN_ECT1] > 1;
	option->count = field_count(accurate, option->ect1_first);
	for (int i = 0; i < TCP_ACCECN_FIELDS; i++) {
		option->bytes[i] = accurate->received[i] & FIELD_MASK;
		accurate->told[i] = accurate->received[i];
	}
	accurate->told_us = now_us;
}

void tcp_accecn_output(struct tcp_connection *tcp, struct tcp_header *header,
		       bool is_pure_ack, int64_t now_us)
{
	struct tcp_accecn *accurate = tcp->ecn.accurate;

	header->flags |= flags_of(next_ace(accurate, is_pure_ack));
	accurate->handshake_due = false;
	accurate->marks_untold = 0;
	if (option_is_due(tcp, now_us))
		add_option(accurate, header, now_us);
}

/* -------------------------------------------------------------- the way in */

static void count(struct tcp_accecn *accurate,
		  const struct tcp_segment *segment)
{
	static const enum tcp_accecn_field field_of[] = {
		[TCP_ECN_ECT1] = TCP_ACCECN_ECT1,
		[TCP_ECN_ECT0] = TCP_ACCECN_ECT0,
		[TCP_ECN_CE] = TCP_ACCECN_CE,
	};
	unsigned marks = accurate->marks_untold;

	if (segment->ecn == TCP_ECN_NOT_ECT)
		return;
	accurate->received[field_of[segment->ecn]] += segment->payload_len;
	if (segment->ecn != TCP_ECN_CE)
		return;
	accurate->received_ce += segment->segment_count;
	marks += segment->segment_count;
	accurate->marks_untold = marks < UINT8_MAX ? (uint8_t)marks : UINT8_MAX;
}

/* 3.2.2.5.1: before ACE can wrap, and when the marks change. */
void tcp_accecn_on_segment(struct tcp_connection *tcp,
			   const struct tcp_segment *segment)
{
	struct tcp_accecn *accurate = tcp->ecn.accurate;
	bool has_data = segment->payload_len > 0;

	count(accurate, segment);
	if (accurate->marks_untold >= (has_data ? MARKS_DATA : MARKS_ACKS))
		tcp->ack_now = true;
	if (!has_data)
		return;
	if (segment->ecn != accurate->last_mark)
		tcp->ack_now = true;
	accurate->last_mark = segment->ecn;
}

/* 3.2.3.2.4: fields begin at 1; a zero at first is somebody's doing. */
static void take_option(struct tcp_accecn *accurate,
			const struct tcp_accecn_option *option)
{
	if (!option->present || accurate->options_are_bad)
		return;
	if (!accurate->options_seen && option->count &&
	    !option->bytes[option->ect1_first ? TCP_ACCECN_ECT1
					      : TCP_ACCECN_ECT0]) {
		accurate->options_are_bad = true;
		return;
	}
	accurate->options_seen = true;
	accurate->sends_options = accurate->may_send_options; /* they pass */
	for (int i = 0; i < TCP_ACCECN_FIELDS; i++) {
		bool is_there = i == TCP_ACCECN_CE ? option->count >= 2
				: (i == TCP_ACCECN_ECT1) == option->ect1_first
					? option->count >= 1
					: option->count == 3;
		uint32_t step =
			(option->bytes[i] - accurate->fed_back[i]) & FIELD_MASK;

		if (is_there && step <= FIELD_MASK / 2)
			accurate->fed_back[i] += step;
	}
}

/* The number nearest to guess that ACE allows; segments may be short, so
 * that a guess from bytes is rather too low. */
static uint32_t nearest(uint32_t step, uint32_t guess)
{
	uint32_t ahead = (step - guess) & ACE_MASK;
	bool is_behind = ahead > ACE_MASK - 2 && guess + ahead > ACE_MASK;

	return guess + ahead - (is_behind ? ACE_MASK + 1 : 0);
}

/*
 * Appendix A.2: ACE counts modulo 8. With more segments acknowledged than
 * that, the bytes say which number is meant; without them the most that it
 * may be is assumed.
 */
static uint32_t marks_of(const struct tcp_connection *tcp, uint32_t step,
			 uint32_t delivered, bool bytes_are_known,
			 uint32_t bytes)
{
	uint32_t mss = tcp->snd.mss ? tcp->snd.mss : 1;
	uint32_t segments = (delivered + mss - 1) / mss;

	if (bytes_are_known)
		return nearest(step, (bytes + mss - 1) / mss);
	if (segments <= ACE_MASK)
		return step;
	return segments - ((segments - step) & ACE_MASK);
}

/* Its option may allow ours, which take room. */
static void note_option(struct tcp_connection *tcp,
			const struct tcp_accecn_option *option)
{
	bool sent_options = tcp->ecn.accurate->sends_options;

	take_option(tcp->ecn.accurate, option);
	if (sent_options != tcp->ecn.accurate->sends_options)
		tcp_output_update_mss(tcp);
}

/* 3.2.3.2.5: marked bytes came in marked segments, or somebody lies. */
static void check_consistency(struct tcp_connection *tcp, uint32_t bytes)
{
	struct tcp_accecn *accurate = tcp->ecn.accurate;

	if (bytes && accurate->fed_back_ce == accurate->option_ce)
		tcp->ecn.path_mangles = true;
	accurate->option_ce = accurate->fed_back_ce;
}

static void take_feedback(struct tcp_connection *tcp,
			  const struct tcp_header *header,
			  struct tcp_ack_result *result)
{
	struct tcp_accecn *accurate = tcp->ecn.accurate;
	uint32_t mss = tcp->snd.mss ? tcp->snd.mss : 1;
	uint32_t bytes = 0 - accurate->fed_back[TCP_ACCECN_CE];
	uint32_t step;
	bool bytes_are_known;

	note_option(tcp, &header->accecn);
	bytes += accurate->fed_back[TCP_ACCECN_CE];
	bytes_are_known = header->accecn.present && !accurate->options_are_bad;
	if (accurate->ignores_feedback)
		return;
	step = (ace_of(header->flags) - accurate->fed_back_ce) & ACE_MASK;
	step = marks_of(tcp, step, result->delivered, bytes_are_known, bytes);
	accurate->fed_back_ce += step;
	tcp->statistics.delivered_ce += step;
	tcp_count(tcp, COUNTER_TCP_DELIVERED_CE, (uint32_t)step);
	result->ece = step > 0;
	if (bytes_are_known)
		check_consistency(tcp, bytes);
	if (!bytes_are_known)
		bytes = step * mss;
	result->ce_bytes =
		bytes < result->delivered ? bytes : result->delivered;
}

void tcp_accecn_on_ack(struct tcp_connection *tcp,
		       const struct tcp_segment *segment,
		       struct tcp_ack_result *result)
{
	bool is_first = !tcp->ecn.accurate->is_checked;
	bool is_pure = !segment->payload_len && !segment->header.sack_count;

	if (is_first)
		check_first(tcp, ace_of(segment->header.flags), is_pure);
	if (is_first && tcp->passive)
		note_option(tcp, &segment->header.accecn);
	else if (result->delivered) /* else it may be older than the last */
		take_feedback(tcp, &segment->header, result);
}
