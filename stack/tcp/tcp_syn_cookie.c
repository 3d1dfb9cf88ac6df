/*
 * The cookie, D. J. Bernstein's as RFC 4987's appendix A has it:
 *
 *	F(0) + irs + (minute << 24) + ((F(minute, irs) + mss index) mod 2^24)
 *
 * F is a keyed hash of the addresses and its arguments. irs is one of them so
 * that a segment behind the first byte does not pass for the first with
 * another index. The low bits of the timestamp say the options: window scale
 * (15: none), SACK, ECN.
 */
#include "tcp/tcp_syn_cookie.h"

#include <string.h>

#include "tcp/tcp_iss.h"
#include "tcp/tcp_window.h"

#define MINUTE_US 60000000
#define MINUTES_MAX 2 /* that a cookie counts in */
#define MINUTE_SHIFT 24
#define LOW_MASK 0xffffffu

#define OPTION_MASK 0x3fu
#define OPTION_WSCALE_MASK 0x0fu
#define OPTION_NO_WSCALE 0x0fu
#define OPTION_SACK 0x10u
#define OPTION_ECN 0x20u

#define USED_COUNT 4096 /* cookies remembered against replays */
#define MSS_COUNT 4

/* What most paths have, so that little is lost by rounding down; Linux. */
static const uint16_t mss_v4[MSS_COUNT] = { 536, 1300, 1440, 1460 };
static const uint16_t mss_v6[MSS_COUNT] = { 1220, 1420, 1440, 8940 };

static const uint16_t *mss_table(const struct tcp_half_open *h)
{
	return pyt_ip_is_v4(&h->local.ip) ? mss_v4 : mss_v6;
}

void tcp_syn_cookie_init(struct tcp_context *context)
{
	tcp_iss_derive_key(context, "SYN cookie 0", context->cookie_keys[0]);
	tcp_iss_derive_key(context, "SYN cookie 1", context->cookie_keys[1]);
}

void tcp_syn_cookie_clear(struct tcp_context *context)
{
	engine_free(context->engine, context->cookies_used,
		    USED_COUNT * sizeof(*context->cookies_used));
}

struct material {
	struct pyt_ip local, peer;
	uint16_t local_port, peer_port;
	uint32_t numbers[2];
};

static uint64_t hash(const struct tcp_context *context, int key,
		     const struct tcp_half_open *h, uint32_t first,
		     uint32_t second)
{
	struct material material = {
		.local = h->local.ip,
		.peer = h->peer.ip,
		.local_port = h->local.port,
		.peer_port = h->peer.port,
		.numbers = { first, second },
	};

	return siphash(context->cookie_keys[key], &material, sizeof(material));
}

_Static_assert(sizeof(struct material) == 44, "what is hashed has no padding");

static uint32_t minute_of(int64_t now_us)
{
	return (uint32_t)(now_us / MINUTE_US);
}

/* ----------------------------------------------------------------- making */

static uint32_t mss_index(const struct tcp_half_open *h)
{
	const uint16_t *table = mss_table(h);
	uint32_t i = MSS_COUNT - 1;

	while (i > 0 && h->peer_mss < table[i])
		i--;
	return i;
}

static uint32_t options_of(const struct tcp_half_open *h)
{
	uint32_t options = OPTION_NO_WSCALE;

	if (h->wscale_ok)
		options = h->peer_wscale < TCP_WSCALE_MAX ? h->peer_wscale
							  : TCP_WSCALE_MAX;
	if (h->sack_ok)
		options |= OPTION_SACK;
	if (h->ecn != TCP_ECN_OFF)
		options |= OPTION_ECN;
	return options;
}

void tcp_syn_cookie_make(const struct tcp_context *context,
			 struct tcp_half_open *h, int64_t now_us)
{
	uint32_t minute = minute_of(now_us);
	uint32_t index = mss_index(h);

	h->is_cookie = true;
	h->peer_mss = mss_table(h)[index];
	/* One bit is for RFC 3168's kind, which AccECN's clients know. */
	h->ecn = h->ts_ok && h->ecn != TCP_ECN_OFF ? TCP_ECN_CLASSIC
						   : TCP_ECN_OFF;
	h->ecn_ect = false;
	if (!h->ts_ok)
		h->wscale_ok = h->sack_ok = false;
	h->iss.iss = (uint32_t)hash(context, 0, h, 0, 0) + h->irs +
		     (minute << MINUTE_SHIFT) +
		     (((uint32_t)hash(context, 1, h, minute, h->irs) + index) &
		      LOW_MASK);
}

uint32_t tcp_syn_cookie_timestamp(const struct tcp_half_open *h, int64_t now_us)
{
	uint32_t now = (uint32_t)(now_us / 1000);
	uint32_t stamp = (now & ~OPTION_MASK) | options_of(h);

	return seq_is_before(now, stamp) ? stamp - OPTION_MASK - 1 : stamp;
}

/* --------------------------------------------------------------- checking */

/* The index of the MSS, or -1. */
static int decode(const struct tcp_context *context,
		  const struct tcp_half_open *h, int64_t now_us)
{
	uint32_t now = minute_of(now_us);
	uint32_t left =
		h->iss.iss - (uint32_t)hash(context, 0, h, 0, 0) - h->irs;
	uint32_t age = (now - (left >> MINUTE_SHIFT)) & 0xff;
	uint32_t index;

	if (age >= MINUTES_MAX)
		return -1;
	index = (left - (uint32_t)hash(context, 1, h, now - age, h->irs)) &
		LOW_MASK;
	return index < MSS_COUNT ? (int)index : -1;
}

/* False: options that we never agree on. */
static bool decode_options(const struct tcp_context *context,
			   struct tcp_half_open *h,
			   const struct tcp_header *header)
{
	const struct tcp_settings *settings = &context->settings;
	uint32_t options = header->ts_echo - h->iss.ts_offset;

	if (!header->has_timestamp)
		return true;
	h->ts_ok = true;
	h->ts_recent = header->ts_value;
	h->sack_ok = options & OPTION_SACK;
	h->ecn = options & OPTION_ECN ? TCP_ECN_CLASSIC : TCP_ECN_OFF;
	h->peer_wscale = options & OPTION_WSCALE_MASK;
	h->wscale_ok = h->peer_wscale != OPTION_NO_WSCALE;
	return settings->timestamps && (!h->sack_ok || settings->sack) &&
	       (!h->wscale_ok || settings->window_scaling);
}

bool tcp_syn_cookie_check(const struct tcp_context *context,
			  const struct tcp_segment *segment,
			  struct tcp_half_open *half_open, int64_t now_us)
{
	const struct tcp_header *header = &segment->header;
	struct tcp_half_open h = {
		.local = { .ip = segment->dst, .port = header->dst_port },
		.peer = { .ip = segment->src, .port = header->src_port },
		.irs = header->seq - 1,
		.syn_dscp = segment->dscp, /* as good as the SYN's */
		.is_cookie = true,
	};
	int index;

	h.iss = tcp_iss_make(context, &h.local, &h.peer, now_us);
	h.iss.iss = header->ack - 1;
	index = decode(context, &h, now_us);
	if (index < 0 || !decode_options(context, &h, header))
		return false;
	h.peer_mss = mss_table(&h)[index];
	*half_open = h;
	return true;
}

bool tcp_syn_cookie_use(struct tcp_context *context,
			const struct tcp_half_open *h)
{
	uint64_t mark = hash(context, 1, h, h->iss.iss, 0);
	uint32_t *tag;

	if (!context->cookies_used)
		context->cookies_used = engine_alloc(
			context->engine,
			USED_COUNT * sizeof(*context->cookies_used));
	if (!context->cookies_used)
		return true;
	tag = &context->cookies_used[mark % USED_COUNT];
	if (*tag == (uint32_t)(mark >> 32))
		return false;
	*tag = (uint32_t)(mark >> 32);
	return true;
}
