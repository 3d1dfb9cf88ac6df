/*
 * One system call of a target that the kernel has stopped, and what its
 * handler may say of it.
 */
#ifndef SECCOMP_CALL_H
#define SECCOMP_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct call {
	uint64_t id; /* the kernel's, for the answer */
	pid_t tid; /* the thread that makes it */
	int number;
	uint64_t args[6];
	int fd; /* our copy of its descriptor args[0]; -1: none */
	/* While it waits: */
	bool waited; /* it is looked at again */
	short events; /* of fd, for which it waits */
	int64_t deadline_ms; /* on the monotonic clock; INT64_MAX: none */
	long late; /* the result when that is over */
	unsigned done; /* messages of recvmmsg(2), sendmmsg(2) */
	int64_t started_ms; /* recvmmsg(2) with a timeout */
	unsigned signals_seen; /* times that one was found pending */
	struct call *next;
};

/* A handler's result is the call's, >= 0 or -errno, or one of these. */
#define CALL_CONTINUE (-10000L) /* the kernel's own affair */
#define CALL_WAIT (-10001L) /* until events or the deadline */
#define CALL_ANSWERED (-10002L) /* with a descriptor */

typedef long call_handler(struct call *call);

#endif
