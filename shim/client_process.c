/* The control connection and the stack thread across fork, exec and exit. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client_private.h"
#include "driver.h"
#include "lane.h"
#include "libc_real.h"

/*
 * Lies in a page of its own that a fork()ed child gets empty, however it was
 * forked. So the child of a clone(2) that we did not see (pid is 0) differs
 * from one that shares our memory (pid is another's).
 */
static struct page {
	_Atomic pid_t pid;
	_Atomic uint32_t lane; /* enum client_lane */
} * process;

static pid_t own_pid(void)
{
	return (pid_t)libc_raw(SYS_getpid);
}

static void claim_process(void)
{
	if (process)
		atomic_store(&process->pid, own_pid());
}

bool client_is_this_process(void)
{
	pid_t pid = process ? atomic_load(&process->pid) : 0;

	return pid == 0 || pid == own_pid();
}

enum client_lane client_lane(void)
{
	return process ? (enum client_lane)atomic_load_explicit(
				 &process->lane, memory_order_acquire)
		       : CLIENT_LANE_NONE;
}

bool client_set_lane(enum client_lane state)
{
	if (process)
		atomic_store_explicit(&process->lane, state,
				      memory_order_release);
	return process != NULL;
}

void client_init(void)
{
	long page_len = sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, (size_t)page_len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return;
	if (madvise(page, (size_t)page_len, MADV_WIPEONFORK) == 0)
		process = page;
	else
		munmap(page, (size_t)page_len);
	claim_process();
}

/* In a child: the parent's connection is not ours, nor is its thread. */
static void become_child(int fd)
{
	if (client.fd >= 0)
		libc_raw(SYS_close, client.fd);
	client.fd = fd;
	client.thread_here = client.lane_wanted = false;
	spares_reset();
	driver_forget();
	lane_become_child();
	client_reset_lock();
	claim_process();
}

void client_become_process(void)
{
	if (process && atomic_load(&process->pid) == 0)
		become_child(-1);
}

bool client_reopen_after_raw_fork(void)
{
	client_become_process();
	if (client.fd >= 0)
		return client_is_this_process();
	return client.table && client_attach() == 0;
}

/* ------------------------------------------------------- the stack thread */

static void release_thread(void)
{
	uint64_t signals = client_lock();

	client.thread_here = false;
	driver_release();
	client_unlock(signals);
}

void client_let_go(void)
{
	if (!client.thread_here || !driver_is_over() ||
	    !client_is_this_process())
		return;
	lane_close();
	release_thread();
}

static void leave(enum pyt_op op)
{
	struct client_call call = { .op = op };
	int result;

	if (!client.thread_here || !client_is_this_process())
		return;
	result = client_call(&call);
	lane_close(); /* also where the thread could not leave after all */
	if (result > 0)
		release_thread();
}

/* ------------------------------------------------------------------ fork */

/*
 * The child's connection is got by the parent, over its own: either may change
 * its user or root directory before it is needed.
 */
void client_before_fork(struct client_fork *fork)
{
	uint64_t signals;

	client_become_process();
	fork->fd = -1;
	fork->is_ready = client.fd >= 0 && client_is_this_process();
	if (!fork->is_ready)
		return;
	leave(PYT_OP_STEP_OUT);
	signals = client_lock();
	fork->fd = client_ask_another();
	client_unlock(signals);
	fork->signals = client_block_signals();
}

void client_after_fork(const struct client_fork *fork, pid_t result)
{
	if (!fork->is_ready)
		return;
	if (result == 0) {
		become_child(fork->fd);
	} else if (fork->fd >= 0) {
		libc_raw(SYS_close, fork->fd);
	}
	client_restore_signals(fork->signals);
}

/* --------------------------------------------------------- exec and exit */

void client_before_exec(void)
{
	client_tell_taken();
	leave(PYT_OP_STEP_OUT);
}

void client_exit(void)
{
	leave(PYT_OP_EXIT);
}
