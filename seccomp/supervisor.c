/*
 * Takes the targets' calls one by one, and answers each at once or, if the
 * call has to wait, when its descriptor is ready. One thread: no call of ours
 * blocks, except for the stack's own answers.
 */
#include "supervisor.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "endpoint.h"
#include "file_calls.h"
#include "message_calls.h"
#include "socket_calls.h"
#include "target.h"

#define BUSY_MAX 64 /* calls taken before those that wait get a look */
#define LOOK_MS_MIN 10 /* for signals of those that wait */
#define LOOK_MS_MAX 160

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* Linux 6.6 */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define RESTART (-512L) /* ERESTARTSYS: the kernel knows what is next */

struct supervisor {
	int listener;
	struct call *waiting;
	unsigned waiting_count;
	struct pollfd *poll;
	unsigned poll_room;
	int look_ms;
	int64_t look_at_ms;
};

/* -------------------------------------------------------------- dispatching */

/* Calls that are about no socket yet, or read a path. */
static call_handler *handler_without_fd(int number)
{
	switch (number) {
	case SYS_socket:
		return socket_call_socket;
	case SYS_openat:
		return file_call_openat;
#ifdef SYS_open
	case SYS_open:
		return file_call_open;
#endif
	default:
		return NULL;
	}
}

static const struct {
	int number;
	call_handler *handler;
} handlers[] = {
	{ SYS_bind, socket_call_bind },
	{ SYS_connect, socket_call_connect },
	{ SYS_listen, socket_call_listen },
	{ SYS_accept, socket_call_accept },
	{ SYS_accept4, socket_call_accept },
	{ SYS_getsockname, socket_call_name },
	{ SYS_getpeername, socket_call_name },
	{ SYS_getsockopt, socket_call_getsockopt },
	{ SYS_setsockopt, socket_call_setsockopt },
	{ SYS_shutdown, socket_call_shutdown },
	{ SYS_ioctl, socket_call_ioctl },
	{ SYS_dup, socket_call_copy },
	{ SYS_fcntl, socket_call_copy },
	{ SYS_read, message_call_read },
	{ SYS_readv, message_call_read },
	{ SYS_write, message_call_write },
	{ SYS_writev, message_call_write },
	{ SYS_sendto, message_call_sendto },
	{ SYS_recvfrom, message_call_recvfrom },
	{ SYS_sendmsg, message_call_sendmsg },
	{ SYS_recvmsg, message_call_recvmsg },
	{ SYS_sendmmsg, message_call_sendmmsg },
	{ SYS_recvmmsg, message_call_recvmmsg },
};

static call_handler *handler_of(int number)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].number == number)
			return handlers[i].handler;
	}
	return NULL;
}

/* The kernel says what is wrong with a descriptor that is none of ours. */
static long run(struct call *call)
{
	call_handler *handler = handler_without_fd(call->number);

	if (handler)
		return handler(call);
	handler = handler_of(call->number);
	if (!handler)
		return CALL_CONTINUE;
	if (call->fd < 0)
		call->fd = target_get_fd(call, (int)call->args[0]);
	if (call->fd < 0 || !endpoint_is(call->fd))
		return CALL_CONTINUE;
	return handler(call);
}

static void finish(struct call *call, long result)
{
	if (call->fd >= 0)
		target_close_copy(call->fd);
	call->fd = -1;
	if (result != CALL_ANSWERED)
		target_answer(call, result);
}

/* ------------------------------------------------------------------ waiting */

/* Who waits is looked at often at first, then less and less. */
static void start_waiting(struct supervisor *supervisor,
			  const struct call *call)
{
	struct call *copy = malloc(sizeof(*copy));

	if (!copy) {
		struct call failed = *call;

		finish(&failed, -ENOMEM);
		return;
	}
	*copy = *call;
	copy->waited = true;
	copy->next = supervisor->waiting;
	supervisor->waiting = copy;
	supervisor->waiting_count++;
	supervisor->look_ms = LOOK_MS_MIN;
	supervisor->look_at_ms = clock_ms() + LOOK_MS_MIN;
}

/* Nobody is there to be answered: what it waited for is left alone. */
static bool was_killed(const struct call *call)
{
	return !target_is_there(call);
}

/*
 * A signal ends a call that waits, or the target would not run its handler: as
 * the kernel does it where the thread itself has one, else with EINTR, once
 * the signal was there for two looks and no other thread took it. signal(7):
 * what SO_RCVTIMEO or SO_SNDTIMEO limits never goes on.
 */
static long look_for_signal(struct call *call)
{
	switch (target_signal(call)) {
	case TARGET_SIGNAL_OWN:
		return call->deadline_ms == INT64_MAX ? RESTART : -EINTR;
	case TARGET_SIGNAL_OTHERS:
		return ++call->signals_seen < 2 ? CALL_WAIT : -EINTR;
	case TARGET_SIGNAL_NONE:
		break;
	}
	call->signals_seen = 0;
	return CALL_WAIT;
}

static void remove_waiting(struct supervisor *supervisor, struct call **at)
{
	struct call *gone = *at;

	*at = gone->next;
	supervisor->waiting_count--;
	free(gone);
}

/* In the order of the list, in which their descriptors were polled. */
static void look_at_waiting(struct supervisor *supervisor,
			    const struct pollfd *poll, bool look)
{
	struct call **at = &supervisor->waiting;

	for (; *at; poll++) {
		struct call *call = *at;
		long result = CALL_WAIT;

		if (look && was_killed(call)) {
			target_close_copy(call->fd);
			remove_waiting(supervisor, at);
			continue;
		}
		if (poll->revents)
			result = run(call);
		if (result == CALL_WAIT && clock_ms() >= call->deadline_ms)
			result = call->late;
		if (result == CALL_WAIT && look)
			result = look_for_signal(call);
		if (result == CALL_WAIT) {
			at = &call->next;
			continue;
		}
		finish(call, result);
		remove_waiting(supervisor, at);
	}
}

/* --------------------------------------------------------------------- loop */

/* False: the target was killed before we took its call. */
static bool take(struct supervisor *supervisor, struct call *call)
{
	union {
		struct seccomp_notif notif;
		char room[512]; /* a later kernel's may be longer */
	} taken = { .room = { 0 } };

	if (ioctl(supervisor->listener, SECCOMP_IOCTL_NOTIF_RECV, &taken) < 0)
		return false;
	*call = (struct call){
		.id = taken.notif.id,
		.tid = (pid_t)taken.notif.pid,
		.number = taken.notif.data.nr,
		.fd = -1,
		.deadline_ms = INT64_MAX,
	};
	for (int i = 0; i < 6; i++)
		call->args[i] = taken.notif.data.args[i];
	return true;
}

static bool has_more(const struct supervisor *supervisor)
{
	struct pollfd poll_fd = { .fd = supervisor->listener,
				  .events = POLLIN };

	return poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & POLLIN;
}

static void take_calls(struct supervisor *supervisor)
{
	struct call call;
	long result;

	for (int i = 0; i < BUSY_MAX; i++) {
		if (!take(supervisor, &call))
			return;
		result = run(&call);
		if (result == CALL_WAIT)
			start_waiting(supervisor, &call);
		else
			finish(&call, result);
		if (!supervisor->waiting || !has_more(supervisor))
			return;
	}
}

/* The listener, then those that wait; how many. 0: no memory for it. */
static unsigned fill_poll(struct supervisor *supervisor)
{
	unsigned count = supervisor->waiting_count + 1, i = 0;

	if (supervisor->poll_room < count) {
		struct pollfd *more = reallocarray(supervisor->poll, count * 2,
						   sizeof(*more));

		if (!more)
			return 0;
		supervisor->poll = more;
		supervisor->poll_room = count * 2;
	}
	supervisor->poll[i++] =
		(struct pollfd){ .fd = supervisor->listener, .events = POLLIN };
	for (const struct call *call = supervisor->waiting; call;
	     call = call->next)
		supervisor->poll[i++] =
			(struct pollfd){ .fd = call->fd,
					 .events = call->events };
	return count;
}

/* Until the next look or deadline; -1: nothing but a call ends it. */
static int timeout_ms(const struct supervisor *supervisor)
{
	int64_t until = supervisor->look_at_ms, now = clock_ms();

	if (!supervisor->waiting)
		return -1;
	for (const struct call *call = supervisor->waiting; call;
	     call = call->next) {
		if (call->deadline_ms < until)
			until = call->deadline_ms;
	}
	return until > now ? (int)(until - now) : 0;
}

static bool is_time_to_look(struct supervisor *supervisor)
{
	if (!supervisor->waiting || clock_ms() < supervisor->look_at_ms)
		return false;
	if (supervisor->look_ms < LOOK_MS_MAX)
		supervisor->look_ms *= 2;
	supervisor->look_at_ms = clock_ms() + supervisor->look_ms;
	return true;
}

void supervisor_run(int listener, struct filter_range range)
{
	struct supervisor supervisor = { .listener = listener };
	struct pollfd pause = { .fd = -1 };
	unsigned count;

	/* Who calls sleeps until we answer: one core does for both. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
	      SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	target_set_listener(listener);
	socket_calls_set_range(range);
	for (;;) {
		count = fill_poll(&supervisor);
		if (count == 0) {
			poll(&pause, 0, LOOK_MS_MIN);
			continue;
		}
		if (poll(supervisor.poll, count, timeout_ms(&supervisor)) < 0)
			continue;
		look_at_waiting(&supervisor, supervisor.poll + 1,
				is_time_to_look(&supervisor));
		if (supervisor.poll[0].revents & POLLIN)
			take_calls(&supervisor);
		else if (supervisor.poll[0].revents)
			return;
	}
}
