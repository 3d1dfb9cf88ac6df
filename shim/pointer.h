/*
 * Pointers of the program's that the kernel would answer with EFAULT, before
 * we follow them ourselves: NULL, near it, and the kernel's half. One that is
 * wrong in another way ends the program, as it would within libc.
 */
#ifndef SHIM_POINTER_H
#define SHIM_POINTER_H

#include <stdbool.h>
#include <stdint.h>

#define POINTER_LOWEST 4096

static inline bool pointer_is_wrong(const void *pointer)
{
	return (uintptr_t)pointer < POINTER_LOWEST || (intptr_t)pointer < 0;
}

#endif
