/* ECN as in RFC 3168, with Linux's choices where it leaves some. */
#include "tcp/tcp_ecn.h"

#include "tcp/tcp_accecn.h"
#include "tcp/tcp_delack.h"

/* net.ipv4.tcp_ecn; Linux's numbers. */
enum setting {
	SETTING_OFF,
	SETTING_ON,
	SETTING_PASSIVE, /* is granted, is not asked for */
	SETTING_ACCURATE,
	SETTING_ACCURATE_PASSIVE, /* asked for is RFC 3168's */
	SETTING_ACCURATE_PASSIVE_ONLY, /* nothing is asked for */
};

static bool needs_ecn(const struct tcp_connection *tcp)
{
	return tcp->options.cc->flags & PYT_CC_NEEDS_ECN;
}

static enum tcp_ecn_mode mode_to_ask(const struct tcp_connection *tcp)
{
	switch ((enum setting)tcp_settings(tcp)->ecn) {
	case SETTING_ON:
	case SETTING_ACCURATE_PASSIVE:
		return TCP_ECN_CLASSIC;
	case SETTING_ACCURATE:
		return TCP_ECN_ACCURATE;
	case SETTING_OFF:
	case SETTING_PASSIVE:
	case SETTING_ACCURATE_PASSIVE_ONLY:
		break;
	}
	return needs_ecn(tcp) ? TCP_ECN_CLASSIC : TCP_ECN_OFF;
}

static enum tcp_ecn_mode mode_to_grant(const struct tcp_connection *prototype)
{
	switch ((enum setting)tcp_settings(prototype)->ecn) {
	case SETTING_ON:
	case SETTING_PASSIVE:
		return TCP_ECN_CLASSIC;
	case SETTING_ACCURATE:
	case SETTING_ACCURATE_PASSIVE:
	case SETTING_ACCURATE_PASSIVE_ONLY:
		return TCP_ECN_ACCURATE;
	case SETTING_OFF:
		break;
	}
	return needs_ecn(prototype) ? TCP_ECN_CLASSIC : TCP_ECN_OFF;
}

void tcp_ecn_clear(struct tcp_connection *tcp)
{
	tcp_accecn_destroy(tcp);
}

/* ------------------------------------------------------- active open */

void tcp_ecn_on_connect(struct tcp_connection *tcp)
{
	tcp->ecn.mode = (uint8_t)mode_to_ask(tcp);
}

/* RFC 3168, 6.1.1.1: some paths drop such SYNs. RFC 9768, 3.1.4.1: AccECN
 * is asked for once more. */
static bool falls_back(const struct tcp_connection *tcp)
{
	unsigned tries = tcp->ecn.mode == TCP_ECN_ACCURATE ? 2 : 1;

	return tcp_settings(tcp)->ecn_fallback &&
	       tcp->recovery.retransmits >= tries;
}

uint8_t tcp_ecn_syn(struct tcp_connection *tcp, struct tcp_header *header)
{
	if (tcp->ecn.mode == TCP_ECN_OFF)
		return TCP_ECN_NOT_ECT;
	if (tcp->state == TCP_STATE_SYN_SENT && falls_back(tcp)) {
		/* RFC 9768, 3.1.4.1: what answers the first is still valid. */
		if (tcp->ecn.mode != TCP_ECN_ACCURATE)
			tcp->ecn.mode = TCP_ECN_OFF;
		return TCP_ECN_NOT_ECT;
	}
	if (tcp->ecn.accurate) {
		if (tcp->syn_retries > 1) /* without flags: 3.1.5 */
			tcp->ecn.path_mangles = true;
		tcp_accecn_child_syn_ack(tcp, header);
		return TCP_ECN_NOT_ECT;
	}
	header->flags |= TCP_ECE;
	if (tcp->state == TCP_STATE_SYN_SENT)
		header->flags |= TCP_CWR;
	if (tcp->ecn.mode == TCP_ECN_ACCURATE)
		header->flags |= TCP_AE;
	return needs_ecn(tcp) ? TCP_ECN_ECT0 : TCP_ECN_NOT_ECT;
}

/* RFC 5562, 3.2: a mark on the SYN-ACK is echoed at once; as Linux, we are
 * connected nevertheless. */
void tcp_ecn_on_syn_ack(struct tcp_connection *tcp,
			const struct tcp_segment *segment)
{
	uint16_t flags = segment->header.flags & TCP_ECN_FLAGS;

	if (tcp->ecn.mode == TCP_ECN_ACCURATE)
		tcp->ecn.mode = (uint8_t)tcp_accecn_on_syn_ack(
			tcp, segment,
			needs_ecn(tcp) ? TCP_ECN_ECT0 : TCP_ECN_NOT_ECT);
	else if ((flags & (TCP_ECE | TCP_CWR)) != TCP_ECE)
		tcp->ecn.mode = TCP_ECN_OFF;
	tcp->ecn.echo =
		tcp->ecn.mode == TCP_ECN_CLASSIC && segment->ecn == TCP_ECN_CE;
}

/* Both have asked: RFC 3168's way needs no more. */
void tcp_ecn_on_crossing_syn(struct tcp_connection *tcp,
			     const struct tcp_header *header)
{
	uint16_t both = TCP_ECE | TCP_CWR;

	if (tcp->ecn.mode != TCP_ECN_CLASSIC || (header->flags & both) != both)
		tcp->ecn.mode = TCP_ECN_OFF;
}

/* ------------------------------------------------------ passive open */

/* RFC 9768, 3.1.2 and 3.1.3: flags that nobody has defined yet are as good
 * as AccECN's. As Linux, a marked SYN of RFC 3168's kind is not trusted. */
void tcp_ecn_agree(const struct tcp_connection *prototype,
		   struct tcp_half_open *h, const struct tcp_segment *syn)
{
	enum tcp_ecn_mode granted = mode_to_grant(prototype);
	uint16_t flags = syn->header.flags & TCP_ECN_FLAGS;
	uint16_t both = TCP_ECE | TCP_CWR;
	bool is_plain = syn->ecn == TCP_ECN_NOT_ECT || (flags & TCP_AE) ||
			needs_ecn(prototype);

	h->ecn = TCP_ECN_OFF;
	h->syn_ecn = syn->ecn;
	if (granted == TCP_ECN_ACCURATE && flags && flags != both)
		h->ecn = TCP_ECN_ACCURATE;
	else if (granted != TCP_ECN_OFF && (flags & both) == both && is_plain)
		h->ecn = TCP_ECN_CLASSIC;
	h->ecn_ect =
		h->ecn != TCP_ECN_OFF &&
		(needs_ecn(prototype) || tcp_settings(prototype)->ecn_synack);
}

uint8_t tcp_ecn_syn_ack(const struct tcp_connection *prototype,
			const struct tcp_half_open *h,
			struct tcp_header *header)
{
	if (h->ecn == TCP_ECN_CLASSIC)
		header->flags |= TCP_ECE;
	else if (h->ecn == TCP_ECN_ACCURATE)
		tcp_accecn_syn_ack(tcp_settings(prototype), h, header);
	return h->ecn_ect && !h->resent && !h->ecn_marked ? TCP_ECN_ECT0
							  : TCP_ECN_NOT_ECT;
}

bool tcp_ecn_changes_its_kind(const struct tcp_half_open *h,
			      const struct tcp_header *syn)
{
	return h->ecn == TCP_ECN_ACCURATE &&
	       (syn->flags & TCP_ECN_FLAGS) == (TCP_ECE | TCP_CWR);
}

void tcp_ecn_on_syn_again(struct tcp_half_open *h,
			  const struct tcp_segment *syn)
{
	if (h->ecn != TCP_ECN_ACCURATE)
		return;
	h->syn_ecn = syn->ecn;
	if (!(syn->header.flags & TCP_ECN_FLAGS))
		h->ecn_was_plain = true;
}

void tcp_ecn_on_syn_ack_again(struct tcp_connection *tcp,
			      const struct tcp_segment *segment)
{
	if (tcp->ecn.mode == TCP_ECN_ACCURATE && !tcp->passive &&
	    (segment->header.flags & TCP_ACK))
		tcp_accecn_on_syn_ack_again(tcp, segment);
}

bool tcp_ecn_tries_again(struct tcp_half_open *h, const struct tcp_header *ack)
{
	if (h->ecn != TCP_ECN_CLASSIC || !h->ecn_ect || h->ecn_marked ||
	    !(ack->flags & TCP_ECE))
		return false;
	h->ecn_marked = true;
	return true;
}

void tcp_ecn_accept(struct tcp_connection *child, const struct tcp_half_open *h)
{
	child->ecn.mode = h->ecn;
	child->ecn.handshake_marked = h->ecn_marked;
	if (h->ecn_marked && !child->syn_retries)
		child->syn_retries = 1; /* it was sent twice */
	if (h->ecn == TCP_ECN_ACCURATE && !tcp_accecn_accept(child, h))
		child->ecn.mode = TCP_ECN_OFF;
}

/* ------------------------------------------------------------- the way out */

/* RFC 3168, 6.1.1.1, 6.1.4 to 6.1.6: new data alone is ECN-capable. RFC
 * 8257, 3.5: where queues are marked early, all is, as on Linux. */
static uint8_t mark_of(const struct tcp_connection *tcp, bool is_new_data)
{
	if (tcp->ecn.path_mangles)
		return TCP_ECN_NOT_ECT;
	return is_new_data || needs_ecn(tcp) ? TCP_ECN_ECT0 : TCP_ECN_NOT_ECT;
}

uint8_t tcp_ecn_output(struct tcp_connection *tcp, const struct tcp_decision *d,
		       struct tcp_header *header, int64_t now_us)
{
	struct tcp_ecn *ecn = &tcp->ecn;
	bool is_new_data =
		d->kind == TCP_SEND_DATA && d->len && !d->is_window_probe;

	switch ((enum tcp_ecn_mode)ecn->mode) {
	case TCP_ECN_OFF:
		return TCP_ECN_NOT_ECT;
	case TCP_ECN_ACCURATE:
		tcp_accecn_output(tcp, header,
				  !d->len && !header->sack_count &&
					  !(header->flags & TCP_FIN),
				  now_us);
		break;
	case TCP_ECN_CLASSIC:
		if (ecn->echo)
			header->flags |= TCP_ECE;
		if (is_new_data && ecn->cwr_due) {
			header->flags |= TCP_CWR;
			ecn->cwr_due = false;
		}
		break;
	}
	return mark_of(tcp, is_new_data);
}

/* The states alternate: the newest of these differs from that of now. */
void tcp_ecn_early_ack(struct tcp_connection *tcp, struct tcp_header *header)
{
	struct tcp_ecn *ecn = &tcp->ecn;
	uint32_t behind = header->ack - ecn->early_ack[0];
	uint32_t window = header->window + (behind >> tcp->rcv.wscale);
	bool was_ce = ecn->is_ce ^ (ecn->early_count & 1);

	header->flags &= (uint16_t)~TCP_ECE;
	header->flags |= was_ce ? TCP_ECE : 0;
	header->ack = ecn->early_ack[0];
	header->window = window < UINT16_MAX ? (uint16_t)window : UINT16_MAX;
	ecn->early_count--;
	for (unsigned i = 0; i < ecn->early_count; i++)
		ecn->early_ack[i] = ecn->early_ack[i + 1];
}

/* CWR belongs to one segment, as the flags of AccECN do to all of them. */
bool tcp_ecn_allows_gso(const struct tcp_connection *tcp,
			const struct tcp_path *path)
{
	if (tcp->ecn.accurate)
		return tcp_accecn_allows_gso(tcp);
	return !tcp->ecn.cwr_due || path->gso_ecn;
}

void tcp_ecn_on_reduction(struct tcp_connection *tcp)
{
	tcp->ecn.cwr_due = tcp->ecn.mode == TCP_ECN_CLASSIC;
}

/* -------------------------------------------------------------- the way in */

/* What lies between two changes that find no room counts as before both. */
static void remember_change(struct tcp_connection *tcp)
{
	struct tcp_ecn *ecn = &tcp->ecn;

	if (tcp->rcv.acked >= tcp->rcv.nxt)
		return;
	if (ecn->early_count == TCP_ECN_EARLY_ACKS) {
		ecn->early_count--;
		return;
	}
	ecn->early_ack[ecn->early_count++] =
		seq_to_wire(tcp->rcv.irs, tcp->rcv.nxt);
}

/* RFC 8257, 3.2, figure 1: every mark is told, with the ACKs delayed. */
static void echo_exactly(struct tcp_connection *tcp, bool is_ce)
{
	struct tcp_ecn *ecn = &tcp->ecn;

	if (is_ce != ecn->is_ce) {
		remember_change(tcp);
		tcp->ack_now = true;
	}
	ecn->is_ce = ecn->echo = is_ce;
}

/* RFC 3168, 6.1.3: until the sender has heard of it. */
static void echo_until_cwr(struct tcp_connection *tcp,
			   const struct tcp_segment *segment)
{
	if (segment->header.flags & TCP_CWR) {
		tcp->ecn.echo = false;
		tcp->ack_now = true; /* its window may be one segment */
	}
	if (segment->ecn == TCP_ECN_CE && !tcp->ecn.echo) {
		tcp->ecn.echo = true;
		tcp_delack_enter_quick(tcp);
	}
}

void tcp_ecn_on_segment(struct tcp_connection *tcp,
			const struct tcp_segment *segment)
{
	struct tcp_ecn *ecn = &tcp->ecn;

	if (ecn->mode == TCP_ECN_OFF)
		return;
	if (ecn->mode == TCP_ECN_ACCURATE)
		tcp_accecn_on_segment(tcp, segment);
	if (!segment->payload_len)
		return;
	if (ecn->mode == TCP_ECN_CLASSIC && needs_ecn(tcp))
		echo_exactly(tcp, segment->ecn == TCP_ECN_CE);
	else if (ecn->mode == TCP_ECN_CLASSIC)
		echo_until_cwr(tcp, segment);
	if (segment->ecn != TCP_ECN_NOT_ECT)
		ecn->seen = true;
	else if (ecn->seen)
		tcp_delack_enter_quick(tcp); /* a retransmission: Linux */
}

void tcp_ecn_on_ack(struct tcp_connection *tcp,
		    const struct tcp_segment *segment,
		    struct tcp_ack_result *result)
{
	uint16_t flags = segment->header.flags;
	uint32_t mss = tcp->snd.mss ? tcp->snd.mss : 1;

	if (flags & TCP_SYN)
		return;
	switch ((enum tcp_ecn_mode)tcp->ecn.mode) {
	case TCP_ECN_OFF:
		break;
	case TCP_ECN_ACCURATE:
		tcp_accecn_on_ack(tcp, segment, result);
		break;
	case TCP_ECN_CLASSIC:
		if (!(flags & TCP_ECE))
			break;
		result->ece = true;
		result->ce_bytes = result->delivered;
		tcp->statistics.delivered_ce +=
			(result->delivered + mss - 1) / mss;
		tcp_count(tcp, COUNTER_TCP_DELIVERED_CE,
			  (result->delivered + mss - 1) / mss);
		break;
	}
}
