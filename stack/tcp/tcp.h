/*
 * TCP, RFC 9293: what sockets and the two paths use of it.
 *
 * A connection knows segments, not IP packets, and calls nobody: input and
 * timers change its state, after which the caller looks at its ready set,
 * its deadline and whether it has something to send.
 */
#ifndef TCP_TCP_H
#define TCP_TCP_H

#include <linux/tcp.h>
#include <pyt/stack.h>

#include "base/engine.h"
#include "base/heap.h"
#include "base/stream.h"
#include "base/table.h"
#include "wire/tcp_header.h"

/* Linux's numbers, as /proc/net/tcp and TCP_INFO show them. */
enum tcp_state {
	TCP_STATE_ESTABLISHED = 1,
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECEIVED,
	TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,
	TCP_STATE_TIME_WAIT,
	TCP_STATE_CLOSED,
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_LAST_ACK,
	TCP_STATE_LISTEN,
	TCP_STATE_CLOSING,
};

/* Shared by the connections of one stack: sysctls, secrets. */
struct tcp_context;
struct tcp_connection;
struct tcp_listener;

/* A received segment; one super-frame is one segment with segment_count. */
struct tcp_segment {
	struct pyt_ip src, dst;
	struct tcp_header header; /* options parsed, host byte order */
	const uint8_t *payload;
	uint32_t payload_len;
	uint16_t segment_count; /* that the link merged; >= 1 */
	const uint8_t *headers; /* IP and TCP, as received; NULL: unknown */
	uint16_t headers_len;
	uint8_t link_len; /* of the link's header in front of them */
	uint32_t iss; /* a listener's choice, after TIME-WAIT; 0: none */
	const uint8_t *ip_options; /* for what answers a SYN */
	uint8_t ip_options_len;
	uint8_t dscp; /* TOS without ... */
	uint8_t ecn; /* ... its low two bits */
	uint8_t wire_len; /* of the header with its options */
	const uint8_t *wire; /* it, as it came: what a signature covers */
};

/* TCP_SAVE_SYN */
struct tcp_saved_syn {
	uint16_t len;
	uint8_t bytes[];
};

/* What the way to the peer can carry; asked anew for every segment. */
struct tcp_path {
	uint32_t mtu; /* IP packet, bytes */
	uint32_t ip_header_len; /* 20 or 40 */
	uint32_t ip_options_len; /* what else stands before TCP's header */
	uint32_t gso_max_len; /* TCP payload of one super-frame; 0: no TSO */
	bool gso_ecn; /* CWR stays with the first of its segments */
};

/* A segment to send: header, and payload in the connection's send stream. */
struct tcp_output {
	struct pyt_ip src, dst;
	uint8_t header[60]; /* wire format, checksum field zero */
	uint32_t header_len;
	struct iovec payload[PYT_FRAME_PARTS_MAX - 1];
	int payload_count;
	uint32_t payload_len;
	uint16_t gso_size; /* 0: one segment */
	bool gso_ecn; /* CWR is for the first of them */
	bool again; /* nothing in it is sent for the first time */
	uint8_t tos, ttl;
	bool dont_fragment;
	uint8_t ip_options_len; /* of a SYN-ACK, as its SYN wants */
	const uint8_t *ip_options; /* valid until the next segment */
	uint32_t delay_us; /* it leaves so much later: TCP_TX_DELAY */
};

/* What TcpOutSegs counts, RFC 4022: without retransmissions. */
static inline uint32_t tcp_output_segments(const struct tcp_output *output)
{
	if (output->again)
		return 0;
	return output->gso_size ? (output->payload_len + output->gso_size - 1) /
					  output->gso_size
				: 1;
}

struct tcp_context *tcp_context_create(struct engine *engine);
void tcp_context_destroy(struct tcp_context *context);
/* All names of the next two, by number; NULL after the last. */
const char *tcp_sysctl_name(size_t number);
/* net.ipv4.tcp_*: as pyt_sysctl_set/get; -ENOENT if it is not TCP's. */
int tcp_sysctl_set(struct tcp_context *context, const char *name,
		   const char *value);
int tcp_sysctl_get(const struct tcp_context *context, const char *name,
		   char *value, size_t value_len);

/* As pyt_congestion_control_add(). */
int tcp_congestion_control_add(struct tcp_context *context,
			       const struct pyt_cc_ops *ops);

/* NULL: no memory. state CLOSED; owner is the caller's. */
struct tcp_connection *tcp_create(struct tcp_context *context, void *owner);
/* A new one with the options of old, for another connect(2). */
struct tcp_connection *tcp_create_like(const struct tcp_connection *old);
void tcp_destroy(struct tcp_connection *tcp);

void *tcp_owner(const struct tcp_connection *tcp);
void tcp_set_owner(struct tcp_connection *tcp, void *owner);
enum tcp_state tcp_state(const struct tcp_connection *tcp);
/* The set of enum pyt_ready that holds now. */
unsigned tcp_ready(const struct tcp_connection *tcp);
/*
 * SO_RCVLOWAT: what of a mark in bytes (< 0: the largest) there is room for,
 * half of the buffer. That grows for it, unless the program has set its size.
 */
uint32_t tcp_low_water(struct tcp_connection *tcp, int wanted);
/* So many bytes have come; or no more will come before some are read. */
bool tcp_reaches(const struct tcp_connection *tcp, uint32_t mark);
/* Pending error, positive errno or 0. */
int tcp_error(const struct tcp_connection *tcp);
void tcp_clear_error(struct tcp_connection *tcp);
/* Earliest timer; TIME_NEVER. */
int64_t tcp_next_deadline(const struct tcp_connection *tcp);
void tcp_run_timers(struct tcp_connection *tcp, int64_t now_us);
/*
 * Whether a segment waits for a neighbour. If it is a SYN no other follows; as
 * Linux, which sends nothing again that lies in a queue of its own.
 */
void tcp_set_held(struct tcp_connection *tcp, bool held);
/* Whether tcp_output_next() could give a segment now. */
bool tcp_wants_output(const struct tcp_connection *tcp, int64_t now_us);

/*
 * Before tcp_connect(): MSG_FASTOPEN. tcp_connect() gives 0 then, or with
 * TCP_FASTOPEN_CONNECT, if the SYN waits for data to carry, which is there
 * to be written. -EOPNOTSUPP: sysctl.
 */
int tcp_fastopen_want(struct tcp_connection *tcp);
int tcp_connect(struct tcp_connection *tcp, const struct pyt_sockaddr *local,
		const struct pyt_sockaddr *peer, const struct tcp_path *path,
		int64_t now_us);
/* COUNTER_NONE, or why it was dropped; counted. */
enum counter tcp_input(struct tcp_connection *tcp,
		       const struct tcp_segment *segment, int64_t now_us);
/*
 * A SYN for a connection in TIME-WAIT that may begin a new one: the owner
 * destroys the old one and gives the segment to the listener.
 */
bool tcp_time_wait_yields(const struct tcp_connection *tcp,
			  const struct tcp_segment *segment);
/*
 * True: *output is to be sent now. Called until it gives false. A connection
 * that is CLOSED may still have a RST to send.
 */
bool tcp_output_next(struct tcp_connection *tcp, const struct tcp_path *path,
		     struct tcp_output *output, int64_t now_us);
/* The answer to a segment of no connection (RFC 9293, 3.10.7.1), or false. */
bool tcp_reset_for(const struct tcp_segment *segment,
		   struct tcp_output *output);
/* ICMP error whose quoted sequence number is in flight (RFC 5927). */
void tcp_icmp_error(struct tcp_connection *tcp, uint32_t quoted_seq, int error);
/*
 * Packet too big: the path's MTU fell (RFC 1191). False: not believed, so
 * that nobody else should either (RFC 5927, 7.2).
 */
bool tcp_mtu_changed(struct tcp_connection *tcp, uint32_t quoted_seq,
		     uint32_t mtu, int64_t now_us);

/* As the pyt_socket_ functions of the same name. */
int tcp_send_space(struct tcp_connection *tcp, struct iovec *iov, int iov_max);
void tcp_send_commit(struct tcp_connection *tcp, size_t len, int flags,
		     int64_t now_us);
int tcp_recv_view(const struct tcp_connection *tcp, struct iovec *iov,
		  int iov_max);
void tcp_recv_consume(struct tcp_connection *tcp, size_t len, int64_t now_us);
int tcp_recv_urgent(struct tcp_connection *tcp, uint8_t *byte);
int64_t tcp_urgent_distance(const struct tcp_connection *tcp);
/* how: SHUT_RD, SHUT_WR, SHUT_RDWR. -ENOTCONN */
int tcp_shutdown(struct tcp_connection *tcp, int how, int64_t now_us);
/*
 * The program has closed: FIN after the data, RST where Linux sends one
 * (unread data, SO_LINGER 0). The owner destroys it when it is CLOSED and
 * tcp_wants_output() is false.
 */
void tcp_close(struct tcp_connection *tcp, int64_t now_us);
/* The same where bytes that were taken out have not been read: a reset. */
void tcp_close_unread(struct tcp_connection *tcp, int64_t now_us);
/* RST (ABORT call, RFC 9293, 3.10.5). */
void tcp_abort(struct tcp_connection *tcp, int64_t now_us);

/* IPPROTO_TCP, and what of SOL_SOCKET is TCP's: SO_KEEPALIVE, SO_LINGER,
 * SO_OOBINLINE, SO_SNDBUF, SO_RCVBUF, SO_MAX_PACING_RATE. -ENOPROTOOPT.
 * Options of a listener are inherited by its children. */
int tcp_set_option(struct tcp_connection *tcp, int level, int name,
		   const void *value, uint32_t value_len, int64_t now_us);
int tcp_get_option(struct tcp_connection *tcp, int level, int name, void *value,
		   uint32_t value_len, int64_t now_us);
void tcp_info(const struct tcp_connection *tcp, struct tcp_info *info,
	      int64_t now_us);
uint32_t tcp_send_queued(const struct tcp_connection *tcp);
uint32_t tcp_receive_queued(const struct tcp_connection *tcp);
/* When the latest data came; 0: none has yet. */
int64_t tcp_received_us(const struct tcp_connection *tcp);
/* Bytes behind a hole. */
uint32_t tcp_out_of_order_len(const struct tcp_connection *tcp);
void tcp_addresses(const struct tcp_connection *tcp, struct pyt_sockaddr *local,
		   struct pyt_sockaddr *peer);
/* True: net.ipv4.tcp_reflect_tos has chosen the TOS. */
bool tcp_reflects_tos(const struct tcp_connection *tcp, uint8_t *tos);
void tcp_set_tos_ttl(struct tcp_connection *tcp, uint8_t tos, uint8_t ttl);

/*
 * A listener: the bounded SYN queue (half-open connections, each a small
 * record) and the bounded accept queue. prototype carries the socket's
 * options; it stays the caller's and must outlive the listener.
 */
struct tcp_listener *tcp_listen(struct tcp_context *context,
				struct tcp_connection *prototype, int backlog);
void tcp_listener_set_backlog(struct tcp_listener *listener, int backlog);
/* Half-open connections vanish, established unaccepted ones are reset:
 * each is handed to on_orphan, which owns it then. */
void tcp_listener_destroy(struct tcp_listener *listener,
			  void (*on_orphan)(void *context,
					    struct tcp_connection *tcp),
			  void *context, int64_t now_us);
/*
 * A segment for a listening port that matched no connection. Returns a new
 * connection when the handshake's last ACK created one: the caller enters it
 * into its table; it waits in the accept queue. NULL otherwise.
 */
struct tcp_connection *tcp_listener_input(struct tcp_listener *listener,
					  const struct tcp_segment *segment,
					  const struct tcp_path *path,
					  int64_t now_us);
/* The ip_options that came with the SYN of the connection that it has just
 * given; len 0: none. */
const uint8_t *tcp_listener_ip_options(const struct tcp_listener *listener,
				       uint8_t *len);
/* SYN-ACKs and resets that the listener has to send. */
bool tcp_listener_output_next(struct tcp_listener *listener,
			      const struct tcp_path *(*path_to)(
				      void *context, const struct pyt_ip *src,
				      const struct pyt_ip *dst),
			      void *context, struct tcp_output *output,
			      int64_t now_us);
int64_t tcp_listener_next_deadline(const struct tcp_listener *listener);
void tcp_listener_run_timers(struct tcp_listener *listener, int64_t now_us);
/* Takes the oldest out of the accept queue, or NULL. */
struct tcp_connection *tcp_listener_accept(struct tcp_listener *listener);
bool tcp_listener_has_connection(const struct tcp_listener *listener);
uint32_t tcp_listener_half_open_count(const struct tcp_listener *listener);

#endif
