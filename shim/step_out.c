/*
 * Stepping out: the thread forks itself into a process that carries on with
 * the same loop. Copy-on-write hands everything over; what is left to do is to
 * be nobody's child and to give back what was the program's.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "file_limit.h"
#include "kernel.h"
#include "lane.h"
#include "privilege.h"
#include "server.h"
#include "step_out.h"

/* Without a signal at its end: the program's wait() must not find it. */
static long clone_self(void)
{
	return kernel_call(SYS_clone, 0, 0, 0, 0, 0, 0);
}

static int32_t own_pid(void)
{
	return (int32_t)kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

/* The program's handlers are code that is about to go. */
static void reset_signals(void)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} standard = { 0 };
	uint64_t blocked = ~(uint64_t)0;

	for (int i = 1; i <= 64; i++)
		kernel_call(SYS_rt_sigaction, i, (long)&standard, 0,
			    sizeof(standard.mask), 0, 0);
	blocked &= ~((uint64_t)1 << (15 - 1)); /* SIGTERM still ends us */
	kernel_call(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, (long)&blocked, 0,
		    sizeof(blocked), 0, 0);
}

/* A pipe from the program's stderr must see its end. */
static void leave_stderr(struct server *server)
{
	if (server->log_is_file || server->log.fd < 0)
		return;
	kernel_close(server->log.fd);
	server->log.fd = -1;
}

void step_out_alone(void)
{
	kernel_call(SYS_setsid, 0, 0, 0, 0, 0, 0);
	kernel_call(SYS_chdir, (long)"/", 0, 0, 0, 0, 0);
	reset_signals();
	privilege_drop_all();
}

/*
 * Who connects is told the process that called listen(2) last: see owner.h.
 * By its user it judges whose the stack is, which does not change.
 */
static void listen_as_process(int fd)
{
	struct ucred owner = { 0 };
	socklen_t len = sizeof(owner);

	if (kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len) == 0 &&
	    owner.uid == (uid_t)kernel_call(SYS_geteuid, 0, 0, 0, 0, 0, 0))
		kernel_listen(fd, SOMAXCONN);
}

static void become_process(struct server *server)
{
	for (int i = 0; i < server->link_count; i++)
		listen_as_process(server->links[i].rendezvous_fd);
	server->own_process = true;
	server->slots.table->server_pid = (uint32_t)own_pid();
	for (uint32_t i = 0; i < server->client_top; i++)
		server->clients[i].is_host = false;
	leave_stderr(server);
	step_out_alone();
	file_limit_raise();
	server->prune = true;
	server->guardian_wanted = true;
}

int step_out_fork(void)
{
	long child = clone_self();
	int status = 0;
	long result;

	if (child < 0)
		return (int)child;
	if (child == 0) {
		long own = clone_self();

		if (own == 0)
			return 1;
		kernel_call(SYS_exit_group, own < 0, 0, 0, 0, 0, 0);
	}
	do {
		result = kernel_call(SYS_wait4, child, (long)&status, __WALL, 0,
				     0, 0);
	} while (result == -EINTR);
	if (result == child && status != 0)
		return -EAGAIN;
	return 0;
}

int step_out(struct server *server)
{
	int result;

	if (server->own_process)
		return own_pid();
	lane_end();
	result = step_out_fork();
	if (result < 0)
		return result;
	if (result == 0) {
		server->ended = true;
		return 0;
	}
	become_process(server);
	return own_pid();
}
