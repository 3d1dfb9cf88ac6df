/* TCP-AO on each segment. RFC 5925, 5, 6 and 7.4. */
#include "tcp/tcp_ao.h"

#include <string.h>

struct tcp_auth_key *tcp_ao_find_send(struct tcp_auth *auth,
				      const struct pyt_ip *peer, uint8_t id)
{
	return tcp_auth_key_find_id(auth, TCP_AUTH_BY_SEND_ID, id, peer);
}

struct tcp_auth_key *tcp_ao_find_receive(struct tcp_auth *auth,
					 const struct pyt_ip *peer, uint8_t id)
{
	return tcp_auth_key_find_id(auth, TCP_AUTH_BY_RECEIVE_ID, id, peer);
}

/* ---------------------------------------------------------- traffic keys */

/* RFC 5925, 5.2: a SYN's is bound to the one number that it knows. */
static struct tcp_ao_traffic_key derive(const struct tcp_auth_key *key,
					const struct tcp_ao_flow *flow,
					bool is_sending, bool is_syn)
{
	const struct pyt_sockaddr *src =
		is_sending ? &flow->local : &flow->peer;
	const struct pyt_sockaddr *dst =
		is_sending ? &flow->peer : &flow->local;
	struct tcp_ao_context context = {
		.src = src->ip,
		.dst = dst->ip,
		.src_port = src->port,
		.dst_port = dst->port,
		.src_isn = is_sending ? flow->iss : flow->irs,
		.dst_isn = is_sending ? flow->irs : flow->iss,
	};

	if (is_syn)
		context.dst_isn = 0;
	return tcp_ao_traffic_key(key->algorithm, key->secret, key->secret_len,
				  &context);
}

/* The same for all of a connection's segments behind the SYNs: kept. */
static struct tcp_ao_traffic_key traffic_key(struct tcp_auth_key *key,
					     const struct tcp_ao_flow *flow,
					     bool is_sending, bool is_syn)
{
	struct tcp_ao_traffic_key *kept =
		is_sending ? &key->send : &key->receive;

	if (is_syn || !flow->is_settled)
		return derive(key, flow, is_sending, is_syn);
	if (!kept->len)
		*kept = derive(key, flow, is_sending, false);
	return *kept;
}

static bool covers_options(const struct tcp_auth_key *key)
{
	return !(key->flags & TCP_AO_KEYF_EXCLUDE_OPT);
}

/* --------------------------------------------------------------- the way */

void tcp_ao_sign(struct tcp_auth_key *key, const struct tcp_ao_flow *flow,
		 const struct tcp_auth_message *message, uint32_t sne,
		 bool is_syn, uint8_t *header)
{
	struct tcp_ao_traffic_key traffic =
		traffic_key(key, flow, true, is_syn);
	uint8_t mac[TCP_MAC_LEN_MAX];

	tcp_ao_mac(key->algorithm, &traffic, sne, message, covers_options(key),
		   mac);
	memcpy(header + message->mac_at, mac, key->mac_len);
}

static bool is_genuine(struct tcp_auth_key *key, const struct tcp_ao_flow *flow,
		       const struct tcp_segment *segment, uint32_t sne)
{
	const struct tcp_header *header = &segment->header;
	bool is_syn = (header->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	struct iovec payload = { (void *)segment->payload,
				 segment->payload_len };
	struct tcp_auth_message message = {
		.src = segment->src,
		.dst = segment->dst,
		.header = segment->wire,
		.header_len = segment->wire_len,
		.mac_at = header->auth.at,
		.mac_len = header->auth.mac_len,
		.payload = &payload,
		.payload_count = 1,
		.payload_len = segment->payload_len,
	};
	struct tcp_ao_traffic_key traffic;
	uint8_t mac[TCP_MAC_LEN_MAX];

	if (header->auth.mac_len != key->mac_len || !segment->wire)
		return false;
	traffic = traffic_key(key, flow, false, is_syn);
	tcp_ao_mac(key->algorithm, &traffic, sne, &message, covers_options(key),
		   mac);
	return tcp_auth_equal(mac, segment->wire + header->auth.at,
			      key->mac_len);
}

/* RFC 5925, 7.5 step 2.e and 3.1: the peer says which key it wants. */
static void follow_peer(struct tcp_auth *auth, const struct tcp_ao_flow *flow,
			uint8_t wanted_id)
{
	struct tcp_auth_key *key;

	if (!auth->current || auth->current->send_id == wanted_id)
		return;
	key = tcp_ao_find_send(auth, &flow->peer.ip, wanted_id);
	if (key)
		auth->current = key;
}

enum counter tcp_ao_verify(struct tcp_auth *auth,
			   const struct tcp_ao_flow *flow,
			   const struct tcp_segment *segment, uint32_t sne)
{
	const struct tcp_auth_option *option = &segment->header.auth;
	struct tcp_auth_key *key = NULL;

	if (auth)
		key = tcp_ao_find_receive(auth, &flow->peer.ip, option->key_id);
	if (!key) {
		if (auth)
			auth->key_not_found_count++;
		return COUNTER_TCP_AO_KEY_NOT_FOUND;
	}
	if (!is_genuine(key, flow, segment, sne)) {
		auth->bad_count++;
		key->bad_count++;
		return COUNTER_TCP_AO_BAD;
	}
	auth->good_count++;
	key->good_count++;
	follow_peer(auth, flow, option->next_key_id);
	return COUNTER_NONE;
}
