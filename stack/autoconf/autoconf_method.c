/* The table of methods. */
#include "autoconf/autoconf_method.h"
#include "autoconf/dhcp4.h"
#include "autoconf/dhcp6.h"
#include "autoconf/linklocal4.h"
#include "autoconf/slaac.h"

const struct autoconf_method *const autoconf_methods[PYT_METHODS] = {
	[PYT_METHOD_DHCP4] = &dhcp4_method,
	[PYT_METHOD_LINKLOCAL4] = &linklocal4_method,
	[PYT_METHOD_SLAAC] = &slaac_method,
	[PYT_METHOD_DHCP6] = &dhcp6_method,
};
