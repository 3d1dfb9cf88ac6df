/* What a stack that has stepped out gives back of the program's memory. */
#ifndef SHIM_STEP_OUT_MEMORY_H
#define SHIM_STEP_OUT_MEMORY_H

#include <stdint.h>

/*
 * Unmaps everything but the stack's own memory, the code and data that it
 * uses, and the program's arguments, over which title is written. Nothing
 * happens if /proc cannot be read. scratch: at least 8 KiB.
 */
void step_out_memory(const char *title, uint8_t *scratch, uint32_t scratch_len);

#endif
