/* The log of the engine: a line is only formatted if somebody listens. */
#include <stdio.h>

#include "base/engine.h"

void engine_log(struct engine *engine, enum pyt_log_level level,
		const char *channel, const char *format, ...)
{
	char line[256];
	va_list arguments;

	if (!engine->log || level > engine->log_level)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	engine->log(engine->log_context, level, channel, line);
}
