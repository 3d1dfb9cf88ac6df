/*
 * RFC 5927, 7.2: a size that the peer has acknowledged passes, whatever ICMP
 * says, until data times out; then the next message is believed. So a forged
 * one costs nothing, and a path that really shrank one timeout.
 */
#include "tcp/tcp_pmtu.h"

#include "tcp/tcp_accecn.h"
#include "tcp/tcp_auth.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"

void tcp_pmtu_on_sent(struct tcp_connection *tcp, uint32_t len, uint64_t end)
{
	struct tcp_pmtu *pmtu = &tcp->pmtu;

	if (len <= pmtu->acked_len || len <= pmtu->sent_len)
		return;
	pmtu->sent_len = (uint16_t)len;
	pmtu->sent_end = (uint32_t)end;
}

void tcp_pmtu_on_ack(struct tcp_connection *tcp)
{
	struct tcp_pmtu *pmtu = &tcp->pmtu;

	if (!pmtu->sent_len ||
	    seq_is_before((uint32_t)tcp->snd.una, pmtu->sent_end))
		return;
	pmtu->acked_len = pmtu->sent_len;
	pmtu->sent_len = 0;
}

/* A retransmission may be cut smaller: its ACK proves no size. */
void tcp_pmtu_on_timeout(struct tcp_connection *tcp)
{
	tcp->pmtu.acked_len = tcp->pmtu.sent_len = 0;
}

static bool is_in_flight(const struct tcp_connection *tcp, uint32_t seq)
{
	uint64_t position = seq_from_wire(tcp->snd.iss, tcp->snd.una, seq);

	return position >= tcp->snd.una && position < tcp->snd.nxt;
}

static uint32_t packet_len(const struct tcp_connection *tcp, uint32_t payload)
{
	uint32_t len = payload + tcp_open_ip_len(tcp) + TCP_HEADER_LEN_MIN;

	len += tcp_auth_option_len(tcp) + tcp_accecn_option_len(tcp);
	return len + (tcp->ts_ok ? TCP_OPTION_TIMESTAMP_LEN : 0);
}

/* RFC 1191, 6.4: it was not congestion. All but what was not too big. */
static void send_again(struct tcp_connection *tcp, uint32_t was_mss)
{
	if (tcp->snd.mss >= was_mss)
		return;
	tcp_sent_mark_longer_lost(&tcp->sent, tcp->snd.mss);
	tcp->pmtu.sent_len = 0;
	/* What is marked lost is repaired without a reduction of the window. */
	if (tcp->recovery.state == TCP_RECOVERY_OPEN && tcp->sent.lost_len) {
		tcp->recovery.state = TCP_RECOVERY_LOSS;
		tcp->recovery.high = tcp->snd.nxt;
	}
}

bool tcp_mtu_changed(struct tcp_connection *tcp, uint32_t quoted_seq,
		     uint32_t mtu, int64_t now_us)
{
	struct counters *counters = &tcp_engine(tcp)->counters;
	uint32_t was_mss = tcp->snd.mss;

	if (!tcp_is_synchronized(tcp) || !is_in_flight(tcp, quoted_seq)) {
		counter_hit(counters, COUNTER_TCP_OUT_OF_WINDOW_ICMPS);
		return false;
	}
	if (mtu >= tcp->snd.path_mtu)
		return false;
	if (tcp->pmtu.acked_len && packet_len(tcp, tcp->pmtu.acked_len) > mtu) {
		counter_hit(counters, COUNTER_TCP_PMTU_DEFERRED);
		return false;
	}
	tcp->snd.path_mtu = mtu;
	tcp_output_update_mss(tcp);
	send_again(tcp, was_mss);
	tcp_output_schedule(tcp, now_us);
	return true;
}
