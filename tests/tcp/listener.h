/* A listener that tests talk to with segments made by hand. */
#ifndef TESTS_TCP_LISTENER_H
#define TESTS_TCP_LISTENER_H

#include "pair.h"
#include "tcp/tcp_listener.h"
#include "tcp/tcp_output.h"
#include "unit.h"

static struct pair pair;
static const struct pair_network network = { .delay_us = 5 * MS };
static struct tcp_listener *listener;
static struct tcp_connection *prototype;
static const struct tcp_path path = { .mtu = 1500, .ip_header_len = 20 };

static inline void setup(int backlog)
{
	pair_init(&pair, 1, &network);
	prototype = tcp_create(pair.end[1].context, NULL);
	listener = tcp_listen(pair.end[1].context, prototype, backlog);
}

static inline void destroy(void *context, struct tcp_connection *tcp)
{
	(void)context;
	tcp_destroy(tcp);
}

static inline void teardown(void)
{
	tcp_listener_destroy(listener, destroy, NULL, pair.now_us);
	tcp_destroy(prototype);
	pair_clear(&pair);
}

static inline struct tcp_segment segment(uint16_t port, uint16_t flags)
{
	struct tcp_segment s = { .segment_count = 1 };

	s.src.bytes[15] = 1;
	s.dst.bytes[15] = 2;
	s.header.src_port = port;
	s.header.dst_port = 80;
	s.header.flags = flags;
	s.header.seq = 0xffffffff;
	s.header.window = 1000;
	s.header.mss = 1460;
	return s;
}

static inline struct tcp_connection *input(struct tcp_segment s)
{
	return tcp_listener_input(listener, &s, &path, pair.now_us);
}

static inline bool output(struct tcp_header *header)
{
	struct tcp_output out;
	struct reader r;

	if (!tcp_listener_output_next(listener, NULL, NULL, &out, pair.now_us))
		return false;
	r = reader_init(out.header, out.header_len);
	ck_assert(tcp_header_parse(&r, header));
	return true;
}

/* A whole handshake from port; the connection, if one was made. */
static inline struct tcp_connection *shake_hands(uint16_t port)
{
	struct tcp_segment ack = segment(port, TCP_ACK);
	struct tcp_header syn_ack;

	input(segment(port, TCP_SYN));
	if (!output(&syn_ack))
		return NULL;
	ck_assert_uint_eq(syn_ack.flags, TCP_SYN | TCP_ACK);
	ck_assert_uint_eq(syn_ack.ack, 0);
	ack.header.seq = 0;
	ack.header.ack = syn_ack.seq + 1;
	return input(ack);
}

static inline uint64_t counted(enum counter counter)
{
	return pair.end[1].engine.counters.value[counter];
}

static inline void set_sysctl(const char *name, const char *value)
{
	ck_assert_int_eq(tcp_sysctl_set(pair.end[1].context, name, value), 0);
}

#endif
