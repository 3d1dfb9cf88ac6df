/*
 * Unpredictable numbers from the seed that was handed in: blocks of
 * SHA-256(key, counter), so that ports, ISS secrets and fragment IDs resist
 * guessing and a run with the same seed replays.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint8_t key[32];
	uint64_t counter;
	uint8_t block[32];
	unsigned block_used; /* bytes of block handed out */
};

void random_init(struct random *random, const uint8_t seed[32]);
uint32_t random_u32(struct random *random);
void random_bytes(struct random *random, void *to, size_t len);
/* Uniform in [0, bound); bound > 0. */
uint32_t random_below(struct random *random, uint32_t bound);

#endif
