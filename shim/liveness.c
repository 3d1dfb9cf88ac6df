/* Frees the endpoints that no program holds any more. */
#include "liveness.h"

#include <sys/stat.h>

#include "adoption.h"
#include "endpoint.h"
#include "inodes.h"
#include "kernel.h"
#include "server.h"

#define LATER_US 50000
#define SOON_US 500 /* the first time, then twice as long */
#define LISTENER_LOOKS 3
#define EXIT_US 200000 /* so long a process may take to end */

static void on_inode(void *context, uint64_t inode)
{
	struct server *server = context;
	uint32_t slot;

	if (!inode)
		return;
	slot = slots_find(&server->slots, inode);
	if (slot != PYT_SLOT_NONE)
		server->endpoints[slot].seen = true;
}

static bool is_in_question(struct server *server,
			   const struct endpoint *endpoint)
{
	if (endpoint->state == ENDPOINT_ENDED)
		return !adoption_is_open(server, endpoint);
	return endpoint->state == ENDPOINT_UNCONNECTED || endpoint->shut ||
	       endpoint->state == ENDPOINT_ATTACHING ||
	       (endpoint->state == ENDPOINT_CONNECTING && endpoint->fd < 0) ||
	       endpoint->state == ENDPOINT_LISTENING;
}

/* Nothing will tell: after a second. */
static void look_all_again(struct server *server)
{
	server->liveness_all = true;
	server->liveness_us = server->now_us + 20 * LATER_US;
}

void liveness_check(struct server *server)
{
	uint32_t top = server->slots.touched;
	bool doubtful = false;

	server->liveness_us = TIME_NEVER;
	server->liveness_all = false;
	for (uint32_t i = 0; i < top; i++)
		server->endpoints[i].seen = false;
	/*
	 * Twice: a bind moves a socket to another bucket of the kernel's table,
	 * and one that moves behind the list's back is not in it.
	 */
	for (int i = 0; i < 2; i++) {
		if (inodes_list(on_inode, server, server->scratch,
				SCRATCH_LEN) < 0) {
			look_all_again(server);
			return;
		}
	}
	/*
	 * Who connected its end, wrote and closed lives on in what it wrote.
	 * Only now: it may have done so while the inodes were listed.
	 */
	stream_attach_input_all(server);

	for (uint32_t i = 0; i < top; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (!is_in_question(server, endpoint))
			continue;
		if (!endpoint->seen)
			endpoint_free(server, endpoint);
		else if (endpoint->state == ENDPOINT_ENDED || endpoint->shut)
			doubtful = true;
	}
	doubtful |= adoption_check(server);
	if (doubtful)
		look_all_again(server);
}

static uint64_t own_inode(const struct server *server)
{
	struct stat status = { 0 };

	return kernel_call(SYS_fstat, server->stream_fd, (long)&status, 0, 0, 0,
			   0) == 0
		       ? status.st_ino
		       : 0;
}

/* True: it is there, or nobody could say. */
static bool is_there(struct server *server, struct endpoint *endpoint)
{
	uint64_t inode = slots_at(&server->slots, endpoint->slot)->inode;
	int exists = inodes_has(inode, own_inode(server));

	if (exists == 0) {
		stream_attach_input_all(server);
		if (is_in_question(server, endpoint))
			endpoint_free(server, endpoint);
	} else if (exists < 0) {
		liveness_later(server);
	}
	return exists != 0;
}

/*
 * It is still there if another number stands for it, which will be closed in
 * turn; or if another thread is in a call with it, of whose end nobody tells:
 * so it is asked for once more.
 */
void liveness_check_one(struct server *server, struct endpoint *endpoint)
{
	if (!slots_at(&server->slots, endpoint->slot)->inode ||
	    !is_in_question(server, endpoint) || !is_there(server, endpoint))
		return;
	if (server->closed_count == CLOSED_MAX) {
		liveness_later(server);
		return;
	}
	server->closed[server->closed_count].slot = endpoint->slot;
	server->closed[server->closed_count++].generation =
		endpoint->generation;
	if (server->liveness_us > server->now_us + LATER_US)
		server->liveness_us = server->now_us + LATER_US;
}

static bool look_at_listeners(struct server *server)
{
	bool some = false;

	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (endpoint->state == ENDPOINT_LISTENING &&
		    slots_at(&server->slots, i)->inode)
			some |= is_there(server, endpoint);
	}
	return some;
}

static void look_again(struct server *server)
{
	bool some = look_at_listeners(server);

	if (!some || server->listener_looks == LISTENER_LOOKS)
		server->listeners_us = TIME_NEVER;
	else
		server->listeners_us =
			server->now_us + (SOON_US << server->listener_looks++);
}

void liveness_on_exit(struct server *server)
{
	server->exiting_until_us = server->now_us + EXIT_US;
	server->listener_looks = 0;
	look_again(server);
}

void liveness_before_connect(struct server *server)
{
	if (server->now_us < server->exiting_until_us && !server->visited)
		look_at_listeners(server);
}

void liveness_run(struct server *server)
{
	uint32_t count = server->closed_count;

	if (server->now_us >= server->listeners_us)
		look_again(server);
	if (server->now_us < server->liveness_us)
		return;
	server->closed_count = 0;
	if (server->liveness_all) {
		liveness_check(server);
		return;
	}
	server->liveness_us = TIME_NEVER;
	for (uint32_t i = 0; i < count; i++) {
		struct endpoint *endpoint =
			endpoint_get(server, server->closed[i].slot,
				     server->closed[i].generation);

		/* Who is to close it may not have got the processor yet. */
		if (endpoint && is_in_question(server, endpoint) &&
		    is_there(server, endpoint) && endpoint->shut)
			look_all_again(server);
	}
}

void liveness_later(struct server *server)
{
	server->liveness_all = true;
	if (server->liveness_us > server->now_us + LATER_US)
		server->liveness_us = server->now_us + LATER_US;
}
