/* Giving up what attaching to the link needed. */
#ifndef SHIM_PRIVILEGE_H
#define SHIM_PRIVILEGE_H

struct log;

/*
 * Drops the calling thread's capabilities for good: to be called in the stack
 * thread once the link is open, and never in a thread of the program's.
 *
 * CAP_SETUID and CAP_SETGID stay: setuid(3) of the program changes all its
 * threads, and glibc aborts the program if one of them may not.
 */
void privilege_drop(const struct log *log);

/* In a stack that has stepped out: nothing stays. Allocates nothing. */
void privilege_drop_all(void);

#endif
