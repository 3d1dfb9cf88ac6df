/* One line that says why a TAP or TUN device cannot be had, and the cure. */
#ifndef SHIM_TUNTAP_TROUBLE_H
#define SHIM_TUNTAP_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct log;

/* /dev/net/tun could not be opened; error is -errno. */
void tuntap_trouble_open(int error, const struct log *log);

/* TUNSETIFF failed with this -errno. */
void tuntap_trouble_attach(int error, const char *name, bool is_tap,
			   const struct log *log);

/*
 * The process that is attached to the device, as far as /proc shows it to
 * us: its pid and short name; 0 if it cannot be found.
 */
pid_t tuntap_trouble_owner(const char *name, char *command, size_t size);

#endif
