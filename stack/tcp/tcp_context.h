/* What the connections of one stack share: settings, secrets, limits. */
#ifndef TCP_TCP_CONTEXT_H
#define TCP_TCP_CONTEXT_H

#include "tcp/tcp.h"
#include "tcp/tcp_cc.h"
#include "tcp/tcp_fastopen_cache.h"
#include "tcp/tcp_fastopen_cookie.h"
#include "tcp/tcp_metrics.h"

/* Sysctls with Linux's names (net.ipv4.tcp_ in front) and defaults. */
struct tcp_settings {
	int syn_retries, synack_retries, retries1, retries2, orphan_retries;
	int fin_timeout; /* seconds */
	int keepalive_time, keepalive_intvl; /* seconds */
	int keepalive_probes;
	int sack, timestamps, window_scaling;
	int rmem[3], wmem[3]; /* bytes: least, start, most */
	int mem[3]; /* pages of 4 KiB, all connections: tcp_memory.h */
	int moderate_rcvbuf;
	int ack_merge_us; /* ours: see tcp_delack_soon() */
	int shrink_window;
	int mtu_probing, base_mss, mtu_probe_floor, min_snd_mss;
	int probe_interval; /* seconds */
	int probe_threshold; /* bytes */
	int adv_win_scale;
	int max_orphans, max_tw_buckets, max_syn_backlog;
	int challenge_ack_limit; /* a second, all connections; INT_MAX: none */
	int invalid_ratelimit; /* ms */
	int slow_start_after_idle;
	int pacing_ss_ratio, pacing_ca_ratio; /* percent */
	int min_tso_segs;
	int no_metrics_save, no_ssthresh_metrics_save;
	int early_retrans; /* 0: no tail loss probes */
	int tail_probes; /* ours: most without an answer; see tcp_tlp.c */
	int comp_sack_delay_ns, comp_sack_slack_ns;
	int comp_sack_nr; /* ACKs that one stands for; 0: none */
	int dsack; /* duplicates are reported */
	int recovery; /* bits: tcp_rack.c */
	int frto; /* 0: no test of timeouts */
	int reordering, max_reordering; /* segments */
	int rto_min_us, rto_max_ms;
	int min_rtt_wlen; /* seconds */
	int pingpong_thresh;
	int syn_linear_timeouts, thin_linear_timeouts;
	int rfc1337, stdurg;
	int reflect_tos; /* of a SYN, for its SYN-ACK and the connection */
	int tw_reuse; /* by connect(2): 0: no, 1: yes, 2: over lo */
	int tw_reuse_delay; /* ms */
	int ecn; /* 0 to 5, see enum setting in tcp_ecn.c */
	int ecn_fallback, ecn_option, ecn_option_beacon;
	int ecn_synack; /* ours: SYN-ACKs are ECN-capable, RFC 5562 */
	int abort_on_overflow;
	int fastopen; /* bits: tcp_fastopen.h */
	int fastopen_blackhole_timeout_sec; /* 0: holes are not looked for */
	int syncookies; /* 0: never, 1: when the SYN queue is full, 2: always */
	int notsent_lowat;
	int optmem_max; /* bytes of a socket's keys; net.core */
	int somaxconn, rmem_max, wmem_max; /* net.core */
};

struct tcp_context {
	struct engine *engine;
	struct tcp_settings settings;
	const struct pyt_cc_ops *cc; /* of new connections */
	struct tcp_cc_added cc_added; /* a user's own */
	struct tcp_metrics metrics;
	uint8_t secret[32]; /* what keys are derived from */
	int64_t challenge_second; /* that challenge_left is about */
	uint32_t challenge_left; /* of this second */
	int orphan_count, time_wait_count;
	uint8_t iss_key[SIPHASH_KEY_LEN];
	uint8_t cookie_keys[2][SIPHASH_KEY_LEN]; /* tcp_syn_cookie.c */
	struct tcp_fastopen_keys fastopen_keys;
	struct tcp_fastopen_cache fastopen_cache;
	int fastopen_holes; /* found in a row */
	int64_t fastopen_hole_us; /* the last one */
	uint32_t *cookies_used; /* tags of cookies that came back */
	bool memory_pressure;
};

#endif
