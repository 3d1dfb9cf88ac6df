/*
 * Round trips whose answer lies in the slot: the thread sleeps on a futex
 * there and holds no lock.
 */
#include <errno.h>
#include <linux/futex.h>
#include <time.h>

#include "client_private.h"
#include "lane_request.h"
#include "libc_real.h"

#define LOOK_NS 200000000 /* between looks whether the stack still lives */

/* 0 or -errno, as client_call(). */
static int wait_for_answer(const struct pyt_slot *slot, uint32_t before)
{
	const struct timespec timeout = { .tv_nsec = LOOK_NS };

	while (atomic_load_explicit(&slot->answers, memory_order_acquire) ==
	       before) {
		long result = libc_raw(SYS_futex, &slot->answers, FUTEX_WAIT,
				       before, &timeout, NULL, 0);

		if (result == -ETIMEDOUT && !client_can_answer())
			return client_is_alive() ? -EDEADLK : -ENETDOWN;
	}
	return 0;
}

static void take_spare(const struct pyt_slot *slot)
{
	uint64_t signals;

	if (slot->spare_slot == PYT_SLOT_NONE)
		return;
	signals = client_lock();
	spares_add(slot->spare_slot, slot->spare_generation);
	client_unlock(signals);
}

int client_call_in_slot(struct client_call *call)
{
	const struct pyt_slot *slot = &client_table()->slot[call->slot];
	uint32_t before =
		atomic_load_explicit(&slot->answers, memory_order_acquire);
	int result;

	if (lane_request(call, &result))
		return result;
	/* Threads' stacks lie apart: that is name enough for one of them. */
	call->args[2] = (int32_t)((uintptr_t)call >> 4 & INT32_MAX);
	call->args[3] = PYT_ANSWER_IN_SLOT;
	result = client_post(call);
	if (result < 0)
		return result;
	result = wait_for_answer(slot, before);
	if (result < 0)
		return result;
	if (slot->answer_to != call->args[2])
		return -EALREADY; /* another thread connects this socket */
	result = slot->answer;
	take_spare(slot);
	return result;
}
