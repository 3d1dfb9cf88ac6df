/* The greatest of the values of the last so many rounds, in small space. */
#ifndef TCP_TCP_WINMAX_H
#define TCP_TCP_WINMAX_H

#include <stdint.h>

/*
 * The best, and the best since that one, and again: candidates for when the
 * best is too old. All zero is empty.
 */
struct tcp_winmax {
	uint64_t value[3];
	uint32_t round[3];
};

void tcp_winmax_add(struct tcp_winmax *winmax, uint32_t window, uint32_t round,
		    uint64_t value);

static inline uint64_t tcp_winmax_get(const struct tcp_winmax *winmax)
{
	return winmax->value[0];
}

#endif
