/*
 * Interposed calls that make, replace and end processes: the stack thread
 * must not die with the program while sockets live on.
 */
#include "calls.h"

#include <errno.h>
#include <pty.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client.h"
#include "descriptor.h"
#include "exec_copy.h"
#include "lane.h"
#include "libc_real.h"

#define FORK(call)                                 \
	({                                         \
		struct client_fork fork_;          \
		pid_t child_;                      \
                                                   \
		client_before_fork(&fork_);        \
		child_ = (call);                   \
		client_after_fork(&fork_, child_); \
		child_;                            \
	})

INTERPOSED pid_t fork(void)
{
	return FORK(libc_real.fork());
}

INTERPOSED pid_t __fork(void)
{
	return FORK(libc_real.fork());
}

INTERPOSED pid_t _Fork(void)
{
	return FORK(libc_real._Fork());
}

/* libc puts something else at 0, 1 and 2, without close() or dup2(). */
static void forget_stdio(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		descriptor_forget(fd);
}

INTERPOSED pid_t forkpty(int *fd, char *name, const struct termios *termios,
			 const struct winsize *size)
{
	pid_t child = FORK(libc_real.forkpty(fd, name, termios, size));

	if (child == 0)
		forget_stdio();
	return child;
}

INTERPOSED int login_tty(int fd)
{
	int result = libc_real.login_tty(fd);

	if (result == 0)
		forget_stdio();
	return result;
}

/* Returns in the child alone: the parent ends within libc. */
INTERPOSED int daemon(int keep_directory, int keep_stdio)
{
	struct client_fork fork_state;
	int result;

	client_before_fork(&fork_state);
	result = libc_real.daemon(keep_directory, keep_stdio);
	client_after_fork(&fork_state, result);
	if (result == 0 && !keep_stdio)
		forget_stdio();
	return result;
}

/* -------------------------------------------------------------------- exec */

INTERPOSED int execve(const char *path, char *const argv[], char *const envp[])
{
	char copy[EXEC_COPY_MAX];

	client_before_exec();
	return libc_real.execve(exec_copy(path, copy), argv, envp);
}

INTERPOSED int execv(const char *path, char *const argv[])
{
	char copy[EXEC_COPY_MAX];

	client_before_exec();
	return libc_real.execv(exec_copy(path, copy), argv);
}

INTERPOSED int execvp(const char *file, char *const argv[])
{
	char copy[EXEC_COPY_MAX];

	client_before_exec();
	return libc_real.execvp(exec_copy_found(file, copy), argv);
}

INTERPOSED int execvpe(const char *file, char *const argv[], char *const envp[])
{
	char copy[EXEC_COPY_MAX];

	client_before_exec();
	return libc_real.execvpe(exec_copy_found(file, copy), argv, envp);
}

INTERPOSED int fexecve(int fd, char *const argv[], char *const envp[])
{
	client_before_exec();
	return libc_real.fexecve(fd, argv, envp);
}

INTERPOSED int execveat(int directory, const char *path, char *const argv[],
			char *const envp[], int flags)
{
	client_before_exec();
	return libc_real.execveat(directory, path, argv, envp, flags);
}

/* How many arguments there are, the closing NULL included. */
static size_t count_arguments(va_list list)
{
	size_t count = 2;

	while (va_arg(list, char *))
		count++;
	return count;
}

/* execl() and kin have their arguments on the stack, and so does this. */
#define EXEC_LIST(first, list, call)                     \
	({                                               \
		va_list again_;                          \
		size_t count_;                           \
                                                         \
		va_start(list, first);                   \
		va_copy(again_, list);                   \
		count_ = count_arguments(again_);        \
		va_end(again_);                          \
		char *argv[count_];                      \
		argv[0] = (char *)first;                 \
		for (size_t i_ = 1; i_ < count_; i_++)   \
			argv[i_] = va_arg(list, char *); \
		client_before_exec();                    \
		int result_ = (call);                    \
		va_end(list);                            \
		result_;                                 \
	})

INTERPOSED int execl(const char *path, const char *argument, ...)
{
	va_list list;

	return EXEC_LIST(argument, list, libc_real.execv(path, argv));
}

INTERPOSED int execlp(const char *file, const char *argument, ...)
{
	va_list list;

	return EXEC_LIST(argument, list, libc_real.execvp(file, argv));
}

INTERPOSED int execle(const char *path, const char *argument, ...)
{
	va_list list;

	/* The environment follows the closing NULL. */
	return EXEC_LIST(
		argument, list,
		libc_real.execve(path, argv, va_arg(list, char *const *)));
}

/* ----------------------------------------------------------------- seccomp */

INTERPOSED int prctl(int option, ...)
{
	unsigned long argument[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		argument[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_SET_SECCOMP)
		lane_give_up();
	return libc_real.prctl(option, argument[0], argument[1], argument[2],
			       argument[3]);
}

/* -------------------------------------------------------------------- exit */

INTERPOSED void _exit(int status)
{
	client_exit();
	libc_real._exit(status);
	__builtin_unreachable();
}

INTERPOSED void _Exit(int status)
{
	client_exit();
	libc_real._exit(status);
	__builtin_unreachable();
}

INTERPOSED void quick_exit(int status)
{
	client_exit();
	libc_real.quick_exit(status);
	__builtin_unreachable();
}
