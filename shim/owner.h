/*
 * The process in which a stack's thread lives: can it answer? One that is
 * stopped cannot, nor one whose next step waits for us, who trace it.
 */
#ifndef SHIM_OWNER_H
#define SHIM_OWNER_H

#include <sys/types.h>

#define OWNER_PATIENCE_US 300000 /* without an answer, before one looks */

enum owner_state {
	OWNER_AWAKE, /* as far as can be seen */
	OWNER_STOPPED, /* SIGSTOP, ^Z, or a debugger */
	OWNER_TRACED, /* by this process */
};

/* For a control connection: a reply that takes longer is -EAGAIN. */
void owner_limit_wait(int fd);
/* Who holds the other end; *pid says its number. Reads /proc. */
enum owner_state owner_look(int fd, pid_t *pid);

#endif
