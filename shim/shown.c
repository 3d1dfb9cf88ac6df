/* What clients of other users have shown. */
#include "shown.h"

#include <errno.h>
#include <sys/stat.h>

#include "kernel.h"
#include "peer_name.h"

#define SHOWN_LEN (PYT_SLOTS / 8)

int shown_begin(struct server *server, struct client *client,
		const struct client *parent)
{
	client->shown = arena_alloc(server->arena, SHOWN_LEN);
	if (!client->shown)
		return -ENOMEM;
	if (parent && parent->shown)
		memcpy(client->shown, parent->shown, SHOWN_LEN);
	client->is_foreign = true;
	server->foreign_count++;
	return 0;
}

void shown_end(struct server *server, struct client *client)
{
	if (!client->is_foreign)
		return;
	arena_free(server->arena, client->shown, SHOWN_LEN);
	client->shown = NULL;
	client->is_foreign = false;
	server->foreign_count--;
}

void shown_add(struct client *client, uint32_t slot)
{
	if (client->is_foreign)
		client->shown[slot / 64] |= 1ull << slot % 64;
}

bool shown_has(const struct client *client, uint32_t slot)
{
	return !client->is_foreign ||
	       (slot < PYT_SLOTS && client->shown[slot / 64] >> slot % 64 & 1);
}

bool shown_may_name(const struct server *server, const struct client *client,
		    uint64_t inode)
{
	uint32_t slot = client->is_foreign && inode
				? slots_find(&server->slots, inode)
				: PYT_SLOT_NONE;

	return slot == PYT_SLOT_NONE || shown_has(client, slot);
}

void shown_forget(struct server *server, uint32_t slot)
{
	if (!server->foreign_count)
		return;
	for (uint32_t i = 0; i < server->client_top; i++) {
		struct client *client = &server->clients[i];

		if (client->fd >= 0 && client->is_foreign)
			client->shown[slot / 64] &= ~(1ull << slot % 64);
	}
}

static bool look_at(int fd, struct stat *status)
{
	return kernel_call(SYS_fstat, fd, (long)status, 0, 0, 0, 0) == 0;
}

/* Its other end is ours, by a name that nobody else can have made. */
static bool is_named_after(const struct server *server,
			   const struct endpoint *endpoint, int fd)
{
	struct ucred peer = { 0 };
	struct sockaddr_un name;
	socklen_t len = sizeof(name), peer_len = sizeof(peer);
	struct peer_name parsed;

	return kernel_call(SYS_getpeername, fd, (long)&name, (long)&len, 0, 0,
			   0) == 0 &&
	       peer_name_parse(&name, len, &parsed) &&
	       parsed.slot == endpoint->slot &&
	       parsed.generation == endpoint->generation &&
	       parsed.proof == peer_name_proof(server->key, parsed.slot,
					       parsed.generation, 0) &&
	       kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer,
				 &peer_len) == 0 &&
	       peer.uid == (uid_t)kernel_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

/* Files elsewhere may have the same number as an inode of the sockets'. */
bool shown_is(const struct server *server, const struct endpoint *endpoint,
	      int fd, uint64_t *inode)
{
	uint64_t known = slots_at(&server->slots, endpoint->slot)->inode;
	struct stat ours = { 0 }, theirs = { 0 };

	if (fd < 0 || !look_at(server->stream_fd, &ours) ||
	    !look_at(fd, &theirs) || ours.st_dev != theirs.st_dev)
		return false;
	*inode = theirs.st_ino;
	return known ? known == *inode : is_named_after(server, endpoint, fd);
}
