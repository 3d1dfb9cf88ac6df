/*
 * The program's side of spare sockets: stream sockets that the stack made
 * before they were asked for, so that socket(2) needs no round trip.
 */
#include <stddef.h>

#include "client_private.h"

static struct pyt_taken spare[PYT_SPARES_MAX]; /* inode unused */
static _Atomic uint32_t spare_count;
static struct pyt_taken taken[PYT_SPARES_MAX]; /* the stack is to hear of */
static _Atomic uint32_t taken_count;
static _Atomic bool unconfirmed; /* the stack may not have heard of all yet */

void spares_reset(void)
{
	spare_count = 0;
	taken_count = 0;
	unconfirmed = false;
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

	if (taken_count)
		client_post_here(&call);
}

bool client_spares_are_told(void)
{
	return taken_count == 0;
}

bool client_spares_are_confirmed(void)
{
	return !unconfirmed;
}
