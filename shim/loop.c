/*
 * One turn of the loop: wait, read the link, run the engine, pump the
 * endpoints, write the link. Each has a budget, so that none starves another.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "boot_server.h"
#include "control_server.h"
#include "door_server.h"
#include "endpoint.h"
#include "file_limit.h"
#include "guardian.h"
#include "hold.h"
#include "kernel.h"
#include "lane.h"
#include "lane_tell.h"
#include "late_read.h"
#include "link.h"
#include "liveness.h"
#include "packet_tap.h"
#include "server.h"
#include "step_out_memory.h"
#include "view.h"

#define EVENTS_MAX 64
#define FRAMES_IN_MAX 64 /* a turn */
#define FRAMES_OUT_MAX 256
#define PUMP_ROUNDS 4
#define LONE_FRAME_MAX 256 /* bytes; behind a longer one there often is more */
#define SPIN_US 20 /* see docs/decisions/spin.md */

int64_t server_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* -------------------------------------------------------------------- link */

static uint32_t input_one(struct server *server, struct server_link *link)
{
	struct pyt_frame frame;

	if (link_receive(link->link, &frame, server->frame_buffer,
			 server->now_us) <= 0)
		return 0;
	if (server->tap_count)
		packet_tap_frame(server, link->ifindex, &frame, false);
	pyt_input(server->stack, link->ifindex, &frame, server->now_us);
	link_received(link->link, &frame, server->now_us);
	return frame.len;
}

uint32_t server_input_one(struct server *server)
{
	uint32_t len = 0;

	for (int i = 0; i < server->link_count && !len; i++)
		len = input_one(server, &server->links[i]);
	return len;
}

static void input_from(struct server *server, struct server_link *link)
{
	for (int i = 0; i < FRAMES_IN_MAX && link->readable; i++) {
		uint32_t len = input_one(server, link);

		/* epoll will be asked anyway, and says if there is more. */
		if (server->hurries || !len)
			link->readable = len > LONE_FRAME_MAX;
		if (server->hurries)
			return;
	}
}

static void input(struct server *server)
{
	for (int i = 0; i < server->link_count; i++)
		input_from(server, &server->links[i]);
}

bool server_links_are_readable(const struct server *server)
{
	for (int i = 0; i < server->link_count; i++) {
		if (server->links[i].readable)
			return true;
	}
	return false;
}

static void watch_link(struct server *server, int index, bool is_ours)
{
	struct server_link *link = &server->links[index];
	uint32_t events = (is_ours ? EPOLLIN : 0) | (link->full ? EPOLLOUT : 0);

	if (!is_ours)
		link->readable = false;
	if (events == link->events)
		return;
	link->events = events;
	kernel_epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, link->link->fd,
			 events, (uint64_t)WATCH_LINK << 56 | (uint32_t)index);
}

/* Who drives reads it; that it is readable is then not our business. */
static void links_watch(struct server *server)
{
	bool is_ours = !lane_is_driven(server->now_us);

	for (int i = 0; i < server->link_count; i++)
		watch_link(server, i, is_ours);
}

/* The engine's memory is its own again after the next call: keep a copy. */
static void keep_frame(struct server_link *link, const struct pyt_frame *frame)
{
	uint8_t *to = link->kept_bytes;

	link->kept = *frame;
	for (int i = 0; i < frame->part_count; i++) {
		memcpy(to, frame->part[i].iov_base, frame->part[i].iov_len);
		to += frame->part[i].iov_len;
	}
	link->kept.part[0].iov_base = link->kept_bytes;
	link->kept.part[0].iov_len = frame->len;
	link->kept.part_count = 1;
	link->full = true;
}

void server_send(struct server *server, struct server_link *link,
		 struct pyt_frame *frame)
{
	if (server->tap_count)
		packet_tap_frame(server, link->ifindex, frame, true);
	if (link_send(link->link, frame, server->now_us) == 0)
		keep_frame(link, frame);
}

static void output_to(struct server *server, struct server_link *link)
{
	struct pyt_frame frame;

	if (link->full) {
		if (link_send(link->link, &link->kept, server->now_us) == 0)
			return;
		link->full = false;
	}
	for (int i = 0; i < FRAMES_OUT_MAX; i++) {
		if (pyt_output(server->stack, link->ifindex, &frame,
			       server->now_us) <= 0)
			return;
		server_send(server, link, &frame);
		if (link->full)
			return;
	}
	server->output_left = true;
}

void server_output(struct server *server)
{
	for (int i = 0; i < server->link_count; i++)
		output_to(server, &server->links[i]);
}

static void run_links(struct server *server)
{
	for (int i = 0; i < server->link_count; i++) {
		struct server_link *link = &server->links[i];

		if (link_run(link->link, server->now_us))
			link->readable = true;
		if (link_came_back(link->link))
			pyt_iface_replug(server->stack, link->ifindex,
					 server->now_us);
	}
}

/* ------------------------------------------------------- engine, endpoints */

static void on_conflict(struct server *server, const struct pyt_event *event)
{
	const struct server_link *link = server_link_of(server, event->ifindex);
	char text[PYT_IP_TEXT_MAX];
	const uint8_t *mac = event->mac;

	log_line(&server->log, PYT_LOG_ERROR, NULL,
		 "%s is already used on %s by "
		 "%02x:%02x:%02x:%02x:%02x:%02x",
		 pyt_ip_format(&event->ip, text),
		 server->link_count > 1 ? link->text : "this link", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void on_event_of_stack(struct server *server,
			      const struct pyt_event *event)
{
	if (event->type == PYT_EVENT_ADDRESS_CONFLICT)
		on_conflict(server, event);
	else
		boot_on_event(server, event);
}

/* What a visitor could not handle; to be called as none. */
static void handle_events_left(struct server *server)
{
	for (uint32_t i = 0; i < server->events_left; i++)
		on_event_of_stack(server, &server->event_left[i]);
	server->events_left = 0;
}

static void on_socket_event(struct server *server,
			    const struct pyt_event *event)
{
	struct endpoint *endpoint = endpoint_of_handle(server, event->handle);

	if (!endpoint)
		return;
	if (event->ready & ~(unsigned)(PYT_READY_READ | PYT_READY_WRITE))
		endpoint_refresh(server, endpoint);
	endpoint_wake(server, endpoint);
}

/* Leases are written to files, and so on: not by a visitor. */
void server_take_events(struct server *server)
{
	struct pyt_event event;

	while (server->events_left < EVENTS_LEFT_MAX &&
	       pyt_next_event(server->stack, &event) > 0) {
		if (event.type == PYT_EVENT_SOCKET)
			on_socket_event(server, &event);
		else if (server->visited)
			server->event_left[server->events_left++] = event;
		else
			on_event_of_stack(server, &event);
	}
}

/* True: it wants another turn. */
static bool pump(struct server *server, struct endpoint *endpoint)
{
	if (endpoint->state == ENDPOINT_CONNECTING && endpoint->fd >= 0)
		stream_check_connect(server, endpoint);
	else if (endpoint->state == ENDPOINT_ACCEPTING)
		stream_accept_held(server, endpoint);

	switch (endpoint->state) {
	case ENDPOINT_CONNECTED:
		return pump_stream(server, endpoint);
	case ENDPOINT_DATAGRAM:
		return pump_datagram(server, endpoint);
	case ENDPOINT_VIEW:
		return view_pump(server, endpoint);
	case ENDPOINT_LISTENING:
		stream_accept(server, endpoint);
		return false;
	case ENDPOINT_FREE:
	case ENDPOINT_SPARE:
	case ENDPOINT_UNCONNECTED:
	case ENDPOINT_CONNECTING:
	case ENDPOINT_ATTACHING:
	case ENDPOINT_ACCEPTING:
	case ENDPOINT_ENDED:
		break;
	}
	return false;
}

static void pump_ready(struct server *server)
{
	/* Visitors may add some, or take some away, meanwhile. */
	for (uint32_t left = server->ready_count; left && server->ready_count;
	     left--) {
		struct endpoint *endpoint = TAILQ_FIRST(&server->ready);

		endpoint_unqueue(server, endpoint);
		if (pump(server, endpoint))
			endpoint_wake(server, endpoint);
	}
}

void server_advance(struct server *server)
{
	server->output_left = false;
	run_links(server);
	input(server);
	if (server->now_us >= pyt_next_deadline(server->stack))
		pyt_run_timers(server->stack, server->now_us);
	for (int i = 0; i < PUMP_ROUNDS; i++) {
		server_take_events(server);
		if (TAILQ_EMPTY(&server->ready))
			break;
		pump_ready(server);
	}
	if (lane.server && !server->tap_count)
		lane_output(server);
	else
		server_output(server);
	server_take_events(server);
}

/* ------------------------------------------------------------------ waiting */

static void on_endpoint(struct server *server, struct endpoint *endpoint,
			uint32_t events)
{
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP))
		endpoint->readable = !endpoint->send_ended;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		endpoint->ending = true;
	if (events & EPOLLOUT)
		endpoint->writable = true;
	if (events & EPOLLHUP && endpoint->state != ENDPOINT_DATAGRAM)
		endpoint->hung_up = true; /* there the end is read */
	if (events & EPOLLERR)
		endpoint->failed = true;
	endpoint_wake(server, endpoint);
}

static void on_endpoint_event(struct server *server, uint32_t events,
			      uint64_t data)
{
	uint32_t slot = (uint32_t)data;
	struct endpoint *endpoint = &server->endpoints[slot % PYT_SLOTS];

	if (endpoint->fd >= 0 && endpoint->state != ENDPOINT_FREE &&
	    (endpoint->generation & 0xffffff) == (data >> 32 & 0xffffff))
		on_endpoint(server, endpoint, events);
}

void server_hear_ends(struct server *server)
{
	const struct timespec none = { 0 };

	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];
		struct pollfd end = { .fd = endpoint->fd, .events = POLLRDHUP };

		if (endpoint->state == ENDPOINT_CONNECTED &&
		    endpoint->fd >= 0 &&
		    kernel_call(SYS_ppoll, (long)&end, 1, (long)&none, 0, 0,
				0) == 1 &&
		    end.revents & POLLHUP) /* the bits are epoll's */
			on_endpoint(server, endpoint,
				    (uint32_t)end.revents | EPOLLIN);
	}
	pump_ready(server);
	server_output(server);
}

static void on_event(struct server *server, const struct epoll_event *event)
{
	uint64_t data = event->data.u64;

	switch ((enum watch)(data >> 56)) {
	case WATCH_LINK:
		if (event->events & ~(uint32_t)EPOLLOUT)
			server->links[(uint32_t)data].readable =
				!lane_is_driven(server->now_us);
		break;
	case WATCH_RENDEZVOUS:
		control_accept(server);
		break;
	case WATCH_ALARM:
		lane_alarm_rang(server->now_us);
		break;
	case WATCH_STREAMS:
		stream_attach_input(server);
		break;
	case WATCH_DOOR:
		door_input(server);
		break;
	case WATCH_CLIENT:
		control_input(server, (uint32_t)data);
		break;
	case WATCH_HOLDER:
		hold_drop(server);
		break;
	case WATCH_ENDPOINT:
		on_endpoint_event(server, event->events, data);
		break;
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t server_next_deadline(const struct server *server)
{
	int64_t deadline = pyt_next_deadline(server->stack);

	for (int i = 0; i < server->link_count; i++)
		deadline = earlier(deadline,
				   link_next_deadline(server->links[i].link));
	deadline = earlier(deadline, server->liveness_us);
	deadline = earlier(deadline, server->listeners_us);
	deadline = earlier(deadline, server->accept_retry_us);
	deadline = earlier(deadline, stream_accept_deadline(server));
	deadline = earlier(deadline, server->end_us);
	deadline = earlier(deadline, server->leave_us);
	if (server->exits_waiting)
		deadline = earlier(deadline, server->now_us + 500);
	return deadline;
}

static bool has_work(const struct server *server)
{
	return !TAILQ_EMPTY(&server->ready) ||
	       server_links_are_readable(server) || server->output_left ||
	       lane.bell;
}

/* Under the lock: when there is something to do though nothing comes. */
static int64_t work_us(struct server *server)
{
	links_watch(server);
	return has_work(server) ? 0 : server_next_deadline(server);
}

static int64_t time_until(int64_t at_us, int64_t now_us)
{
	if (at_us == TIME_NEVER)
		return TIME_NEVER;
	return at_us > now_us ? at_us - now_us : 0;
}

static int poll_events(struct server *server, struct epoll_event *events,
		       int64_t wait_us)
{
	struct timespec timeout = { .tv_sec = wait_us / 1000000,
				    .tv_nsec = wait_us % 1000000 * 1000 };

	return kernel_epoll_wait(server->epoll_fd, events, EVENTS_MAX,
				 wait_us == TIME_NEVER ? NULL : &timeout);
}

/*
 * An answer often comes within microseconds; to be woken from sleep costs
 * more than to look a few times. Everybody else goes first meanwhile.
 */
static int spin(struct server *server, struct epoll_event *events,
		int64_t wait_us)
{
	int64_t end_us = server_clock_us() + earlier(SPIN_US, wait_us);
	int count;

	while ((count = poll_events(server, events, 0)) == 0) {
		if (server_clock_us() >= end_us)
			break;
		kernel_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	}
	return count;
}

static int sleep_until_event(struct server *server, struct epoll_event *events)
{
	int64_t at_us, wait_us;

	lane_lock();
	late_read_settle_all(server);
	at_us = work_us(server);
	wait_us = time_until(at_us, server->now_us);
	lane_sleeps(at_us);
	lane_unlock();
	return poll_events(server, events, lane_has_told() ? 0 : wait_us);
}

/* The engine is not ours while we wait. */
static int wait_for_events(struct server *server, struct epoll_event *events)
{
	int64_t wait_us;
	bool driven;
	int count = 0;

	lane_lock();
	wait_us = time_until(work_us(server), server->now_us);
	driven = lane_is_driven(server->now_us);
	lane_unlock();
	if (wait_us > 0 && server->was_busy && !driven)
		count = spin(server, events, wait_us);
	if (count == 0)
		count = sleep_until_event(server, events);
	server->was_busy = count > 0;
	return count;
}

static void run_deadlines(struct server *server)
{
	liveness_run(server);
	if (server->now_us >= server->accept_retry_us) {
		control_accept_retry(server);
		stream_accept_retry(server);
	}
	stream_accept_in_time(server);
}

static void prune(struct server *server)
{
	char title[sizeof(server->name) + 32];

	server->prune = false;
	snprintf(title, sizeof(title), "pyt: the stack on %s", server->name);
	step_out_memory(title, server->scratch, SCRATCH_LEN);
}

static void close_left(struct server *server)
{
	while (server->close_later_count)
		kernel_close(server->close_later[--server->close_later_count]);
	log_release(&server->log, &server->log_held);
	handle_events_left(server);
}

static void close_now(struct server *server)
{
	while (server->closing_count)
		kernel_close(server->closing[--server->closing_count]);
}

/*
 * A program that closes and then connects has freed what that needs. Who asks
 * may stand before the ends that have hung up: they go first, and what is
 * behind these events came later.
 */
static void free_hung_up(struct server *server,
			 const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		if (events[i].data.u64 >> 56 == WATCH_ENDPOINT)
			on_event(server, &events[i]);
	}
	pump_ready(server);
	close_now(server);
}

/* Everything that is to be done, under the lock. */
static void work(struct server *server, const struct epoll_event *events,
		 int count)
{
	server->now_us = server_clock_us();
	lane_is_awake();
	lane_take_told(server);
	close_left(server);
	if (file_limit_is_reached(server))
		free_hung_up(server, events, count);
	for (int i = 0; i < count && !server->ended; i++) {
		if (i > 0)
			lane_let_in();
		on_event(server, &events[i]);
	}
	if (server->ended)
		return;
	/*
	 * What woke us goes its whole way first; only then comes the question
	 * whether there is more of it, which mostly is answered with EAGAIN.
	 */
	server->hurries = true;
	server_advance(server);
	server->hurries = false;
	if (has_work(server))
		server_advance(server);
	run_deadlines(server);
	boot_check(server);
	view_run(server);
	slots_set_route_epoch(&server->slots, pyt_route_changes(server->stack));
	control_check_exits(server);
	if (!server->ended && server->own_process)
		server_check_end(server);
	guardian_check(server);
	if (server->prune)
		prune(server); /* only now: the program has its answer */
}

void server_turn(struct server *server)
{
	struct epoll_event events[EVENTS_MAX];
	int count;

	/* The kernel fills them in, which the analyzer cannot see. */
	events[0] = (struct epoll_event){ 0 };
	count = wait_for_events(server, events);
	lane_lock();
	work(server, events, count);
	lane_unlock();
	close_now(server);
}
