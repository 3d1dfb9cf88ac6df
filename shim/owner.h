/*
 * The process in which a stack's thread lives: can it answer? One that is
 * stopped cannot, nor one whose next step waits for us, who trace it.
 */
#ifndef SHIM_OWNER_H
#define SHIM_OWNER_H

#include <stdint.h>
#include <sys/types.h>

/* Without an answer: before one looks at all, and what one waits for who
 * may be slow. */
#define OWNER_GLANCE_US 2000
#define OWNER_PATIENCE_US 300000

enum owner_state {
	OWNER_AWAKE, /* as far as can be seen */
	OWNER_GONE, /* no stack lives there: it stepped out, or ended */
	OWNER_STOPPED, /* SIGSTOP, ^Z, or a debugger */
	OWNER_TRACED, /* by this process; it may be free to run all the same */
	OWNER_HELD, /* stands still until the calling thread lets it go on */
};

/* For a control connection: what takes longer, either way, is -EAGAIN. */
void owner_limit_wait(int fd, int64_t time_us);
/* Who held the other end when it was made. 0: nobody knows. */
pid_t owner_of(int fd);
enum owner_state owner_look(pid_t pid);
/*
 * For one that is OWNER_GONE: whether this process traces any that a stack is
 * in. Looks at all processes. OWNER_AWAKE: it does not.
 */
enum owner_state owner_search(pid_t *pid);

#endif
