/* The engine under test, its time, and what it sends. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "script/script.h"
#include "socket/socket_time_wait.h"
#include "stack.h"
#include "tcp/tcp_connection.h"
#include "tcp/tcp_listener.h"
#include "wire/tcp_header.h"

#define START_US (1ll << 34) /* a whole turn of the ISN's clock */
#define SENT_MAX 100000
#define TIMER_TURNS_MAX 200000 /* then time does not go on */

/* ----------------------------------------------------------------- trace */

static void write_trace(struct host *host, const char *format,
			va_list arguments)
{
	char line[1024];
	int len = vsnprintf(line, sizeof(line), format, arguments);
	size_t n = len < (int)sizeof(line) ? (size_t)len : sizeof(line) - 1;

	if (host->loud)
		fputs(line, stdout);
	if (host->trace_len + n + 1 > host->trace_size) {
		host->trace_size = 2 * (host->trace_len + n + 1);
		host->trace = realloc(host->trace, host->trace_size);
		if (!host->trace)
			abort();
	}
	memcpy(host->trace + host->trace_len, line, n + 1);
	host->trace_len += n;
}

void host_trace(struct host *host, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_trace(host, format, arguments);
	va_end(arguments);
}

static void say_where(const struct line *line)
{
	if (!line)
		return;
	printf("%s:%d: ", line->file, line->number);
	for (line = line->caller; line; line = line->caller)
		printf("(from %s:%d) ", line->file, line->number);
}

void host_fail(struct host *host, const char *format, ...)
{
	va_list arguments;

	say_where(host->line);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	if (host->line)
		printf("  line:  %s\n", host->line->text);
	if (!host->loud && host->trace)
		printf("%s", host->trace);
	fflush(stdout);
	_exit(1);
}

/* ---------------------------------------------------------------- memory */

static void *counting_alloc(void *context, size_t len)
{
	struct host *host = context;

	host->memory_len += len;
	return calloc(1, len);
}

static void counting_free(void *context, void *memory, size_t len)
{
	struct host *host = context;

	host->memory_len -= len;
	free(memory);
}

/* ---------------------------------------------------------- start and stop */

void host_start(struct host *host)
{
	struct pyt_stack_config config = {
		.allocator = { counting_alloc, counting_free, host },
		.seed = { 1 },
		.secret = { 2 },
	};
	struct pyt_ip ip = pyt_ip_from_v4(HOST_IP);

	if (host->stack)
		return;
	host->start_us = host->now_us = START_US;
	host->stack = pyt_stack_create(&config, host->now_us);
	if (!host->stack)
		host_fail(host, "no stack");
	if (!host->iface.mtu)
		host->iface.mtu = 1500;
	strcpy(host->iface.name, "eth0");
	host->iface.medium = PYT_MEDIUM_IP;
	pyt_sysctl_set(host->stack, "net.ipv6.conf.all.disable_ipv6", "1");
	host->ifindex = pyt_iface_add(host->stack, &host->iface, host->now_us);
	if (host->ifindex < 0 || pyt_address_add(host->stack, host->ifindex,
						 &ip, 24, host->now_us) != 0)
		host_fail(host, "no interface");
}

void host_stop(struct host *host)
{
	host_expect_silence(host);
	if (!host->stack)
		return;
	if (host->stack->engine.counters.value[COUNTER_TCP_ILLEGAL_TRANSITION])
		host_fail(host, "a state followed that must not");
	pyt_stack_destroy(host->stack);
	if (host->memory_len)
		host_fail(host, "%zu bytes of memory did not come back",
			  host->memory_len);
	for (size_t i = 0; i < host->sent_count; i++)
		free(host->sent[i].bytes);
	free(host->sent);
	free(host->trace);
}

/* ----------------------------------------------------------------- flows */

struct flow *host_flow(struct host *host, uint16_t host_port,
		       uint16_t peer_port)
{
	struct flow *flow;

	for (int i = 0; i < host->flow_count; i++) {
		flow = &host->flow[i];
		if (flow->host_port == host_port &&
		    flow->peer_port == peer_port)
			return flow;
	}
	if (host->flow_count == FLOWS_MAX)
		host_fail(host, "too many flows");
	flow = &host->flow[host->flow_count++];
	*flow = (struct flow){ .host_port = host_port,
			       .peer_port = peer_port,
			       .irs = host->irs,
			       .window = UINT16_MAX };
	return flow;
}

struct flow *host_current_flow(struct host *host)
{
	return host_flow(host, host->host_port, host->peer_port);
}

struct tcp_connection *host_connection(struct host *host)
{
	struct pyt_sockaddr local = { .ip = pyt_ip_from_v4(HOST_IP),
				      .port = host->host_port };
	struct pyt_sockaddr peer = { .ip = pyt_ip_from_v4(PEER_IP),
				     .port = host->peer_port };
	struct socket *socket;

	host_start(host);
	socket = socket_flow_find(&host->stack->sockets, &local, &peer);
	if (!socket && host->current && host->current->is_open)
		socket = socket_handle_find(&host->stack->sockets,
					    host->current->handle);
	return socket && !socket->listener ? socket->tcp : NULL;
}

struct socket_time_wait *host_time_wait(struct host *host)
{
	struct pyt_sockaddr local = { .ip = pyt_ip_from_v4(HOST_IP),
				      .port = host->host_port };
	struct pyt_sockaddr peer = { .ip = pyt_ip_from_v4(PEER_IP),
				     .port = host->peer_port };

	return socket_time_wait_find(&host->stack->sockets, &local, &peer);
}

bool host_is_half_open(struct host *host)
{
	struct tcp_segment segment = {
		.src = pyt_ip_from_v4(PEER_IP),
		.dst = pyt_ip_from_v4(HOST_IP),
		.header = { .src_port = host->peer_port,
			    .dst_port = host->host_port },
	};
	const struct socket *socket;

	for (int i = 0; i < host->socket_count; i++) {
		socket = socket_handle_find(&host->stack->sockets,
					    host->socket[i].handle);
		if (host->socket[i].is_open && socket && socket->listener &&
		    tcp_syn_queue_find(&socket->listener->half_open, &segment))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ the way out */

/* What must hold of every segment, whatever the scenario is about. */
static void check_always(struct flow *flow, struct segment *segment)
{
	bool is_syn = segment->flags & TCP_SYN;
	bool is_rst = segment->flags & TCP_RST;
	const struct option *ts = segment_option(segment, KIND_TS);
	uint32_t edge = flow->irs + (uint32_t)segment->ack +
			(segment->window << (is_syn ? 0 : flow->ws_host));

	if (segment->fault)
		return;
	if (!is_syn && !is_rst && flow->iss_known &&
	    !(segment->flags & TCP_ACK))
		segment->fault = "no ACK";
	else if (is_rst && is_syn)
		segment->fault = "SYN with RST";
	else if (!is_syn && !is_rst && flow->ts_host && flow->ts_peer && !ts)
		segment->fault = "timestamps are missing";
	else if (!is_syn && ts && !(flow->ts_host && flow->ts_peer))
		segment->fault = "timestamps that were not agreed on";
	else if (is_syn || is_rst || !(segment->flags & TCP_ACK))
		return;
	else if (flow->edge_known && (int32_t)(edge - flow->edge) < 0)
		segment->fault = "the window was shrunk";
	flow->edge = edge;
	flow->edge_known = true;
}

static void learn_timestamps(struct host *host, struct flow *flow,
			     struct segment *segment, uint32_t wire_value)
{
	uint32_t ms = (uint32_t)((host->now_us - host->start_us) / 1000);
	const struct option *ts = segment_option(segment, KIND_TS);

	if (!ts)
		return;
	if (!flow->ts_known) {
		flow->ts_known = true;
		flow->ts_base = wire_value - ms;
		((struct option *)(uintptr_t)ts)->value[0] = ms;
	}
	flow->ts_last = wire_value;
}

/* A SYN begins a connection: numbers count from it. */
static void learn_syn(struct flow *flow, const struct segment *segment)
{
	const struct option *ws = segment_option(segment, KIND_WS);

	if (!(segment->flags & TCP_SYN))
		return;
	flow->ts_host = segment_option(segment, KIND_TS) != NULL;
	flow->ws_host_sent = ws != NULL;
	flow->ws_host = ws && flow->ws_peer_sent ? (uint8_t)ws->value[0] : 0;
	flow->edge_known = false;
}

static void learn_end(struct flow *flow, const struct segment *segment)
{
	bool is_syn = segment->flags & TCP_SYN;
	uint32_t end = flow->iss + (uint32_t)segment->seq + segment->len +
		       is_syn + !!(segment->flags & TCP_FIN);

	if (is_syn ||
	    (!(segment->flags & TCP_RST) && (int32_t)(end - flow->nxt) > 0))
		flow->nxt = end;
}

static void learn(struct host *host, struct sent *sent)
{
	struct flow *flow = host_flow(host, sent->host_port, sent->peer_port);
	const uint8_t *tcp = sent->bytes + 20;
	const struct option *ts;
	uint32_t seq, ts_value = 0;

	seq = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 |
	      (uint32_t)tcp[6] << 8 | tcp[7];
	if (tcp[13] & TCP_SYN) {
		if (flow->iss != seq || !flow->iss_known)
			flow->ts_known = false;
		flow->iss = seq;
		flow->iss_known = true;
	}
	wire_parse(flow, sent->bytes, sent->len, &sent->segment);
	ts = segment_option(&sent->segment, KIND_TS);
	if (ts)
		ts_value = (uint32_t)ts->value[0] +
			   (flow->ts_known ? flow->ts_base : 0);
	learn_timestamps(host, flow, &sent->segment, ts_value);
	learn_end(flow, &sent->segment);
	learn_syn(flow, &sent->segment);
	check_always(flow, &sent->segment);
}

static uint8_t *join(const struct pyt_frame *frame)
{
	uint8_t *bytes = malloc(frame->len);
	uint32_t at = 0;

	if (!bytes)
		abort();
	for (int i = 0; i < frame->part_count; i++) {
		memcpy(bytes + at, frame->part[i].iov_base,
		       frame->part[i].iov_len);
		at += (uint32_t)frame->part[i].iov_len;
	}
	return bytes;
}

/* What the link was asked to do. */
static void finish_checksum(const struct pyt_frame *frame, uint8_t *bytes)
{
	uint32_t sum = 0;

	if (frame->csum != PYT_CSUM_PARTIAL)
		return;
	for (uint32_t i = frame->csum_start; i < frame->len; i++)
		sum += (i - frame->csum_start) % 2 ? bytes[i]
						   : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	bytes += frame->csum_start + frame->csum_offset;
	bytes[0] = (uint8_t)(~sum >> 8);
	bytes[1] = (uint8_t)~sum;
}

static void take_frame(struct host *host, const struct pyt_frame *frame)
{
	struct sent *sent;
	char text[512];

	if (host->sent_count == host->sent_size) {
		host->sent_size = host->sent_size ? 2 * host->sent_size : 64;
		host->sent =
			realloc(host->sent, host->sent_size * sizeof(*sent));
		if (!host->sent)
			abort();
	}
	sent = &host->sent[host->sent_count];
	*sent = (struct sent){ .at_us = host->now_us,
			       .len = frame->len,
			       .bytes = join(frame) };
	host->sent_count++;
	finish_checksum(frame, sent->bytes);
	if (!wire_ports(sent->bytes, sent->len, &sent->host_port,
			&sent->peer_port)) {
		sent->segment.fault = "a packet that is not TCP";
		return;
	}
	learn(host, sent);
	if (frame->gso != PYT_GSO_NONE)
		sent->segment.gso_size = frame->gso_size;
	segment_print(&sent->segment, text, sizeof(text));
	host_trace(host, "  %12.6f  sends %s%s%s\n",
		   (double)(host->now_us - host->start_us) / 1e6, text,
		   sent->segment.fault ? "  !! " : "",
		   sent->segment.fault ? sent->segment.fault : "");
}

void host_flush(struct host *host)
{
	struct pyt_frame frame;

	if (!host->stack)
		return;
	while (pyt_output(host->stack, host->ifindex, &frame, host->now_us)) {
		take_frame(host, &frame);
		if (host->sent_count > SENT_MAX)
			host_fail(host, "the host does not stop sending");
	}
}

/* ------------------------------------------------------ the way in, time */

void host_input(struct host *host, uint8_t *packet, uint32_t len,
		uint16_t gso_size)
{
	struct pyt_frame frame = { .part_count = 1, .len = len };

	host_start(host);
	frame.part[0].iov_base = packet;
	frame.part[0].iov_len = len;
	if (gso_size) {
		frame.gso = PYT_GSO_TCP4;
		frame.gso_size = gso_size;
	}
	pyt_input(host->stack, host->ifindex, &frame, host->now_us);
	host->drop_reason = frame.drop_reason;
}

static void run(struct host *host, int64_t until_us, bool stop_at_segment)
{
	int turns = 0;

	host_start(host);
	host_flush(host);
	for (;;) {
		int64_t next_us = pyt_next_deadline(host->stack);

		if (stop_at_segment && host->sent_taken < host->sent_count)
			return;
		if (next_us > until_us)
			break;
		if (next_us > host->now_us) {
			host->now_us = next_us;
			turns = 0;
		} else if (turns++ > TIMER_TURNS_MAX) {
			host_fail(host, "a timer is due again and again");
		}
		pyt_run_timers(host->stack, host->now_us);
		host_flush(host);
	}
	if (until_us > host->now_us)
		host->now_us = until_us;
}

void host_run_until(struct host *host, int64_t until_us)
{
	run(host, until_us, false);
}

void host_run_to_segment(struct host *host, int64_t until_us)
{
	run(host, until_us, true);
}

void host_expect_silence(struct host *host)
{
	const struct sent *sent;
	char text[512];

	if (host->sent_taken == host->sent_count)
		return;
	sent = &host->sent[host->sent_taken];
	segment_print(&sent->segment, text, sizeof(text));
	host_fail(host,
		  "a segment that nobody expected\n"
		  "  came:  at %.6f: %s",
		  (double)(sent->at_us - host->start_us) / 1e6, text);
}
