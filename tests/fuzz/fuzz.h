/*
 * What fuzz targets share. A target defines LLVMFuzzerTestOneInput(); linked
 * with libFuzzer it searches, with replay.c it plays kept inputs again.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken claim ends the program, which is what libFuzzer looks for. */
#define FUZZ_CLAIM(claim)                                                \
	do {                                                             \
		if (!(claim)) {                                          \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, \
				__LINE__, #claim);                       \
			abort();                                         \
		}                                                        \
	} while (0)

#endif
