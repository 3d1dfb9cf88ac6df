/*
 * Congestion control behind the table of hooks of pyt/cc.h: which controls
 * there are, and the only way in which the other rooms call their hooks.
 */
#ifndef TCP_TCP_CC_H
#define TCP_TCP_CC_H

#include <pyt/cc.h>

#define TCP_CC_SSTHRESH_INFINITE PYT_CC_SSTHRESH_INFINITE
#define TCP_CC_ADDED_MAX 16 /* controls of a user's, for one stack */

/* A control's own state must fit. */
#define TCP_CC_STATE_FITS(type)                                             \
	_Static_assert(sizeof(type) <= sizeof(((struct pyt_cc *)0)->state), \
		       "the state must fit")

struct engine;

/* A copy in the engine's memory; ops.name is name. */
struct tcp_cc_copy {
	struct pyt_cc_ops ops;
	char name[PYT_CC_NAME_MAX];
};

/* The controls of a user's. */
struct tcp_cc_added {
	struct tcp_cc_copy *copy[TCP_CC_ADDED_MAX];
	unsigned count;
	uint32_t forbidden; /* bit i: that one of the whole list */
};

extern const struct pyt_cc_ops tcp_reno;
extern const struct pyt_cc_ops tcp_cubic;
extern const struct pyt_cc_ops tcp_dctcp;
extern const struct pyt_cc_ops tcp_bbr;

/* NULL: no such name. */
const struct pyt_cc_ops *tcp_cc_find(const struct tcp_cc_added *added,
				     const char *name);
/*
 * -EPROTO: another version; -EINVAL: a hook or a proper name is missing, or
 * a flag is unknown; -EEXIST; -ENOSPC; -ENOMEM.
 */
int tcp_cc_add(struct tcp_cc_added *added, struct engine *engine,
	       const struct pyt_cc_ops *ops);
void tcp_cc_clear(struct tcp_cc_added *added, struct engine *engine);
/* "reno cubic ...", as snprintf(); all, or those that are allowed. */
int tcp_cc_names(const struct tcp_cc_added *added, bool allowed, char *text,
		 size_t room);
/* net.ipv4.tcp_allowed_congestion_control: what a program may choose. */
bool tcp_cc_is_allowed(const struct tcp_cc_added *added,
		       const struct pyt_cc_ops *ops);
void tcp_cc_allow(struct tcp_cc_added *added, const struct pyt_cc_ops *ops);
void tcp_cc_allow_none(struct tcp_cc_added *added);

/* Starts ops on windows that may be in use already; ends what ran before. */
void tcp_cc_start(struct pyt_cc *cc, const struct pyt_cc_ops *ops,
		  int64_t now_us);
void tcp_cc_end(struct pyt_cc *cc);

/*
 * Congestion: sets ssthresh. cwnd is left to the caller, who brings it down
 * at once or by PRR. in_flight in bytes, now.
 */
void tcp_cc_reduce(struct pyt_cc *cc, enum pyt_cc_cause cause,
		   uint32_t in_flight, int64_t now_us);
void tcp_cc_on_ack(struct pyt_cc *cc, const struct pyt_cc_ack *ack,
		   int64_t now_us);
/* cwnd becomes one segment. */
void tcp_cc_on_timeout(struct pyt_cc *cc, int64_t now_us);
void tcp_cc_on_restart(struct pyt_cc *cc, int64_t idleness_us, int64_t now_us);
/* It was no congestion: back to what was before tcp_cc_reduce(). */
void tcp_cc_undo(struct pyt_cc *cc, uint32_t cwnd, uint32_t ssthresh,
		 int64_t now_us);

static inline bool tcp_cc_has(const struct pyt_cc *cc, enum pyt_cc_flag flag)
{
	return cc->ops && (cc->ops->flags & flag);
}

#endif
