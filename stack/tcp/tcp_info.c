/* TCP_INFO: every field that Linux fills. */
#include "tcp/tcp_info.h"

#include <string.h>

#include "tcp/tcp_accecn.h"
#include "tcp/tcp_chrono.h"
#include "tcp/tcp_connection.h"
#include "tcp/tcp_pacing.h"
#include "tcp/tcp_window.h"

#define OPTION_FASTOPEN_CHILD 128 /* TCPI_OPT_TFO_CHILD, Linux 6.15 */

static uint32_t ms_since(int64_t then_us, int64_t now_us)
{
	return then_us ? (uint32_t)((now_us - then_us) / 1000) : 0;
}

static uint32_t segments(const struct tcp_connection *tcp, uint32_t len)
{
	uint32_t mss = tcp->snd.mss ? tcp->snd.mss : 1;

	return (len + mss - 1) / mss;
}

static uint8_t ca_state(const struct tcp_connection *tcp)
{
	switch (tcp->recovery.state) {
	case TCP_RECOVERY_OPEN:
		if (tcp->recovery.is_reducing)
			return TCP_CA_CWR;
		return tcp->sent.sacked_len ? TCP_CA_Disorder : TCP_CA_Open;
	case TCP_RECOVERY_FAST:
		return TCP_CA_Recovery;
	case TCP_RECOVERY_LOSS:
		return TCP_CA_Loss;
	}
	return TCP_CA_Open;
}

static void fill_state(const struct tcp_connection *tcp, struct tcp_info *info)
{
	info->tcpi_state = (uint8_t)tcp->state;
	info->tcpi_ca_state = ca_state(tcp);
	info->tcpi_retransmits = tcp->recovery.retransmits;
	info->tcpi_probes = tcp->probes_sent;
	info->tcpi_backoff = (uint8_t)tcp->rto.back_off;
	if (tcp->ts_ok)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (tcp->sack_ok)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (tcp->fastopen.data_acked)
		info->tcpi_options |= TCPI_OPT_SYN_DATA;
	if (tcp->fastopen.is_child)
		info->tcpi_options |= OPTION_FASTOPEN_CHILD;
	if (tcp->ecn.mode != TCP_ECN_OFF)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (tcp->ecn.seen)
		info->tcpi_options |= TCPI_OPT_ECN_SEEN;
	if (tcp->wscale_ok) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = tcp->snd.wscale & 0xf;
		info->tcpi_rcv_wscale = tcp->rcv.wscale & 0xf;
	}
}

static void fill_times(const struct tcp_connection *tcp, struct tcp_info *info,
		       int64_t now_us)
{
	info->tcpi_rto = (uint32_t)tcp_rto_us(&tcp->rto);
	info->tcpi_ato = (uint32_t)tcp->rcv.ato_us;
	info->tcpi_last_data_sent = ms_since(tcp->snd.last_us, now_us);
	info->tcpi_last_data_recv = ms_since(tcp->rcv.last_us, now_us);
	info->tcpi_last_ack_recv = ms_since(tcp->rcv.heard_us, now_us);
	info->tcpi_rtt = (uint32_t)tcp->rto.srtt_us;
	info->tcpi_rttvar = (uint32_t)tcp->rto.rttvar_us;
	info->tcpi_min_rtt = tcp->rto.min_rtt_us ? (uint32_t)tcp->rto.min_rtt_us
						 : UINT32_MAX;
	info->tcpi_rcv_rtt = (uint32_t)tcp->rcv.rtt_us;
}

static void fill_busy_times(const struct tcp_connection *tcp,
			    struct tcp_info *info, int64_t now_us)
{
	info->tcpi_rwnd_limited =
		tcp_chrono_us(tcp, TCP_BUSY_RWND_LIMITED, now_us);
	info->tcpi_sndbuf_limited =
		tcp_chrono_us(tcp, TCP_BUSY_SNDBUF_LIMITED, now_us);
	info->tcpi_busy_time = tcp_chrono_us(tcp, TCP_BUSY_SENDING, now_us) +
			       info->tcpi_rwnd_limited +
			       info->tcpi_sndbuf_limited;
}

static void fill_windows(const struct tcp_connection *tcp,
			 struct tcp_info *info)
{
	info->tcpi_snd_mss = tcp->snd.mss;
	info->tcpi_rcv_mss = tcp->rcv.mss;
	info->tcpi_advmss = tcp->snd.own_mss;
	info->tcpi_pmtu = tcp->snd.path_mtu;
	info->tcpi_unacked =
		segments(tcp, (uint32_t)(tcp->snd.nxt - tcp->snd.una));
	info->tcpi_sacked = segments(tcp, tcp->sent.sacked_len);
	info->tcpi_lost = segments(tcp, tcp->sent.lost_len);
	info->tcpi_retrans = segments(tcp, tcp->sent.again_len);
	info->tcpi_snd_cwnd = segments(tcp, tcp->cc.cwnd);
	info->tcpi_snd_ssthresh = tcp->cc.ssthresh == TCP_CC_SSTHRESH_INFINITE
					  ? TCP_CC_SSTHRESH_INFINITE
					  : segments(tcp, tcp->cc.ssthresh);
	info->tcpi_rcv_ssthresh = tcp_window_space(tcp);
	info->tcpi_rcv_space = tcp->rcv.space;
	info->tcpi_reordering = tcp->recovery.reordering;
	info->tcpi_snd_wnd = tcp->snd.wnd;
	info->tcpi_notsent_bytes =
		tcp->snd.end > tcp->snd.nxt
			? (uint32_t)(tcp->snd.end - tcp->snd.nxt)
			: 0;
}

/* The FIN counts, the SYN does not: Linux. */
static uint64_t bytes_received(const struct tcp_connection *tcp)
{
	return tcp->rcv.nxt > SEQ_DATA ? tcp->rcv.nxt - SEQ_DATA : 0;
}

static void fill_counts(const struct tcp_connection *tcp, struct tcp_info *info)
{
	const struct tcp_statistics *s = &tcp->statistics;

	info->tcpi_total_retrans = s->total_retransmissions;
	info->tcpi_bytes_acked = s->bytes_acked;
	info->tcpi_bytes_received = bytes_received(tcp);
	info->tcpi_bytes_sent = s->bytes_sent;
	info->tcpi_bytes_retrans = s->bytes_retransmitted;
	info->tcpi_segs_out = s->segs_out;
	info->tcpi_segs_in = s->segs_in;
	info->tcpi_data_segs_in = s->data_segs_in;
	info->tcpi_data_segs_out = s->data_segs_out;
	info->tcpi_delivered = segments(tcp, s->delivered);
	info->tcpi_delivered_ce = s->delivered_ce;
	info->tcpi_dsack_dups = s->dsack;
	info->tcpi_reord_seen = s->reordering_seen;
	info->tcpi_rcv_ooopack = s->out_of_order;
}

static void fill_rates(const struct tcp_connection *tcp, struct tcp_info *info)
{
	const struct tcp_rate *rate = &tcp->rate;

	info->tcpi_pacing_rate = tcp_pacing_rate(tcp);
	info->tcpi_max_pacing_rate = tcp->options.max_pacing_rate;
	info->tcpi_delivery_rate_app_limited = rate->last_is_app_limited;
	if (rate->last_us)
		info->tcpi_delivery_rate =
			(uint64_t)rate->last_len * 1000000 / rate->last_us;
}

void tcp_info(const struct tcp_connection *tcp, struct tcp_info *info,
	      int64_t now_us)
{
	memset(info, 0, sizeof(*info));
	fill_state(tcp, info);
	fill_times(tcp, info, now_us);
	fill_busy_times(tcp, info, now_us);
	fill_windows(tcp, info);
	fill_counts(tcp, info);
	fill_rates(tcp, info);
}

/* Without what the counters start with: RFC 9768, 3.2.1 and 3.2.3. */
static void fill_accurate_ecn(const struct tcp_accecn *accurate,
			      struct tcp_info_tail *tail)
{
	const uint32_t *delivered = accurate->fed_back;
	const uint32_t *received = accurate->received;

	tail->received_ce = accurate->received_ce - TCP_ACCECN_COUNT_INITIAL;
	tail->delivered_e1_bytes = delivered[TCP_ACCECN_ECT1] - 1;
	tail->delivered_e0_bytes = delivered[TCP_ACCECN_ECT0] - 1;
	tail->delivered_ce_bytes = delivered[TCP_ACCECN_CE];
	tail->received_e1_bytes = received[TCP_ACCECN_ECT1] - 1;
	tail->received_e0_bytes = received[TCP_ACCECN_ECT0] - 1;
	tail->received_ce_bytes = received[TCP_ACCECN_CE];
	if (accurate->options_seen)
		tail->accecn_opt_seen = TCP_INFO_ACCECN_COUNTERS_SEEN;
	if (accurate->may_send_options && !accurate->sends_options)
		tail->accecn_fail_mode |= TCP_INFO_ACCECN_FAIL_SEND;
	if (accurate->options_are_bad) {
		tail->accecn_opt_seen = TCP_INFO_ACCECN_OPTION_FAILED;
		tail->accecn_fail_mode |= TCP_INFO_ACCECN_FAIL_RECV;
	}
}

void tcp_info_whole(const struct tcp_connection *tcp,
		    struct tcp_info_whole *whole, int64_t now_us)
{
	memset(whole, 0, sizeof(*whole));
	tcp_info(tcp, &whole->head, now_us);
	whole->tail.rcv_wnd = (uint32_t)(tcp->rcv.edge - tcp->rcv.acked);
	whole->tail.total_rto = tcp->chrono.rto_count;
	whole->tail.total_rto_recoveries = tcp->chrono.rto_recoveries;
	whole->tail.total_rto_time = tcp_chrono_rto_ms(tcp, now_us);
	if (tcp->ecn.accurate)
		fill_accurate_ecn(tcp->ecn.accurate, &whole->tail);
}
