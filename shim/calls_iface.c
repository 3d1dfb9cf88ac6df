/* Interposed: getifaddrs(3), if_nametoindex(3) and their like. */
#include "calls_iface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "ifaces_client.h"
#include "libc_real.h"

INTERPOSED int getifaddrs(struct ifaddrs **list)
{
	struct ifaces ifaces;
	int result = ifaces_client_read(&ifaces);

	if (result < 0)
		return (int)libc_result(result);
	*list = ifaces_to_ifaddrs(&ifaces);
	return (int)libc_result(*list ? 0 : -ENOMEM);
}

/* One piece, as glibc's: what either made, either may free. */
INTERPOSED void freeifaddrs(struct ifaddrs *list)
{
	free(list);
}

INTERPOSED unsigned if_nametoindex(const char *name)
{
	const struct pyt_iface_info *iface;
	struct ifaces ifaces;
	int result = ifaces_client_read(&ifaces);

	if (result < 0) {
		errno = -result;
		return 0;
	}
	iface = ifaces_by_name(&ifaces, name);
	if (!iface) {
		errno = ENODEV;
		return 0;
	}
	return (unsigned)iface->ifindex;
}

INTERPOSED char *if_indextoname(unsigned index, char name[IF_NAMESIZE])
{
	const struct pyt_iface_info *iface;
	struct ifaces ifaces;
	int result = ifaces_client_read(&ifaces);

	if (result < 0) {
		errno = -result;
		return NULL;
	}
	iface = ifaces_by_index(&ifaces, (int)index);
	if (!iface) {
		errno = ENXIO;
		return NULL;
	}
	return memcpy(name, iface->config.name, IF_NAMESIZE);
}

/* The list ends with index 0; each name is a piece of its own, as glibc's. */
static void free_list(struct if_nameindex *list)
{
	for (struct if_nameindex *at = list; at->if_name || at->if_index; at++)
		free(at->if_name);
	free(list);
}

INTERPOSED void if_freenameindex(struct if_nameindex *list)
{
	free_list(list);
}

INTERPOSED struct if_nameindex *if_nameindex(void)
{
	struct if_nameindex *list;
	struct ifaces ifaces;
	int result = ifaces_client_read(&ifaces);

	if (result < 0) {
		errno = -result;
		return NULL;
	}
	list = calloc(ifaces.iface_count + 1, sizeof(*list));
	if (!list)
		return NULL;
	for (size_t i = 0; i < ifaces.iface_count; i++) {
		list[i].if_index = (unsigned)ifaces.iface[i].ifindex;
		list[i].if_name = strdup(ifaces.iface[i].config.name);
		if (!list[i].if_name) {
			free_list(list);
			return NULL;
		}
	}
	return list;
}

bool calls_iface_ioctl(int family, unsigned long request, void *argument,
		       int *result)
{
	if (!ifaces_has_ioctl(request))
		return false;
	*result = ifaces_client_ioctl(family, request, argument);
	return true;
}
