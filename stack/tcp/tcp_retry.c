/*
 * Retries, as Linux counts them: a limit of n stands for the time that n
 * retransmissions with exponential back-off from 200 ms (1 s for a SYN) would
 * take, whatever the timeouts really were. RFC 9293, 3.8.3; RFC 5482.
 */
#include "tcp/tcp_retry.h"

#include <errno.h>

#include "tcp/tcp_chrono.h"

#define RTO_MAX_LEAST_MS 1000
#define RTO_MAX_MOST_MS 120000
#define RTO_MIN_LEAST_US 2000 /* Linux's TCP_TIMEOUT_MIN */
#define BASE_US 200000 /* that limits are counted from, whatever rto_min */
#define ORPHAN_RETRIES 8 /* for net.ipv4.tcp_orphan_retries of 0 */
#define THIN_SEGMENTS 4 /* a flow with fewer in flight is thin */
#define THIN_RETRIES 6 /* timeouts without back-off */

int tcp_retry_get_option(const struct tcp_connection *tcp, int name)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	const struct tcp_options *options = &tcp->options;

	if (name == TCP_THIN_LINEAR_TIMEOUTS)
		return options->thin_linear;
	if (name == TCP_RTO_MAX_MS)
		return options->rto_max_ms ? options->rto_max_ms
					   : settings->rto_max_ms;
	return options->rto_min_us ? options->rto_min_us : settings->rto_min_us;
}

void tcp_retry_set_bounds(struct tcp_connection *tcp)
{
	tcp->rto.max_us = tcp_retry_get_option(tcp, TCP_RTO_MAX_MS) * 1000;
	tcp->rto.min_us = tcp_retry_get_option(tcp, TCP_RTO_MIN_US);
}

/* Ranges are Linux's. */
int tcp_retry_set_option(struct tcp_connection *tcp, int name, int number)
{
	struct tcp_options *options = &tcp->options;

	if (name == TCP_THIN_LINEAR_TIMEOUTS) {
		if (number < 0 || number > 1)
			return -EINVAL;
		options->thin_linear = number;
	} else if (name == TCP_RTO_MAX_MS) {
		if (number < RTO_MAX_LEAST_MS || number > RTO_MAX_MOST_MS)
			return -EINVAL;
		options->rto_max_ms = number;
	} else {
		if (number < RTO_MIN_LEAST_US || number > BASE_US)
			return -EINVAL;
		options->rto_min_us = number;
	}
	tcp_retry_set_bounds(tcp);
	return 0;
}

static bool is_handshake(const struct tcp_connection *tcp)
{
	return tcp->state == TCP_STATE_SYN_SENT ||
	       tcp->state == TCP_STATE_SYN_RECEIVED;
}

/* How long that many retries take: it doubles up to the maximum. */
static int64_t time_of_us(const struct tcp_connection *tcp, unsigned retries)
{
	int64_t step_us = is_handshake(tcp) ? TCP_RTO_INITIAL_US : BASE_US;
	int64_t sum_us = 0;

	for (unsigned i = 0; i <= retries; i++) {
		sum_us += step_us;
		step_us = step_us * 2 < tcp->rto.max_us ? step_us * 2
							: tcp->rto.max_us;
	}
	return sum_us;
}

static int64_t user_timeout_us(const struct tcp_connection *tcp)
{
	return (int64_t)tcp->options.user_timeout_ms * 1000;
}

/* A SYN that was not answered counts from when it was sent first. */
static int64_t waited_us(const struct tcp_connection *tcp, int64_t now_us)
{
	int64_t since_us = tcp->recovery.first_retry_us;

	if (is_handshake(tcp) && tcp->syn_sent_us)
		since_us = tcp->syn_sent_us;
	return since_us ? now_us - since_us : 0;
}

static bool has_waited(const struct tcp_connection *tcp, unsigned retries,
		       int64_t now_us)
{
	int64_t limit_us = user_timeout_us(tcp);

	if (!tcp->recovery.retransmits)
		return false;
	if (!limit_us)
		limit_us = time_of_us(tcp, retries);
	return waited_us(tcp, now_us) >= limit_us;
}

static unsigned or_setting(unsigned option, int setting)
{
	return option ? option : (unsigned)setting;
}

static bool handshake_is_over(const struct tcp_connection *tcp, int64_t now_us)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	unsigned retries = (unsigned)settings->synack_retries;
	unsigned most = retries;

	if (tcp->state == TCP_STATE_SYN_SENT) {
		retries = or_setting(tcp->options.syn_retries,
				     settings->syn_retries);
		most = retries + (unsigned)settings->syn_linear_timeouts;
	}
	return tcp->recovery.retransmits >= most ||
	       has_waited(tcp, retries, now_us);
}

/* A closed socket's: once the timeout is at its maximum it is not alive. */
static unsigned orphan_retries(const struct tcp_connection *tcp)
{
	unsigned retries = (unsigned)tcp_settings(tcp)->orphan_retries;
	bool is_alive = tcp_rto_us(&tcp->rto) < tcp->rto.max_us;

	if (tcp->soft_error && !is_alive)
		return 0;
	return !retries && is_alive ? ORPHAN_RETRIES : retries;
}

static unsigned retries_limit(const struct tcp_connection *tcp)
{
	return tcp->orphan ? orphan_retries(tcp)
			   : (unsigned)tcp_settings(tcp)->retries2;
}

/*
 * The peer has closed a window that was open: what is sent again probes it,
 * and for as long as that is answered it may. As Linux.
 */
static bool closed_window_is_over(const struct tcp_connection *tcp,
				  int64_t now_us)
{
	int64_t limit_us = 2ll * tcp->rto.max_us;
	int64_t user_us = user_timeout_us(tcp);
	int64_t waited = waited_us(tcp, now_us);

	if (user_us && waited >= user_us)
		return true;
	if (user_us && user_us < limit_us)
		limit_us = user_us;
	return now_us - tcp->rcv.heard_us > limit_us && waited > limit_us;
}

bool tcp_retry_is_over(const struct tcp_connection *tcp, int64_t now_us)
{
	if (is_handshake(tcp))
		return handshake_is_over(tcp, now_us);
	if (!tcp->snd.wnd && !tcp->orphan)
		return closed_window_is_over(tcp, now_us);
	return has_waited(tcp, retries_limit(tcp), now_us);
}

/*
 * Counted, not timed. RFC 9293, 3.8.6.1; RFC 6429: answers begin the count
 * anew, and a peer that answers keeps the window closed for as long as the
 * program wants it. What nobody holds ends with the back-off, as on Linux.
 */
bool tcp_retry_probe_is_over(const struct tcp_connection *tcp, int64_t now_us)
{
	int64_t limit_us = user_timeout_us(tcp);

	if (limit_us && tcp->recovery.first_retry_us)
		return waited_us(tcp, now_us) >= limit_us;
	if (tcp->orphan && tcp_rto_us(&tcp->rto) >= tcp->rto.max_us &&
	    tcp->rto.back_off >= retries_limit(tcp))
		return true;
	return tcp->probes_sent >= retries_limit(tcp);
}

/* Too little in flight for fast retransmit, and not its first round trips. */
static bool is_thin(const struct tcp_connection *tcp)
{
	uint64_t len = tcp->snd.nxt - tcp->snd.una;

	return len < THIN_SEGMENTS * (uint64_t)tcp->snd.mss &&
	       tcp->sent.count < THIN_SEGMENTS &&
	       tcp->cc.ssthresh != TCP_CC_SSTHRESH_INFINITE;
}

static bool is_linear(const struct tcp_connection *tcp)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	unsigned count = tcp->recovery.retransmits;

	if (tcp->state == TCP_STATE_SYN_SENT)
		return count <= (unsigned)settings->syn_linear_timeouts;
	return tcp->state == TCP_STATE_ESTABLISHED &&
	       (tcp->options.thin_linear || settings->thin_linear_timeouts) &&
	       is_thin(tcp) && count <= THIN_RETRIES;
}

void tcp_retry_count(struct tcp_connection *tcp, int64_t now_us)
{
	if (!tcp->recovery.first_retry_us)
		tcp->recovery.first_retry_us = now_us;
	tcp_chrono_on_timeout(tcp, now_us);
	if (tcp->recovery.retransmits < UINT8_MAX)
		tcp->recovery.retransmits++;
	if (!is_linear(tcp))
		tcp_rto_on_timeout(&tcp->rto);
	else if (tcp->state != TCP_STATE_SYN_SENT)
		tcp_rto_on_progress(&tcp->rto);
}

/* A user timeout that ends before the back-off is kept exactly. */
int64_t tcp_retry_deadline_us(const struct tcp_connection *tcp, int64_t now_us)
{
	int64_t next_us = now_us + tcp_rto_us(&tcp->rto);
	int64_t end_us = now_us - waited_us(tcp, now_us) + user_timeout_us(tcp);

	if (user_timeout_us(tcp) && end_us < next_us)
		next_us = end_us;
	return next_us > now_us ? next_us : now_us + 1;
}

void tcp_retry_on_progress(struct tcp_connection *tcp)
{
	tcp->recovery.retransmits = 0;
	tcp->recovery.first_retry_us = 0;
}
