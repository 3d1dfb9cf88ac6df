/* What other interposed calls need that close descriptors within libc. */
#ifndef SHIM_CALLS_FD_H
#define SHIM_CALLS_FD_H

#include "calls.h"

#include <stdio.h>

#include "descriptor.h"

/* An endpoint that goes with its stream. */
struct closing_stream {
	bool is_ours;
	int error; /* of what was still to be written; positive */
	struct descriptor descriptor;
};

/* stdio closes within libc: around that the cache and the stack are told. */
void calls_fd_stream_closes(FILE *stream, struct closing_stream *closing);
void calls_fd_stream_closed(const struct closing_stream *closing);

#endif
