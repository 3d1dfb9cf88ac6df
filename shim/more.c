/* Which of the bytes that a program writes came with MSG_MORE. */
#include "more.h"

#include <sys/socket.h>

void more_announce(struct more *more, uint32_t lying, uint32_t len)
{
	uint64_t place = more->taken + lying;

	/*
	 * Of an older run that still lies there bytes without the flag come
	 * behind: they send it on anyway.
	 */
	if (more->end != place)
		more->start = place;
	more->end = place + len;
}

void more_withdraw(struct more *more, uint32_t len)
{
	uint64_t run = more->end - more->start;

	more->end -= len < run ? len : run;
}

bool more_is_over(const struct more *more)
{
	return more->taken > more->end;
}

int more_take(struct more *more, size_t len)
{
	more->taken += len;
	return len && more->start < more->taken && more->taken <= more->end
		       ? MSG_MORE
		       : 0;
}
