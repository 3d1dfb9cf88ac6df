/* Of a SYN, for what answers it. RFC 1122, 4.2.3.8. */
#include "tcp/tcp_ip_options.h"

#include <string.h>

void tcp_ip_options_keep(struct engine *engine, struct tcp_half_open *h,
			 const struct tcp_segment *syn)
{
	uint8_t len = syn->ip_options_len;

	if (len == 0)
		return;
	h->ip_options = engine_alloc(engine, sizeof(*h->ip_options) + len);
	if (!h->ip_options)
		return;
	h->ip_options->len = len;
	memcpy(h->ip_options->bytes, syn->ip_options, len);
}

void tcp_ip_options_move(struct tcp_half_open *h, struct tcp_listener *listener)
{
	tcp_ip_options_free(listener->context->engine, &listener->ip_options);
	listener->ip_options = h->ip_options;
	h->ip_options = NULL;
}

void tcp_ip_options_free(struct engine *engine, struct tcp_ip_options **options)
{
	if (*options)
		engine_free(engine, *options,
			    sizeof(**options) + (*options)->len);
	*options = NULL;
}

const uint8_t *tcp_listener_ip_options(const struct tcp_listener *listener,
				       uint8_t *len)
{
	*len = listener->ip_options ? listener->ip_options->len : 0;
	return listener->ip_options ? listener->ip_options->bytes : NULL;
}
