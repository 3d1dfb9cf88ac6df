/* setsockopt() and getsockopt(): tcp(7), and what of socket(7) is TCP's. */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tcp/tcp_connection.h"
#include "tcp/tcp_delack.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timers.h"
#include "tcp/tcp_window.h"

#define SNDBUF_MIN 4608 /* Linux's SOCK_MIN_SNDBUF */
#define RCVBUF_MIN 2304 /* Linux's SOCK_MIN_RCVBUF */
#define KEEPALIVE_MAX_S 32767
#define KEEPALIVE_MAX_PROBES 127
#define SYNCNT_MAX 127
#define MAXSEG_MIN 88 /* Linux's TCP_MIN_MSS */
#define MAXSEG_MAX 32767

/* Linux doubles what is asked for, to allow for its own bookkeeping. */
static uint32_t buffer_of(int value, int most, uint32_t least)
{
	uint32_t size =
		value < 0 || value > most ? (uint32_t)most : (uint32_t)value;

	if (size > INT_MAX / 2)
		size = INT_MAX / 2;
	size *= 2;
	return size > least ? size : least;
}

static void set_sndbuf(struct tcp_connection *tcp, int value, int most)
{
	tcp->options.sndbuf = buffer_of(value, most, SNDBUF_MIN);
	tcp->snd.buffer = tcp->options.sndbuf;
}

static void set_rcvbuf(struct tcp_connection *tcp, int value, int most)
{
	tcp->options.rcvbuf = buffer_of(value, most, RCVBUF_MIN);
	tcp->rcv.buffer = tcp->options.rcvbuf;
}

static void set_keepalive(struct tcp_connection *tcp, bool on, int64_t now_us)
{
	tcp->options.keepalive = on;
	if (!on)
		tcp_timer_stop(tcp, TCP_TIMER_KEEPALIVE);
	else if (tcp_is_synchronized(tcp) && tcp->state != TCP_STATE_TIME_WAIT)
		tcp_timers_restart_keepalive(tcp, now_us);
}

static int set_linger(struct tcp_connection *tcp, const void *value,
		      uint32_t value_len)
{
	struct linger linger;

	if (value_len < sizeof(linger))
		return -EINVAL;
	memcpy(&linger, value, sizeof(linger));
	tcp->options.linger = linger.l_onoff;
	tcp->options.linger_s = linger.l_linger;
	return 0;
}

static int set_pacing(struct tcp_connection *tcp, const void *value,
		      uint32_t value_len)
{
	uint32_t rate;

	if (value_len >= sizeof(uint64_t)) {
		memcpy(&tcp->options.max_pacing_rate, value, sizeof(uint64_t));
		return 0;
	}
	memcpy(&rate, value, sizeof(rate));
	tcp->options.max_pacing_rate = rate == UINT32_MAX ? UINT64_MAX : rate;
	return 0;
}

static int set_socket_option(struct tcp_connection *tcp, int name,
			     const void *value, uint32_t value_len,
			     int64_t now_us)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	int number;

	if (value_len < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	switch (name) {
	case SO_KEEPALIVE:
		set_keepalive(tcp, number, now_us);
		return 0;
	case SO_LINGER:
		return set_linger(tcp, value, value_len);
	case SO_OOBINLINE:
		tcp->options.oobinline = number;
		return 0;
	case SO_SNDBUF:
		set_sndbuf(tcp, number, settings->wmem_max);
		return 0;
	case SO_SNDBUFFORCE:
		set_sndbuf(tcp, number, INT_MAX / 2);
		return 0;
	case SO_RCVBUF:
		set_rcvbuf(tcp, number, settings->rmem_max);
		return 0;
	case SO_RCVBUFFORCE:
		set_rcvbuf(tcp, number, INT_MAX / 2);
		return 0;
	case SO_MAX_PACING_RATE:
		return set_pacing(tcp, value, value_len);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_congestion(struct tcp_connection *tcp, const void *value,
			  uint32_t value_len, int64_t now_us)
{
	char name[PYT_CC_NAME_MAX] = "";
	const struct pyt_cc_ops *ops;

	if (value_len < 1)
		return -EINVAL;
	if (value_len > sizeof(name) - 1)
		value_len = sizeof(name) - 1;
	memcpy(name, value, value_len);
	ops = tcp_cc_find(&tcp->context->cc_added, name);
	if (!ops)
		return -ENOENT;
	tcp->options.cc = ops;
	if (tcp_is_synchronized(tcp) && tcp->cc.ops != ops)
		tcp_cc_start(&tcp->cc, ops, now_us);
	return 0;
}

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
		options->keepalive_interval_s = number;
	else
		options->keepalive_idle_s = number;
	if (name == TCP_KEEPIDLE && options->keepalive)
		set_keepalive(tcp, true, now_us);
	return 0;
}

static int set_maxseg(struct tcp_connection *tcp, int number)
{
	if (number && !is_within(number, MAXSEG_MIN, MAXSEG_MAX))
		return -EINVAL;
	tcp->options.maxseg = (uint32_t)number;
	if (tcp_is_synchronized(tcp))
		tcp_output_update_mss(tcp);
	return 0;
}

static int set_window_clamp(struct tcp_connection *tcp, int number)
{
	if (number < 0 || (!number && tcp->state != TCP_STATE_CLOSED))
		return -EINVAL;
	tcp->options.window_clamp = !number || number >= RCVBUF_MIN / 2
					    ? (uint32_t)number
					    : RCVBUF_MIN / 2;
	return 0;
}

/* Values are those of tcp(7); ranges those of Linux. */
static int set_tcp_number(struct tcp_connection *tcp, int name, int number,
			  int64_t now_us)
{
	struct tcp_options *options = &tcp->options;

	switch (name) {
	case TCP_NODELAY:
		options->nodelay = number;
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
		options->linger2_s = number < 0 ? -1 : number;
		return 0;
	case TCP_DEFER_ACCEPT:
		options->defer_accept_s = number > 0 ? number : 0;
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
	case TCP_NOTSENT_LOWAT:
		options->notsent_lowat = (uint32_t)number;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int tcp_set_option(struct tcp_connection *tcp, int level, int name,
		   const void *value, uint32_t value_len, int64_t now_us)
{
	int number, result;

	if (level == SOL_SOCKET)
		return set_socket_option(tcp, name, value, value_len, now_us);
	if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	if (name == TCP_CONGESTION)
		return set_congestion(tcp, value, value_len, now_us);
	if (value_len < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	result = set_tcp_number(tcp, name, number, now_us);
	tcp_output_schedule(tcp, now_us);
	return result;
}

/* ------------------------------------------------------------------ get */

static int give(void *to, uint32_t room, const void *from, size_t len)
{
	uint32_t n = room < len ? room : (uint32_t)len;

	memcpy(to, from, n);
	return (int)n;
}

static int give_int(void *to, uint32_t room, int number)
{
	return give(to, room, &number, sizeof(number));
}

static int get_socket_option(const struct tcp_connection *tcp, int name,
			     void *value, uint32_t value_len)
{
	const struct tcp_options *options = &tcp->options;
	struct linger linger = { options->linger, options->linger_s };

	switch (name) {
	case SO_KEEPALIVE:
		return give_int(value, value_len, options->keepalive);
	case SO_LINGER:
		return give(value, value_len, &linger, sizeof(linger));
	case SO_OOBINLINE:
		return give_int(value, value_len, options->oobinline);
	case SO_SNDBUF:
		return give_int(value, value_len, (int)tcp->snd.buffer);
	case SO_RCVBUF:
		return give_int(value, value_len, (int)tcp->rcv.buffer);
	case SO_MAX_PACING_RATE:
		if (value_len < sizeof(uint64_t))
			return give_int(value, value_len,
					(int)options->max_pacing_rate);
		return give(value, value_len, &options->max_pacing_rate,
			    sizeof(uint64_t));
	default:
		return -ENOPROTOOPT;
	}
}

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
		*number = options->defer_accept_s;
		return 0;
	case TCP_WINDOW_CLAMP:
		*number = options->window_clamp ? (int)options->window_clamp
						: (int)tcp_window_space(tcp);
		return 0;
	case TCP_QUICKACK:
		*number = !tcp->pingpong;
		return 0;
	case TCP_USER_TIMEOUT:
		*number = (int)options->user_timeout_ms;
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
	char congestion[PYT_CC_NAME_MAX] = "";
	struct tcp_info info;
	int number, result;

	if (level == SOL_SOCKET)
		return get_socket_option(tcp, name, value, value_len);
	if (level != IPPROTO_TCP)
		return -ENOPROTOOPT;
	if (name == TCP_INFO) {
		tcp_info(tcp, &info, now_us);
		return give(value, value_len, &info, sizeof(info));
	}
	if (name == TCP_CONGESTION) {
		memcpy(congestion, tcp->options.cc->name,
		       strnlen(tcp->options.cc->name, sizeof(congestion) - 1));
		return give(value, value_len, congestion, sizeof(congestion));
	}
	result = get_tcp_number(tcp, name, &number);
	return result < 0 ? result : give_int(value, value_len, number);
}
