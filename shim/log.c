/* One line, one write. */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

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

void log_line(const struct log *log, enum pyt_log_level level,
	      const char *channel, const char *format, ...)
{
	char line[LINE_MAX_LEN];
	size_t len;
	va_list list;

	if ((log->fd < 0 && !log->held) || level > log->level)
		return;
	if (channel)
		snprintf(line, sizeof(line), "pyt: %s: ", channel);
	else
		snprintf(line, sizeof(line), "pyt: ");

	len = strlen(line);
	va_start(list, format);
	vsnprintf(line + len, sizeof(line) - len - 1, format, list);
	va_end(list);
	len = strlen(line);
	line[len++] = '\n';
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
