/* Signing and verifying of segments: TCP-MD5 or TCP-AO. RFC 2385, 5925. */
#include "tcp/tcp_auth.h"

#include <errno.h>
#include <string.h>

#include "tcp/tcp_ao.h"
#include "tcp/tcp_auth_keys.h"
#include "tcp/tcp_md5.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_syn_queue.h"

#define MD5_OPTION_LEN 20 /* with two NOPs */
#define AO_OPTION_HEAD 4

/* ------------------------------------------------------------- lifetime */

void tcp_auth_clear(struct tcp_connection *tcp)
{
	if (!tcp->auth)
		return;
	while (!TAILQ_EMPTY(&tcp->auth->keys))
		tcp_auth_key_remove(tcp, TAILQ_FIRST(&tcp->auth->keys));
	engine_free(tcp_engine(tcp), tcp->auth, sizeof(*tcp->auth));
	tcp->auth = NULL;
}

static struct tcp_auth *copy_settings(struct tcp_connection *tcp,
				      const struct tcp_auth *from)
{
	struct tcp_auth *auth = tcp_auth_get(tcp);

	if (!auth)
		return NULL;
	auth->has_ao = from->has_ao;
	auth->ao_required = from->ao_required;
	auth->accepts_icmp = from->accepts_icmp;
	return auth;
}

static bool copy_all(struct tcp_connection *tcp, const struct tcp_auth *from)
{
	const struct tcp_auth_key *key;
	struct tcp_auth_key *copy;

	TAILQ_FOREACH (key, &from->keys, link) {
		copy = tcp_auth_key_add(tcp, key);
		if (!copy)
			return false;
		if (key == from->current)
			tcp->auth->current = copy;
		if (key == from->next)
			tcp->auth->next = copy;
	}
	return true;
}

static bool copy_those_for(struct tcp_connection *tcp, struct tcp_auth *from,
			   enum tcp_auth_kind kind, const struct pyt_ip *peer)
{
	struct tcp_auth_key *key = NULL;

	while ((key = tcp_auth_key_next(from, kind, peer, key)))
		if (!tcp_auth_key_add(tcp, key))
			return false;
	return true;
}

bool tcp_auth_copy(struct tcp_connection *tcp, const struct tcp_connection *old)
{
	return !old->auth ||
	       (copy_settings(tcp, old->auth) && copy_all(tcp, old->auth));
}

/* The program's choice counts if it is for this peer; else the first. */
static void choose_ao_keys(struct tcp_auth *auth, const struct pyt_ip *peer)
{
	struct tcp_auth_key *first = tcp_auth_key_find(auth, TCP_AUTH_AO, peer);

	if (!auth->current || !tcp_auth_key_is_for(auth->current, peer))
		auth->current = first;
	if (!auth->next || !tcp_auth_key_is_for(auth->next, peer))
		auth->next = first;
}

/* Linux: with MD5 a SYN has no room for timestamps. */
void tcp_auth_on_connect(struct tcp_connection *tcp)
{
	if (!tcp->auth)
		return;
	choose_ao_keys(tcp->auth, &tcp->peer.ip);
	if (!tcp->auth->current && tcp_auth_option_len(tcp))
		tcp->ts_ok = false;
}

bool tcp_auth_inherit(struct tcp_connection *child,
		      const struct tcp_connection *prototype,
		      const struct tcp_half_open *half_open)
{
	const struct pyt_ip *peer = &half_open->peer.ip;
	struct tcp_auth *auth;

	if (!prototype->auth)
		return true;
	auth = copy_settings(child, prototype->auth);
	if (!auth ||
	    !copy_those_for(child, prototype->auth, TCP_AUTH_MD5, peer) ||
	    !copy_those_for(child, prototype->auth, TCP_AUTH_AO, peer))
		return false;
	if (!half_open->has_ao)
		return true;
	auth->current = tcp_ao_find_send(auth, peer, half_open->ao_next_key_id);
	auth->next = tcp_ao_find_receive(auth, peer, half_open->ao_key_id);
	choose_ao_keys(auth, peer);
	return true;
}

/* ----------------------------------------------------------------- sign */

static struct tcp_auth_option option_of(const struct tcp_auth_key *current,
					const struct tcp_auth_key *next,
					const struct tcp_auth_key *md5)
{
	if (current)
		return (struct tcp_auth_option){
			.kind = TCP_AUTH_AO,
			.mac_len = current->mac_len,
			.key_id = current->send_id,
			.next_key_id = next ? next->receive_id : 0,
		};
	if (md5)
		return (struct tcp_auth_option){ .kind = TCP_AUTH_MD5,
						 .mac_len = TCP_MD5_LEN };
	return (struct tcp_auth_option){ 0 };
}

void tcp_auth_describe(const struct tcp_connection *tcp,
		       struct tcp_header *header)
{
	struct tcp_auth *auth = tcp->auth;

	if (auth)
		header->auth = option_of(
			auth->current, auth->next,
			tcp_auth_key_find(auth, TCP_AUTH_MD5, &tcp->peer.ip));
}

uint32_t tcp_auth_option_len(const struct tcp_connection *tcp)
{
	struct tcp_header header = { 0 };

	if (!tcp->auth)
		return 0;
	tcp_auth_describe(tcp, &header);
	switch (header.auth.kind) {
	case TCP_AUTH_NONE:
		return 0;
	case TCP_AUTH_MD5:
		return MD5_OPTION_LEN;
	case TCP_AUTH_AO:
		return (AO_OPTION_HEAD + header.auth.mac_len + 3u) & ~3u;
	}
	return 0;
}

static struct tcp_auth_message message_of(const struct tcp_output *output,
					  uint32_t mac_len)
{
	return (struct tcp_auth_message){
		.src = output->src,
		.dst = output->dst,
		.header = output->header,
		.header_len = output->header_len,
		.mac_at = TCP_HEADER_MAC_OFFSET,
		.mac_len = mac_len,
		.payload = output->payload,
		.payload_count = output->payload_count,
		.payload_len = output->payload_len,
	};
}

static void sign_md5(struct tcp_auth *auth, struct tcp_output *output)
{
	const struct tcp_auth_key *key =
		tcp_auth_key_find(auth, TCP_AUTH_MD5, &output->dst);
	struct tcp_auth_message message = message_of(output, TCP_MD5_LEN);

	if (key)
		tcp_auth_md5(&message, key->secret, key->secret_len,
			     output->header + TCP_HEADER_MAC_OFFSET);
}

static struct tcp_ao_flow flow_of(const struct tcp_connection *tcp)
{
	return (struct tcp_ao_flow){
		.local = tcp->local,
		.peer = tcp->peer,
		.iss = tcp->snd.iss,
		.irs = tcp->rcv.irs,
		.is_settled = tcp_is_synchronized(tcp),
	};
}

void tcp_auth_sign(struct tcp_connection *tcp, struct tcp_output *output)
{
	struct tcp_auth *auth = tcp->auth;
	struct reader r = reader_init(output->header, output->header_len);
	struct tcp_ao_flow flow = flow_of(tcp);
	struct tcp_auth_message message;
	struct tcp_header header;
	uint64_t position;

	if (!auth || !tcp_header_parse(&r, &header))
		return;
	if (header.auth.kind == TCP_AUTH_MD5) {
		sign_md5(auth, output);
	} else if (header.auth.kind == TCP_AUTH_AO && auth->current) {
		message = message_of(output, header.auth.mac_len);
		position =
			seq_from_wire(tcp->snd.iss, tcp->snd.una, header.seq);
		tcp_ao_sign(auth->current, &flow, &message,
			    tcp_ao_sne(tcp->snd.iss, position),
			    (header.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN,
			    output->header);
	}
}

/* --------------------------------------------------------------- verify */

/* The peer's keys say how it has to sign; Linux's tcp_inbound_hash(). */
static enum counter verify_unsigned(struct tcp_auth *auth,
				    const struct pyt_ip *peer)
{
	if (!auth)
		return COUNTER_NONE;
	if (auth->ao_required || tcp_auth_key_find(auth, TCP_AUTH_AO, peer)) {
		auth->required_count++;
		return COUNTER_TCP_AO_REQUIRED;
	}
	if (tcp_auth_key_find(auth, TCP_AUTH_MD5, peer))
		return COUNTER_TCP_MD5_NOT_FOUND;
	return COUNTER_NONE;
}

static enum counter verify(struct tcp_auth *auth,
			   const struct tcp_ao_flow *flow,
			   const struct tcp_segment *segment, uint32_t sne)
{
	const struct tcp_auth_option *option = &segment->header.auth;

	if (option->count > 1)
		return COUNTER_TCP_AUTH_OPTIONS;
	switch (option->kind) {
	case TCP_AUTH_NONE:
		return verify_unsigned(auth, &segment->src);
	case TCP_AUTH_MD5:
		return tcp_md5_verify(auth, segment);
	case TCP_AUTH_AO:
		return tcp_ao_verify(auth, flow, segment, sne);
	}
	return COUNTER_NONE;
}

/* Until the peer's SYN is here, its numbers are those of the segment. */
enum counter tcp_auth_verify(struct tcp_connection *tcp,
			     const struct tcp_segment *segment)
{
	const struct tcp_auth_key *current =
		tcp->auth ? tcp->auth->current : NULL;
	struct tcp_ao_flow flow;
	uint64_t position = SEQ_SYN;
	enum counter reason;

	if (!tcp->auth && !segment->header.auth.count)
		return COUNTER_NONE;
	flow = flow_of(tcp);
	if (tcp->state == TCP_STATE_SYN_SENT)
		flow.irs = segment->header.seq;
	else
		position = seq_from_wire(tcp->rcv.irs, tcp->rcv.nxt,
					 segment->header.seq);
	reason = verify(tcp->auth, &flow, segment,
			tcp_ao_sne(flow.irs, position));
	if (reason == COUNTER_NONE &&
	    segment->header.auth.kind == TCP_AUTH_AO && tcp->auth)
		tcp_count(tcp, COUNTER_TCP_AO_GOOD, 1);
	/* The peer may have led us to a key with a longer MAC. */
	if (tcp->auth && tcp->auth->current != current &&
	    tcp_is_synchronized(tcp))
		tcp_output_update_mss(tcp);
	return reason;
}

bool tcp_auth_ignores_icmp(struct tcp_connection *tcp)
{
	if (!tcp->auth || !tcp->auth->current || tcp->auth->accepts_icmp)
		return false;
	tcp->auth->dropped_icmp_count++;
	counter_hit(&tcp_engine(tcp)->counters, COUNTER_TCP_AO_DROPPED_ICMPS);
	return true;
}

/* ------------------------------------------------------------ listeners */

static struct tcp_ao_flow flow_of_half_open(
	const struct tcp_half_open *half_open)
{
	return (struct tcp_ao_flow){ .local = half_open->local,
				     .peer = half_open->peer,
				     .iss = half_open->iss.iss,
				     .irs = half_open->irs };
}

/* Without a record the numbers are those that the segment claims. */
static struct tcp_ao_flow flow_of_segment(const struct tcp_segment *segment)
{
	const struct tcp_header *header = &segment->header;
	bool is_syn = header->flags & TCP_SYN;

	return (struct tcp_ao_flow){
		.local = { .ip = segment->dst, .port = header->dst_port },
		.peer = { .ip = segment->src, .port = header->src_port },
		.iss = is_syn ? 0 : header->ack - 1,
		.irs = is_syn ? header->seq : header->seq - 1,
	};
}

enum counter tcp_auth_verify_half_open(struct tcp_connection *prototype,
				       const struct tcp_half_open *half_open,
				       const struct tcp_segment *segment)
{
	struct tcp_ao_flow flow;
	uint64_t position;

	if (!prototype->auth && !segment->header.auth.count)
		return COUNTER_NONE;
	flow = half_open && !(segment->header.flags & TCP_SYN)
		       ? flow_of_half_open(half_open)
		       : flow_of_segment(segment);
	position = seq_from_wire(flow.irs, SEQ_SYN, segment->header.seq);
	return verify(prototype->auth, &flow, segment,
		      tcp_ao_sne(flow.irs, position));
}

static struct tcp_auth_key *syn_ack_key(struct tcp_auth *auth,
					const struct tcp_half_open *half_open)
{
	const struct pyt_ip *peer = &half_open->peer.ip;
	struct tcp_auth_key *key;

	if (!half_open->has_ao)
		return NULL;
	key = tcp_ao_find_send(auth, peer, half_open->ao_next_key_id);
	return key ? key : tcp_auth_key_find(auth, TCP_AUTH_AO, peer);
}

void tcp_auth_describe_syn_ack(const struct tcp_connection *prototype,
			       const struct tcp_half_open *half_open,
			       struct tcp_header *header)
{
	struct tcp_auth *auth = prototype->auth;
	const struct pyt_ip *peer = &half_open->peer.ip;

	if (auth)
		header->auth = option_of(
			syn_ack_key(auth, half_open),
			tcp_ao_find_receive(auth, peer, half_open->ao_key_id),
			tcp_auth_key_find(auth, TCP_AUTH_MD5, peer));
}

void tcp_auth_sign_syn_ack(const struct tcp_connection *prototype,
			   const struct tcp_half_open *half_open,
			   struct tcp_output *output)
{
	struct tcp_ao_flow flow = flow_of_half_open(half_open);
	struct tcp_auth_message message;
	struct tcp_auth_key *key;

	if (!prototype->auth)
		return;
	key = syn_ack_key(prototype->auth, half_open);
	if (!key) {
		if (!half_open->has_ao)
			sign_md5(prototype->auth, output);
		return;
	}
	message = message_of(output, key->mac_len);
	tcp_ao_sign(key, &flow, &message, 0, false, output->header);
}

/* With TCP-AO the numbers that its traffic key needs are not known. */
bool tcp_auth_sign_reset(const struct tcp_connection *prototype,
			 struct tcp_output *output)
{
	struct reader r = reader_init(output->header, output->header_len);
	struct tcp_auth *auth = prototype->auth;
	const struct tcp_auth_key *md5 =
		tcp_auth_key_find(auth, TCP_AUTH_MD5, &output->dst);
	struct tcp_header header;

	if (tcp_auth_key_find(auth, TCP_AUTH_AO, &output->dst))
		return false;
	if (!md5 || !tcp_header_parse(&r, &header))
		return true;
	header.auth = option_of(NULL, NULL, md5);
	output->header_len =
		(uint32_t)tcp_header_build(&header, output->header);
	sign_md5(auth, output);
	return true;
}

void tcp_auth_note(struct tcp_half_open *half_open,
		   const struct tcp_header *header)
{
	half_open->has_ao = header->auth.kind == TCP_AUTH_AO;
	half_open->ao_key_id = header->auth.key_id;
	half_open->ao_next_key_id = header->auth.next_key_id;
}

bool tcp_auth_is_for(const struct tcp_connection *prototype,
		     const struct pyt_ip *peer)
{
	return tcp_auth_key_find(prototype->auth, TCP_AUTH_MD5, peer) ||
	       tcp_auth_key_find(prototype->auth, TCP_AUTH_AO, peer);
}

/* -------------------------------------------------------------- options */

int tcp_auth_set_option(struct tcp_connection *tcp, int name, const void *value,
			uint32_t value_len)
{
	int result = tcp_md5_set_option(tcp, name, value, value_len);

	if (result == -ENOPROTOOPT)
		result = tcp_ao_set_option(tcp, name, value, value_len);
	return result;
}

int tcp_auth_get_option(const struct tcp_connection *tcp, int name, void *value,
			uint32_t value_len)
{
	return tcp_ao_get_option(tcp, name, value, value_len);
}
