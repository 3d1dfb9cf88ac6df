/* Accurate ECN: counters instead of one echo a round trip. RFC 9768. */
#ifndef TCP_TCP_ACCECN_H
#define TCP_TCP_ACCECN_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_recovery.h"
#include "tcp/tcp_syn_queue.h"

#define TCP_ACCECN_COUNT_INITIAL 5 /* r.cep and s.cep; 3.2.1 */
#define TCP_ACCECN_OPTION_LEN 12 /* all three fields, with a NOP */

/* RFC 9768, 3.2.1: segments and bytes, in both directions. */
struct tcp_accecn {
	uint32_t received_ce; /* r.cep: segments that came with CE */
	uint32_t received[TCP_ACCECN_FIELDS]; /* r.e0b, r.ceb, r.e1b */
	uint32_t told[TCP_ACCECN_FIELDS]; /* as in the last option sent */
	uint32_t fed_back_ce; /* s.cep: what the peer has told us */
	uint32_t fed_back[TCP_ACCECN_FIELDS];
	uint32_t option_ce; /* s.cep when the peer's last option came */
	int64_t told_us;
	uint8_t marks_untold; /* since the last segment we sent */
	uint8_t last_mark; /* of data; enum tcp_ecn_mark */
	uint8_t handshake_mark; /* of the peer's SYN or SYN-ACK */
	uint8_t handshake_sent; /* mark that our SYN or SYN-ACK left with */
	bool handshake_due; /* the first segment tells handshake_mark */
	bool is_checked; /* the peer's first segment has come */
	bool ignores_feedback; /* it is none: 3.2.2.1, note 1 */
	bool options_seen, options_are_bad; /* the peer's */
	bool may_send_options, sends_options; /* ours */
};

/* What the mode is: the peer may know RFC 3168's ECN alone, or none. */
enum tcp_ecn_mode tcp_accecn_on_syn_ack(struct tcp_connection *tcp,
					const struct tcp_segment *segment,
					uint8_t syn_mark);
void tcp_accecn_syn_ack(const struct tcp_settings *settings,
			const struct tcp_half_open *half_open,
			struct tcp_header *header);
/* The same of a connection that Fast Open made before the handshake ended. */
void tcp_accecn_child_syn_ack(const struct tcp_connection *tcp,
			      struct tcp_header *header);
/* False: no memory. */
bool tcp_accecn_accept(struct tcp_connection *child,
		       const struct tcp_half_open *half_open);
void tcp_accecn_destroy(struct tcp_connection *tcp);

/* A SYN-ACK again: what it is acknowledged with tells how it arrived. */
void tcp_accecn_on_syn_ack_again(struct tcp_connection *tcp,
				 const struct tcp_segment *segment);

void tcp_accecn_output(struct tcp_connection *tcp, struct tcp_header *header,
		       bool is_pure_ack, int64_t now_us);
bool tcp_accecn_allows_gso(const struct tcp_connection *tcp);
/* Bytes that the option takes from each segment's payload. */
uint32_t tcp_accecn_option_len(const struct tcp_connection *tcp);
void tcp_accecn_on_segment(struct tcp_connection *tcp,
			   const struct tcp_segment *segment);
void tcp_accecn_on_ack(struct tcp_connection *tcp,
		       const struct tcp_segment *segment,
		       struct tcp_ack_result *result);

#endif
