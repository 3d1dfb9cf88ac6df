/*
 * The program's side of spare sockets: stream sockets that the stack made
 * before they were asked for, so that socket(2) needs no round trip. And of
 * accepted ones, of which the stack hears with the request that comes next.
 */
#include <stddef.h>

#include "client_private.h"
#include "lane.h"

static struct pyt_taken spare[PYT_SPARES_MAX]; /* inode unused */
static _Atomic uint32_t spare_count;
static struct pyt_taken taken[PYT_SPARES_MAX]; /* the stack is to hear of */
static _Atomic uint32_t taken_count;
static _Atomic bool unconfirmed; /* the stack may not have heard of all yet */
static _Atomic uint32_t accepted; /* last: slot + 1; 0: something came since */
static _Atomic bool sets_up; /* of the one before: a request about it came */

void spares_reset(void)
{
	spare_count = 0;
	taken_count = 0;
	unconfirmed = false;
	accepted = 0;
}

void spares_add(uint32_t slot, uint32_t generation)
{
	if (slot >= PYT_SLOTS || spare_count == PYT_SPARES_MAX)
		return;
	spare[spare_count++] = (struct pyt_taken){ slot, generation, 0 };
}

void spares_report(struct pyt_request *request)
{
	request->taken_count = taken_count;
	for (uint32_t i = 0; i < taken_count; i++)
		request->taken[i] = taken[i];
	taken_count = 0;
	if (accepted && accepted == request->slot + 1) {
		accepted = 0;
		sets_up = true;
	}
}

void spares_confirm(void)
{
	unconfirmed = taken_count > 0;
}

static bool fits(const struct pyt_taken *candidate, int family, int protocol)
{
	const struct pyt_slot *slot = &client.table->slot[candidate->slot];

	return slot->family == family &&
	       (slot->protocol == protocol || protocol == 0);
}

bool client_take_spare(int family, int protocol, uint64_t inode,
		       struct pyt_taken *result)
{
	bool found = false;
	uint64_t signals;

	if (!spare_count)
		return false;
	signals = client_lock();

	for (uint32_t i = 0; i < spare_count && !found; i++) {
		if (taken_count == PYT_SPARES_MAX ||
		    !fits(&spare[i], family, protocol))
			continue;
		*result = spare[i];
		result->inode = inode;
		spare[i] = spare[--spare_count];
		taken[taken_count++] = *result;
		unconfirmed = true;
		found = true;
	}
	client_unlock(signals);
	return found;
}

void client_tell_taken(void)
{
	struct client_call call = { .op = PYT_OP_TAKE };

	if (!taken_count)
		return;
	/* What a parent took, whose fork() we did not see, is not ours. */
	client_become_process();
	if (taken_count)
		client_post_here(&call);
}

/* ------------------------------------------------------ accepted sockets */

static bool tell_later(const struct client_call *call)
{
	uint64_t signals;
	bool fits;

	client_become_process();
	signals = client_lock();
	/* Without a connection the first message opens one, no list does. */
	fits = client.fd >= 0 && taken_count < PYT_SPARES_MAX;
	if (fits)
		taken[taken_count++] =
			(struct pyt_taken){ call->slot, call->generation,
					    call->inode };
	client_unlock(signals);
	return fits;
}

/*
 * Many servers set options of each connection that they accept. A message for
 * each of both costs the stack as much as the bytes of a short connection. The
 * fast lane has a ring for what is told. Without system calls to look a socket
 * up by its name, its inode must be known.
 */
void client_adopt(struct client_call *call)
{
	if (client_lane() == CLIENT_LANE_OPEN || lane_is_filtered() ||
	    !sets_up || !tell_later(call))
		client_tell(call);
	accepted = call->slot + 1;
}

void client_settle(void)
{
	if (!atomic_load_explicit(&accepted, memory_order_relaxed))
		return;
	accepted = 0;
	sets_up = false;
	client_tell_taken();
}

bool client_spares_are_told(void)
{
	return taken_count == 0;
}

bool client_spares_are_confirmed(void)
{
	return !unconfirmed;
}
