/* Events of the network: what the host gets and what it is to send. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "script/script.h"
#include "stack.h"
#include "tcp/tcp_iss.h"
#include "wire/tcp_header.h"

#define PACKET_MAX 66000
#define PEER_CLOCK_START 1000 /* ms; TSval at time 0 */
#define PATIENCE_US (100000ll * 1000000)
#define ISN_TICK_US 4
#ifndef SCRIPT_TOLERANCE_US /* virtual time is exact */
#define SCRIPT_TOLERANCE_US 0
#endif

static int64_t elapsed_us(const struct host *host)
{
	return host->now_us - host->start_us;
}

static struct flow *flow_of(struct host *host, const struct segment *segment)
{
	return host_flow(
		host, segment->host_port ? segment->host_port : host->host_port,
		segment->peer_port ? segment->peer_port : host->peer_port);
}

/* ------------------------------------------------------------------ gets */

static void insert_timestamps(struct host *host, struct segment *segment)
{
	struct option ts = { .kind = KIND_TS, .count = 2 };

	if (segment->option_count + 3 > OPTIONS_MAX)
		host_fail(host, "too many options");
	ts.any[0] = ts.any[1] = true;
	memmove(segment->option + 3, segment->option,
		(size_t)segment->option_count * sizeof(ts));
	segment->option[0] = segment->option[1] =
		(struct option){ .kind = KIND_NOP };
	segment->option[2] = ts;
	segment->option_count += 3;
}

/* TSval goes with time; TSecr is the last that the host sent. */
static void fill_timestamps(struct host *host, const struct flow *flow,
			    const struct segment *segment, struct option *ts)
{
	bool is_first = (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	if (ts->any[0])
		ts->value[0] = PEER_CLOCK_START + elapsed_us(host) / 1000;
	if (ts->any[1])
		ts->value[1] = flow->ts_last;
	else if (!is_first)
		ts->value[1] += flow->ts_base;
}

/* What is relative or not said gets the bytes' own values. */
static void complete(struct host *host, struct flow *flow,
		     struct segment *segment)
{
	bool agreed = flow->ts_host && flow->ts_peer;

	if (segment->said & SAID_WINDOW)
		flow->window = segment->window;
	else
		segment->window = flow->window;
	if (agreed && !segment_option(segment, KIND_TS) &&
	    !(segment->said & (SAID_NO_TS | SAID_NO_OPTIONS)) &&
	    !(segment->flags & TCP_SYN))
		insert_timestamps(host, segment);
	for (int i = 0; i < segment->option_count; i++) {
		struct option *option = &segment->option[i];

		if (option->kind == KIND_TS)
			fill_timestamps(host, flow, segment, option);
		for (int v = 0; option->kind == KIND_SACK && v < option->count;
		     v++)
			option->value[v] += flow->iss;
	}
}

static void learn_peer_syn(struct flow *flow, const struct segment *segment)
{
	if (!(segment->flags & TCP_SYN))
		return;
	flow->ts_peer = segment_option(segment, KIND_TS) != NULL;
	flow->ws_peer_sent = segment_option(segment, KIND_WS) != NULL;
	if (!flow->ws_peer_sent)
		flow->ws_host = 0;
}

/* Without a number of its own a segment follows those before it. */
static void number_it(struct flow *flow, struct segment *segment)
{
	int64_t end;

	if (!(segment->said & SAID_SEQ) && !(segment->flags & TCP_SYN)) {
		segment->said |= SAID_SEQ;
		segment->seq = flow->peer_nxt;
	}
	end = segment->seq + segment->len + !!(segment->flags & TCP_SYN) +
	      !!(segment->flags & TCP_FIN);
	if (!(segment->flags & TCP_RST) &&
	    (end > flow->peer_nxt || segment->flags & TCP_SYN))
		flow->peer_nxt = end;
}

static void get_one(struct host *host, const struct segment *described)
{
	static uint8_t packet[PACKET_MAX];
	struct segment segment = *described;
	struct flow *flow = flow_of(host, &segment);
	char text[512];
	uint32_t len;

	number_it(flow, &segment);
	segment_print(&segment, text, sizeof(text));
	host_trace(host, "  %12.6f  gets  %s\n", (double)elapsed_us(host) / 1e6,
		   text);
	complete(host, flow, &segment);
	learn_peer_syn(flow, &segment);
	len = wire_build(flow, &segment, packet, sizeof(packet));
	if (!len)
		host_fail(host, "too long a segment");
	host_input(host, packet, len, (uint16_t)segment.gso_size);
}

/* The nth piece of what 'by' divides; false: there is none. */
static bool piece(const struct segment *whole, uint32_t n, struct segment *part)
{
	uint64_t at = (uint64_t)n * whole->by;

	*part = *whole;
	if (!whole->by || !whole->len)
		return n == 0;
	if (at >= whole->len)
		return false;
	part->seq += (int64_t)at;
	part->len = whole->len - (uint32_t)at;
	if (part->len <= whole->by)
		return true;
	part->len = whole->by;
	part->flags &= ~(unsigned)(TCP_FIN | TCP_PSH);
	part->said &= ~(unsigned)SAID_PSH;
	return true;
}

static void event_gets(struct host *host, char **word)
{
	struct segment whole, part;

	host_start(host);
	segment_parse(host, word + 1, &whole);
	for (uint32_t n = 0; piece(&whole, n, &part); n++) {
		if (n > 0)
			host_flush(host); /* each in a turn of its own */
		get_one(host, &part);
	}
}

/* ----------------------------------------------------------------- sends */

static void __attribute__((noreturn))
fail_segment(struct host *host, const struct segment *wanted,
	     const struct sent *sent, const char *why)
{
	char expected[512], came[512] = "nothing";

	segment_print(wanted, expected, sizeof(expected));
	if (sent)
		segment_print(&sent->segment, came, sizeof(came));
	if (sent)
		host_fail(host,
			  "%s\n  want:  at %.6f: %s\n  came:  at %.6f: %s", why,
			  (double)elapsed_us(host) / 1e6, expected,
			  (double)(sent->at_us - host->start_us) / 1e6, came);
	host_fail(host, "%s\n  want:  at %.6f: %s", why,
		  (double)elapsed_us(host) / 1e6, expected);
}

static void expect_one(struct host *host, struct segment wanted)
{
	const struct flow *flow = flow_of(host, &wanted);
	const struct sent *sent;
	const char *why;

	if (host->sent_taken == host->sent_count)
		fail_segment(host, &wanted, NULL, "nothing was sent");
	sent = &host->sent[host->sent_taken];
	if (llabs(sent->at_us - host->now_us) > SCRIPT_TOLERANCE_US)
		fail_segment(host, &wanted, sent, "sent at another time");
	if (sent->host_port != flow->host_port ||
	    sent->peer_port != flow->peer_port)
		fail_segment(host, &wanted, sent, "sent by another flow");
	/* An ACK alone stands behind everything that was sent. */
	if (wanted.flags == TCP_ACK && !(wanted.said & SAID_SEQ)) {
		wanted.said |= SAID_SEQ;
		wanted.seq = (int32_t)(flow->nxt - flow->iss);
	}
	if (wanted.said & SAID_RAW_SEQ)
		wanted.seq -= flow->iss;
	why = segment_differs(&wanted, &sent->segment);
	if (!why && !sign_is_right(flow, &wanted, &sent->segment, sent->bytes,
				   sent->len))
		why = "signature";
	if (why)
		fail_segment(host, &wanted, sent, why);
	host->sent_taken++;
}

static void event_sends(struct host *host, char **word)
{
	struct segment whole, part;

	host_start(host);
	segment_parse(host, word + 1, &whole);
	if (host->is_waiting)
		host_run_to_segment(host, host->now_us + PATIENCE_US);
	for (uint32_t n = 0; piece(&whole, n, &part); n++)
		expect_one(host, part);
}

static void event_silent(struct host *host, char **word)
{
	host_start(host);
	if (word[1])
		host_run_until(host,
			       host->now_us + parse_time_us(host, word[1]));
	host_expect_silence(host);
}

/* ------------------------------------------------------------------ icmp */

static const struct {
	const char *name;
	int type, code;
} icmp_names[] = {
	{ "net", 3, 0 },
	{ "host", 3, 1 },
	{ "protocol", 3, 2 },
	{ "port", 3, 3 },
	{ "frag", 3, 4 },
	{ "source-route", 3, 5 },
	{ "net-unknown", 3, 6 },
	{ "host-unknown", 3, 7 },
	{ "net-prohibited", 3, 9 },
	{ "host-prohibited", 3, 10 },
	{ "prohibited", 3, 13 },
	{ "quench", 4, 0 },
	{ "ttl", 11, 0 },
	{ "reassembly", 11, 1 },
	{ "parameter", 12, 0 },
};

/* icmp NAME [MTU] quote SEQ */
static void event_icmp(struct host *host, char **word)
{
	uint8_t packet[128];
	uint32_t mtu = 0;
	size_t i = 0;

	host_start(host);
	if (!word[1])
		host_fail(host, "'icmp' what?");
	while (i < sizeof(icmp_names) / sizeof(*icmp_names) &&
	       strcmp(icmp_names[i].name, word[1]) != 0)
		i++;
	if (i == sizeof(icmp_names) / sizeof(*icmp_names))
		host_fail(host, "no ICMP message '%s'", word[1]);
	word += 2;
	if (*word && strcmp(*word, "quote") != 0)
		mtu = (uint32_t)parse_number(host, *word++);
	if (!*word || strcmp(*word, "quote") != 0 || !word[1])
		host_fail(host, "'quote SEQ' is missing");
	host_trace(host, "  %12.6f  icmp  %s %u quote %s\n",
		   (double)elapsed_us(host) / 1e6, icmp_names[i].name, mtu,
		   word[1]);
	host_input(host, packet,
		   wire_icmp(host_current_flow(host), icmp_names[i].type,
			     icmp_names[i].code, mtu,
			     parse_number(host, word[1]), packet),
		   0);
}

/* -------------------------------------------------------------- settings */

static int64_t number_after(struct host *host, char **word)
{
	if (!word[1])
		host_fail(host, "'%s' without a number", word[0]);
	return parse_number(host, word[1]);
}

static void event_mtu(struct host *host, char **word)
{
	if (host->stack)
		host_fail(host, "the MTU is set first of all");
	host->iface.mtu = (uint32_t)number_after(host, word);
}

static void event_offload(struct host *host, char **word)
{
	if (host->stack)
		host_fail(host, "offloads are set first of all");
	while (*++word)
		host->iface.offloads |= strcmp(*word, "tso") == 0
						? PYT_OFFLOAD_TSO4
						: PYT_OFFLOAD_CSUM;
}

static void event_irs(struct host *host, char **word)
{
	host->irs = (uint32_t)number_after(host, word);
	host_current_flow(host)->irs = host->irs;
}

/* Time goes on to when the ISN's clock stands right (RFC 6528, 3). */
static void event_iss(struct host *host, char **word)
{
	uint32_t wanted = (uint32_t)number_after(host, word);
	struct pyt_sockaddr local = { .ip = pyt_ip_from_v4(HOST_IP),
				      .port = host->host_port };
	struct pyt_sockaddr peer = { .ip = pyt_ip_from_v4(PEER_IP),
				     .port = host->peer_port };
	uint32_t now;

	host_start(host);
	now = tcp_iss_make(host->stack->tcp, &local, &peer, host->now_us).iss;
	host_run_until(host, host->now_us + (int64_t)(uint32_t)(wanted - now) *
						    ISN_TICK_US);
	host->start_us = host->now_us;
}

/* flow PEER_PORT [HOST_PORT] */
static void event_flow(struct host *host, char **word)
{
	host->peer_port = (uint16_t)number_after(host, word);
	if (word[2])
		host->host_port = (uint16_t)parse_number(host, word[2]);
}

event_function *network_event(const char *verb)
{
	static const struct {
		const char *verb;
		event_function *function;
	} events[] = {
		{ "gets", event_gets },	      { "sends", event_sends },
		{ "silent", event_silent },   { "icmp", event_icmp },
		{ "mtu", event_mtu },	      { "irs", event_irs },
		{ "iss", event_iss },	      { "flow", event_flow },
		{ "offload", event_offload },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (strcmp(events[i].verb, verb) == 0)
			return events[i].function;
	return NULL;
}
