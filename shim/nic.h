/*
 * An Ethernet device of the kernel's, by AF_PACKET: the stack is one more host
 * at its wire, with an address of its own, beside the kernel, which goes on
 * using it. The two do not hear each other, as with macvlan.
 */
#ifndef SHIM_NIC_H
#define SHIM_NIC_H

#include "tuntap.h"

/*
 * Frames as on a TAP, with a virtio-net header. Errors are logged with what to
 * do about them: -ENODEV, -EPERM, -ENOTSUP no Ethernet ...
 */
int nic_open(struct tuntap *device, const char *name, const struct log *log);

#endif
