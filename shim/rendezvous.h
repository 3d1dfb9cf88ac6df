/* The abstract names by which the stack of a link is found, unix(7). */
#ifndef SHIM_RENDEZVOUS_H
#define SHIM_RENDEZVOUS_H

#include <stdbool.h>

/* A socket that has the link's name. -EADDRINUSE: another process has it. */
int rendezvous_take(const char *link);

/*
 * All or none, in the order of the names, whichever comes first here: of two
 * that want the same at once one gets all. *taken: which another process has.
 */
int rendezvous_take_all(const char *const link[], int count, int fd[],
			int *taken);

/* Whether a stack hears clients by that name. */
bool rendezvous_is_heard(const char *link);

#endif
