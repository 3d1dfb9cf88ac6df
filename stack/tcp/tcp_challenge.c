/*
 * One stamp a connection limits both kinds of answer, so that two stacks that
 * disagree do not answer each other for ever. The limit of the host is off
 * by default, as in Linux: a shared count is a side channel (CVE-2016-5696);
 * where it is set it is random between half and one and a half.
 */
#include "tcp/tcp_challenge.h"

/* As Linux's __tcp_oow_rate_limited(). */
static bool is_limited(struct tcp_connection *tcp, enum counter skipped,
		       int64_t now_us)
{
	int64_t gap_us = tcp_settings(tcp)->invalid_ratelimit * 1000ll;

	if (tcp->challenge_us && now_us - tcp->challenge_us < gap_us) {
		counter_hit(&tcp_engine(tcp)->counters, skipped);
		return true;
	}
	tcp->challenge_us = now_us;
	return false;
}

static bool host_may(struct tcp_context *context, int64_t now_us)
{
	int limit = context->settings.challenge_ack_limit;
	int64_t second = now_us / 1000000;

	if (limit == INT32_MAX)
		return true;
	if (context->challenge_second != second) {
		struct random *random = &context->engine->random;

		context->challenge_second = second;
		context->challenge_left = (uint32_t)(limit + 1) / 2;
		if (limit)
			context->challenge_left +=
				random_below(random, (uint32_t)limit);
	}
	if (!context->challenge_left)
		return false;
	context->challenge_left--;
	return true;
}

void tcp_challenge(struct tcp_connection *tcp, int64_t now_us)
{
	struct counters *counters = &tcp_engine(tcp)->counters;

	if (is_limited(tcp, COUNTER_TCP_ACK_SKIPPED_CHALLENGE, now_us) ||
	    !host_may(tcp->context, now_us))
		return;
	counter_hit(counters, COUNTER_TCP_CHALLENGE_ACK);
	tcp->ack_now = true;
}

void tcp_challenge_unacceptable(struct tcp_connection *tcp,
				const struct tcp_segment *segment,
				enum counter skipped, int64_t now_us)
{
	bool is_small =
		segment->payload_len == 0 || (segment->header.flags & TCP_SYN);

	/* Data is retransmitted: its sender waits for this ACK. */
	if (is_small && is_limited(tcp, skipped, now_us))
		return;
	tcp->ack_now = true;
}

/* The peer may know what lies behind a hole as received: SACK said so. */
static uint64_t highest_block_end(const struct tcp_connection *tcp)
{
	const struct range *highest = ranges_last(&tcp->out_of_order);

	return tcp->sack_ok && highest ? highest->end : 0;
}

bool tcp_challenge_reset_is_exact(const struct tcp_connection *tcp,
				  uint64_t position)
{
	if (position == tcp->rcv.nxt)
		return true;
	/* Some stacks reset with the number of the FIN that they sent. */
	if (tcp->fin_received && position + 1 == tcp->rcv.nxt)
		return true;
	return position == highest_block_end(tcp);
}
