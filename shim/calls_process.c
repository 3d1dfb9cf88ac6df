/*
 * Interposed calls that make, replace and end processes: the stack thread
 * must not die with the program while sockets live on.
 */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client.h"
#include "connection.h"
#include "descriptor.h"
#include "environment.h"
#include "exec_copy.h"
#include "exec_warn.h"
#include "lane.h"
#include "libc_real.h"

extern char **environ;

#define FORK(call)                                 \
	({                                         \
		struct client_fork fork_;          \
		pid_t child_;                      \
                                                   \
		exec_warn_prepare();               \
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

/* What environment_filled() needs, if there is something to fill in. */
static size_t room_for(char *const envp[])
{
	size_t count = environment_room(envp);

	return count > 1 && environment_has_library() ? count : 1;
}

/*
 * What it is given as inetd(8) gives it is to show a reset, where libpyt will
 * not be. Others may write to it as well, such as the rest of a pipeline.
 */
static void before_exec(int directory, const char *path, char *const envp[])
{
	struct descriptor descriptor;

	if (exec_warn(directory, path, envp)) {
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
			if (descriptor_get(fd, &descriptor) &&
			    descriptor.kind == DESCRIPTOR_STREAM)
				connection_keep_byte(&descriptor,
						     PYT_KEEP_SHARED);
		}
	}
	client_before_exec();
}

/* What is run in the place of this path; says what the stack cannot reach. */
static const char *prepare(const char *path, char *const envp[],
			   char copy[EXEC_COPY_MAX])
{
	before_exec(AT_FDCWD, path, envp);
	return exec_copy(path, copy);
}

/* The same for what execvp(3) looks for; its own name if there is no copy. */
static const char *prepare_found(const char *file, char *const envp[],
				 char copy[EXEC_COPY_MAX])
{
	char found[EXEC_COPY_MAX];
	const char *path = exec_copy_find(file, found);
	const char *run = prepare(path, envp, copy);

	return run == path ? file : run;
}

static int run(const char *path, char *const argv[], char *const envp[])
{
	size_t count = room_for(envp);
	char copy[EXEC_COPY_MAX];
	char *room[count];

	envp = environment_filled(envp, room, count);
	return libc_real.execve(prepare(path, envp, copy), argv, envp);
}

static int run_found(const char *file, char *const argv[], char *const envp[])
{
	size_t count = room_for(envp);
	char copy[EXEC_COPY_MAX];
	char *room[count];

	envp = environment_filled(envp, room, count);
	return libc_real.execvpe(prepare_found(file, envp, copy), argv, envp);
}

INTERPOSED int execve(const char *path, char *const argv[], char *const envp[])
{
	return run(path, argv, envp);
}

INTERPOSED int execv(const char *path, char *const argv[])
{
	return run(path, argv, environ);
}

INTERPOSED int execvp(const char *file, char *const argv[])
{
	return run_found(file, argv, environ);
}

INTERPOSED int execvpe(const char *file, char *const argv[], char *const envp[])
{
	return run_found(file, argv, envp);
}

INTERPOSED int fexecve(int fd, char *const argv[], char *const envp[])
{
	size_t count = room_for(envp);
	char *room[count];
	char path[32];

	envp = environment_filled(envp, room, count);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	before_exec(AT_FDCWD, path, envp);
	return libc_real.fexecve(fd, argv, envp);
}

INTERPOSED int execveat(int directory, const char *path, char *const argv[],
			char *const envp[], int flags)
{
	size_t count = room_for(envp);
	char *room[count];

	envp = environment_filled(envp, room, count);
	before_exec(directory, path, envp);
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
		int result_ = (call);                    \
		va_end(list);                            \
		result_;                                 \
	})

INTERPOSED int execl(const char *path, const char *argument, ...)
{
	va_list list;

	return EXEC_LIST(argument, list, run(path, argv, environ));
}

INTERPOSED int execlp(const char *file, const char *argument, ...)
{
	va_list list;

	return EXEC_LIST(argument, list, run_found(file, argv, environ));
}

INTERPOSED int execle(const char *path, const char *argument, ...)
{
	va_list list;

	/* The environment follows the closing NULL. */
	return EXEC_LIST(argument, list,
			 run(path, argv, va_arg(list, char *const *)));
}

/* The child is made within libc, and takes no stack thread along. */
INTERPOSED int posix_spawn(pid_t *pid, const char *path,
			   const posix_spawn_file_actions_t *actions,
			   const posix_spawnattr_t *attributes,
			   char *const argv[], char *const envp[])
{
	size_t count = room_for(envp);
	char copy[EXEC_COPY_MAX];
	char *room[count];

	envp = environment_filled(envp, room, count);
	client_tell_taken();
	exec_warn(AT_FDCWD, path, envp);
	return libc_real.posix_spawn(pid, exec_copy(path, copy), actions,
				     attributes, argv, envp);
}

INTERPOSED int posix_spawnp(pid_t *pid, const char *file,
			    const posix_spawn_file_actions_t *actions,
			    const posix_spawnattr_t *attributes,
			    char *const argv[], char *const envp[])
{
	char found[EXEC_COPY_MAX], copy[EXEC_COPY_MAX];
	const char *path = exec_copy_find(file, found);
	size_t count = room_for(envp);
	const char *program;
	char *room[count];

	envp = environment_filled(envp, room, count);
	client_tell_taken();
	exec_warn(AT_FDCWD, path, envp);
	program = exec_copy(path, copy);
	return libc_real.posix_spawnp(pid, program == path ? file : program,
				      actions, attributes, argv, envp);
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
