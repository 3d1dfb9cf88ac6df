/* The table of methods. */
#include "autoconf/autoconf_method.h"

const struct autoconf_method *const autoconf_methods[PYT_METHODS] = { 0 };
