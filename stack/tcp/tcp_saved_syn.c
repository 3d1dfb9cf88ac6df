/* Saved SYNs; tcp(7) does not describe them, Linux's tcp_sock.h does. */
#include "tcp/tcp_saved_syn.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "tcp/tcp_options.h"

#define SAVE_FROM_IP 1
#define SAVE_FROM_LINK 2

void tcp_saved_syn_keep(const struct tcp_listener *listener,
			struct tcp_half_open *h, const struct tcp_segment *syn)
{
	int mode = listener->prototype->options.save_syn;
	uint32_t link_len = mode == SAVE_FROM_LINK ? syn->link_len : 0;
	uint32_t len = syn->headers_len + link_len;

	if (!mode || !syn->headers || len > UINT16_MAX)
		return;
	h->saved_syn = engine_alloc(listener->context->engine,
				    sizeof(*h->saved_syn) + len);
	if (!h->saved_syn)
		return;
	memcpy(h->saved_syn->bytes, syn->headers - link_len, len);
	h->saved_syn->len = (uint16_t)len;
}

void tcp_saved_syn_move(struct tcp_half_open *h, struct tcp_connection *tcp)
{
	tcp->saved_syn = h->saved_syn;
	h->saved_syn = NULL;
}

void tcp_saved_syn_free(struct engine *engine, struct tcp_saved_syn **saved)
{
	if (*saved)
		engine_free(engine, *saved, sizeof(**saved) + (*saved)->len);
	*saved = NULL;
}

bool tcp_saved_syn_is_option(int name)
{
	return name == TCP_SAVE_SYN || name == TCP_SAVED_SYN;
}

int tcp_saved_syn_set(struct tcp_connection *tcp, int name, int number)
{
	if (name != TCP_SAVE_SYN)
		return -ENOPROTOOPT;
	if (number < 0 || number > SAVE_FROM_LINK)
		return -EINVAL;
	tcp->options.save_syn = (uint8_t)number;
	return 0;
}

int tcp_saved_syn_get(struct tcp_connection *tcp, int name, void *value,
		      uint32_t value_len)
{
	int len = tcp->saved_syn ? tcp->saved_syn->len : 0;

	if (name == TCP_SAVE_SYN)
		return tcp_options_give_int(value, value_len,
					    tcp->options.save_syn);
	if (value_len < (uint32_t)len)
		return -EINVAL;
	if (len)
		memcpy(value, tcp->saved_syn->bytes, (size_t)len);
	tcp_saved_syn_free(tcp_engine(tcp), &tcp->saved_syn);
	return len;
}
