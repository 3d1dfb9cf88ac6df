/*
 * A binary search between what is known to pass and what might (RFC 4821,
 * 7.3). One probe is in flight at a time; it takes part in congestion control
 * as any data does, only its loss does not.
 */
#include "tcp/tcp_plpmtud.h"

#include "tcp/tcp_accecn.h"
#include "tcp/tcp_auth.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_sack.h"

#define CWND_SEGMENTS_MIN 11 /* Linux: recovery must work beside it */
#define FOLLOWING_SEGMENTS 4 /* so that its loss shows: 4821, 7.4 */

/* Headers of a data segment. */
static uint32_t overhead(const struct tcp_connection *tcp)
{
	uint32_t len = tcp_open_ip_len(tcp) + TCP_HEADER_LEN_MIN;

	len += tcp->ts_ok ? TCP_OPTION_TIMESTAMP_LEN : 0;
	return len + tcp_auth_option_len(tcp) + tcp_accecn_option_len(tcp);
}

/* No larger than the link, ICMP, IP or the peer's MSS lets it be. */
static uint32_t highest(const struct tcp_connection *tcp)
{
	uint32_t most =
		tcp->snd.peer_mss + tcp_open_ip_len(tcp) + TCP_HEADER_LEN_MIN;

	if (most > tcp->snd.path_mtu)
		most = tcp->snd.path_mtu;
	return most < UINT16_MAX ? most : UINT16_MAX;
}

static uint32_t mtu_of_mss(const struct tcp_connection *tcp, uint32_t mss)
{
	uint32_t mtu = mss + overhead(tcp);

	return mtu < highest(tcp) ? mtu : highest(tcp);
}

static void start(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_plpmtud *p = &tcp->plpmtud;

	p->enabled = true;
	p->since_s = (uint32_t)(now_us / 1000000);
	p->high = (uint16_t)highest(tcp);
	p->low = (uint16_t)mtu_of_mss(tcp,
				      (uint32_t)tcp_settings(tcp)->base_mss);
}

void tcp_plpmtud_init(struct tcp_connection *tcp, int64_t now_us)
{
	if (tcp_settings(tcp)->mtu_probing > 1)
		start(tcp, now_us);
}

uint32_t tcp_plpmtud_mtu(const struct tcp_connection *tcp)
{
	const struct tcp_plpmtud *p = &tcp->plpmtud;

	if (p->enabled && p->low < tcp->snd.path_mtu)
		return p->low;
	return tcp->snd.path_mtu;
}

/* ---------------------------------------------------------------- probes */

static uint32_t search_high(const struct tcp_connection *tcp)
{
	uint32_t high = tcp->plpmtud.high;

	return high < highest(tcp) ? high : highest(tcp);
}

/* Closer than this to what passes: the search is over. */
static bool is_settled(const struct tcp_connection *tcp)
{
	return search_high(tcp) <
	       tcp->plpmtud.low + (uint32_t)tcp_settings(tcp)->probe_threshold;
}

/* RFC 4821, 7.4: nothing else is wrong, and enough follows to see a loss. */
static bool may_probe(const struct tcp_connection *tcp, uint32_t len)
{
	uint32_t mss = tcp->snd.mss;
	uint64_t needed = len + FOLLOWING_SEGMENTS * mss;

	return tcp->recovery.state == TCP_RECOVERY_OPEN &&
	       tcp->snd.urgent <= tcp->snd.una && !tcp->sent.sacked_len &&
	       !tcp->sent.lost_len && !tcp_sack_count(tcp) &&
	       tcp->cc.cwnd >= CWND_SEGMENTS_MIN * mss &&
	       tcp_in_flight(tcp) + len <= tcp->cc.cwnd &&
	       tcp->snd.end >= tcp->snd.nxt + needed &&
	       tcp->snd.edge >= tcp->snd.nxt + needed;
}

struct tcp_decision tcp_plpmtud_decide(const struct tcp_connection *tcp)
{
	struct tcp_decision d = { .start = tcp->snd.nxt };
	const struct tcp_plpmtud *p = &tcp->plpmtud;
	uint32_t size;

	if (!p->enabled || p->probe_size || is_settled(tcp))
		return d;
	size = (p->low + search_high(tcp) + 1) / 2;
	if (size <= tcp->snd.mss + overhead(tcp) ||
	    !may_probe(tcp, size - overhead(tcp)))
		return d;
	d.kind = TCP_SEND_DATA;
	d.len = size - overhead(tcp);
	d.is_mtu_probe = true;
	return d;
}

void tcp_plpmtud_on_sent(struct tcp_connection *tcp,
			 const struct tcp_decision *probe)
{
	tcp->plpmtud.probe_size = (uint16_t)(probe->len + overhead(tcp));
	tcp->plpmtud.probe_end = (uint32_t)(probe->start + probe->len);
}

static void succeed(struct tcp_connection *tcp)
{
	struct tcp_plpmtud *p = &tcp->plpmtud;

	p->low = p->probe_size;
	p->probe_size = 0;
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_MTUP_SUCCESS);
	tcp_output_update_mss(tcp);
}

/* RFC 4821, 7.3; RFC 8899, 5.1.1: a path that has grown is found again. */
static void search_again(struct tcp_connection *tcp, int64_t now_us)
{
	uint32_t interval_s = (uint32_t)tcp_settings(tcp)->probe_interval;
	uint32_t now_s = (uint32_t)(now_us / 1000000);

	if (now_s - tcp->plpmtud.since_s < interval_s)
		return;
	tcp->plpmtud.since_s = now_s;
	tcp->plpmtud.high = (uint16_t)highest(tcp);
}

void tcp_plpmtud_on_ack(struct tcp_connection *tcp, int64_t now_us)
{
	struct tcp_plpmtud *p = &tcp->plpmtud;

	if (!p->enabled)
		return;
	if (p->probe_size &&
	    !seq_is_before((uint32_t)tcp->snd.una, p->probe_end))
		succeed(tcp);
	else if (!p->probe_size && is_settled(tcp))
		search_again(tcp, now_us);
}

bool tcp_plpmtud_takes_loss(struct tcp_connection *tcp)
{
	const struct tcp_sent_record *lost = tcp_sent_first_lost(&tcp->sent);
	struct tcp_plpmtud *p = &tcp->plpmtud;
	bool is_probe;

	if (!p->probe_size || !lost)
		return false;
	is_probe = (uint32_t)lost->end == p->probe_end &&
		   !lost->retransmitted &&
		   tcp->sent.lost_len == lost->end - lost->start;
	if (is_probe) {
		p->high = p->probe_size - 1;
		counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_MTUP_FAIL);
	}
	p->probe_size = 0; /* or the path is full: it says nothing, 7.6.4 */
	return is_probe;
}

/* ----------------------------------------------------------- black holes */

/* Each further timeout halves what is thought to pass: RFC 4821, 7.7. */
static void retreat(struct tcp_connection *tcp)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	struct tcp_plpmtud *p = &tcp->plpmtud;
	uint32_t mss = (p->low - overhead(tcp)) / 2;

	if (mss > (uint32_t)settings->base_mss)
		mss = (uint32_t)settings->base_mss;
	if (mss < (uint32_t)settings->mtu_probe_floor)
		mss = (uint32_t)settings->mtu_probe_floor;
	if (mss < (uint32_t)settings->min_snd_mss)
		mss = (uint32_t)settings->min_snd_mss;
	p->low = (uint16_t)mtu_of_mss(tcp, mss);
}

void tcp_plpmtud_on_timeout(struct tcp_connection *tcp, unsigned tries,
			    int64_t now_us)
{
	const struct tcp_settings *settings = tcp_settings(tcp);

	tcp->plpmtud.probe_size = 0;
	if (!settings->mtu_probing || tries < (unsigned)settings->retries1 ||
	    !tcp_is_synchronized(tcp))
		return;
	if (tcp->plpmtud.enabled)
		retreat(tcp);
	else
		start(tcp, now_us);
	tcp_output_update_mss(tcp);
}
