/* One line, one write. */
#include "log.h"

#include <stdio.h>
#include <string.h>

#include "kernel.h"

#define LINE_MAX_LEN 512

static void hold(struct log_held *held, const char *line, size_t len)
{
	if (len > sizeof(held->text) - held->len)
		return;
	memcpy(held->text + held->len, line, len);
	held->len += (uint32_t)len;
}

void log_line(const struct log *log, enum pyt_log_level level,
	      const char *channel, const char *format, ...)
{
	char line[LINE_MAX_LEN];
	size_t len;
	va_list list;

	if (log->fd < 0 || level > log->level)
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
		kernel_write(log->fd, line, len);
}

void log_release(const struct log *log, struct log_held *held)
{
	if (held->len)
		kernel_write(log->fd, held->text, held->len);
	held->len = 0;
}

void log_from_engine(void *context, enum pyt_log_level level,
		     const char *channel, const char *line)
{
	log_line(context, level, channel, "%s", line);
}
