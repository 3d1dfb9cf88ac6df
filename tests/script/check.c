/*
 * Assertions. What TCP_INFO and the counters tell is asked as a program asks
 * it; what they do not tell (bytes, timers) is read in the connection.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/tcp.h>

#include "script/script.h"
#include "socket/socket_time_wait.h"
#include "stack.h"
#include "tcp/tcp_connection.h"
#include "tcp/tcp_state.h"

/* ---------------------------------------------------------------- values */

static const struct {
	const char *name;
	int64_t number;
} value_names[] = {
	{ "inf", TCP_CC_SSTHRESH_INFINITE }, { "open", TCP_CA_Open },
	{ "disorder", TCP_CA_Disorder },     { "cwr", TCP_CA_CWR },
	{ "recovery", TCP_CA_Recovery },     { "loss", TCP_CA_Loss },
};

#define VALUES (sizeof(value_names) / sizeof(*value_names))

/* 10, 0x10, 10mss, 200ms, or a name. */
static int64_t parse_value(struct host *host, const char *text, size_t len)
{
	const struct tcp_connection *tcp;
	char copy[64], *end;
	int64_t number;

	snprintf(copy, sizeof(copy), "%.*s", (int)len, text);
	for (size_t i = 0; i < VALUES; i++)
		if (strcmp(copy, value_names[i].name) == 0)
			return value_names[i].number;
	if (parse_errno(copy))
		return -parse_errno(copy);
	number = strtoll(copy, &end, 0);
	if (end == copy)
		host_fail(host, "no value: %s", copy);
	if (strcmp(end, "mss") == 0) {
		tcp = host_connection(host);
		return number * (tcp ? tcp->snd.mss : 0);
	}
	if (strcmp(end, "k") == 0)
		return number * 1024;
	if (*end)
		return parse_time_us(host, copy);
	return number;
}

int64_t parse_number(struct host *host, const char *text)
{
	return parse_value(host, text, strlen(text));
}

int64_t parse_time_us(struct host *host, const char *text)
{
	static const struct {
		const char *unit;
		double us;
	} units[] = { { "us", 1 },
		      { "ms", 1e3 },
		      { "s", 1e6 },
		      { "min", 60e6 },
		      { "h", 3600e6 } };
	char *end;
	double number = strtod(text, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (end != text && strcmp(end, units[i].unit) == 0)
			return (int64_t)(number * units[i].us + 0.5);
	host_fail(host, "no time: '%s' (us, ms, s, min, h)", text);
}

/* VALUE or LEAST..MOST */
static void expect_value(struct host *host, const char *what,
			 const char *wanted, int64_t came)
{
	const char *dots = strstr(wanted, "..");
	int64_t least, most;

	least = parse_value(host, wanted,
			    dots ? (size_t)(dots - wanted) : strlen(wanted));
	most = dots ? parse_value(host, dots + 2, strlen(dots + 2)) : least;
	if (came < least || came > most)
		host_fail(host, "%s is another\n  want:  %s\n  came:  %lld",
			  what, wanted, (long long)came);
}

/* ----------------------------------------------------------------- check */

#define PEEK(name, value)                                            \
	static int64_t peek_##name(const struct tcp_connection *tcp) \
	{                                                            \
		return (int64_t)(value);                             \
	}

PEEK(cwnd, tcp->cc.cwnd)
PEEK(ssthresh, tcp->cc.ssthresh)
PEEK(mss, tcp->snd.mss)
PEEK(in_flight, tcp_in_flight(tcp))
PEEK(sacked, tcp->sent.sacked_len)
PEEK(lost, tcp->sent.lost_len)
PEEK(una, tcp->snd.una - SEQ_SYN)
PEEK(nxt, tcp->snd.nxt - SEQ_SYN)
PEEK(rcv_nxt, tcp->rcv.nxt - SEQ_SYN)
PEEK(holes, tcp->out_of_order.count)
PEEK(readable, tcp_readable(tcp))
PEEK(rto, tcp_rto_us(&tcp->rto))
PEEK(srtt, tcp->rto.srtt_us)
PEEK(rttvar, tcp->rto.rttvar_us)
PEEK(soft_error, tcp->soft_error)

static const struct {
	const char *name;
	int64_t (*peek)(const struct tcp_connection *tcp);
} peeks[] = {
	{ "cwnd", peek_cwnd },
	{ "ssthresh", peek_ssthresh },
	{ "mss", peek_mss },
	{ "in_flight", peek_in_flight },
	{ "sacked", peek_sacked },
	{ "lost", peek_lost },
	{ "una", peek_una },
	{ "nxt", peek_nxt },
	{ "rcv_nxt", peek_rcv_nxt },
	{ "holes", peek_holes },
	{ "readable", peek_readable },
	{ "rto", peek_rto },
	{ "srtt", peek_srtt },
	{ "rttvar", peek_rttvar },
	{ "soft_error", peek_soft_error },
};

#define PEEKS (sizeof(peeks) / sizeof(*peeks))

static bool is_listening(struct host *host, const struct script_socket *socket)
{
	struct pyt_socket_status status;

	return socket->is_open &&
	       pyt_socket_status(host->stack, socket->handle, &status) == 0 &&
	       status.tcp_state == TCP_STATE_LISTEN &&
	       status.local.port == host->host_port;
}

/* No connection: what is left of one, half of one, a listener, or nobody. */
static int64_t state_of(struct host *host)
{
	const struct tcp_connection *tcp = host_connection(host);

	if (tcp && tcp->state != TCP_STATE_CLOSED)
		return tcp->state;
	if (host_time_wait(host))
		return host_time_wait(host)->tcp.awaits_fin
			       ? TCP_STATE_FIN_WAIT_2
			       : TCP_STATE_TIME_WAIT;
	if (host_is_half_open(host))
		return TCP_STATE_SYN_RECEIVED;
	if (tcp)
		return TCP_STATE_CLOSED;
	for (int i = 0; i < host->socket_count; i++)
		if (is_listening(host, &host->socket[i]))
			return TCP_STATE_LISTEN;
	return TCP_STATE_CLOSED;
}

static void check_state(struct host *host, const char *wanted)
{
	int64_t state = state_of(host);
	const char *came = tcp_state_name((enum tcp_state)state);

	if (strcmp(came, wanted) != 0)
		host_fail(host, "another state\n  want:  %s\n  came:  %s",
			  wanted, came);
}

static void check_one(struct host *host, const char *name, const char *wanted)
{
	const struct tcp_connection *tcp = host_connection(host);

	if (strcmp(name, "state") == 0) {
		check_state(host, wanted);
		return;
	}
	if (!tcp)
		host_fail(host, "there is no connection");
	for (size_t i = 0; i < PEEKS; i++) {
		if (strcmp(peeks[i].name, name) == 0) {
			expect_value(host, name, wanted, peeks[i].peek(tcp));
			return;
		}
	}
	host_fail(host, "no such value: %s", name);
}

/* NAME VALUE NAME VALUE ... */
static void each_pair(struct host *host, char **word,
		      void (*one)(struct host *host, const char *name,
				  const char *wanted))
{
	for (word++; *word; word += 2) {
		if (!word[1])
			host_fail(host, "%s: no value", *word);
		one(host, word[0], word[1]);
	}
}

static void event_check(struct host *host, char **word)
{
	host_start(host);
	each_pair(host, word, check_one);
}

/* ------------------------------------------------------------------ info */

#define INFO(field)                                                  \
	{                                                            \
#field, offsetof(struct tcp_info, tcpi_##field),     \
			sizeof(((struct tcp_info *)0)->tcpi_##field) \
	}

static const struct {
	const char *name;
	size_t offset, len;
} info_fields[] = {
	INFO(state),
	INFO(ca_state),
	INFO(retransmits),
	INFO(probes),
	INFO(backoff),
	INFO(options),
	INFO(rto),
	INFO(ato),
	INFO(snd_mss),
	INFO(rcv_mss),
	INFO(unacked),
	INFO(sacked),
	INFO(lost),
	INFO(retrans),
	INFO(last_data_sent),
	INFO(last_data_recv),
	INFO(last_ack_recv),
	INFO(pmtu),
	INFO(rcv_ssthresh),
	INFO(rtt),
	INFO(rttvar),
	INFO(snd_ssthresh),
	INFO(snd_cwnd),
	INFO(advmss),
	INFO(reordering),
	INFO(rcv_rtt),
	INFO(rcv_space),
	INFO(total_retrans),
	INFO(bytes_acked),
	INFO(bytes_received),
	INFO(segs_out),
	INFO(segs_in),
	INFO(notsent_bytes),
	INFO(min_rtt),
	INFO(data_segs_in),
	INFO(data_segs_out),
	INFO(busy_time),
	INFO(rwnd_limited),
	INFO(sndbuf_limited),
	INFO(delivered),
	INFO(delivered_ce),
	INFO(bytes_sent),
	INFO(bytes_retrans),
	INFO(dsack_dups),
	INFO(reord_seen),
	INFO(rcv_ooopack),
	INFO(snd_wnd),
};

#define FIELDS (sizeof(info_fields) / sizeof(*info_fields))

static void check_info(struct host *host, const char *name, const char *wanted)
{
	struct tcp_info info = { 0 };
	int64_t value = 0;
	int len;

	len = pyt_socket_get_option(
		host->stack, host->current ? host->current->handle : -1,
		IPPROTO_TCP, TCP_INFO, &info, sizeof(info), host->now_us);
	if (len < 0)
		host_fail(host, "no TCP_INFO: %s", errno_name(-len));
	for (size_t i = 0; i < FIELDS; i++) {
		if (strcmp(info_fields[i].name, name) != 0)
			continue;
		memcpy(&value, (char *)&info + info_fields[i].offset,
		       info_fields[i].len);
		expect_value(host, name, wanted, value);
		return;
	}
	host_fail(host, "no field tcpi_%s", name);
}

static void event_info(struct host *host, char **word)
{
	host_start(host);
	each_pair(host, word, check_info);
}

/* ----------------------------------------------------------------- count */

static void check_count(struct host *host, const char *name, const char *wanted)
{
	const char *counter;
	uint64_t value;

	for (int i = 0; pyt_counter_get(host->stack, i, &counter, &value) == 0;
	     i++) {
		if (strcmp(counter, name) == 0) {
			expect_value(host, name, wanted, (int64_t)value);
			return;
		}
	}
	host_fail(host, "no counter %s", name);
}

static void event_count(struct host *host, char **word)
{
	host_start(host);
	each_pair(host, word, check_count);
}

/* drop REASON | none: of the last segment that the host got */
static void event_drop(struct host *host, char **word)
{
	const char *came = host->drop_reason ? host->drop_reason : "none";

	if (!word[1] || strcmp(word[1], came) != 0)
		host_fail(host, "another fate\n  want:  %s\n  came:  %s",
			  word[1] ? word[1] : "?", came);
}

/* ----------------------------------------------------------------- timer */

static const struct {
	const char *name;
	enum tcp_timer timer;
} timer_names[] = {
	{ "tail-probe", TCP_TIMER_TAIL_PROBE },
	{ "retransmit", TCP_TIMER_RETRANSMIT },
	{ "reorder", TCP_TIMER_REORDER },
	{ "probe", TCP_TIMER_PROBE },
	{ "delayed-ack", TCP_TIMER_DELAYED_ACK },
	{ "cork", TCP_TIMER_CORK },
	{ "keepalive", TCP_TIMER_KEEPALIVE },
	{ "close", TCP_TIMER_CLOSE },
};

/* NAME TIME, from now on; or none */
static void check_timer(struct host *host, const char *name, const char *wanted)
{
	const struct tcp_connection *tcp = host_connection(host);
	int64_t left_us;
	size_t i = 0;

	while (i < sizeof(timer_names) / sizeof(*timer_names) &&
	       strcmp(timer_names[i].name, name) != 0)
		i++;
	if (i == sizeof(timer_names) / sizeof(*timer_names))
		host_fail(host, "no timer %s", name);
	if (!tcp)
		host_fail(host, "there is no connection");
	if (strcmp(wanted, "none") == 0) {
		if (tcp_timer_is_set(tcp, timer_names[i].timer))
			host_fail(host, "the timer %s runs", name);
		return;
	}
	if (!tcp_timer_is_set(tcp, timer_names[i].timer))
		host_fail(host, "the timer %s does not run", name);
	left_us = tcp->deadline_us[timer_names[i].timer] - host->now_us;
	expect_value(host, name, wanted, left_us);
}

static void event_timer(struct host *host, char **word)
{
	host_start(host);
	each_pair(host, word, check_timer);
}

/* ----------------------------------------------------------------- ready */

static const struct {
	const char *name;
	unsigned bit;
} ready_names[] = {
	{ "read", PYT_READY_READ },	    { "write", PYT_READY_WRITE },
	{ "accept", PYT_READY_ACCEPT },	    { "error", PYT_READY_ERROR },
	{ "read-end", PYT_READY_READ_END }, { "hang-up", PYT_READY_HANG_UP },
	{ "urgent", PYT_READY_URGENT },
};

#define READY_NAMES (sizeof(ready_names) / sizeof(*ready_names))

static void print_ready(unsigned ready, char *to, size_t to_len)
{
	size_t len = 0;

	to[0] = '\0';
	for (size_t i = 0; i < READY_NAMES; i++)
		if (ready & ready_names[i].bit)
			len += (size_t)snprintf(to + len, to_len - len, "%s%s",
						len ? " " : "",
						ready_names[i].name);
}

/* ready read write ...: these and no others; ready nothing */
static void event_ready(struct host *host, char **word)
{
	unsigned came, wanted = 0, known = 0;
	char text[2][128];

	host_start(host);
	came = pyt_socket_ready(host->stack,
				host->current ? host->current->handle : -1);
	for (size_t i = 0; i < READY_NAMES; i++) {
		known |= ready_names[i].bit;
		for (char **at = word + 1; *at; at++)
			if (strcmp(ready_names[i].name, *at) == 0)
				wanted |= ready_names[i].bit;
	}
	came &= known;
	if (came == wanted)
		return;
	print_ready(wanted, text[0], sizeof(text[0]));
	print_ready(came, text[1], sizeof(text[1]));
	host_fail(host, "ready for other things\n  want:  %s\n  came:  %s",
		  text[0], text[1]);
}

/* error NAME | none: SO_ERROR, which clears it */
static void event_error(struct host *host, char **word)
{
	int came, wanted = word[1] ? -parse_errno(word[1]) : 0;

	host_start(host);
	came = pyt_socket_take_error(
		host->stack, host->current ? host->current->handle : -1);
	if (came != wanted)
		host_fail(host, "another error\n  want:  %s\n  came:  %s",
			  errno_name(wanted), errno_name(came));
}

event_function *check_event(const char *verb)
{
	static const struct {
		const char *verb;
		event_function *function;
	} events[] = {
		{ "check", event_check }, { "info", event_info },
		{ "count", event_count }, { "drop", event_drop },
		{ "timer", event_timer }, { "ready", event_ready },
		{ "error", event_error },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (strcmp(events[i].verb, verb) == 0)
			return events[i].function;
	return NULL;
}
