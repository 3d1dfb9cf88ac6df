/* setsockopt() and getsockopt(): what of socket(7) is TCP's. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "tcp/tcp_keepalive.h"
#include "tcp/tcp_options.h"

#define SNDBUF_MIN 4608 /* Linux's SOCK_MIN_SNDBUF */
#define RCVBUF_MIN 2304 /* Linux's SOCK_MIN_RCVBUF */

int tcp_options_give(void *to, uint32_t room, const void *from, size_t len)
{
	uint32_t n = room < len ? room : (uint32_t)len;

	memcpy(to, from, n);
	return (int)n;
}

int tcp_options_give_int(void *to, uint32_t room, int number)
{
	return tcp_options_give(to, room, &number, sizeof(number));
}

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

static int set_linger(struct tcp_connection *tcp, const void *value,
		      uint32_t value_len)
{
	struct linger linger;

	if (value_len < sizeof(linger))
		return -EINVAL;
	memcpy(&linger, value, sizeof(linger));
	tcp->options.linger = linger.l_onoff;
	if (linger.l_onoff) /* the time stays when it is switched off */
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

int tcp_options_set_socket(struct tcp_connection *tcp, int name,
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
		tcp->options.keepalive = number;
		tcp_keepalive_schedule(tcp, now_us);
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

int tcp_options_get_socket(const struct tcp_connection *tcp, int name,
			   void *value, uint32_t value_len)
{
	const struct tcp_options *options = &tcp->options;
	struct linger linger = { options->linger, options->linger_s };

	switch (name) {
	case SO_KEEPALIVE:
		return tcp_options_give_int(value, value_len,
					    options->keepalive);
	case SO_LINGER:
		return tcp_options_give(value, value_len, &linger,
					sizeof(linger));
	case SO_OOBINLINE:
		return tcp_options_give_int(value, value_len,
					    options->oobinline);
	case SO_SNDBUF:
		return tcp_options_give_int(value, value_len,
					    (int)tcp->snd.buffer);
	case SO_RCVBUF:
		return tcp_options_give_int(value, value_len,
					    (int)tcp->rcv.buffer);
	case SO_MAX_PACING_RATE:
		if (value_len < sizeof(uint64_t))
			return tcp_options_give_int(
				value, value_len,
				options->max_pacing_rate > UINT32_MAX
					? -1
					: (int)options->max_pacing_rate);
		return tcp_options_give(value, value_len,
					&options->max_pacing_rate,
					sizeof(uint64_t));
	default:
		return -ENOPROTOOPT;
	}
}
