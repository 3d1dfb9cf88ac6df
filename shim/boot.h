/*
 * What of the stack is still being configured: which packets would have to
 * wait for it. Seen by programs as one word of the slot table.
 */
#ifndef SHIM_BOOT_H
#define SHIM_BOOT_H

#include <pyt/control.h>

/* The bit of enum pyt_boot that a packet to or from ip waits for; 0: none. */
static inline uint32_t boot_bit(const struct pyt_ip *ip)
{
	if (pyt_ip_is_unspecified(ip) || pyt_ip_is_loopback(ip))
		return 0;
	if (pyt_ip_is_v4(ip)) /* who has no address yet may ask everybody */
		return pyt_ip_to_v4(ip) == UINT32_MAX ? 0 : PYT_BOOT_V4_PENDING;
	if (ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80)
		return 0; /* for the link IPv6 is ready from the first moment */
	return PYT_BOOT_V6_PENDING;
}

#endif
