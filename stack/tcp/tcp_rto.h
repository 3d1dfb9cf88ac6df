/* Round-trip estimation and the retransmission timeout. RFC 6298. */
#ifndef TCP_TCP_RTO_H
#define TCP_TCP_RTO_H

#include <stdint.h>

#define TCP_RTO_INITIAL_US 1000000
#define TCP_RTO_MIN_US 200000 /* Linux; RFC 6298 says 1 s */
#define TCP_RTO_MAX_US 120000000
#define TCP_RTO_MIN_RTT_WINDOW_US 300000000

struct tcp_rto {
	int64_t srtt_us; /* smoothed round-trip time; 0: no sample yet */
	int64_t rttvar_us; /* its mean deviation */
	int64_t base_us; /* timeout without back-off */
	int64_t min_rtt_us; /* least of the last minutes; 0: no sample */
	int64_t min_rtt_at_us;
	unsigned back_off; /* timeouts in a row */
};

void tcp_rto_init(struct tcp_rto *rto);
void tcp_rto_sample(struct tcp_rto *rto, int64_t rtt_us, int64_t now_us);
/* The timeout to use now, back-off included. */
int64_t tcp_rto_us(const struct tcp_rto *rto);
void tcp_rto_on_timeout(struct tcp_rto *rto);
/* New data was acknowledged. */
void tcp_rto_on_progress(struct tcp_rto *rto);

#endif
