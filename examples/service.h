/*
 * What echo, discard and daytime have in common: a small server over TCP and
 * UDP, IPv4 and IPv6, as plain socket programs are written. It knows nothing
 * of libpyt; 'pyt build/examples/echo' runs it over the stack.
 */
#ifndef EXAMPLES_SERVICE_H
#define EXAMPLES_SERVICE_H

#include <stddef.h>

/* What may wait to be sent on one connection; more is not read meanwhile. */
#define SERVICE_BUFFER_LEN 65536

/* Clients at once; others wait in the listener's queue. */
#define SERVICE_CLIENTS_MAX 256

struct service {
	const char *name;
	unsigned short port; /* the well-known one */

	/*
	 * What a new connection is told before it is closed, as snprintf()
	 * counts; NULL: it stays open until the client ends it.
	 */
	int (*say)(char *text, size_t size);

	int sends_back; /* what comes is the answer */
};

/* main() of each service: serves until a signal ends it. */
int service_main(const struct service *service, int argc, char **argv);

#endif
