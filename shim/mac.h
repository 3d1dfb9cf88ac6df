/* The stack's own Ethernet address. */
#ifndef SHIM_MAC_H
#define SHIM_MAC_H

#include <stdint.h>

/*
 * Locally administered, the same at every start for a link of this name in
 * this network namespace of this machine (in the machine's own also after the
 * next boot), and never kernel_mac, which is at the wire's other end.
 */
void mac_from_name(const char *name, const uint8_t kernel_mac[6],
		   uint8_t mac[6]);

#endif
