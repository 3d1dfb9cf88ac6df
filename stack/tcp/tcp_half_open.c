/*
 * The steps of RFC 9293, 3.10.7.4 that a half-open connection needs, in
 * Linux's order: a wrong acknowledgment is refused first, whatever the
 * number; a SYN in the window ends it with a RST as in RFC 793.
 */
#include "tcp/tcp_half_open.h"

#include "tcp/tcp_ecn.h"
#include "tcp/tcp_seq.h"

static bool is_in_window(const struct tcp_half_open *h,
			 const struct tcp_segment *segment)
{
	const struct tcp_header *header = &segment->header;
	uint32_t start = header->seq - (h->irs + 1);
	uint32_t len = segment->payload_len + !!(header->flags & TCP_SYN) +
		       !!(header->flags & TCP_FIN);

	if (start == 0 || (start == h->window && len == 0))
		return true;
	if (start < h->window)
		return true;
	return (int32_t)start < 0 && (int32_t)(start + len) > 0;
}

/* RFC 7323, 5.3. */
static bool is_outdated(const struct tcp_half_open *h,
			const struct tcp_header *header)
{
	return h->ts_ok && header->has_timestamp &&
	       !(header->flags & TCP_RST) && h->ts_recent &&
	       seq_is_before(header->ts_value, h->ts_recent);
}

/* It echoes what no SYN-ACK has said, as Linux since 6.15 finds out. */
static bool has_wrong_echo(const struct tcp_half_open *h,
			   const struct tcp_header *header, int64_t now_us)
{
	uint32_t first = (uint32_t)(h->sent_us / 1000) + h->iss.ts_offset;
	uint32_t last = (uint32_t)(now_us / 1000) + h->iss.ts_offset;

	return h->ts_ok && header->has_timestamp && header->ts_echo &&
	       header->ts_echo - first > last - first;
}

static enum counter challenge_of(const struct tcp_half_open *h,
				 const struct tcp_segment *segment,
				 int64_t now_us)
{
	if (is_outdated(h, &segment->header))
		return COUNTER_TCP_PAWS;
	if (has_wrong_echo(h, &segment->header, now_us))
		return COUNTER_TCP_TSECR_REJECTED;
	return is_in_window(h, segment) ? COUNTER_NONE
					: COUNTER_TCP_BEYOND_WINDOW;
}

enum tcp_half_open_verdict tcp_half_open_judge(
	const struct tcp_half_open *h, const struct tcp_segment *segment,
	int64_t now_us, enum counter *reason)
{
	const struct tcp_header *header = &segment->header;
	unsigned flags = header->flags & (TCP_SYN | TCP_ACK | TCP_RST);
	bool is_syn_again = flags == TCP_SYN && header->seq == h->irs;
	bool is_rst = flags & TCP_RST;

	if (is_syn_again && !is_outdated(h, header))
		return tcp_ecn_changes_its_kind(h, header)
			       ? TCP_HALF_OPEN_ABORT
			       : TCP_HALF_OPEN_SYN_AGAIN;
	if ((flags & TCP_ACK) && !is_rst && header->ack != h->iss.iss + 1)
		return TCP_HALF_OPEN_REFUSE;
	*reason = challenge_of(h, segment, now_us);
	if (*reason != COUNTER_NONE)
		return is_rst ? TCP_HALF_OPEN_IGNORE : TCP_HALF_OPEN_CHALLENGE;
	if (is_rst) /* RFC 5961, 3.2 */
		return header->seq == h->irs + 1 ? TCP_HALF_OPEN_RESET
						 : TCP_HALF_OPEN_CHALLENGE;
	if ((flags & TCP_SYN) && header->seq != h->irs)
		return TCP_HALF_OPEN_ABORT;
	return flags & TCP_ACK ? TCP_HALF_OPEN_LAST_ACK : TCP_HALF_OPEN_IGNORE;
}

bool tcp_half_open_may_answer(struct tcp_half_open *h, int ratelimit_ms,
			      int64_t now_us)
{
	if (h->answer_us && now_us - h->answer_us < ratelimit_ms * 1000ll)
		return false;
	h->answer_us = now_us;
	return true;
}
