/* The sysctls of TCP, by Linux's names and with its defaults. */
#include "tcp/tcp_context.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/setting.h"
#include "base/stream.h"
#include "tcp/tcp_cc_sysctl.h"
#include "tcp/tcp_fastopen.h"
#include "tcp/tcp_iss.h"
#include "tcp/tcp_syn_cookie.h"

struct tcp_setting {
	const char *name;
	size_t offset; /* of its first int in struct tcp_settings */
	int count; /* ints */
	int initial[3];
	int min, max;
};

#define ONE(prefix, member, value, least, most)                           \
	{                                                                 \
		prefix #member, offsetof(struct tcp_settings, member), 1, \
			{ value }, least, most                            \
	}
#define TCP(member, value, least, most) \
	ONE("net.ipv4.tcp_", member, value, least, most)
#define CORE(member, value, least, most) \
	ONE("net.core.", member, value, least, most)

static const struct tcp_setting settings[] = {
	TCP(syn_retries, 6, 1, 127),
	TCP(synack_retries, 5, 0, 255),
	TCP(retries1, 3, 0, 255),
	TCP(retries2, 15, 0, 255),
	TCP(orphan_retries, 0, 0, 255),
	TCP(fin_timeout, 60, 0, INT_MAX / 1000),
	TCP(keepalive_time, 7200, 1, INT_MAX / 1000),
	TCP(keepalive_intvl, 75, 1, INT_MAX / 1000),
	TCP(keepalive_probes, 9, 1, 255),
	TCP(sack, 1, 0, 1),
	TCP(timestamps, 1, 0, 2),
	TCP(window_scaling, 1, 0, 1),
	{ "net.ipv4.tcp_rmem",
	  offsetof(struct tcp_settings, rmem),
	  3,
	  { 4096, 131072, 6291456 },
	  1,
	  INT_MAX },
	{ "net.ipv4.tcp_wmem",
	  offsetof(struct tcp_settings, wmem),
	  3,
	  { 4096, 131072, 4194304 },
	  1,
	  INT_MAX },
	{ "net.ipv4.tcp_mem",
	  offsetof(struct tcp_settings, mem),
	  3,
	  { 98304, 131072, 196608 },
	  0,
	  INT_MAX },
	TCP(moderate_rcvbuf, 1, 0, 1),
	TCP(shrink_window, 0, 0, 1),
	TCP(mtu_probing, 0, 0, 2),
	TCP(base_mss, 1024, 48, 65535),
	TCP(mtu_probe_floor, 48, 48, 65535),
	TCP(min_snd_mss, 48, 48, 65535),
	TCP(probe_interval, 600, 0, INT_MAX),
	TCP(probe_threshold, 8, 0, 65535),
	TCP(adv_win_scale, 1, -31, 31),
	TCP(ack_merge_us, 0, 0, 10000),
	TCP(max_orphans, 65536, 0, INT_MAX),
	TCP(max_tw_buckets, 65536, 0, INT_MAX),
	TCP(max_syn_backlog, 1024, 0, INT_MAX),
	TCP(challenge_ack_limit, INT_MAX, 0, INT_MAX),
	TCP(invalid_ratelimit, 500, 0, INT_MAX),
	TCP(slow_start_after_idle, 1, 0, 1),
	TCP(pacing_ss_ratio, 200, 0, 1000),
	TCP(pacing_ca_ratio, 120, 0, 1000),
	TCP(no_metrics_save, 0, 0, 1),
	TCP(no_ssthresh_metrics_save, 1, 0, 1),
	TCP(min_tso_segs, 2, 1, 65535),
	TCP(early_retrans, 3, 0, 4),
	TCP(tail_probes, 1, 1, 3),
	TCP(comp_sack_delay_ns, 1000000, 0, INT_MAX),
	TCP(comp_sack_slack_ns, 100000, 0, INT_MAX),
	TCP(comp_sack_nr, 44, 0, 255),
	TCP(dsack, 1, 0, 255),
	TCP(ecn, 2, 0, 5),
	TCP(ecn_fallback, 1, 0, 1),
	TCP(ecn_option, 2, 0, 2),
	TCP(ecn_option_beacon, 3, 0, 255),
	TCP(ecn_synack, 0, 0, 1),
	TCP(recovery, 1, 0, 255),
	TCP(frto, 2, 0, 255),
	TCP(reordering, 3, 1, 300),
	TCP(max_reordering, 300, 1, INT_MAX),
	TCP(rto_min_us, 200000, 1, INT_MAX),
	TCP(rto_max_ms, 120000, 1000, 120000),
	TCP(min_rtt_wlen, 300, 0, 86400),
	TCP(pingpong_thresh, 1, 1, 255),
	TCP(syn_linear_timeouts, 4, 0, 127),
	TCP(thin_linear_timeouts, 0, 0, 255),
	TCP(rfc1337, 0, 0, 1),
	TCP(stdurg, 0, 0, 1),
	TCP(reflect_tos, 0, 0, 1),
	TCP(tw_reuse, 2, 0, 2),
	TCP(tw_reuse_delay, 1000, 1, 60000),
	TCP(abort_on_overflow, 0, 0, 1),
	TCP(fastopen, TCP_FASTOPEN_CLIENT, 0, INT_MAX),
	TCP(fastopen_blackhole_timeout_sec, 0, 0, INT_MAX / 128),
	TCP(syncookies, 1, 0, 2),
	TCP(notsent_lowat, -1, INT_MIN, INT_MAX),
	CORE(optmem_max, 131072, 0, INT_MAX),
	CORE(somaxconn, 4096, 0, INT_MAX),
	CORE(rmem_max, 212992, 2304, INT_MAX),
	CORE(wmem_max, 212992, 4608, INT_MAX),
};

#define SETTINGS (sizeof(settings) / sizeof(*settings))
#define FASTOPEN_KEY "net.ipv4.tcp_fastopen_key"

static int *values_of(struct tcp_context *context,
		      const struct tcp_setting *setting)
{
	return (int *)((char *)&context->settings + setting->offset);
}

static const struct tcp_setting *find_setting(const char *name)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

struct tcp_context *tcp_context_create(struct engine *engine)
{
	struct tcp_context *context = engine_alloc(engine, sizeof(*context));

	if (!context)
		return NULL;
	context->engine = engine;
	context->cc = &tcp_cubic;
	memcpy(context->secret, engine->secret, sizeof(context->secret));
	for (size_t i = 0; i < SETTINGS; i++)
		memcpy(values_of(context, &settings[i]), settings[i].initial,
		       (size_t)settings[i].count * sizeof(int));
	tcp_iss_init(context);
	tcp_syn_cookie_init(context);
	tcp_fastopen_init(context);
	return context;
}

void tcp_context_destroy(struct tcp_context *context)
{
	if (!context)
		return;
	tcp_metrics_clear(&context->metrics, context->engine);
	tcp_cc_clear(&context->cc_added, context->engine);
	stream_cache_clear(context->engine);
	tcp_syn_cookie_clear(context);
	tcp_fastopen_clear(context);
	engine_free(context->engine, context, sizeof(*context));
}

int tcp_congestion_control_add(struct tcp_context *context,
			       const struct pyt_cc_ops *ops)
{
	return tcp_cc_add(&context->cc_added, context->engine, ops);
}

const char *tcp_sysctl_name(size_t number)
{
	static const char *const texts[] = {
		FASTOPEN_KEY,
		"net.ipv4.tcp_congestion_control",
		"net.ipv4.tcp_available_congestion_control",
		"net.ipv4.tcp_allowed_congestion_control",
	};

	if (number < SETTINGS)
		return settings[number].name;
	number -= SETTINGS;
	return number < sizeof(texts) / sizeof(*texts) ? texts[number] : NULL;
}

int tcp_sysctl_set(struct tcp_context *context, const char *name,
		   const char *value)
{
	const struct tcp_setting *setting = find_setting(name);

	if (strcmp(name, FASTOPEN_KEY) == 0)
		return tcp_fastopen_keys_parse(&context->fastopen_keys, value)
			       ? 0
			       : -EINVAL;
	if (!setting)
		return tcp_cc_sysctl_set(context, name, value);
	return setting_parse(value, setting->count, setting->min, setting->max,
			     values_of(context, setting));
}

int tcp_sysctl_get(const struct tcp_context *context, const char *name,
		   char *value, size_t value_len)
{
	const struct tcp_setting *setting = find_setting(name);
	char keys[TCP_FASTOPEN_KEYS_TEXT_MAX];

	if (strcmp(name, FASTOPEN_KEY) == 0) {
		tcp_fastopen_keys_format(&context->fastopen_keys, keys);
		return snprintf(value, value_len, "%s", keys);
	}
	if (!setting)
		return tcp_cc_sysctl_get(context, name, value, value_len);
	return setting_format(values_of((struct tcp_context *)context, setting),
			      setting->count, value, value_len);
}
