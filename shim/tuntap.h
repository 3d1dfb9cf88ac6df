/*
 * Attaching to a TAP or TUN device of the kernel, what it can do and what is
 * wrong with it. No frames here: see link_tap.c.
 */
#ifndef SHIM_TUNTAP_H
#define SHIM_TUNTAP_H

#include <stdbool.h>
#include <stdint.h>

#include <pyt/stack.h>

struct log;

struct tuntap {
	int fd; /* non-blocking, close-on-exec */
	bool has_header; /* virtio-net header in front of each frame */
	unsigned offloads; /* set of enum pyt_offload */
	uint32_t mtu;
	uint8_t kernel_mac[6]; /* of the kernel's side; TAP only */
	bool is_up;
};

/*
 * Attaches to the device of this name, makes it if it is not there and the
 * caller may. Errors are logged with what to do about them.
 * -ENOENT, -EACCES, -EPERM, -EBUSY, -EINVAL, -ENFILE ...
 */
int tuntap_open(struct tuntap *device, const char *name, enum pyt_medium medium,
		const struct log *log);

#endif
