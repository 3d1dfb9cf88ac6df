/*
 * TCP_INFO as Linux 6.18 gives it. A C library's <linux/tcp.h> may be older
 * and end earlier: what comes behind its fields is declared here.
 */
#ifndef TCP_TCP_INFO_H
#define TCP_TCP_INFO_H

#include <stddef.h>

#include "tcp/tcp.h"

#define TCP_INFO_HEAD_LEN 232 /* up to tcpi_snd_wnd, Linux 5.4 */

/* tcpi_accecn_opt_seen, tcpi_accecn_fail_mode: Linux's values */
#define TCP_INFO_ACCECN_COUNTERS_SEEN 2
#define TCP_INFO_ACCECN_OPTION_FAILED 3
#define TCP_INFO_ACCECN_FAIL_SEND 4
#define TCP_INFO_ACCECN_FAIL_RECV 8

struct tcp_info_tail {
	uint32_t rcv_wnd; /* as advertised last */
	uint32_t rehash; /* new flow labels after a timeout: never */
	uint16_t total_rto, total_rto_recoveries;
	uint32_t total_rto_time; /* milliseconds */
	uint32_t received_ce; /* segments */
	uint32_t delivered_e1_bytes, delivered_e0_bytes, delivered_ce_bytes;
	uint32_t received_e1_bytes, received_e0_bytes, received_ce_bytes;
	uint16_t accecn_fail_mode, accecn_opt_seen;
};

struct tcp_info_whole {
	union {
		struct tcp_info head;
		struct {
			uint8_t bytes[TCP_INFO_HEAD_LEN];
			struct tcp_info_tail tail;
		};
	};
};

_Static_assert(offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof(uint32_t) ==
		       TCP_INFO_HEAD_LEN,
	       "the tail follows tcpi_snd_wnd");
_Static_assert(sizeof(struct tcp_info_whole) == 280, "Linux 6.18's length");

void tcp_info_whole(const struct tcp_connection *tcp,
		    struct tcp_info_whole *whole, int64_t now_us);

#endif
