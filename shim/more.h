/*
 * Which of the bytes that a program writes came with MSG_MORE, send(2). The
 * endpoint carries bytes alone; so the program says beforehand how many of
 * the next ones do, PYT_OP_MORE, and they are counted. All others, whatever
 * call wrote them, say by themselves that nothing more is to be waited for.
 */
#ifndef SHIM_MORE_H
#define SHIM_MORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero: none was announced. Places are counted from the first byte on. */
struct more {
	uint64_t taken; /* bytes that were read from the endpoint */
	uint64_t start, end; /* the last run of bytes with the flag */
};

/* After the lying bytes, which were not taken yet, len come with it. */
void more_announce(struct more *more, uint32_t lying, uint32_t len);
/* The last len of them were not written after all. */
void more_withdraw(struct more *more, uint32_t len);
/* The last byte that was taken came without it, as it has turned out. */
bool more_is_over(const struct more *more);
/* len bytes were taken: MSG_MORE if the last of them came with it, or 0. */
int more_take(struct more *more, size_t len);

#endif
