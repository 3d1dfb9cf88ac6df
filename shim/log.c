/* One line, one write. */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel.h"

#define LINE_MAX_LEN 512

static _Atomic uint32_t lost; /* lines; who reads one log reads all */

/*
 * The file is the program's too, so it may not become one that never blocks.
 * With room for PIPE_BUF bytes a pipe takes a line at once, if nobody else is
 * faster; who must not wait at all has one of his own, see driver.c.
 */
static bool put(int fd, const char *text, size_t len)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	struct timespec none = { 0 };
	ssize_t result =
		kernel_send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (result == -ENOTSOCK &&
	    kernel_call(SYS_ppoll, (long)&room, 1, (long)&none, 0, 0, 0) == 1 &&
	    room.revents == POLLOUT)
		result = kernel_write(fd, text, len);
	return result >= 0;
}

static uint32_t count_lines(const char *text, size_t len)
{
	uint32_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += text[i] == '\n';
	return count;
}

static void write_lines(int fd, const char *text, size_t len)
{
	uint32_t missing = atomic_exchange(&lost, 0);
	char notice[64];

	if (missing) {
		snprintf(notice, sizeof(notice), "pyt: %u lines were lost\n",
			 missing);
		if (put(fd, notice, strlen(notice)))
			missing = 0;
	}
	if (missing || !put(fd, text, len))
		missing += count_lines(text, len);
	atomic_fetch_add(&lost, missing);
}

static void hold(struct log_held *held, const char *line, size_t len)
{
	if (len > sizeof(held->text) - held->len) {
		atomic_fetch_add(&lost, 1);
		return;
	}
	memcpy(held->text + held->len, line, len);
	held->len += (uint32_t)len;
}

/* Its length; there is no zero at its end. */
static size_t make_line(char line[LINE_MAX_LEN], const char *channel,
			const char *format, va_list list)
{
	size_t len;

	if (channel)
		snprintf(line, LINE_MAX_LEN, "pyt: %s: ", channel);
	else
		snprintf(line, LINE_MAX_LEN, "pyt: ");
	len = strlen(line);
	vsnprintf(line + len, LINE_MAX_LEN - len - 1, format, list);
	len = strlen(line);
	line[len++] = '\n';
	return len;
}

void log_line(const struct log *log, enum pyt_log_level level,
	      const char *channel, const char *format, ...)
{
	char line[LINE_MAX_LEN];
	size_t len;
	va_list list;

	if ((log->fd < 0 && !log->held) || level > log->level)
		return;
	va_start(list, format);
	len = make_line(line, channel, format, list);
	va_end(list);
	if (log->held)
		hold(log->held, line, len);
	else
		write_lines(log->fd, line, len);
}

void log_release(const struct log *log, struct log_held *held)
{
	if (held->len)
		write_lines(log->fd, held->text, held->len);
	held->len = 0;
}

void log_from_engine(void *context, enum pyt_log_level level,
		     const char *channel, const char *line)
{
	log_line(context, level, channel, "%s", line);
}

/* ---------------------------------------------------- the program's stderr */

static bool is_socket(int fd, ino_t *inode)
{
	struct stat status = { 0 };

	if (kernel_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) < 0)
		return false;
	*inode = status.st_ino;
	return S_ISSOCK(status.st_mode);
}

/* What the program itself has to say goes there, too. */
static bool is_in_or_out(ino_t inode)
{
	ino_t other;

	return (is_socket(STDIN_FILENO, &other) && other == inode) ||
	       (is_socket(STDOUT_FILENO, &other) && other == inode);
}

/*
 * Streams of AF_UNIX carry logs as well: journald's end has a path, and a pair
 * may stand for a pipe. What tells a stack's endpoint: a stream's other end has
 * an abstract name, and all others are SOCK_SEQPACKET.
 */
bool log_is_connection(int fd)
{
	struct sockaddr_un peer;
	socklen_t len = sizeof(peer), type_len = sizeof(int);
	int type = 0;
	ino_t inode;

	if (!is_socket(fd, &inode))
		return false;
	kernel_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len);
	if (type == SOCK_SEQPACKET || kernel_getpeername(fd, &peer, &len) < 0 ||
	    peer.sun_family != AF_UNIX)
		return true;
	if (len > offsetof(struct sockaddr_un, sun_path))
		return peer.sun_path[0] == 0;
	return is_in_or_out(inode);
}

void log_to_program(const char *channel, const char *format, ...)
{
	int kept = errno;
	char line[LINE_MAX_LEN];
	size_t len;
	va_list list;

	if (log_is_connection(STDERR_FILENO))
		return;
	va_start(list, format);
	len = make_line(line, channel, format, list);
	va_end(list);
	write_lines(STDERR_FILENO, line, len);
	errno = kept;
}
