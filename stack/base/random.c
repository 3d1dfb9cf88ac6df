/* Random numbers of the engine: SHA-256 in counter mode. */
#include <string.h>
/* libmd's header wants the types first */
#include <sys/types.h>

#include <sha2.h>

#include "base/random.h"

static void next_block(struct random *random)
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, random->key, sizeof(random->key));
	SHA256Update(&sha, (const uint8_t *)&random->counter,
		     sizeof(random->counter));
	SHA256Final(random->block, &sha);
	random->counter++;
	random->block_used = 0;
}

void random_init(struct random *random, const uint8_t seed[32])
{
	memset(random, 0, sizeof(*random));
	memcpy(random->key, seed, sizeof(random->key));
	random->block_used = sizeof(random->block);
}

void random_bytes(struct random *random, void *to, size_t len)
{
	uint8_t *at = to;

	while (len > 0) {
		size_t left = sizeof(random->block) - random->block_used;
		size_t n = len < left ? len : left;

		if (n == 0) {
			next_block(random);
			continue;
		}
		memcpy(at, random->block + random->block_used, n);
		random->block_used += (unsigned)n;
		at += n;
		len -= n;
	}
}

uint32_t random_u32(struct random *random)
{
	uint32_t value;

	random_bytes(random, &value, sizeof(value));
	return value;
}

uint32_t random_below(struct random *random, uint32_t bound)
{
	/* values under 2^32 mod bound would make the small ones likelier */
	uint32_t biased = (uint32_t)(-bound) % bound;
	uint32_t value;

	do {
		value = random_u32(random);
	} while (value < biased);
	return value % bound;
}
