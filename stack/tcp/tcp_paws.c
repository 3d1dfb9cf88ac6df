/*
 * RFC 7323, 5.3, R1, and what Linux makes of it. A peer whose clock of
 * timestamps is another one for each of its processors may send one tick back;
 * one that began with a timestamp of 0 had none to give. And ACKs alone carry
 * no numbers that could have wrapped: a duplicate one that others overtook is
 * taken for what it is, as its SACK blocks may be news, if it is not older
 * than the peer could have kept it on its way, by our timeout.
 */
#include "tcp/tcp_paws.h"

#define OUTDATED_US (24ll * 24 * 3600 * 1000000) /* RFC 7323, 5.5 */
#define TICKS_BACK 1 /* Linux's TCP_PAWS_WINDOW */
#define TICKS_A_SECOND 1200 /* of the fastest clock, Linux's assumption */

static uint32_t ticks_behind(const struct tcp_connection *tcp,
			     const struct tcp_header *header)
{
	return seq_is_before(header->ts_value, tcp->ts_recent)
		       ? tcp->ts_recent - header->ts_value
		       : 0;
}

/* At most so many ticks back, if what it is compared with says anything. */
static bool is_within(const struct tcp_connection *tcp,
		      const struct tcp_header *header, uint32_t ticks,
		      int64_t now_us)
{
	return !tcp->ts_recent || ticks_behind(tcp, header) <= ticks ||
	       now_us - tcp->ts_recent_us > OUTDATED_US;
}

static bool may_update_window(const struct tcp_connection *tcp,
			      const struct tcp_header *header)
{
	uint32_t window = (uint32_t)header->window << tcp->snd.wscale;

	return seq_is_before(tcp->snd.wl1, header->seq) ||
	       (tcp->snd.wl1 == header->seq &&
		(window > tcp->snd.wnd || !window));
}

static bool is_in_replay_window(const struct tcp_connection *tcp,
				uint32_t ticks)
{
	return ticks <=
	       (uint64_t)tcp_rto_us(&tcp->rto) * TICKS_A_SECOND / 1000000;
}

static bool is_duplicate_ack(const struct tcp_connection *tcp,
			     const struct tcp_header *header)
{
	return header->ack == seq_to_wire(tcp->snd.iss, tcp->snd.una) &&
	       !may_update_window(tcp, header);
}

static enum tcp_paws_verdict check_pure_ack(const struct tcp_connection *tcp,
					    const struct tcp_header *header,
					    uint64_t start)
{
	if (start < tcp->rcv.nxt)
		return TCP_PAWS_OLD_ACK;
	return start == tcp->rcv.nxt && is_duplicate_ack(tcp, header) &&
			       is_in_replay_window(tcp,
						   ticks_behind(tcp, header))
		       ? TCP_PAWS_FINE
		       : TCP_PAWS_OUTDATED;
}

enum tcp_paws_verdict tcp_paws_check(const struct tcp_connection *tcp,
				     const struct tcp_segment *segment,
				     uint64_t start, int64_t now_us)
{
	const struct tcp_header *header = &segment->header;
	bool is_pure =
		!segment->payload_len &&
		(header->flags & (TCP_ACK | TCP_SYN | TCP_FIN)) == TCP_ACK;

	if (!tcp->ts_ok || !header->has_timestamp ||
	    (header->flags & TCP_RST) ||
	    is_within(tcp, header, TICKS_BACK, now_us))
		return TCP_PAWS_FINE;
	return is_pure ? check_pure_ack(tcp, header, start) : TCP_PAWS_OUTDATED;
}

bool tcp_paws_is_newer(const struct tcp_connection *tcp,
		       const struct tcp_header *header, int64_t now_us)
{
	return tcp->ts_ok && header->has_timestamp &&
	       is_within(tcp, header, 0, now_us);
}
