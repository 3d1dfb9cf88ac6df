/*
 * The stopped program: its memory, its descriptors, its signals, and the
 * answers that it is given.
 */
#ifndef SECCOMP_TARGET_H
#define SECCOMP_TARGET_H

#include <stddef.h>
#include <sys/uio.h>

#include "call.h"

/* Of the filter, from seccomp(2); before all else. */
void target_set_listener(int listener);

/* ------------------------------------------------------------------ memory */

/* All of it: 0 or -EFAULT. */
int target_read(const struct call *call, uint64_t from, void *to, size_t len);
int target_write(const struct call *call, uint64_t to, const void *from,
		 size_t len);
/* As much as can be read: bytes, or -EFAULT. */
ssize_t target_read_some(const struct call *call, uint64_t from, void *to,
			 size_t len);
/* Between bytes here and pieces there; len bytes, 0 or -EFAULT. */
int target_gather(const struct call *call, const struct iovec *pieces,
		  size_t count, void *to, size_t len);
int target_scatter(const struct call *call, const struct iovec *pieces,
		   size_t count, const void *from, size_t len);

/* ------------------------------------------------------------- descriptors */

/* A copy of its descriptor, or -errno. */
int target_get_fd(const struct call *call, int fd);
/* Without a word to the stack: the file lives on in the target. */
void target_close_copy(int fd);
/* A free number from at least on, below end; or -EMFILE. */
int target_free_number(const struct call *call, unsigned at_least,
		       unsigned end);
/*
 * 0, or -EMFILE: it has as many descriptors as its own limit allows, and no
 * answer with one would succeed.
 */
int target_check_room(const struct call *call);
/*
 * Answers the call with a copy of fd; number < 0: the lowest one that is
 * free. cloexec: as O_CLOEXEC. 0, or -errno and the call is unanswered.
 */
int target_answer_fd(const struct call *call, int fd, int number, bool cloexec);
/* Another file takes the place of its descriptor. */
int target_replace_fd(const struct call *call, int number, int fd);

/* ----------------------------------------------------------------- answers */

/* result: >= 0 or -errno, or CALL_CONTINUE. */
void target_answer(const struct call *call, long result);
/* It has not been killed meanwhile. */
bool target_is_there(const struct call *call);

enum target_signal {
	TARGET_SIGNAL_NONE,
	TARGET_SIGNAL_OTHERS, /* one of several threads will take it */
	TARGET_SIGNAL_OWN, /* this one will, when its call ends */
};

enum target_signal target_signal(const struct call *call);

#endif
