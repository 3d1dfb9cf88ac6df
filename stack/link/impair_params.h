/*
 * What a bad wire does, as text: "loss=20%,delay=10ms,jitter=2ms,seed=7".
 * A name with "in." or "out." in front is for that direction alone.
 */
#ifndef LINK_IMPAIR_PARAMS_H
#define LINK_IMPAIR_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

enum impair_way {
	IMPAIR_OUT, /* from the engine to the wire */
	IMPAIR_IN,
	IMPAIR_WAYS
};

#define IMPAIR_PPM 1000000u /* 100 % */
#define IMPAIR_LIMIT 1000 /* frames held back, each way, unless told */
#define IMPAIR_LIMIT_MAX 100000

/* Of one direction. Probabilities are parts per million of the frames. */
struct impair_way_params {
	uint32_t loss_ppm; /* long-run share, whatever the burst */
	uint32_t burst; /* mean length of a run of losses; 1: single */
	uint32_t reorder_ppm; /* these overtake what is held back */
	uint32_t duplicate_ppm;
	uint32_t corrupt_ppm; /* one bit of these is turned over */
	int64_t delay_us;
	int64_t jitter_us; /* uniform in delay +- jitter */
	uint64_t rate_bps; /* bits per second; 0: no limit */
};

struct impair_params {
	struct impair_way_params way[IMPAIR_WAYS];
	uint64_t seed;
	bool has_seed; /* else the caller chooses one */
	uint32_t limit; /* frames held back, each way */
};

/* False: *why says what is wrong, *params is left alone. */
bool impair_params_parse(const char *text, struct impair_params *params,
			 const char **why);

#endif
