/*
 * The cache by pair of addresses. What is kept and how old and new are mixed
 * is Linux's: tcp_update_metrics(), tcp_init_metrics().
 */
#include "tcp/tcp_metrics.h"

#include <errno.h>
#include <string.h>

#include "tcp/tcp_connection.h"

struct key {
	struct pyt_ip local, peer;
};

struct tcp_metrics_entry {
	struct table_node node;
	TAILQ_ENTRY(tcp_metrics_entry) link;
	struct key key;
	int64_t saved_us;
	uint32_t rtt_us; /* 0: unknown, also below */
	uint32_t rttvar_us;
	uint32_t ssthresh; /* segments */
	bool reorders;
};

static struct tcp_metrics *metrics_of(struct tcp_connection *tcp)
{
	return &tcp->context->metrics;
}

static bool is_begun(const struct tcp_metrics *metrics)
{
	return metrics->table.buckets != NULL;
}

static bool begin(struct tcp_metrics *metrics, struct engine *engine)
{
	if (is_begun(metrics))
		return true;
	TAILQ_INIT(&metrics->entries);
	return table_init(&metrics->table, engine) == 0;
}

static void drop(struct tcp_metrics *metrics, struct tcp_metrics_entry *entry)
{
	TAILQ_REMOVE(&metrics->entries, entry, link);
	table_remove(&metrics->table, &entry->node);
	engine_free(metrics->table.engine, entry, sizeof(*entry));
	metrics->count--;
}

void tcp_metrics_clear(struct tcp_metrics *metrics, struct engine *engine)
{
	(void)engine;
	if (!is_begun(metrics))
		return;
	while (metrics->count)
		drop(metrics, TAILQ_FIRST(&metrics->entries));
	table_clear(&metrics->table);
}

static struct key key_of(const struct tcp_connection *tcp)
{
	return (struct key){ tcp->local.ip, tcp->peer.ip };
}

static struct tcp_metrics_entry *find(struct tcp_metrics *metrics,
				      const struct key *key, int64_t now_us)
{
	struct table_node *node;

	if (!is_begun(metrics))
		return NULL;
	node = table_find(&metrics->table,
			  table_hash(&metrics->table, key, sizeof(*key)));
	for (; node; node = table_find_next(node)) {
		struct tcp_metrics_entry *entry =
			(struct tcp_metrics_entry *)node;

		if (memcmp(&entry->key, key, sizeof(*key)) != 0)
			continue;
		if (now_us - entry->saved_us < TCP_METRICS_LIFE_US)
			return entry;
		drop(metrics, entry); /* another path by now, perhaps */
		return NULL;
	}
	return NULL;
}

static struct tcp_metrics_entry *create(struct tcp_metrics *metrics,
					struct engine *engine,
					const struct key *key)
{
	struct tcp_metrics_entry *entry;

	if (!begin(metrics, engine))
		return NULL;
	if (metrics->count == TCP_METRICS_MAX)
		drop(metrics, TAILQ_LAST(&metrics->entries, tcp_metrics_list));
	entry = engine_alloc(engine, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->key = *key;
	table_insert(&metrics->table, &entry->node,
		     table_hash(&metrics->table, key, sizeof(*key)));
	TAILQ_INSERT_HEAD(&metrics->entries, entry, link);
	metrics->count++;
	return entry;
}

/* ------------------------------------------------------------------ apply */

/* The path was slower than the SYN has found it: the timeout is longer. */
static void apply_rtt(struct tcp_rto *rto, int64_t rtt_us)
{
	int64_t margin_us = 2 * rtt_us;

	if (rtt_us <= rto->srtt_us)
		return;
	if (margin_us < rto->min_us)
		margin_us = rto->min_us;
	rto->base_us = rtt_us + margin_us < rto->max_us
			       ? (int32_t)(rtt_us + margin_us)
			       : rto->max_us;
}

void tcp_metrics_apply(struct tcp_connection *tcp, int64_t now_us)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	struct key key = key_of(tcp);
	struct tcp_metrics_entry *entry = find(metrics_of(tcp), &key, now_us);
	uint64_t ssthresh;

	if (!entry)
		return;
	ssthresh = (uint64_t)entry->ssthresh * tcp->snd.mss;
	if (ssthresh && !settings->no_ssthresh_metrics_save)
		tcp->cc.ssthresh = ssthresh < PYT_CC_CWND_MAX
					   ? (uint32_t)ssthresh
					   : PYT_CC_CWND_MAX;
	if (entry->reorders)
		tcp->recovery.reordering_seen = true;
	if (entry->rtt_us)
		apply_rtt(&tcp->rto, entry->rtt_us);
}

/* ------------------------------------------------------------------- save */

static void save_rtt(struct tcp_metrics_entry *entry, const struct tcp_rto *rto)
{
	int64_t rtt_us = entry->rtt_us, rttvar_us = entry->rttvar_us;
	int64_t below_us = rtt_us - rto->srtt_us;
	int64_t error_us = (below_us < 0 ? -below_us : below_us) / 2;

	/* Slower at once, faster by an eighth. */
	rtt_us = below_us <= 0 ? rto->srtt_us : rtt_us - below_us / 8;
	if (error_us < rto->rttvar_us)
		error_us = rto->rttvar_us;
	if (error_us >= rttvar_us)
		rttvar_us = error_us;
	else
		rttvar_us -= (rttvar_us - error_us) / 4;
	entry->rtt_us = (uint32_t)rtt_us;
	entry->rttvar_us = (uint32_t)rttvar_us;
}

static void save_ssthresh(struct tcp_metrics_entry *entry,
			  const struct tcp_connection *tcp)
{
	const struct pyt_cc *cc = &tcp->cc;
	uint32_t half = cc->cwnd / 2 / cc->mss;
	uint32_t ssthresh = cc->ssthresh / cc->mss;

	if (cc->ssthresh >= PYT_CC_SSTHRESH_INFINITE) {
		/* It is higher than was thought, where it was. */
		if (entry->ssthresh && half > entry->ssthresh)
			entry->ssthresh = half;
	} else if (!pyt_cc_in_slow_start(cc) &&
		   tcp->recovery.state == TCP_RECOVERY_OPEN) {
		entry->ssthresh = half > ssthresh ? half : ssthresh;
	} else if (entry->ssthresh && ssthresh > entry->ssthresh) {
		entry->ssthresh = ssthresh;
	}
}

void tcp_metrics_save(struct tcp_connection *tcp, int64_t now_us)
{
	const struct tcp_settings *settings = tcp_settings(tcp);
	struct tcp_metrics *metrics = metrics_of(tcp);
	struct key key = key_of(tcp);
	struct tcp_metrics_entry *entry;

	if (settings->no_metrics_save || !tcp->cc.ops)
		return;
	entry = find(metrics, &key, now_us);
	if (tcp->rto.back_off || !tcp->rto.srtt_us) {
		if (entry)
			entry->rtt_us = 0; /* what was known holds no more */
		return;
	}
	if (!entry)
		entry = create(metrics, tcp_engine(tcp), &key);
	if (!entry)
		return;
	save_rtt(entry, &tcp->rto);
	if (!settings->no_ssthresh_metrics_save)
		save_ssthresh(entry, tcp);
	entry->reorders |= tcp->recovery.reordering_seen;
	entry->saved_us = now_us;
	TAILQ_REMOVE(&metrics->entries, entry, link);
	TAILQ_INSERT_HEAD(&metrics->entries, entry, link);
}

/* ------------------------------------------------------------------- show */

int tcp_metrics_get(const struct tcp_metrics *metrics, int ordinal,
		    struct pyt_tcp_metrics *shown, int64_t now_us)
{
	const struct tcp_metrics_entry *entry;

	if (!is_begun(metrics))
		return -ENOENT;
	TAILQ_FOREACH (entry, &metrics->entries, link) {
		if (ordinal-- > 0)
			continue;
		*shown = (struct pyt_tcp_metrics){
			.local = entry->key.local,
			.peer = entry->key.peer,
			.age_us = now_us - entry->saved_us,
			.rtt_us = entry->rtt_us,
			.rttvar_us = entry->rttvar_us,
			.ssthresh = entry->ssthresh,
			.reorders = entry->reorders,
		};
		return 0;
	}
	return -ENOENT;
}

int tcp_metrics_remove(struct tcp_metrics *metrics, const struct pyt_ip *local,
		       const struct pyt_ip *peer)
{
	struct tcp_metrics_entry *entry, *next;
	int result = peer ? -ENOENT : 0;

	if (!is_begun(metrics))
		return result;
	TAILQ_FOREACH_SAFE (entry, &metrics->entries, link, next) {
		if ((peer && !pyt_ip_equal(&entry->key.peer, peer)) ||
		    (local && !pyt_ip_equal(&entry->key.local, local)))
			continue;
		drop(metrics, entry);
		result = 0;
	}
	return result;
}
