/*
 * syscall(2): the network's numbers and those of the descriptors mean what
 * the functions of the same name mean. All others are the kernel's.
 */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "calls_uring.h"
#include "client.h"
#include "lane.h"
#include "libc_real.h"

#define IO_URING_SETUP 425 /* on all machines */

int close_range(unsigned first, unsigned last, int flags);
int pidfd_getfd(int pidfd, int fd, unsigned flags);

/* Sockets' state and names. */
static bool call_socket(long number, const long a[6], long *result)
{
	switch (number) {
	case SYS_socket:
		*result = socket((int)a[0], (int)a[1], (int)a[2]);
		return true;
	case SYS_bind:
		*result = bind((int)a[0], (void *)a[1], (socklen_t)a[2]);
		return true;
	case SYS_connect:
		*result = connect((int)a[0], (void *)a[1], (socklen_t)a[2]);
		return true;
	case SYS_listen:
		*result = listen((int)a[0], (int)a[1]);
		return true;
	case SYS_accept:
		*result = accept((int)a[0], (void *)a[1], (void *)a[2]);
		return true;
	case SYS_accept4:
		*result = accept4((int)a[0], (void *)a[1], (void *)a[2],
				  (int)a[3]);
		return true;
	case SYS_getsockname:
		*result = getsockname((int)a[0], (void *)a[1], (void *)a[2]);
		return true;
	case SYS_getpeername:
		*result = getpeername((int)a[0], (void *)a[1], (void *)a[2]);
		return true;
	case SYS_getsockopt:
		*result = getsockopt((int)a[0], (int)a[1], (int)a[2],
				     (void *)a[3], (void *)a[4]);
		return true;
	case SYS_setsockopt:
		*result = setsockopt((int)a[0], (int)a[1], (int)a[2],
				     (void *)a[3], (socklen_t)a[4]);
		return true;
	case SYS_shutdown:
		*result = shutdown((int)a[0], (int)a[1]);
		return true;
	default:
		return false;
	}
}

static bool call_io(long number, const long a[6], long *result)
{
	switch (number) {
	case SYS_sendto:
		*result = sendto((int)a[0], (void *)a[1], (size_t)a[2],
				 (int)a[3], (void *)a[4], (socklen_t)a[5]);
		return true;
	case SYS_sendmsg:
		*result = sendmsg((int)a[0], (void *)a[1], (int)a[2]);
		return true;
	case SYS_sendmmsg:
		*result = sendmmsg((int)a[0], (void *)a[1], (unsigned)a[2],
				   (int)a[3]);
		return true;
	case SYS_recvfrom:
		*result = recvfrom((int)a[0], (void *)a[1], (size_t)a[2],
				   (int)a[3], (void *)a[4], (void *)a[5]);
		return true;
	case SYS_recvmsg:
		*result = recvmsg((int)a[0], (void *)a[1], (int)a[2]);
		return true;
	case SYS_recvmmsg:
		*result = recvmmsg((int)a[0], (void *)a[1], (unsigned)a[2],
				   (int)a[3], (void *)a[4]);
		return true;
	case SYS_read:
		*result = read((int)a[0], (void *)a[1], (size_t)a[2]);
		return true;
	case SYS_write:
		*result = write((int)a[0], (void *)a[1], (size_t)a[2]);
		return true;
	case SYS_readv:
		*result = readv((int)a[0], (void *)a[1], (int)a[2]);
		return true;
	case SYS_writev:
		*result = writev((int)a[0], (void *)a[1], (int)a[2]);
		return true;
	case SYS_splice:
		*result = splice((int)a[0], (void *)a[1], (int)a[2],
				 (void *)a[3], (size_t)a[4], (unsigned)a[5]);
		return true;
	case SYS_sendfile:
		*result = sendfile64((int)a[0], (int)a[1], (void *)a[2],
				     (size_t)a[3]);
		return true;
	case SYS_ioctl:
		*result = ioctl((int)a[0], (unsigned long)a[1], a[2]);
		return true;
	default:
		return false;
	}
}

static bool call_epoll(long number, const long a[6], long *result)
{
	switch (number) {
	case SYS_epoll_ctl:
		*result = epoll_ctl((int)a[0], (int)a[1], (int)a[2],
				    (void *)a[3]);
		return true;
#ifdef SYS_epoll_wait
	case SYS_epoll_wait:
		*result = epoll_wait((int)a[0], (void *)a[1], (int)a[2],
				     (int)a[3]);
		return true;
#endif
	case SYS_epoll_pwait:
		*result = epoll_pwait((int)a[0], (void *)a[1], (int)a[2],
				      (int)a[3], (void *)a[4]);
		return true;
	default:
		return false;
	}
}

static bool call_fd(long number, const long a[6], long *result)
{
	switch (number) {
	case SYS_close:
		*result = close((int)a[0]);
		return true;
	case SYS_dup:
		*result = dup((int)a[0]);
		return true;
#ifdef SYS_dup2
	case SYS_dup2:
		*result = dup2((int)a[0], (int)a[1]);
		return true;
#endif
	case SYS_dup3:
		*result = dup3((int)a[0], (int)a[1], (int)a[2]);
		return true;
	case SYS_fcntl:
		*result = fcntl((int)a[0], (int)a[1], a[2]);
		return true;
	case SYS_close_range:
		*result =
			close_range((unsigned)a[0], (unsigned)a[1], (int)a[2]);
		return true;
#ifdef SYS_open
	case SYS_open:
		*result = open((void *)a[0], (int)a[1], (unsigned)a[2]);
		return true;
#endif
	case SYS_openat:
		*result = openat((int)a[0], (void *)a[1], (int)a[2],
				 (unsigned)a[3]);
		return true;
	case IO_URING_SETUP:
		*result = libc_result(calls_uring_refuse());
		return true;
#ifdef SYS_pidfd_getfd
	case SYS_pidfd_getfd:
		*result = pidfd_getfd((int)a[0], (int)a[1], (unsigned)a[2]);
		return true;
#endif
	case SYS_execve:
	case SYS_execveat:
		client_before_exec();
		return false;
	case SYS_exit_group:
		client_exit();
		return false;
	case SYS_seccomp:
		lane_give_up();
		return false;
	case SYS_prctl:
		if (a[0] == PR_SET_SECCOMP)
			lane_give_up();
		return false;
	default:
		return false;
	}
}

/* A fork by another name: memory of its own, and the caller's stack. */
static bool makes_process(long number, const long a[6])
{
	const struct clone_args *clone3 = (const void *)a[0];

	switch (number) {
#ifdef SYS_fork
	case SYS_fork:
		return true;
#endif
	case SYS_clone:
		return !(a[0] & CLONE_VM) && !a[1];
	case SYS_clone3:
		return clone3 && a[1] >= CLONE_ARGS_SIZE_VER0 &&
		       !(clone3->flags & CLONE_VM) && !clone3->stack;
	default:
		return false;
	}
}

static bool call_fork(long number, const long a[6], long *result)
{
	struct client_fork fork_state;

	if (!makes_process(number, a))
		return false;
	client_before_fork(&fork_state);
	*result = libc_real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	client_after_fork(&fork_state, (pid_t)*result);
	return true;
}

INTERPOSED long syscall(long number, ...)
{
	long argument[6], result;
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (call_socket(number, argument, &result) ||
	    call_io(number, argument, &result) ||
	    call_epoll(number, argument, &result) ||
	    call_fd(number, argument, &result) ||
	    call_fork(number, argument, &result))
		return result;
	return libc_real.syscall(number, argument[0], argument[1], argument[2],
				 argument[3], argument[4], argument[5]);
}
