/* The accept queue, and what a connection takes from its half-open record. */
#include "tcp/tcp_accept.h"

#include "tcp/tcp_auth.h"
#include "tcp/tcp_chrono.h"
#include "tcp/tcp_ecn.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_state.h"

bool tcp_accept_is_full(const struct tcp_listener *listener)
{
	return listener->accepted_count > listener->backlog;
}

struct tcp_connection *tcp_accept_make(const struct tcp_listener *listener,
				       const struct tcp_half_open *h,
				       const struct tcp_path *path,
				       int64_t now_us)
{
	struct tcp_connection *prototype = listener->prototype;
	struct tcp_connection *tcp = tcp_create(listener->context, NULL);
	struct tcp_header syn = {
		.seq = h->irs,
		.mss = h->peer_mss,
		.sack_permitted = h->sack_ok,
		.has_timestamp = h->ts_ok,
		.ts_value = h->ts_recent,
		.has_wscale = h->wscale_ok,
		.wscale = h->peer_wscale,
	};

	if (!tcp)
		return NULL;
	tcp->options = prototype->options;
	if (tcp_settings(tcp)->reflect_tos)
		tcp->options.tos = h->syn_dscp;
	tcp->snd.buffer = prototype->snd.buffer;
	tcp->rcv.buffer = prototype->rcv.buffer;
	tcp->local = h->local;
	tcp->peer = h->peer;
	tcp->passive = true;
	tcp_open_init(tcp, h->iss, path, now_us);
	tcp->rcv.wscale = h->wscale;
	tcp->rcv.edge = SEQ_DATA + h->window;
	tcp_open_agree(tcp, &syn, now_us);
	tcp_state_set(tcp, TCP_STATE_LISTEN); /* where its listener is */
	tcp_state_set(tcp, TCP_STATE_SYN_RECEIVED);
	tcp->syn_sent_us = h->sent_us;
	tcp->syn_retries = h->resent;
	tcp_chrono_accept(tcp, h->resent, h->sent_us, now_us);
	tcp_ecn_accept(tcp, h);
	if (!tcp_auth_inherit(tcp, prototype, h)) {
		tcp_destroy(tcp);
		return NULL;
	}
	return tcp;
}

void tcp_accept_put(struct tcp_listener *listener, struct tcp_connection *tcp)
{
	TAILQ_INSERT_TAIL(&listener->accepted, tcp, accept_link);
	listener->accepted_count++;
}

struct tcp_connection *tcp_listener_accept(struct tcp_listener *listener)
{
	struct tcp_connection *tcp = TAILQ_FIRST(&listener->accepted);

	if (!tcp)
		return NULL;
	TAILQ_REMOVE(&listener->accepted, tcp, accept_link);
	listener->accepted_count--;
	return tcp;
}

bool tcp_listener_has_connection(const struct tcp_listener *listener)
{
	return !TAILQ_EMPTY(&listener->accepted);
}
