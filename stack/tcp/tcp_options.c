/* setsockopt() and getsockopt() of level IPPROTO_TCP: tcp(7). */
#include "tcp/tcp_options.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tcp/tcp_auth.h"
#include "tcp/tcp_cc_option.h"
#include "tcp/tcp_defer_accept.h"
#include "tcp/tcp_delack.h"
#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_info.h"
#include "tcp/tcp_keepalive.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_retry.h"
#include "tcp/tcp_saved_syn.h"
#include "tcp/tcp_window.h"

#define RCVBUF_MIN 2304 /* Linux's SOCK_MIN_RCVBUF */
#define KEEPALIVE_MAX_S 32767
#define KEEPALIVE_MAX_PROBES 127
#define SYNCNT_MAX 127
#define LINGER2_MAX_S 120 /* Linux's TCP_FIN_TIMEOUT_MAX */
#define MAXSEG_MIN 88 /* Linux's TCP_MIN_MSS */
#define MAXSEG_MAX 32767

static bool is_within(int value, int least, int most)
{
	return value >= least && value <= most;
}

static int set_keepalive_times(struct tcp_connection *tcp, int name, int number,
			       int64_t now_us)
{
	struct tcp_options *options = &tcp->options;

	if (!is_within(number, 1,
		       name == TCP_KEEPCNT ? KEEPALIVE_MAX_PROBES
					   : KEEPALIVE_MAX_S))
		return -EINVAL;
	if (name == TCP_KEEPCNT)
		options->keepalive_probes = (uint8_t)number;
	else if (name == TCP_KEEPINTVL)
		options->keepalive_interval_s = (uint16_t)number;
	else
		options->keepalive_idle_s = (uint16_t)number;
	if (name == TCP_KEEPIDLE && options->keepalive)
		tcp_keepalive_schedule(tcp, now_us);
	return 0;
}

static int set_maxseg(struct tcp_connection *tcp, int number)
{
	if (number && !is_within(number, MAXSEG_MIN, MAXSEG_MAX))
		return -EINVAL;
	tcp->options.maxseg = (uint16_t)number; /* for the next handshake */
	return 0;
}

/* Linux raises what is too small, negative numbers too. */
static int set_window_clamp(struct tcp_connection *tcp, int number)
{
	if (!number && tcp->state != TCP_STATE_CLOSED)
		return -EINVAL;
	if (number && number < RCVBUF_MIN / 2)
		number = RCVBUF_MIN / 2;
	tcp->options.window_clamp = (uint32_t)number;
	return 0;
}

static int window_clamp_of(const struct tcp_connection *tcp)
{
	if (tcp->options.window_clamp || tcp->state == TCP_STATE_CLOSED ||
	    tcp->state == TCP_STATE_LISTEN)
		return (int)tcp->options.window_clamp;
	return (int)tcp_window_space(tcp);
}

static int linger2_of(int number)
{
	if (number < 0)
		return -1;
	return number < LINGER2_MAX_S ? number : LINGER2_MAX_S;
}

/* Linux: a push once, which overrides the cork for what is queued now. */
static void push_what_waits(struct tcp_connection *tcp)
{
	if (tcp->options.nodelay && tcp->snd.end > tcp->snd.nxt)
		tcp->cork_flushed = true;
}

/* Values are those of tcp(7); ranges those of Linux. */
static int set_tcp_number(struct tcp_connection *tcp, int name, int number,
			  uint32_t value_len, int64_t now_us)
{
	struct tcp_options *options = &tcp->options;

	switch (name) {
	case TCP_NODELAY:
		options->nodelay = number;
		push_what_waits(tcp);
		return 0;
	case TCP_CORK:
		options->cork = number;
		tcp->cork_flushed = false;
		return 0;
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
		return set_keepalive_times(tcp, name, number, now_us);
	case TCP_MAXSEG:
		return set_maxseg(tcp, number);
	case TCP_SYNCNT:
		if (!is_within(number, 1, SYNCNT_MAX))
			return -EINVAL;
		options->syn_retries = (uint8_t)number;
		return 0;
	case TCP_LINGER2:
		options->linger2_s = (int16_t)linger2_of(number);
		return 0;
	case TCP_DEFER_ACCEPT:
		options->defer_accept =
			tcp_defer_accept_retries(number) & UINT8_MAX;
		return 0;
	case TCP_WINDOW_CLAMP:
		return set_window_clamp(tcp, number);
	case TCP_QUICKACK:
		tcp_delack_set_quick(tcp, number);
		return 0;
	case TCP_USER_TIMEOUT:
		if (number < 0)
			return -EINVAL;
		options->user_timeout_ms = (uint32_t)number;
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
	case TCP_RTO_MAX_MS:
	case TCP_RTO_MIN_US:
		return tcp_retry_set_option(tcp, name, number);
	case TCP_NOTSENT_LOWAT:
		options->notsent_lowat = (uint32_t)number;
		return 0;
	default:
		return tcp_options_set_other(tcp, name, number, value_len);
	}
}

int tcp_set_option(struct tcp_connection *tcp, int level, int name,
		   const void *value, uint32_t value_len, int64_t now_us)
{
	int number, result;

	if (level == SOL_SOCKET)
		return tcp_options_set_socket(tcp, name, value, value_len,
					      now_us);
	if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	if (name == TCP_CONGESTION)
		return tcp_cc_option_set(tcp, value, value_len, now_us);
	result = tcp_auth_set_option(tcp, name, value, value_len);
	if (result != -ENOPROTOOPT) {
		if (tcp_is_synchronized(tcp))
			tcp_output_update_mss(tcp);
		return result;
	}
	if (name == TCP_ULP) /* as without kTLS */
		return value_len ? -ENOENT : -EINVAL;
	if (value_len < sizeof(number))
		return -EINVAL;
	if (tcp_fastopen_is_option(name))
		return tcp_fastopen_set_option(tcp, name, value, value_len);
	memcpy(&number, value, sizeof(number));
	if (tcp_saved_syn_is_option(name))
		return tcp_saved_syn_set(tcp, name, number);
	result = set_tcp_number(tcp, name, number, value_len, now_us);
	tcp_output_schedule(tcp, now_us);
	return result;
}

/* ------------------------------------------------------------------ get */

static int or_setting(int number, int setting)
{
	return number ? number : setting;
}

static int maxseg_of(const struct tcp_connection *tcp)
{
	if (!tcp_is_synchronized(tcp))
		return tcp->options.maxseg ? (int)tcp->options.maxseg
					   : TCP_MSS_DEFAULT_V4;
	return tcp->snd.mss;
}

static int get_tcp_number(const struct tcp_connection *tcp, int name,
			  int *number)
{
	const struct tcp_options *options = &tcp->options;
	const struct tcp_settings *settings = tcp_settings(tcp);

	switch (name) {
	case TCP_NODELAY:
		*number = options->nodelay;
		return 0;
	case TCP_CORK:
		*number = options->cork;
		return 0;
	case TCP_KEEPIDLE:
		*number = or_setting(options->keepalive_idle_s,
				     settings->keepalive_time);
		return 0;
	case TCP_KEEPINTVL:
		*number = or_setting(options->keepalive_interval_s,
				     settings->keepalive_intvl);
		return 0;
	case TCP_KEEPCNT:
		*number = or_setting(options->keepalive_probes,
				     settings->keepalive_probes);
		return 0;
	case TCP_MAXSEG:
		*number = maxseg_of(tcp);
		return 0;
	case TCP_SYNCNT:
		*number =
			or_setting(options->syn_retries, settings->syn_retries);
		return 0;
	case TCP_LINGER2:
		*number = or_setting(options->linger2_s, settings->fin_timeout);
		return 0;
	case TCP_DEFER_ACCEPT:
		*number = tcp_defer_accept_seconds(options->defer_accept);
		return 0;
	case TCP_WINDOW_CLAMP:
		*number = window_clamp_of(tcp);
		return 0;
	case TCP_QUICKACK:
		*number = !tcp_delack_is_pingpong(tcp);
		return 0;
	case TCP_USER_TIMEOUT:
		*number = (int)options->user_timeout_ms;
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
	case TCP_RTO_MAX_MS:
	case TCP_RTO_MIN_US:
		*number = tcp_retry_get_option(tcp, name);
		return 0;
	case TCP_NOTSENT_LOWAT:
		*number = (int)options->notsent_lowat;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_get_option(struct tcp_connection *tcp, int level, int name, void *value,
		   uint32_t value_len, int64_t now_us)
{
	struct tcp_info_whole info;
	int number, result;

	if (level == SOL_SOCKET)
		return tcp_options_get_socket(tcp, name, value, value_len);
	if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	if (name == TCP_INFO) {
		tcp_info_whole(tcp, &info, now_us);
		return tcp_options_give(value, value_len, &info, sizeof(info));
	}
	result = tcp_cc_option_get(tcp, name, value, value_len);
	if (result != -ENOPROTOOPT)
		return result;
	result = tcp_auth_get_option(tcp, name, value, value_len);
	if (result != -ENOPROTOOPT)
		return result;
	if (tcp_fastopen_is_option(name))
		return tcp_fastopen_get_option(tcp, name, value, value_len);
	if (tcp_saved_syn_is_option(name))
		return tcp_saved_syn_get(tcp, name, value, value_len);
	result = get_tcp_number(tcp, name, &number);
	if (result == -ENOPROTOOPT)
		return tcp_options_get_other(tcp, name, value, value_len,
					     now_us);
	return tcp_options_give_int(value, value_len, number);
}
