/* The ring of what was told. */
#include "lane_tell.h"

#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "lane.h"
#include "requests.h"

struct told {
	enum pyt_op op;
	uint32_t slot;
	uint32_t generation;
	uint64_t inode;
	int level;
	int option;
	int value;
};

/* The lock is held for some stores only, with signals blocked. */
static struct ring {
	atomic_flag lock;
	bool open;
	_Atomic uint32_t count;
	struct told told[LANE_TOLD_MAX];
} ring = { .lock = ATOMIC_FLAG_INIT };

static void lock(void)
{
	while (atomic_flag_test_and_set_explicit(&ring.lock,
						 memory_order_acquire))
		sched_yield();
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&ring.lock, memory_order_release);
}

static bool put(const struct told *told)
{
	bool fits;

	lock();
	fits = ring.open && ring.count < LANE_TOLD_MAX;
	if (fits) {
		ring.told[ring.count] = *told;
		ring.count++;
	}
	unlock();
	return fits;
}

static bool can_be_told(const struct client_call *call)
{
	if (call->op == PYT_OP_ADOPT)
		return true;
	return call->op == PYT_OP_SET_OPTION && call->data_len == sizeof(int) &&
	       !atomic_load(&lane.asleep);
}

bool lane_tell(const struct client_call *call)
{
	struct told told = { call->op,
			     call->slot,
			     call->generation,
			     call->inode,
			     call->args[0],
			     call->args[1],
			     0 };
	uint64_t signals;
	bool done;

	/* What went as a message before must come before. */
	if (!lane_is_open() || !can_be_told(call) ||
	    !client_spares_are_told() || *lane_untold(call->slot))
		return false;
	if (call->op == PYT_OP_SET_OPTION)
		memcpy(&told.value, call->data, sizeof(told.value));
	signals = lane_block_signals();
	done = put(&told);
	lane_restore_signals(signals);
	/* It looks whether something was told after it says that it sleeps. */
	if (done && call->op != PYT_OP_ADOPT && atomic_load(&lane.asleep))
		client_wake_stack();
	return done;
}

/* ------------------------------------------------------------------ inside */

static void handle(struct server *server, const struct told *told)
{
	static struct pyt_request request; /* large, and we are inside */
	static struct pyt_reply reply;
	struct request_call call = {
		.server = server, .request = &request, .reply = &reply, .fd = -1
	};

	request.op = told->op;
	request.slot = told->slot;
	request.generation = told->generation;
	request.inode = told->inode;
	request.args[0] = told->level;
	request.args[1] = told->option;
	request.data_len = sizeof(told->value);
	memcpy(request.data, &told->value, sizeof(told->value));
	memset(&reply, 0, offsetof(struct pyt_reply, data));
	request_run(&call);
}

bool lane_has_told(void)
{
	return atomic_load(&ring.count) != 0;
}

void lane_take_told(struct server *server)
{
	struct told told[LANE_TOLD_MAX];
	uint32_t count;

	if (!lane_has_told())
		return;
	lock();
	count = ring.count;
	memcpy(told, ring.told, count * sizeof(*told));
	ring.count = 0;
	unlock();
	for (uint32_t i = 0; i < count; i++)
		handle(server, &told[i]);
}

void lane_tell_open(bool open)
{
	lock();
	ring.open = open;
	unlock();
}

void lane_tell_reset(void)
{
	ring.open = false;
	ring.count = 0;
	unlock();
}
