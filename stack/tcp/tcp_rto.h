/* Round-trip estimation and the retransmission timeout. RFC 6298. */
#ifndef TCP_TCP_RTO_H
#define TCP_TCP_RTO_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_RTO_INITIAL_US 1000000
#define TCP_RTO_LEAST_US 200000 /* Linux; RFC 6298 says 1 s */
#define TCP_RTO_MOST_US 120000000

struct tcp_rto {
	int32_t srtt_us; /* smoothed round-trip time; 0: no sample yet */
	int32_t rttvar_us; /* its mean deviation */
	int32_t margin_us; /* what the timeout is longer than srtt */
	int32_t round_margin_us; /* what this round trip's samples ask for */
	int32_t base_us; /* timeout without back-off */
	int32_t min_rtt_us; /* least of a window; 0: no sample */
	uint32_t min_rtt_at_ms; /* low half */
	int32_t min_us, max_us; /* bounds: of the margin, of the timeout */
	uint8_t back_off; /* timeouts since the last sample, doubling it */
	bool was_spurious; /* the last timeout: the next sample counts more */
};

void tcp_rto_init(struct tcp_rto *rto);
/* window_s: how long the least round trip is believed, tcp_min_rtt_wlen. */
void tcp_rto_sample(struct tcp_rto *rto, int64_t rtt_us, int window_s,
		    int64_t now_us);
/* Each round trip takes so much more from now on, or less. */
void tcp_rto_on_longer_path(struct tcp_rto *rto, int32_t more_us);
/* A round trip is over: a margin that it did not need shrinks. */
void tcp_rto_on_round(struct tcp_rto *rto);
/* The timeout to use now, back-off included. */
int64_t tcp_rto_us(const struct tcp_rto *rto);
void tcp_rto_on_timeout(struct tcp_rto *rto);
/* A round trip was measured, or probes of a window were answered. */
void tcp_rto_on_progress(struct tcp_rto *rto);
/* A timeout came too early. RFC 4015, 3.2, step 4. */
void tcp_rto_on_spurious(struct tcp_rto *rto);

#endif
