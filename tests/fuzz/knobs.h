/*
 * What a program or its user may set beside data: options that are asked for,
 * keys, Fast Open, settings. An input's bytes say which.
 */
#ifndef FUZZ_KNOBS_H
#define FUZZ_KNOBS_H

#include "base/reader.h"
#include "sim/sim.h"

/* Every option of TCP and of sockets, with as much room as what says. */
void knobs_ask(struct sim *sim, int host, int handle, uint8_t room);
/* One of the settings that decide ways through the code, on both hosts. */
void knobs_set(struct sim *sim, uint8_t which);
/* An option that is no number, of a socket or the listener. */
void knobs_set_option(struct sim *sim, int host, int handle, uint8_t which);

enum knobs_keys {
	KNOBS_NO_KEY,
	KNOBS_MD5, /* RFC 2385 */
	KNOBS_AO, /* RFC 5925 */
	KNOBS_AO_OTHER, /* with a second key, which is wished for */
};

/* Keys for segments from and to the other host. */
void knobs_sign(struct sim *sim, int host, int handle, enum knobs_keys keys);

#endif
