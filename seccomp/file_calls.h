/*
 * open(2) of files that say something else here: what shows the stack below
 * /proc and /sys, as libpyt has it, and /etc/resolv.conf: a static program asks
 * name servers itself, so it must read there whom libpyt would ask (PYT_DNS,
 * PYT_SEARCH, or what the stack has learned with its address).
 */
#ifndef SECCOMP_FILE_CALLS_H
#define SECCOMP_FILE_CALLS_H

#include "call.h"

/* Before the first program runs, which may read it at once. */
void file_calls_prepare(void);

call_handler file_call_open, file_call_openat;

#endif
