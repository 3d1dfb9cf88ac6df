/* TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, _NO_COOKIE and _KEY: tcp(7). */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_fastopen_server.h"
#include "tcp/tcp_options.h"

bool tcp_fastopen_is_option(int name)
{
	return name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT ||
	       name == TCP_FASTOPEN_NO_COOKIE || name == TCP_FASTOPEN_KEY;
}

int tcp_fastopen_want(struct tcp_connection *tcp)
{
	if (!(tcp_settings(tcp)->fastopen & TCP_FASTOPEN_CLIENT))
		return -EOPNOTSUPP;
	tcp->fastopen.wanted = true;
	return 0;
}

static int set_keys(struct tcp_connection *tcp, const void *value,
		    uint32_t value_len)
{
	struct tcp_fastopen_keys keys;

	if (!tcp_fastopen_keys_set(&keys, value, value_len))
		return -EINVAL;
	if (!tcp->fastopen.keys)
		tcp->fastopen.keys = engine_alloc(tcp_engine(tcp),
						  sizeof(*tcp->fastopen.keys));
	if (!tcp->fastopen.keys)
		return -ENOMEM;
	*tcp->fastopen.keys = keys;
	return 0;
}

static bool is_without_peer(const struct tcp_connection *tcp)
{
	return tcp->state == TCP_STATE_LISTEN ||
	       (tcp->state == TCP_STATE_CLOSED && !tcp->was_connected);
}

static int set_flag(bool is_allowed, int number, bool *flag)
{
	if (number < 0 || number > 1 || !is_allowed)
		return -EINVAL;
	*flag = number;
	return 0;
}

int tcp_fastopen_set_option(struct tcp_connection *tcp, int name,
			    const void *value, uint32_t value_len)
{
	int most = tcp_settings(tcp)->somaxconn;
	int number;

	if (name == TCP_FASTOPEN_KEY)
		return set_keys(tcp, value, value_len);
	memcpy(&number, value, sizeof(number));
	if (name == TCP_FASTOPEN_NO_COOKIE)
		return set_flag(is_without_peer(tcp), number,
				&tcp->options.fastopen_no_cookie);
	if (name == TCP_FASTOPEN_CONNECT) {
		if (number >= 0 && number <= 1 &&
		    !(tcp_settings(tcp)->fastopen & TCP_FASTOPEN_CLIENT))
			return -EOPNOTSUPP;
		return set_flag(tcp->state == TCP_STATE_CLOSED, number,
				&tcp->options.fastopen_connect);
	}
	if (number < 0 || !is_without_peer(tcp))
		return -EINVAL;
	tcp->options.fastopen_queue = number < most ? number : most;
	return 0;
}

int tcp_fastopen_get_option(const struct tcp_connection *tcp, int name,
			    void *value, uint32_t value_len)
{
	const struct tcp_fastopen_keys *keys = tcp_fastopen_server_keys(tcp);

	switch (name) {
	case TCP_FASTOPEN:
		return tcp_options_give_int(value, value_len,
					    tcp->options.fastopen_queue);
	case TCP_FASTOPEN_CONNECT:
		return tcp_options_give_int(value, value_len,
					    tcp->options.fastopen_connect);
	case TCP_FASTOPEN_NO_COOKIE:
		return tcp_options_give_int(value, value_len,
					    tcp->options.fastopen_no_cookie);
	case TCP_FASTOPEN_KEY:
		return tcp_options_give(value, value_len, keys->key,
					(size_t)keys->count * SIPHASH_KEY_LEN);
	default:
		return -ENOPROTOOPT;
	}
}
