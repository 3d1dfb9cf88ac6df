/*
 * The congestion controls there are, and their hooks called with care: what
 * a user's control leaves behind is brought within bounds.
 */
#include "tcp/tcp_cc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/engine.h"

#define FLAGS_KNOWN                                                       \
	(PYT_CC_NEEDS_ECN | PYT_CC_WANTS_PACING | PYT_CC_APP_LIMITED_OK | \
	 PYT_CC_OWNS_CWND)

/* What version 2 had from its first day. */
#define SIZE_MIN \
	(offsetof(struct pyt_cc_ops, get_info) + sizeof(void (*)(void)))

static const struct pyt_cc_ops *const controls[] = { &tcp_reno, &tcp_cubic,
						     &tcp_dctcp, &tcp_bbr };

#define CONTROLS (sizeof(controls) / sizeof(*controls))

_Static_assert(CONTROLS + TCP_CC_ADDED_MAX <= 32, "a bit each");

/* ------------------------------------------------------------- the list */

static const struct pyt_cc_ops *control_at(const struct tcp_cc_added *added,
					   size_t i)
{
	return i < CONTROLS ? controls[i] : &added->copy[i - CONTROLS]->ops;
}

const struct pyt_cc_ops *tcp_cc_find(const struct tcp_cc_added *added,
				     const char *name)
{
	for (size_t i = 0; i < CONTROLS + added->count; i++)
		if (strcmp(control_at(added, i)->name, name) == 0)
			return control_at(added, i);
	return NULL;
}

static uint32_t bit_of(const struct tcp_cc_added *added,
		       const struct pyt_cc_ops *ops)
{
	for (size_t i = 0; i < CONTROLS + added->count; i++)
		if (control_at(added, i) == ops)
			return 1u << i;
	return 0;
}

bool tcp_cc_is_allowed(const struct tcp_cc_added *added,
		       const struct pyt_cc_ops *ops)
{
	return !(added->forbidden & bit_of(added, ops));
}

void tcp_cc_allow(struct tcp_cc_added *added, const struct pyt_cc_ops *ops)
{
	added->forbidden &= ~bit_of(added, ops);
}

void tcp_cc_allow_none(struct tcp_cc_added *added)
{
	added->forbidden = UINT32_MAX;
}

int tcp_cc_names(const struct tcp_cc_added *added, bool allowed, char *text,
		 size_t room)
{
	int len = 0;

	if (room)
		text[0] = '\0';
	for (size_t i = 0; i < CONTROLS + added->count; i++) {
		size_t at = (size_t)len < room ? (size_t)len : room;

		if (allowed && (added->forbidden >> i & 1))
			continue;
		len += snprintf(text + at, room - at, "%s%s", len ? " " : "",
				control_at(added, i)->name);
	}
	return len;
}

static bool is_name(const char *name)
{
	size_t len = name ? strnlen(name, PYT_CC_NAME_MAX) : 0;

	return len && len < PYT_CC_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

int tcp_cc_add(struct tcp_cc_added *added, struct engine *engine,
	       const struct pyt_cc_ops *ops)
{
	struct tcp_cc_copy *copy;
	size_t len = ops->size < sizeof(*ops) ? ops->size : sizeof(*ops);

	if (ops->version != PYT_CC_VERSION || ops->size < SIZE_MIN)
		return -EPROTO;
	if (!is_name(ops->name) || !ops->ssthresh || !ops->on_ack ||
	    (ops->flags & ~(uint32_t)FLAGS_KNOWN) || ops->reserved)
		return -EINVAL;
	if (tcp_cc_find(added, ops->name))
		return -EEXIST;
	if (added->count == TCP_CC_ADDED_MAX)
		return -ENOSPC;
	copy = engine_alloc(engine, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(&copy->ops, ops, len);
	memcpy(copy->name, ops->name, strlen(ops->name) + 1);
	copy->ops.name = copy->name;
	added->copy[added->count++] = copy;
	tcp_cc_allow(added, &copy->ops);
	return 0;
}

void tcp_cc_clear(struct tcp_cc_added *added, struct engine *engine)
{
	while (added->count)
		engine_free(engine, added->copy[--added->count],
			    sizeof(struct tcp_cc_copy));
}

/* ------------------------------------------------------------ the hooks */

static uint32_t clamp(uint32_t value, uint32_t least, uint32_t most)
{
	if (value < least)
		return least;
	return value < most ? value : most;
}

static void bound(struct pyt_cc *cc)
{
	cc->cwnd = clamp(cc->cwnd, cc->mss, PYT_CC_CWND_MAX);
	cc->ssthresh =
		clamp(cc->ssthresh, 2 * cc->mss, PYT_CC_SSTHRESH_INFINITE);
}

void tcp_cc_start(struct pyt_cc *cc, const struct pyt_cc_ops *ops,
		  int64_t now_us)
{
	tcp_cc_end(cc);
	memset(cc->state, 0, sizeof(cc->state));
	cc->ops = ops;
	cc->pacing_rate = PYT_CC_UNPACED;
	if (ops->init)
		ops->init(cc, now_us);
	bound(cc);
}

void tcp_cc_end(struct pyt_cc *cc)
{
	if (cc->ops && cc->ops->release)
		cc->ops->release(cc);
	cc->ops = NULL;
}

void tcp_cc_reduce(struct pyt_cc *cc, enum pyt_cc_cause cause,
		   uint32_t in_flight, int64_t now_us)
{
	cc->in_flight = in_flight;
	cc->ssthresh = cc->ops->ssthresh(cc, cause, now_us);
	bound(cc);
}

void tcp_cc_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
		   int64_t now_us)
{
	uint32_t cwnd = cc->cwnd;

	cc->ops->on_ack(cc, ack, now_us);
	if (ack->in_recovery && !tcp_cc_has(cc, PYT_CC_OWNS_CWND))
		cc->cwnd = cwnd;
	bound(cc);
}

void tcp_cc_on_timeout(struct pyt_cc *cc, int64_t now_us)
{
	cc->cwnd = cc->mss;
	if (cc->ops->on_timeout)
		cc->ops->on_timeout(cc, now_us);
	bound(cc);
}

void tcp_cc_on_restart(struct pyt_cc *cc, int64_t idleness_us, int64_t now_us)
{
	if (cc->ops->on_restart)
		cc->ops->on_restart(cc, idleness_us, now_us);
	bound(cc);
}

void tcp_cc_undo(struct pyt_cc *cc, uint32_t cwnd, uint32_t ssthresh,
		 int64_t now_us)
{
	if (cc->cwnd < cwnd)
		cc->cwnd = cwnd;
	cc->ssthresh = ssthresh;
	if (cc->ops->on_undo)
		cc->ops->on_undo(cc, now_us);
	bound(cc);
}
