/* Waiting for the stack's configuration: a futex in the slot table. */
#include "boot_client.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <time.h>

#include "boot.h"
#include "client.h"
#include "libc_real.h"

#define LOOK_S 1 /* between looks whether the stack still lives */
#define IMPATIENT_NS 1000000000ll
#define EVER INT64_MAX

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint32_t boot_state(void)
{
	const struct pyt_slot_table *table = client_table();

	return table ? atomic_load_explicit(&table->boot, memory_order_acquire)
		     : 0;
}

/*
 * Until the word is another one. False: the time is over, or the stack, or it
 * waits for us.
 */
static bool wait_for_change(uint32_t before, int64_t end_ns)
{
	const struct pyt_slot_table *table = client_table();
	int64_t left_ns = end_ns == EVER ? EVER : end_ns - clock_ns();
	struct timespec timeout = { .tv_sec = LOOK_S };

	if (left_ns <= 0)
		return false;
	if (left_ns < LOOK_S * 1000000000ll)
		timeout = (struct timespec){ .tv_nsec = (long)left_ns };
	if (libc_raw(SYS_futex, &table->boot, FUTEX_WAIT, before, &timeout,
		     NULL, 0) == -ETIMEDOUT)
		return client_can_answer();
	return true;
}

void boot_wait_for(const struct pyt_ip *ip, int fd, int flags)
{
	uint32_t bit = boot_bit(ip), state = boot_state();
	int64_t end_ns = EVER;

	if (!(state & bit))
		return;
	if (flags & MSG_DONTWAIT ||
	    libc_raw(SYS_fcntl, fd, F_GETFL, 0L) & O_NONBLOCK)
		end_ns = clock_ns() + IMPATIENT_NS;
	while (state & bit && wait_for_change(state, end_ns))
		state = boot_state();
}

/* What was asked for is about this network, what is known may not be. */
static bool may_bring_names(uint32_t state, uint32_t known)
{
	const uint32_t pending = PYT_BOOT_V4_PENDING | PYT_BOOT_V6_PENDING;

	if (state & PYT_BOOT_HAS_NAME_SERVER)
		return false;
	return state & PYT_BOOT_NAMES_PENDING ||
	       (state & pending && !(state & known));
}

void boot_wait_for_names(uint32_t known)
{
	uint32_t state = boot_state();

	while (may_bring_names(state, known) && wait_for_change(state, EVER))
		state = boot_state();
}
