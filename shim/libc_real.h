/*
 * The C library's own functions behind the interposed ones, and system calls
 * that touch neither errno nor a cancellation point. Code inside the library
 * uses these two, never the plain names: those would come back to us.
 */
#ifndef SHIM_LIBC_REAL_H
#define SHIM_LIBC_REAL_H

#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <termios.h>
#include <time.h>

#include "libc_types.h"

#define INTERPOSED __attribute__((visibility("default")))
/* For what the thread sanitizer itself calls before it has begun. */
#define NO_TSAN __attribute__((no_sanitize("thread")))

struct libc_real {
#define LIBC_CALL(type, name, parameters, arguments, number) \
	type(*name) parameters;
#include "libc_calls.h"
};

/* Usable at any moment: a call before libc_real_resolve() resolves first. */
extern struct libc_real libc_real;

/* Looks all of them up; the first call does it, later ones do nothing. */
void libc_real_resolve(void);

/* A system call by number: its result, or -errno. errno stays untouched. */
long libc_raw(long number, ...);

/* Turns a result of our own (>= 0 or -errno) into what libc returns. */
long libc_result(long result);

#endif
