/* TAP and TUN links; the device itself is tuntap.h's. */
#ifndef SHIM_LINK_TAP_H
#define SHIM_LINK_TAP_H

#include "link.h"

int link_tap_open(const struct config *config, const struct log *log,
		  struct link **link);

#endif
