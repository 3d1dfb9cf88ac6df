/*
 * Requests on the fast lane: the caller's thread does what the stack thread
 * would do on reading it, so that no message travels.
 */
#ifndef SHIM_LANE_REQUEST_H
#define SHIM_LANE_REQUEST_H

#include <stdbool.h>

#include "client.h"

/* False: nothing has happened, it is to go as a message. */
bool lane_request(struct client_call *call, int *result);

#endif
