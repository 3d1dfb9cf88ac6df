/*
 * What connections to a destination leave for the next one: round-trip time,
 * slow-start threshold, whether the path reorders. RFC 9040, 6 ("temporal
 * sharing"); Linux's tcp_metrics.
 */
#ifndef TCP_TCP_METRICS_H
#define TCP_TCP_METRICS_H

#include <bsd/sys/queue.h>
#include <pyt/view.h>
#include <stdint.h>

#include "base/table.h"

#define TCP_METRICS_MAX 1024 /* pairs of addresses; the oldest goes */
#define TCP_METRICS_LIFE_US 3600000000ll

struct tcp_connection;
struct tcp_metrics_entry;

TAILQ_HEAD(tcp_metrics_list, tcp_metrics_entry);

/* Of a stack. All zero: nothing yet, and no memory taken. */
struct tcp_metrics {
	struct table table;
	struct tcp_metrics_list entries; /* last saved first */
	uint32_t count;
};

void tcp_metrics_clear(struct tcp_metrics *metrics, struct engine *engine);
/* A connection begins: before its congestion control does. */
void tcp_metrics_apply(struct tcp_connection *tcp, int64_t now_us);
/* It ends in good order. */
void tcp_metrics_save(struct tcp_connection *tcp, int64_t now_us);

/* As the pyt_ functions of the same name. */
int tcp_metrics_get(const struct tcp_metrics *metrics, int ordinal,
		    struct pyt_tcp_metrics *shown, int64_t now_us);
int tcp_metrics_remove(struct tcp_metrics *metrics, const struct pyt_ip *local,
		       const struct pyt_ip *peer);

#endif
