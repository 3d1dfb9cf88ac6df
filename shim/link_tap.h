/* TAP and TUN links; the device itself is tuntap.h's. */
#ifndef SHIM_LINK_TAP_H
#define SHIM_LINK_TAP_H

#include "link.h"

int link_tap_open(const struct config_link *config, const struct log *log,
		  struct link **link);

/*
 * As link_send() on a bare one, through another descriptor of the same device;
 * by any thread, at the same time as others.
 */
int link_tap_send(const struct link *link, struct pyt_frame *frame, int fd);

#endif
