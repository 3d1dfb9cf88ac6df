/* Waiting on the fast lane. */
#include "lane_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "client.h"
#include "descriptor.h"
#include "endpoint.h"
#include "libc_real.h"

#define FRAMES_MAX 16 /* of the link, before we look who waits */
#define FOR_OTHERS_MAX 2 /* times in a row */
#define SLEEP_MAX_US 10000000 /* should the lane have ended at that moment */

/* --------------------------------------------------------------- driving */

bool lane_serves(const struct endpoint *endpoint)
{
	return endpoint->handle >= 0 && !endpoint->no_lane &&
	       !endpoint->delivers &&
	       (endpoint->state == ENDPOINT_CONNECTED ||
		endpoint->state == ENDPOINT_ATTACHING ||
		endpoint->state == ENDPOINT_LISTENING) &&
	       !endpoint->hung_up && !endpoint->failed && !endpoint->error &&
	       !endpoint->filler_len;
}

void lane_drive(struct server *server, struct endpoint *endpoint,
		unsigned ready)
{
	bool was_queued = endpoint->queued;

	lane_goes_on_driving(server->now_us);
	for (int i = 0; i < FRAMES_MAX; i++) {
		if (pyt_socket_ready(server->stack, endpoint->handle) & ready ||
		    !server_input_one(server))
			break;
	}
	if (server->now_us >= pyt_next_deadline(server->stack))
		pyt_run_timers(server->stack, server->now_us);
	server_take_events(server);
	if (!was_queued && !endpoint->readable)
		endpoint_unqueue(server, endpoint); /* it is ours to handle */
}

/* -------------------------------------------------------------- sleeping */

static void leave_seat(struct lane_waiter *waiter)
{
	if (waiter->has_seat)
		lane.seat_taken = false;
	waiter->has_seat = false;
}

/* Cancelled: what may have come meanwhile goes to the endpoint. */
static void on_cancel(void *argument)
{
	struct lane_waiter *waiter = argument;
	struct server *server = lane_enter();

	if (server) {
		leave_seat(waiter);
		lane_stops_driving();
		lane_leave(server);
	}
	lane_restore_signals(waiter->signals);
}

/* So that one of those that the program does not block ends the sleep. */
static bool watch_signals(uint64_t blocked)
{
	uint64_t signals = LANE_BLOCKED & ~blocked;

	if (lane.signals == signals)
		return true;
	lane.signals = signals;
	return libc_raw(SYS_signalfd4, lane.fd[LANE_SIGNALS], &signals,
			sizeof(signals), 0L) >= 0;
}

/*
 * No handler runs in here: it may jump out, and take the seat along. True: a
 * signal waits.
 */
static bool sleep_at_link(struct lane_waiter *waiter)
{
	struct pollfd fd[] = {
		{ .fd = lane.fd[LANE_LINK], .events = POLLIN },
		{ .fd = waiter->stream->fd, .events = POLLIN },
		{ .fd = lane.fd[LANE_SIGNALS], .events = POLLIN },
	};
	struct timespec timeout = { .tv_sec = waiter->wait_us / 1000000,
				    .tv_nsec =
					    waiter->wait_us % 1000000 * 1000 };
	int error = errno;

	pthread_cleanup_push(on_cancel, waiter);
	ppoll(fd, sizeof(fd) / sizeof(*fd), &timeout, NULL);
	pthread_cleanup_pop(0);
	errno = error;
	return fd[2].revents != 0;
}

/* signal(7): recv(2) goes on after handlers that have SA_RESTART. */
static bool ends_calls(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 &&
	       action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN &&
	       !(action.sa_flags & SA_RESTART);
}

/* Handlers of signals that came meanwhile run now. True: the call ends. */
static bool let_signals_in(const struct lane_waiter *waiter)
{
	uint64_t pending = 0;
	bool ends = false;

	libc_raw(SYS_rt_sigpending, &pending, sizeof(pending));
	pending &= ~waiter->signals;
	if (!pending)
		return false;
	for (int number = 1; number <= 64; number++) {
		if (pending >> (number - 1) & 1)
			ends |= ends_calls(number);
	}
	lane_restore_signals(waiter->signals);
	lane_block_signals();
	return ends;
}

/* --------------------------------------------------------------- waiting */

static bool blocks(struct lane_waiter *waiter)
{
	waiter->is_nonblocking =
		libc_raw(SYS_fcntl, waiter->stream->fd, F_GETFL, 0L) &
		O_NONBLOCK;
	return !waiter->is_nonblocking;
}

/*
 * Who mostly wakes up for the sake of others, which the stack thread could
 * serve without us, leaves the link to it.
 */
static bool is_for_others(const struct server *server, bool slept)
{
	if (!slept || TAILQ_EMPTY(&server->ready))
		return false;
	return ++lane.for_others >= FOR_OTHERS_MAX;
}

static ssize_t take_seat(struct server *server, struct lane_waiter *waiter,
			 bool slept)
{
	int64_t deadline_us = server_next_deadline(server);

	if (!slept && !blocks(waiter))
		return LANE_NO;
	if (is_for_others(server, slept)) {
		lane.for_others = 0;
		lane_is_crowded(server->now_us);
		return LANE_NO;
	}
	if (lane.seat_taken || !watch_signals(waiter->signals))
		return LANE_NO;
	lane.seat_taken = true;
	waiter->has_seat = true;
	if (deadline_us > server->now_us + SLEEP_MAX_US)
		deadline_us = server->now_us + SLEEP_MAX_US;
	waiter->wait_us =
		deadline_us > server->now_us ? deadline_us - server->now_us : 0;
	return LANE_WAIT;
}

static ssize_t look(struct server *server, struct lane_waiter *waiter,
		    bool slept)
{
	struct endpoint *endpoint = endpoint_get(server, waiter->stream->number,
						 waiter->stream->generation);
	ssize_t result;

	leave_seat(waiter);
	if (!endpoint || !lane_serves(endpoint) || server->tap_count) {
		lane_stops_driving();
		return LANE_NO;
	}
	result = waiter->look(server, endpoint, waiter->context);
	if (result == LANE_WAIT)
		result = take_seat(server, waiter, slept);
	else if (result >= 0)
		lane.for_others = 0;
	if (result == LANE_NO) {
		endpoint_wake(server, endpoint);
		lane_stops_driving();
	}
	return result;
}

/* The number may have been closed, and mean another file, while we slept. */
static ssize_t at_endpoint(const struct descriptor *stream)
{
	struct descriptor now;

	if (descriptor_get(stream->fd, &now) && now.number == stream->number &&
	    now.generation == stream->generation)
		return LANE_NO;
	return -EBADF;
}

/* It waits no more, at first; the stack thread goes on. True: -EINTR. */
static bool interrupted(struct lane_waiter *waiter)
{
	struct server *server = lane_enter();

	if (server) {
		leave_seat(waiter);
		lane_stops_driving();
		lane_leave(server);
	}
	return let_signals_in(waiter);
}

ssize_t lane_wait_for(struct lane_waiter *waiter)
{
	ssize_t result;

	for (bool slept = false;; slept = true) {
		struct server *server = slept ? lane_enter() : lane_try_enter();

		if (!server)
			break;
		result = look(server, waiter, slept);
		lane_leave(server);
		if (result != LANE_WAIT)
			return slept && result == LANE_NO
				       ? at_endpoint(waiter->stream)
				       : result;
		if (sleep_at_link(waiter) && interrupted(waiter))
			return -EINTR;
	}
	waiter->has_seat = false;
	return at_endpoint(waiter->stream);
}
