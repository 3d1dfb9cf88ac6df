/*
 * Control messages (cmsg(3)) of datagrams: to and from struct pyt_message,
 * and which socket option asks for which.
 */
#ifndef SHIM_ANCILLARY_H
#define SHIM_ANCILLARY_H

#include <stdint.h>
#include <sys/socket.h>

#include <pyt/control.h>

/* The enum pyt_ancillary that this option switches, or 0. */
uint32_t ancillary_of_option(int level, int name);

#endif
