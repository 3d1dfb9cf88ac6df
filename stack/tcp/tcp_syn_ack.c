/* SYN-ACKs. RFC 9293, 3.10.7.2; RFC 7323; RFC 2018; RFC 6691. */
#include "tcp/tcp_syn_ack.h"

#include <string.h>

#include "tcp/tcp_auth.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_fastopen_server.h"
#include "tcp/tcp_ip_options.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_syn_cookie.h"
#include "tcp/tcp_window.h"

void tcp_syn_ack_offer(const struct tcp_listener *listener,
		       struct tcp_half_open *h, const struct tcp_path *path)
{
	const struct tcp_connection *prototype = listener->prototype;

	h->wscale = tcp_window_scale(prototype);
	h->mss = tcp_open_mss(&prototype->options, path);
	/* Linux: here the segments' own options are deducted, in a SYN not. */
	h->window = tcp_open_window(
		prototype, h->mss - (h->ts_ok ? TCP_OPTION_TIMESTAMP_LEN : 0u));
}

void tcp_syn_ack_agree(const struct tcp_listener *listener,
		       struct tcp_half_open *h,
		       const struct tcp_segment *segment,
		       const struct tcp_path *path)
{
	const struct tcp_settings *settings = &listener->context->settings;
	const struct tcp_header *syn = &segment->header;

	h->irs = syn->seq;
	h->syn_dscp = segment->dscp;
	h->peer_mss = syn->mss;
	h->sack_ok = syn->sack_permitted && settings->sack;
	h->ts_ok = syn->has_timestamp && settings->timestamps;
	h->ts_recent = syn->ts_value;
	h->wscale_ok = syn->has_wscale && settings->window_scaling;
	h->peer_wscale = syn->wscale;
	tcp_auth_note(h, syn);
	tcp_ecn_agree(listener->prototype, h, segment);
	/* Beside a signature there is no room for both: Linux keeps SACK. */
	if (h->sack_ok && tcp_auth_is_for(listener->prototype, &h->peer.ip))
		h->ts_ok = false;
	tcp_syn_ack_offer(listener, h, path);
}

static uint32_t timestamp(const struct tcp_half_open *h, int64_t now_us)
{
	return h->is_cookie ? tcp_syn_cookie_timestamp(h, now_us)
			    : (uint32_t)(now_us / 1000);
}

/* RFC 9293, 3.10.7.4, first: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
static void make_challenge(const struct tcp_half_open *h,
			   struct tcp_header *header)
{
	header->flags = TCP_ACK;
	header->seq++;
	header->mss = 0;
	header->sack_permitted = header->has_wscale = false;
	if (h->wscale_ok)
		header->window = (uint16_t)(h->window >> h->wscale);
}

/* net.ipv4.tcp_reflect_tos: that of the SYN. */
static uint8_t tos_without_ecn(const struct tcp_listener *listener,
			       const struct tcp_half_open *h)
{
	if (listener->context->settings.reflect_tos)
		return h->syn_dscp;
	return listener->prototype->options.tos & (uint8_t)~TCP_ECN_CE;
}

void tcp_syn_ack_build(const struct tcp_listener *listener,
		       const struct tcp_half_open *h, struct tcp_output *output,
		       int64_t now_us)
{
	struct tcp_header header = {
		.src_port = h->local.port,
		.dst_port = h->peer.port,
		.seq = h->iss.iss,
		.ack = h->irs + 1,
		.flags = TCP_SYN | TCP_ACK,
		.window = (uint16_t)h->window,
		.mss = h->mss,
		.sack_permitted = h->sack_ok,
		.has_wscale = h->wscale_ok,
		.wscale = h->wscale,
		.has_timestamp = h->ts_ok,
		.ts_value = timestamp(h, now_us) + h->iss.ts_offset,
		.ts_echo = h->ts_recent,
	};
	uint8_t ecn = tcp_ecn_syn_ack(listener->prototype, h, &header);

	if (h->gives_cookie && !h->is_challenge)
		tcp_fastopen_server_give(
			tcp_fastopen_server_keys(listener->prototype),
			&h->peer.ip, &h->local.ip, &header);
	if (h->is_challenge)
		make_challenge(h, &header);
	tcp_auth_describe_syn_ack(listener->prototype, h, &header);
	memset(output, 0, sizeof(*output));
	output->src = h->local.ip;
	output->dst = h->peer.ip;
	output->header_len =
		(uint32_t)tcp_header_build(&header, output->header);
	output->tos = tos_without_ecn(listener, h) | ecn;
	output->ttl = listener->prototype->options.ttl;
	output->delay_us = listener->prototype->options.tx_delay_us;
	output->dont_fragment = true;
	if (h->ip_options) {
		output->ip_options = h->ip_options->bytes;
		output->ip_options_len = h->ip_options->len;
	}
	tcp_auth_sign_syn_ack(listener->prototype, h, output);
}
