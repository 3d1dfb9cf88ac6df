/* What the interposed calls of names share: the surroundings of a lookup. */
#ifndef SHIM_CALLS_NAMES_H
#define SHIM_CALLS_NAMES_H

#include "addrinfo.h"

const struct addrinfo_host *calls_names_host(void);

/*
 * As thread cancellation and errno are to be during a lookup: a cancelled
 * thread would leave sockets and memory behind. errno stays for success.
 */
struct calls_names_guard {
	int cancel_state, saved_errno;
};

void calls_names_enter(struct calls_names_guard *guard);
void calls_names_leave(const struct calls_names_guard *guard, bool ok);

#endif
