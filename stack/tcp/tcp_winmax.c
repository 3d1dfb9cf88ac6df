/*
 * K. Nichols' windowed maximum: three candidates, the later ones of the second
 * quarter and half of the window, so that one takes over when the first ages.
 */
#include "tcp/tcp_winmax.h"

static void put_from(struct tcp_winmax *winmax, unsigned first, uint32_t round,
		     uint64_t value)
{
	for (unsigned i = first; i < 3; i++) {
		winmax->value[i] = value;
		winmax->round[i] = round;
	}
}

static void drop_first(struct tcp_winmax *winmax)
{
	for (unsigned i = 0; i < 2; i++) {
		winmax->value[i] = winmax->value[i + 1];
		winmax->round[i] = winmax->round[i + 1];
	}
}

/* The best is too old: the next one, and the newest value behind all. */
static void age(struct tcp_winmax *winmax, uint32_t window, uint32_t round,
		uint64_t value)
{
	for (unsigned i = 0; i < 2 && round - winmax->round[0] > window; i++) {
		drop_first(winmax);
		put_from(winmax, 2, round, value);
	}
}

void tcp_winmax_add(struct tcp_winmax *winmax, uint32_t window, uint32_t round,
		    uint64_t value)
{
	const uint32_t *since = winmax->round;
	uint32_t first_age = round - since[0];

	if (value >= winmax->value[0] || round - since[2] > window) {
		put_from(winmax, 0, round, value);
		return;
	}
	if (value >= winmax->value[1])
		put_from(winmax, 1, round, value);
	else if (value >= winmax->value[2])
		put_from(winmax, 2, round, value);

	if (first_age > window)
		age(winmax, window, round, value);
	else if (since[1] == since[0] && first_age > window / 4)
		put_from(winmax, 1, round, value);
	else if (since[2] == since[1] && first_age > window / 2)
		put_from(winmax, 2, round, value);
}
