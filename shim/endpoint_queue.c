/*
 * How much the program has written our end says. How much it has not read its
 * own end would say, which is not ours: so sock_diag is asked, once for all.
 */
#include "endpoint_queue.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "adoption.h"
#include "endpoint.h"
#include "inodes.h"
#include "kernel.h"
#include "link.h"

static uint32_t ask(const struct endpoint *endpoint, unsigned long request)
{
	int len = 0;

	kernel_call(SYS_ioctl, endpoint->fd, (long)request, (long)&len, 0, 0,
		    0);
	return len > 0 ? (uint32_t)len : 0;
}

static void on_facts(void *context, const struct inode_facts *facts)
{
	struct server *server = context;
	uint32_t slot;

	if (!facts->inode)
		return;
	slot = slots_find(&server->slots, facts->inode);
	if (slot == PYT_SLOT_NONE)
		slot = adoption_learn(server, facts);
	if (slot != PYT_SLOT_NONE)
		server->endpoints[slot].unread = facts->waiting;
}

/*
 * Whether sock_diag is to say what waits in the program's end. One that was
 * not accepted it does not list; of that nobody has read anything.
 */
static bool look(struct server *server, struct endpoint *endpoint)
{
	const struct pyt_slot *slot = slots_at(&server->slots, endpoint->slot);
	uint32_t memory;

	endpoint->unread = 0;
	if (endpoint->state == ENDPOINT_LISTENING)
		return true;
	if (endpoint->state != ENDPOINT_CONNECTED || endpoint->fd < 0)
		return false;
	memory = ask(endpoint, SIOCOUTQ);
	if (!slot->inode)
		endpoint->unread =
			endpoint->moved < memory ? endpoint->moved : memory;
	return memory && slot->inode;
}

void endpoint_queue_survey(struct server *server)
{
	bool is_wanted = false;

	for (uint32_t i = 0; i < server->slots.touched; i++) {
		is_wanted |= look(server, &server->endpoints[i]);
		is_wanted |= adoption_look(server, &server->endpoints[i]);
	}
	/* What asks may lie in the scratch: netlink_pump(). */
	if (is_wanted)
		inodes_list_facts(on_facts, server, server->frame_buffer,
				  LINK_BUFFER_LEN);
}

/* Bytes that were read late are the engine's already. */
uint32_t endpoint_queue_unsent(const struct endpoint *endpoint)
{
	uint32_t len;

	if (endpoint->fd < 0 || endpoint->state != ENDPOINT_CONNECTED)
		return 0;
	len = ask(endpoint, SIOCINQ);
	return len > endpoint->late_len ? len - endpoint->late_len : 0;
}

/* As Linux, which counts memory there: what the kernel's buffers take. */
static void add_datagrams(const struct endpoint *endpoint,
			  struct pyt_socket_view *view)
{
	if (endpoint->fd < 0)
		return;
	view->status.receive_queued += ask(endpoint, SIOCOUTQ);
	view->send_used += ask(endpoint, SIOCINQ);
}

void endpoint_queue_add(struct server *server, struct pyt_socket_view *view)
{
	const struct endpoint *endpoint =
		view->handle < 0 ? NULL
				 : endpoint_of_handle(server, view->handle);
	uint32_t unsent;

	if (!endpoint)
		return;
	if (view->status.type != SOCK_STREAM) {
		add_datagrams(endpoint, view);
		return;
	}
	view->status.receive_queued += endpoint->unread;
	if (endpoint->state == ENDPOINT_LISTENING) {
		view->status.receive_queued += endpoint->waiting != NULL;
		return;
	}
	unsent = endpoint_queue_unsent(endpoint);
	view->status.send_queued += unsent;
	view->send_used += unsent;
}
