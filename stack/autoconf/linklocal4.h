/* IPv4 link-local addresses: RFC 3927, with the probing of RFC 5227. */
#ifndef AUTOCONF_LINKLOCAL4_H
#define AUTOCONF_LINKLOCAL4_H

#include "autoconf/autoconf_method.h"

extern const struct autoconf_method linklocal4_method;

#endif
