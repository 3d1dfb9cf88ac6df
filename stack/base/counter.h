/*
 * One counter for each cause of a drop and for what Linux's SNMP counts. A
 * drop reason is a counter's name: enum counter is what a layer returns,
 * counter_name() what the capture and the log show.
 */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdint.h>

/* X(enumerator, "name"). Rooms add theirs; names are unique. */
#define COUNTER_LIST(X)                                                     \
	X(NONE, "none")                                                     \
	X(NO_MEMORY, "no_memory")                                           \
	X(LINK_SHORT, "link_short")                                         \
	X(LINK_OTHER_HOST, "link_other_host")                               \
	X(LINK_UNKNOWN_ETHERTYPE, "link_unknown_ethertype")                 \
	X(UDP_IN_DATAGRAMS, "UdpInDatagrams")                               \
	X(UDP_OUT_DATAGRAMS, "UdpOutDatagrams")                             \
	X(UDP_NO_PORTS, "UdpNoPorts")                                       \
	X(UDP_IN_ERRORS, "UdpInErrors")                                     \
	X(UDP_RCVBUF_ERRORS, "UdpRcvbufErrors")                             \
	X(UDP_SNDBUF_ERRORS, "UdpSndbufErrors")                             \
	X(UDP_IGNORED_MULTI, "UdpIgnoredMulti")                             \
	X(TCP_IN_SEGS, "TcpInSegs")                                         \
	X(TCP_OUT_SEGS, "TcpOutSegs")                                       \
	X(TCP_OUT_RSTS, "TcpOutRsts")                                       \
	X(TCP_IN_ERRS, "TcpInErrs")                                         \
	X(TCP_ABORT_ON_CLOSE_LIMIT, "TCPAbortOnMemory")                     \
	X(TCP_TIME_WAIT_OVERFLOW, "TCPTimeWaitOverflow")                    \
	X(UDP_SHORT, "udp_short")                                           \
	X(UDP_LENGTH, "udp_length")                                         \
	X(UDP_CHECKSUM, "udp_checksum")                                     \
	X(UDP_NO_SOCKET, "udp_no_socket")                                   \
	X(UDP_QUEUE_FULL, "udp_queue_full")                                 \
	X(RAW_QUEUE_FULL, "raw_queue_full")                                 \
	X(PING_SHORT, "ping_short")                                         \
	X(PING_NO_SOCKET, "ping_no_socket")                                 \
	X(PING_QUEUE_FULL, "ping_queue_full")                               \
	X(TCP_SHORT, "tcp_short")                                           \
	X(TCP_CHECKSUM, "tcp_checksum")                                     \
	X(TCP_NOT_UNICAST, "tcp_not_unicast")                               \
	X(TCP_NO_SOCKET, "tcp_no_socket")                                   \
	X(PROTOCOL_UNKNOWN, "protocol_unknown")                             \
	X(ICMP_ERROR_SHORT, "icmp_error_short")                             \
	X(ICMP_ERROR_NO_SOCKET, "icmp_error_no_socket")                     \
	X(ERROR_QUEUE_FULL, "error_queue_full")                             \
	X(LOOPBACK_TOO_LONG, "loopback_too_long")                           \
	X(OUTPUT_UNROUTABLE, "output_unroutable")

enum counter {
#define X(enumerator, name) COUNTER_##enumerator,
	COUNTER_LIST(X)
#undef X
	COUNTERS
};

struct counters {
	uint64_t value[COUNTERS];
};

const char *counter_name(enum counter counter);

/* Counts and hands the reason on: return counter_hit(c, COUNTER_...); */
static inline enum counter counter_hit(struct counters *counters,
				       enum counter counter)
{
	counters->value[counter]++;
	return counter;
}

#endif
