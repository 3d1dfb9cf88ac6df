/* One line, one write. */
#include "log.h"

#include <stdio.h>

#include "kernel.h"

#define LINE_MAX_LEN 512

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
	kernel_write(log->fd, line, len);
}

void log_from_engine(void *context, enum pyt_log_level level,
		     const char *channel, const char *line)
{
	log_line(context, level, channel, "%s", line);
}
