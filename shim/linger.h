/* SO_LINGER with a time: close(2) waits for what was written. socket(7). */
#ifndef SHIM_LINGER_H
#define SHIM_LINGER_H

#include "descriptor.h"

/*
 * Before an endpoint is closed. Returns when the peer has acknowledged all
 * data, the time is over or a signal came; at once without SO_LINGER.
 */
void linger_wait(const struct descriptor *stream);

#endif
