/*
 * Calls that need an address wait while the stack gets one; without a lock,
 * so that other threads go on.
 */
#ifndef SHIM_BOOT_CLIENT_H
#define SHIM_BOOT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <pyt/addr.h>

/* The set of enum pyt_boot that holds now. */
uint32_t boot_state(void);
/*
 * Until a packet to or from ip can be sent, or cannot so soon. fd is the
 * program's: one that does not block waits a second at most.
 */
void boot_wait_for(const struct pyt_ip *ip, int fd, int flags);
/*
 * Until the stack has learned of a name server, or will not so soon. known: the
 * set of enum pyt_boot of families that have one anyway, for when they are
 * ready.
 */
void boot_wait_for_names(uint32_t known);

#endif
