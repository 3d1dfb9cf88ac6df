/* The fast lane's lock, its beginning and its end. */
#include "lane.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "client.h"
#include "endpoint.h"
#include "kernel.h"
#include "lane_tell.h"
#include "link_tap.h"
#include "server.h"

#define PAYLOAD_MAX 2048
#define BATCH_MAX 4 /* frames */
#define FRAMES_MAX 256 /* at least, of what is written outside */
#define CALM 20 /* times */
#define CROWD_US 1000
#define CROWD_REST_US 20000
#define WATCHED (1u << 31) /* lane.outside: somebody waits for 0 */
#define SPINS 1000 /* about 20 us; most are inside for less */

struct lane lane = { .fd = { -1, -1, -1 } };

static bool try_lock(void)
{
	uint32_t free = 0;

	if (!atomic_compare_exchange_strong_explicit(&lane.lock, &free, 1,
						     memory_order_acquire,
						     memory_order_relaxed))
		return false;
	atomic_store_explicit(&lane.core, sched_getcpu(), memory_order_relaxed);
	return true;
}

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/*
 * To sleep and to be woken by another core costs more than to look for a
 * while. Who is inside on this core can go on only if we sleep.
 */
static bool spin_lock(void)
{
	int core = sched_getcpu();

	for (int i = 0; i < SPINS; i++) {
		if (atomic_load_explicit(&lane.lock, memory_order_relaxed) ==
		    0) {
			if (try_lock())
				return true;
		} else if (atomic_load_explicit(&lane.core,
						memory_order_relaxed) == core) {
			return false;
		}
		relax();
	}
	return false;
}

void lane_lock(void)
{
	if (spin_lock())
		return;
	while (atomic_exchange_explicit(&lane.lock, 2, memory_order_acquire))
		kernel_call(SYS_futex, (long)&lane.lock, FUTEX_WAIT_PRIVATE, 2,
			    0, 0, 0);
	atomic_store_explicit(&lane.core, sched_getcpu(), memory_order_relaxed);
}

void lane_unlock(void)
{
	if (atomic_exchange_explicit(&lane.lock, 0, memory_order_release) == 2)
		kernel_call(SYS_futex, (long)&lane.lock, FUTEX_WAKE_PRIVATE, 1,
			    0, 0, 0);
}

void lane_let_in(void)
{
	lane_unlock();
	lane_lock();
}

void lane_begin_outside(void)
{
	atomic_fetch_add(&lane.outside, 1);
}

void lane_end_outside(void)
{
	if (atomic_fetch_sub(&lane.outside, 1) == (WATCHED | 1))
		kernel_call(SYS_futex, (long)&lane.outside, FUTEX_WAKE_PRIVATE,
			    1, 0, 0, 0);
}

void lane_wait_outside(void)
{
	uint32_t count;

	while ((count = atomic_fetch_or(&lane.outside, WATCHED) & ~WATCHED) > 0)
		kernel_call(SYS_futex, (long)&lane.outside, FUTEX_WAIT_PRIVATE,
			    count | WATCHED, 0, 0, 0);
	atomic_fetch_and(&lane.outside, ~WATCHED);
}

/* --------------------------------------------------------- stack thread */

bool lane_is_driven(int64_t now_us)
{
	return lane.seat_taken || now_us < lane.driven_until_us;
}

void lane_alarm_rang(int64_t now_us)
{
	if (!lane_is_driven(now_us))
		lane.calm = 0;
}

void lane_sleeps(int64_t wakes_us)
{
	lane.asleep = true;
	lane.wakes_us = wakes_us;
}

void lane_is_awake(void)
{
	lane.asleep = false;
	lane.bell = false;
}

void lane_end(void)
{
	lane.ended = true;
	if (!lane.server)
		return;
	lane_tell_open(false);
	lane_take_told(lane.server);
	lane.server = NULL;
	lane.seat_taken = false;
	lane.driven_until_us = 0;
	client_set_lane(CLIENT_LANE_ENDED);
}

/* ---------------------------------------------------- program's threads */

_Atomic uint32_t *lane_untold(uint32_t slot)
{
	return &lane.untold[slot % LANE_UNTOLD];
}

bool lane_is_open(void)
{
	enum client_lane state = client_lane();

	if (state == CLIENT_LANE_ENDED)
		lane_close();
	return state == CLIENT_LANE_OPEN;
}

bool lane_is_worth_it(void)
{
	if (!lane_is_open())
		return false;
	if (!atomic_load_explicit(&lane.crowded, memory_order_relaxed))
		return true;
	if (server_clock_us() <
	    atomic_load_explicit(&lane.crowded_until_us, memory_order_relaxed))
		return false;
	atomic_store_explicit(&lane.crowded, false, memory_order_relaxed);
	return true;
}

void lane_begin(void)
{
	lane.ended = false;
	for (int i = 0; i < LANE_UNTOLD; i++)
		lane.untold[i] = 0;
}

void lane_open(struct server *server, const int fd[LANE_LENT])
{
	uint64_t none = 0;
	int signals = (int)kernel_call(SYS_signalfd4, -1, (long)&none,
				       sizeof(none), SFD_CLOEXEC, 0, 0);

	lane_lock();
	for (int i = 0; i < LANE_LENT; i++)
		lane.fd[i] = fd[i];
	lane.fd[LANE_SIGNALS] = signals < 0 ? signals : client_hide(signals);
	lane.server = signals < 0 || lane.ended ? NULL : server;
	lane_tell_open(lane.server != NULL);
	client_set_lane(lane.server ? CLIENT_LANE_OPEN : CLIENT_LANE_ENDED);
	lane_unlock();
}

void lane_close(void)
{
	uint64_t signals;

	if (client_lane() != CLIENT_LANE_ENDED)
		return;
	signals = lane_block_signals(); /* handlers come here, too */
	lane_lock();
	if (!lane.server)
		lane_wait_outside();
	for (int i = 0; i < LANE_FILES && !lane.server; i++) {
		if (lane.fd[i] >= 0)
			kernel_close(lane.fd[i]);
		lane.fd[i] = -1;
	}
	if (!lane.server)
		client_set_lane(CLIENT_LANE_NONE);
	lane_unlock();
	lane_restore_signals(signals);
}

int lane_fd(enum lane_file file)
{
	return client_lane() == CLIENT_LANE_NONE ? -1 : lane.fd[file];
}

static _Atomic bool is_filtered;

bool lane_is_filtered(void)
{
	return atomic_load(&is_filtered);
}

void lane_give_up(void)
{
	uint64_t signals = lane_block_signals();
	struct server *server = lane_is_open() ? lane_enter() : NULL;

	atomic_store(&is_filtered, true);
	if (server) {
		lane_stops_driving();
		lane_leave(server);
		lane_lock();
		lane_end();
		lane_unlock();
		lane_close();
	}
	lane_restore_signals(signals);
}

void lane_become_child(void)
{
	for (int i = 0; i < LANE_FILES; i++) {
		if (lane.fd[i] >= 0)
			kernel_close(lane.fd[i]);
		lane.fd[i] = -1;
	}
	lane.server = NULL;
	lane.seat_taken = false;
	lane_begin();
	lane_tell_reset();
	lane.outside = 0;
	lane.lock = 0;
}

bool lane_hides(int fd)
{
	bool found = false;

	if (client_lane() == CLIENT_LANE_NONE)
		return false;
	for (int i = 0; i < LANE_FILES; i++)
		found |= lane.fd[i] == fd;
	return found;
}

static int another_number(int fd)
{
	int other = kernel_dup(fd, fd + 1);

	return other >= 0 ? other : kernel_dup(fd, 3);
}

bool lane_make_way(int fd)
{
	if (fd < 0 || !lane_hides(fd))
		return false;
	for (int i = 0; i < LANE_FILES; i++) {
		if (lane.fd[i] != fd)
			continue;
		lane.fd[i] = another_number(fd);
		if (lane.fd[i] < 0)
			lane_end();
	}
	return true;
}

/* ------------------------------------------------------------- visitors */

uint64_t lane_block_signals(void)
{
	uint64_t blocked = LANE_BLOCKED, before = 0;

	kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&blocked,
		    (long)&before, sizeof(before), 0, 0);
	return before;
}

void lane_restore_signals(uint64_t before)
{
	kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
		    sizeof(before), 0, 0);
}

void lane_is_crowded(int64_t now_us)
{
	atomic_store_explicit(&lane.crowded_until_us, now_us + CROWD_REST_US,
			      memory_order_relaxed);
	atomic_store_explicit(&lane.crowded, true, memory_order_relaxed);
}

static void watch_crowd(int64_t now_us)
{
	const void *self = &errno; /* each thread has its own */

	if (self != lane.last && now_us - lane.last_us < CROWD_US)
		lane_is_crowded(now_us);
	lane.last = self;
	lane.last_us = now_us;
}

static struct server *come_in(void)
{
	struct server *server = lane.server;

	if (!server || server->close_later_count > CLOSE_LATER_MAX / 2) {
		lane_unlock();
		return NULL;
	}
	server->now_us = server_clock_us();
	watch_crowd(server->now_us);
	server->links[0].link->io_fd = lane.fd[LANE_LINK];
	server->log.held = &server->log_held;
	server->visited = true;
	lane_take_told(server);
	return server;
}

static void go_out(struct server *server)
{
	server->visited = false;
	server->log.held = NULL;
	server->links[0].link->io_fd = server->links[0].link->fd;
	lane_unlock();
}

struct server *lane_enter(void)
{
	lane_lock();
	return come_in();
}

/* Frames that somebody watches go by descriptors of the stack's, too. */
struct server *lane_try_enter(void)
{
	struct server *server = spin_lock() ? come_in() : NULL;

	if (!server || !server->tap_count)
		return server;
	go_out(server);
	return NULL;
}

/*
 * Not too often: to set a timer may cost 10 us in a virtual machine. Who has
 * never left the link alone for long so far will hardly do so soon.
 */
void lane_goes_on_driving(int64_t now_us)
{
	if (lane.driven_until_us >= now_us + lane.alarm_len_us / 3)
		return;
	if (lane.calm < CALM) {
		lane.calm++;
		lane.alarm_len_us = LANE_ALARM_US;
	} else if (lane.alarm_len_us < LANE_ALARM_MAX_US) {
		lane.alarm_len_us += lane.alarm_len_us / 2;
	}
	lane.driven_until_us = now_us + lane.alarm_len_us;
}

void lane_stops_driving(void)
{
	lane.driven_until_us = 0;
}

/* Nobody reads it, and the stack thread does not know. */
static bool link_is_left_alone(const struct server *server)
{
	return !(server->links[0].events & EPOLLIN) &&
	       !lane_is_driven(server->now_us);
}

/* What only the stack thread can do, or does in time. */
static bool needs_stack(const struct server *server)
{
	if (!TAILQ_EMPTY(&server->ready) || server->output_left ||
	    server->close_later_count || server->log_held.len ||
	    server->events_left)
		return true;
	if (server->links[0].full && !(server->links[0].events & EPOLLOUT))
		return true;
	if (!lane.asleep)
		return false;
	if (link_is_left_alone(server))
		return true;
	/* The sleeper, or the alarm, comes early enough for the timers. */
	if (lane_is_driven(server->now_us))
		return false;
	return server_next_deadline(server) < lane.wakes_us - LANE_LATE_US;
}

/* Small frames that are to be written outside. */
struct batch {
	struct pyt_frame frame[BATCH_MAX];
	int count;
	uint32_t len;
	uint8_t bytes[PAYLOAD_MAX]; /* their payloads */
};

/* The engine's memory is its own again outside. False: too long. */
static bool take_along(struct batch *batch, struct pyt_frame *frame)
{
	for (int i = 0; i < frame->part_count; i++) {
		struct iovec *part = &frame->part[i];

		if (part->iov_base == frame->headers)
			continue;
		if (part->iov_len > PAYLOAD_MAX - batch->len)
			return false;
		memcpy(batch->bytes + batch->len, part->iov_base,
		       part->iov_len);
		part->iov_base = batch->bytes + batch->len;
		batch->len += (uint32_t)part->iov_len;
	}
	return true;
}

static void write_batch(struct batch *batch, const struct link *link, int fd)
{
	for (int i = 0; i < batch->count; i++)
		link_tap_send(link, &batch->frame[i], fd);
	batch->count = 0;
	batch->len = 0;
}

/* What the engine has to send. True: it may have more. */
static bool gather(struct server *server, struct batch *batch)
{
	batch->count = 0;
	batch->len = 0;
	while (batch->count < BATCH_MAX && !server->links[0].full &&
	       !server->tap_count) {
		struct pyt_frame *frame = &batch->frame[batch->count];

		if (pyt_output(server->stack, server->links[0].ifindex, frame,
			       server->now_us) <= 0)
			return false;
		if (take_along(batch, frame)) {
			batch->count++;
			continue;
		}
		write_batch(batch, server->links[0].link,
			    server->links[0].link->io_fd);
		server_send(server, &server->links[0], frame);
		return true;
	}
	return true;
}

/* Inside again, or NULL: the lane has ended. */
static struct server *write_outside(struct server *server, struct batch *batch)
{
	struct link *link = server->links[0].link;
	bool visited = server->visited;
	int fd = link->io_fd;

	if (!batch->count)
		return server;
	if (!visited) { /* the stack thread, which has its own numbers */
		lane_unlock();
		write_batch(batch, link, fd);
		lane_lock();
		return server;
	}
	lane_begin_outside();
	go_out(server);
	write_batch(batch, link, fd);
	lane_end_outside();
	return lane_enter();
}

/* All but the last batch, which the caller is to write; NULL as above. */
static struct server *output(struct server *server, struct batch *last)
{
	for (int i = 0; i < FRAMES_MAX; i++) {
		if (!gather(server, last))
			return server;
		server = write_outside(server, last);
		if (!server || server->links[0].full)
			return server;
		if (server->tap_count)
			break;
	}
	server->output_left = true;
	return server;
}

struct server *lane_output(struct server *server)
{
	struct batch last;

	server = output(server, &last);
	return server ? write_outside(server, &last) : NULL;
}

static bool alarm_is_to_be_set(const struct server *server)
{
	return !lane.seat_taken && server->now_us < lane.driven_until_us &&
	       lane.alarm_us != lane.driven_until_us;
}

static void set_alarm(int fd, int64_t at_us)
{
	struct itimerspec at = { .it_value = { at_us / 1000000,
					       at_us % 1000000 * 1000 } };

	kernel_call(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, (long)&at, 0, 0,
		    0);
}

void lane_leave(struct server *server)
{
	const struct link *link = server->links[0].link;
	bool ring = false;
	int link_fd, alarm_fd = -1;
	int64_t alarm_us;
	struct batch last;

	server = output(server, &last);
	if (!server)
		return;
	link_fd = server->links[0].link->io_fd;
	server_take_events(server);
	if (needs_stack(server)) {
		lane.bell = true;
		ring = lane.asleep;
		lane.asleep = false;
	}
	if (alarm_is_to_be_set(server)) {
		lane.alarm_us = lane.driven_until_us;
		alarm_fd = lane.fd[LANE_ALARM];
	}
	alarm_us = lane.alarm_us;
	lane_begin_outside();
	go_out(server);
	write_batch(&last, link, link_fd);
	if (alarm_fd >= 0)
		set_alarm(alarm_fd, alarm_us);
	if (ring)
		client_wake_stack();
	lane_end_outside();
}
