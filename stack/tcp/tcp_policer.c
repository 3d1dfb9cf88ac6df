/*
 * Intervals begin and end with a loss, when the bucket is empty. Two in a row
 * with much loss and about the same rate are no chance: a policer.
 */
#include "tcp/tcp_policer.h"

#include <string.h>

#define ROUNDS_MIN 4 /* of an interval */
#define ROUNDS_MAX 16
#define LOSS_NUMERATOR 50u /* lost, of what was delivered: a fifth, about */
#define LOSS_DENOMINATOR 256u
#define RATIO 8 /* rates are equal that differ by an eighth */
#define DIFFERENCE 500 /* or by so many bytes a second */
#define OBEYED_ROUNDS 48

static uint32_t ms_of(int64_t us)
{
	return (uint32_t)(us / 1000);
}

static void begin(struct tcp_policer *policer, uint64_t total, int64_t now_us)
{
	policer->since_ms = ms_of(now_us);
	policer->since_total = (uint32_t)total;
	policer->lost = 0;
	policer->rounds = 0;
}

void tcp_policer_forget(struct tcp_policer *policer)
{
	*policer = (struct tcp_policer){ 0 };
}

static bool are_alike(uint32_t rate, uint32_t before)
{
	uint32_t difference = rate > before ? rate - before : before - rate;

	return difference <= before / RATIO || difference <= DIFFERENCE;
}

static void compare(struct tcp_policer *policer, uint32_t rate, uint64_t total,
		    int64_t now_us)
{
	uint32_t before = policer->rate;

	if (before && are_alike(rate, before)) {
		policer->rate = (uint32_t)(((uint64_t)rate + before) / 2);
		policer->is_found = true;
		policer->rounds = 0;
		return;
	}
	policer->rate = rate;
	begin(policer, total, now_us);
}

static void judge(struct tcp_policer *policer, uint64_t total, int64_t now_us)
{
	uint64_t delivered = (uint32_t)total - policer->since_total;
	uint32_t ms = ms_of(now_us) - policer->since_ms;
	uint64_t rate;

	if (!delivered || !ms ||
	    (uint64_t)policer->lost * LOSS_DENOMINATOR <
		    LOSS_NUMERATOR * delivered)
		return;
	rate = delivered * 1000 / ms;
	compare(policer, rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX, total,
		now_us);
}

void tcp_policer_look(struct tcp_policer *policer, const struct pyt_cc_ack *ack,
		      bool round_start, int64_t now_us)
{
	if (!policer->is_looking) {
		if (!ack->lost)
			return;
		begin(policer, ack->rate.total, now_us);
		policer->is_looking = true;
	} else {
		policer->lost += ack->lost;
	}
	if (ack->rate.is_app_limited) {
		tcp_policer_forget(policer); /* it is the program's rate */
		return;
	}
	policer->rounds += round_start;
	if (policer->rounds > ROUNDS_MAX)
		tcp_policer_forget(policer);
	else if (ack->lost && policer->rounds >= ROUNDS_MIN)
		judge(policer, ack->rate.total, now_us);
}

bool tcp_policer_round(struct tcp_policer *policer)
{
	if (++policer->rounds < OBEYED_ROUNDS)
		return false;
	tcp_policer_forget(policer);
	return true;
}
