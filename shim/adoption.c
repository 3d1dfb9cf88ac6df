/*
 * Accepted connections whose inode is unknown.
 *
 * As long as our end is open, sock_diag names the other one. After a reset it
 * is closed, so then it takes three facts. The kernel's queue of a listener is
 * in the order in which connections were shown, and its length is known: they
 * tell which may lie there still. Who was accepted bears the listener's name
 * and has a peer without an inode. If the listener has none such but those
 * whose inode is known, the others have been closed.
 */
#include "adoption.h"

#include <sys/stat.h>

#include "endpoint.h"
#include "kernel.h"

/*
 * Missed for so long, for between queue and descriptor accept(2) holds a
 * connection that nobody lists.
 */
#define MISSED_US 500000

static uint64_t inode_of(const struct server *server,
			 const struct endpoint *endpoint)
{
	return slots_at(&server->slots, endpoint->slot)->inode;
}

/* ------------------------------------------------------------- still open */

bool adoption_look(struct server *server, struct endpoint *endpoint)
{
	struct stat status = { 0 };

	endpoint->end_inode = 0;
	if (endpoint->state != ENDPOINT_CONNECTED || endpoint->fd < 0 ||
	    !endpoint->listener_generation || inode_of(server, endpoint))
		return false;
	if (kernel_call(SYS_fstat, endpoint->fd, (long)&status, 0, 0, 0, 0) ==
	    0)
		endpoint->end_inode = status.st_ino;
	return endpoint->end_inode != 0;
}

uint32_t adoption_learn(struct server *server, const struct inode_facts *facts)
{
	if (!facts->has_peer || !facts->peer || !facts->name_len)
		return PYT_SLOT_NONE;
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (endpoint->end_inode != facts->peer ||
		    endpoint->state != ENDPOINT_CONNECTED)
			continue;
		endpoint->end_inode = 0;
		slots_set_inode(&server->slots, i, facts->inode);
		return i;
	}
	return PYT_SLOT_NONE;
}

/* ------------------------------------------------------------------ reset */

static struct endpoint *listener_of(struct server *server,
				    const struct endpoint *endpoint)
{
	struct endpoint *listener = endpoint_get(server, endpoint->listener,
						 endpoint->listener_generation);

	return listener && listener->state == ENDPOINT_LISTENING ? listener
								 : NULL;
}

bool adoption_is_open(struct server *server, const struct endpoint *endpoint)
{
	return endpoint->state == ENDPOINT_ENDED &&
	       endpoint->listener_generation && !endpoint->hung_up &&
	       !inode_of(server, endpoint) && listener_of(server, endpoint);
}

static void count_orphan(struct server *server, const struct inode_facts *facts)
{
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *listener = &server->endpoints[i];

		if (listener->state == ENDPOINT_LISTENING &&
		    listener->name_len == facts->name_len &&
		    memcmp(listener->name, facts->name, facts->name_len) == 0)
			listener->orphans++;
	}
}

static void on_facts(void *context, const struct inode_facts *facts)
{
	struct server *server = context;
	uint32_t slot;

	if (!facts->inode)
		return;
	slot = slots_find(&server->slots, facts->inode);
	if (slot != PYT_SLOT_NONE)
		server->endpoints[slot].lying = facts->waiting;
	else if (facts->has_peer && !facts->peer && facts->name_len)
		count_orphan(server, facts);
}

/* Others' connections in the queue make it longer: then it is kept longer. */
static bool may_live(struct server *server, const struct endpoint *endpoint)
{
	const struct endpoint *listener = listener_of(server, endpoint);

	return listener->orphans ||
	       listener->shown_count - endpoint->shown < listener->lying;
}

/* True: it is kept. */
static bool judge(struct server *server, struct endpoint *endpoint)
{
	if (may_live(server, endpoint)) {
		endpoint->missed_us = 0;
		return true;
	}
	if (!endpoint->missed_us)
		endpoint->missed_us = server->now_us;
	if (server->now_us - endpoint->missed_us < MISSED_US)
		return true;
	endpoint_free(server, endpoint);
	return false;
}

static bool begin(struct server *server)
{
	bool some = false;

	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		endpoint->orphans = 0;
		endpoint->lying = 0;
		some |= adoption_is_open(server, endpoint);
	}
	return some;
}

bool adoption_check(struct server *server)
{
	bool some = false;

	if (!begin(server) ||
	    inodes_list_facts(on_facts, server, server->scratch, SCRATCH_LEN) <
		    0)
		return false; /* as long as the listener is open */
	for (uint32_t i = 0; i < server->slots.touched; i++) {
		struct endpoint *endpoint = &server->endpoints[i];

		if (adoption_is_open(server, endpoint))
			some |= judge(server, endpoint);
	}
	return some;
}
