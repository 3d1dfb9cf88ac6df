/* What every file of interposed calls begins with; before any other header. */
#ifndef SHIM_CALLS_H
#define SHIM_CALLS_H

/* The headers would turn fcntl into fcntl64: both are interposed. */
#undef _FILE_OFFSET_BITS

/*
 * Half of these names are declared in no header (__read_chk ...), the others
 * with attributes and types of glibc's own (a union for struct sockaddr *)
 * that a definition may leave out but -Wpedantic reports.
 */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wpedantic"

/*
 * What is done for an endpoint, apart from the call: then one on a file saves
 * no registers, and ends with a jump into the C library.
 */
#define FOR_ENDPOINT static __attribute__((noinline))

#endif
