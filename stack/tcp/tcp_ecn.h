/*
 * Explicit congestion notification: what the SYNs agree on, and the marks of
 * each segment. RFC 3168; RFC 5562; RFC 8257, 3; RFC 9768 in tcp_accecn.c.
 */
#ifndef TCP_TCP_ECN_H
#define TCP_TCP_ECN_H

#include "tcp/tcp_connection.h"
#include "tcp/tcp_decide.h"
#include "tcp/tcp_recovery.h"
#include "tcp/tcp_syn_queue.h"

/* The low two bits of TOS; RFC 3168, 5. */
enum tcp_ecn_mark {
	TCP_ECN_NOT_ECT,
	TCP_ECN_ECT1,
	TCP_ECN_ECT0,
	TCP_ECN_CE,
};

#define TCP_ECN_FLAGS (TCP_AE | TCP_CWR | TCP_ECE)

void tcp_ecn_clear(struct tcp_connection *tcp);

/* ------------------------------------------------------- the handshake */
/* What is asked of the peer. */
void tcp_ecn_on_connect(struct tcp_connection *tcp);
/* Flags of a SYN, or SYN-ACK of a simultaneous open; its mark. */
uint8_t tcp_ecn_syn(struct tcp_connection *tcp, struct tcp_header *header);
void tcp_ecn_on_syn_ack(struct tcp_connection *tcp,
			const struct tcp_segment *segment);
void tcp_ecn_on_crossing_syn(struct tcp_connection *tcp,
			     const struct tcp_header *header);

/* What the peer's SYN asks for and the listener grants. */
void tcp_ecn_agree(const struct tcp_connection *prototype,
		   struct tcp_half_open *half_open,
		   const struct tcp_segment *syn);
/* Flags, option and mark of a SYN-ACK. */
uint8_t tcp_ecn_syn_ack(const struct tcp_connection *prototype,
			const struct tcp_half_open *half_open,
			struct tcp_header *header);
/* RFC 9768, 3.1.5: no SYN for RFC 3168's ECN may follow one for AccECN. */
bool tcp_ecn_changes_its_kind(const struct tcp_half_open *half_open,
			      const struct tcp_header *syn);
/* The same SYN again: the mark of the newest is told. */
void tcp_ecn_on_syn_again(struct tcp_half_open *half_open,
			  const struct tcp_segment *syn);
/* The SYN-ACK again, to a connection that is open; an ACK is due. */
void tcp_ecn_on_syn_ack_again(struct tcp_connection *tcp,
			      const struct tcp_segment *segment);
/* RFC 5562, 3.2: our SYN-ACK was marked, so another one is sent, once. */
bool tcp_ecn_tries_again(struct tcp_half_open *half_open,
			 const struct tcp_header *ack);
void tcp_ecn_accept(struct tcp_connection *child,
		    const struct tcp_half_open *half_open);

/* ------------------------------------------------------- each segment */
/* Sets flags and option of a header that is complete else; the mark. */
uint8_t tcp_ecn_output(struct tcp_connection *tcp, const struct tcp_decision *d,
		       struct tcp_header *header, int64_t now_us);
/* RFC 8257, 3.2: an ACK of what came before the marks changed is due. */
static inline bool tcp_ecn_early_ack_is_due(const struct tcp_connection *tcp)
{
	return tcp->ecn.early_count > 0;
}
/* Makes header that ACK; it does not tell the newest state. */
void tcp_ecn_early_ack(struct tcp_connection *tcp, struct tcp_header *header);
/* Whether the next segment may be a super-frame. */
bool tcp_ecn_allows_gso(const struct tcp_connection *tcp,
			const struct tcp_path *path);
/* A segment that is acceptable; before its data is taken. */
void tcp_ecn_on_segment(struct tcp_connection *tcp,
			const struct tcp_segment *segment);
/* What its acknowledgment says of marks; the scoreboard is up to date. */
void tcp_ecn_on_ack(struct tcp_connection *tcp,
		    const struct tcp_segment *segment,
		    struct tcp_ack_result *result);
/* The congestion window was reduced, whatever the reason. */
void tcp_ecn_on_reduction(struct tcp_connection *tcp);

#endif
