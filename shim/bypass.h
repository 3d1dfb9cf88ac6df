/* PYT_BYPASS: destinations that stay with the kernel's network. */
#ifndef SHIM_BYPASS_H
#define SHIM_BYPASS_H

#include <stdbool.h>

#include "descriptor.h"

bool bypass_is_wanted(const struct pyt_sockaddr *address);
/*
 * A kernel socket of the same kind takes the number of the endpoint, which
 * must have done nothing yet. 0 or -errno.
 */
int bypass_replace(const struct descriptor *descriptor);

#endif
