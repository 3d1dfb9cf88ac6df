/* A run as a pcapng file: every frame when it is sent, with its fate. */
#ifndef SIM_CAPTURE_H
#define SIM_CAPTURE_H

#include "sim/sim.h"

/* NULL: the file cannot be made. */
struct capture *capture_create(const char *path);
/* False: not all of it could be written. capture may be NULL. */
bool capture_destroy(struct capture *capture);

/* These two do nothing without a capture. comment: NULL or what became of
 * it; what host 0 sends is outbound. */
void capture_start(struct capture *capture, enum pyt_medium medium);
void capture_frame(struct sim *sim, int from, const struct pyt_frame *frame,
		   const char *comment);

#endif
