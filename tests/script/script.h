/*
 * Scenarios: text files, one line an event, played against a whole engine in
 * virtual time. docs/scenarios.md is the language.
 *
 *	load.c		files to cases: include, define, do, rows
 *	segment.c	a segment as text: parse, print, compare
 *	wire.c		a segment as bytes: build, parse; no code of the engine
 *	sign.c		its signature, the same way
 *	host.c		the engine under test, its time, what it sends
 *	network.c	events of the network: gets, sends, silent, icmp
 *	program.c	events of the program: connect, write, close ...
 *	option.c	the same: set, get, sysctl
 *	keys.c		the same: keys of TCP-MD5 and TCP-AO
 *	check.c		assertions: check, info, count, timer, drop
 *	run.c		main: one process a case
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pyt/stack.h>

#define WORDS_MAX 64
#define OPTIONS_MAX 24
#define OPTION_BYTES_MAX 40 /* of a header */
#define FLOWS_MAX 64
#define NAMES_MAX 64 /* of sockets */
#define HOST_IP 0x0a000002u
#define PEER_IP 0x0a000009u
#define PEER_PORT 5000
#define HOST_PORT 80

/* ------------------------------------------------------------- cases */

struct line {
	const char *file;
	int number;
	const struct line *caller; /* where a define was used; or NULL */
	char *text;
};

struct lines {
	struct line *line;
	size_t count, size;
};

struct script_case {
	char *name;
	struct lines lines;
	struct line origin;
};

struct cases {
	struct script_case *at;
	size_t count, size;
};

/* Exits with a message where the file makes no sense. */
void load_file(const char *path, struct cases *cases);

/* ---------------------------------------------------------- segments */

enum tcp_option_kind {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WS = 3,
	KIND_SACK_OK = 4,
	KIND_SACK = 5,
	KIND_TS = 8,
	KIND_MD5 = 19, /* raw: the secret; no values */
	KIND_AO = 29, /* raw: the secret; key id, next id, bytes of MAC */
	KIND_RAW = 256, /* bytes of any kind, right or wrong */
	KIND_AO_CMAC, /* as KIND_AO, by AES-CMAC */
};

struct option {
	int kind;
	int count; /* of values */
	int64_t value[8]; /* relative where they are sequence numbers */
	bool any[8]; /* that value is not said */
	uint8_t raw[80]; /* those of the wire are 40 at most */
	size_t raw_len;
	bool is_prefix; /* more raw bytes may follow */
};

/* Which fields a description says. */
enum said {
	SAID_SEQ = 1 << 0,
	SAID_ACK = 1 << 1,
	SAID_WINDOW = 1 << 2,
	SAID_URGENT = 1 << 3,
	SAID_PSH = 1 << 4,
	SAID_RAW_SEQ = 1 << 5,
	SAID_ECN = 1 << 6,
	SAID_NO_TS = 1 << 7,
	SAID_BAD_CHECKSUM = 1 << 8,
	SAID_OFFSET = 1 << 9,
	SAID_CUT = 1 << 10,
	SAID_OTHER = 1 << 11,
	SAID_TTL = 1 << 12,
	SAID_TOS = 1 << 13,
	SAID_RAW_ACK = 1 << 14,
	SAID_NO_OPTIONS = 1 << 15,
};

/* Sequence numbers are relative to the SYN of their direction. */
struct segment {
	unsigned said;
	uint16_t host_port, peer_port; /* 0: the current flow's */
	unsigned flags; /* TCP_SYN ... of wire/tcp_header.h */
	int64_t seq, ack;
	uint32_t len; /* payload bytes */
	uint32_t by; /* segments of that size; 0: one */
	uint32_t window, urgent, ecn, ttl, tos;
	uint32_t offset; /* data offset field, words */
	uint32_t cut; /* bytes that are left of the TCP segment */
	uint32_t gso_size;
	struct option option[OPTIONS_MAX];
	int option_count;
	/* seen on the wire only */
	bool payload_is_right, payload_is_other, dont_fragment;
	const char *fault; /* what is wrong with the packet; or NULL */
};

/* Words of a line from word on; exits the case if they make no sense. */
struct host;
void segment_parse(struct host *host, char **word, struct segment *segment);
/* In the language's own notation. */
void segment_print(const struct segment *segment, char *to, size_t to_len);
/* NULL: came is what was wanted; else what differs first. */
const char *segment_differs(const struct segment *wanted,
			    const struct segment *came);
const struct option *segment_option(const struct segment *segment, int kind);
uint8_t segment_pattern(int64_t position, bool other);

struct flow {
	uint16_t host_port, peer_port;
	bool iss_known;
	uint32_t iss, irs;
	uint32_t nxt; /* behind all that the host sent, absolute */
	int64_t peer_nxt; /* behind all that the peer sent, relative */
	uint32_t window; /* field of the last segment to the host */
	bool ts_host, ts_peer; /* timestamps in their SYNs */
	uint32_t ts_last; /* TSval that the host sent last */
	uint32_t ts_base; /* its clock at time 0 of the scenario */
	bool ts_known;
	bool edge_known;
	uint32_t edge; /* right edge of the host's window, absolute */
	uint8_t ws_host;
	bool ws_peer_sent, ws_host_sent;
};

/* An IPv4 packet; its length. */
uint32_t wire_build(const struct flow *flow, const struct segment *segment,
		    uint8_t *to, size_t to_len);
void wire_parse(const struct flow *flow, const uint8_t *packet, uint32_t len,
		struct segment *segment);
/* Ports of a TCP packet; false: it is none. */
bool wire_ports(const uint8_t *packet, uint32_t len, uint16_t *host_port,
		uint16_t *peer_port);
/* Puts the signature in that the segment's options say. */
void sign_packet(const struct flow *flow, const struct segment *segment,
		 uint8_t *packet, uint32_t len);
/* What came is signed with the key that was wanted, if one was. */
bool sign_is_right(const struct flow *flow, const struct segment *wanted,
		   const struct segment *came, const uint8_t *packet,
		   uint32_t len);
const struct option *sign_key(const struct segment *segment);
uint32_t wire_icmp(const struct flow *flow, int type, int code, uint32_t rest,
		   int64_t quoted_seq, uint8_t *to);

/* -------------------------------------------------------------- host */

struct sent {
	int64_t at_us;
	uint16_t host_port, peer_port;
	uint32_t len;
	uint8_t *bytes;
	struct segment segment;
};

struct script_socket {
	char name[16];
	int handle;
	bool is_open;
	uint16_t peer_port;
	int64_t read_position, write_position;
};

struct host {
	struct pyt_stack *stack;
	struct pyt_iface_config iface;
	int ifindex;
	size_t memory_len;
	int64_t start_us, now_us;
	const struct line *line; /* that is played */
	struct sent *sent;
	size_t sent_count, sent_size, sent_taken;
	struct flow flow[FLOWS_MAX];
	int flow_count;
	uint16_t host_port, peer_port; /* of the current flow */
	uint32_t irs; /* of flows to come */
	struct script_socket socket[NAMES_MAX];
	int socket_count;
	struct script_socket *current;
	const char *drop_reason; /* of the last frame */
	bool loud; /* trace as it goes */
	bool is_waiting; /* a * for time: until the next segment */
	char *trace;
	size_t trace_len, trace_size;
};

void host_start(struct host *host);
/* Everything must have been said, and all memory come back. */
void host_stop(struct host *host);
struct flow *host_flow(struct host *host, uint16_t host_port,
		       uint16_t peer_port);
struct flow *host_current_flow(struct host *host);
void host_input(struct host *host, uint8_t *packet, uint32_t len,
		uint16_t gso_size);
/* Takes what the engine sends now. */
void host_flush(struct host *host);
/* Time goes on; each timer runs when it is due. */
void host_run_until(struct host *host, int64_t until_us);
/* The same, but not beyond the first segment that is sent. */
void host_run_to_segment(struct host *host, int64_t until_us);
/* Fails if a segment was sent that no line has taken. */
void host_expect_silence(struct host *host);
void host_trace(struct host *host, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void host_fail(struct host *host, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* ------------------------------------------------------------- events */

/* word[0] is the verb; the list ends with NULL. */
typedef void event_function(struct host *host, char **word);

event_function *network_event(const char *verb);
event_function *program_event(const char *verb);
event_function *option_event(const char *verb);
event_function *key_event(const char *verb);
event_function *check_event(const char *verb);
/* The word behind '=', or NULL; the list of words ends before it. */
char *cut_result(struct host *host, char **word);

int64_t parse_number(struct host *host, const char *text);
int64_t parse_time_us(struct host *host, const char *text);
/* -errno by name; 0 if it is none. */
int parse_errno(const char *text);
const char *errno_name(int number);
/* The connection of the current flow, or of the current socket; or NULL. */
struct tcp_connection *host_connection(struct host *host);
/* A record of the current flow is left of a connection. */
struct socket_time_wait *host_time_wait(struct host *host);
/* A listener has a SYN of the current flow. */
bool host_is_half_open(struct host *host);
/* All lines of a case, one after the other. */
void play(struct host *host, const struct script_case *script_case);

#endif
