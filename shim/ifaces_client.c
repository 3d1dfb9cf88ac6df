/* Enumeration over the control connection, one ordinal a round trip. */
#include "ifaces_client.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <string.h>

#include "client.h"
#include "iface_change.h"

#define NEIGHBOURS_MAX 256

/* Fills up to max records of record_len bytes. Their number, or -errno. */
static int read_all(enum pyt_op op, void *records, size_t record_len,
		    size_t max)
{
	for (size_t i = 0; i < max; i++) {
		struct client_call call = {
			.op = op,
			.args = { (int32_t)i },
			.answer = (char *)records + i * record_len,
			.answer_len = (uint32_t)record_len,
		};
		int result = client_call(&call);

		if (result == -ENOENT)
			return (int)i;
		if (result < 0)
			return result;
		if (call.answer_len != record_len)
			return -EPROTO;
	}
	return (int)max;
}

int ifaces_client_read(struct ifaces *ifaces)
{
	int result = client_start();

	if (result < 0)
		return result;
	result = read_all(PYT_OP_INTERFACES, ifaces->iface,
			  sizeof(*ifaces->iface), IFACES_MAX);
	if (result < 0)
		return result;
	ifaces->iface_count = (size_t)result;
	result = read_all(PYT_OP_ADDRESSES, ifaces->address,
			  sizeof(*ifaces->address), IFACES_ADDRESSES_MAX);
	if (result < 0)
		return result;
	ifaces->address_count = (size_t)result;
	return 0;
}

static int get_neighbour(const struct ifaces *ifaces, void *argument)
{
	struct pyt_neighbour_info neighbours[NEIGHBOURS_MAX];
	int count = read_all(PYT_OP_NEIGHBOURS, neighbours, sizeof(*neighbours),
			     NEIGHBOURS_MAX);

	if (count < 0)
		return count;
	return ifaces_arp(ifaces, neighbours, (size_t)count, argument);
}

/* rt_dev alone is a pointer: the name goes along behind the rest. */
static int change(int family, unsigned long request, const void *argument,
		  size_t len)
{
	char data[sizeof(struct rtentry) + sizeof(struct arpreq) + IFNAMSIZ] = {
		0
	};
	struct client_call call = { .op = PYT_OP_VIEW_IOCTL,
				    .args = { (int32_t)request, family },
				    .data = data,
				    .data_len = (uint32_t)len + IFNAMSIZ };
	const struct rtentry *route = argument;
	int result;

	memcpy(data, argument, len);
	if (len == sizeof(*route) &&
	    (request == SIOCADDRT || request == SIOCDELRT) && route->rt_dev)
		strncpy(data + len, route->rt_dev, IFNAMSIZ - 1);
	result = client_start();
	if (result == 0)
		result = client_call(&call);
	return result < 0 ? result : 0;
}

int ifaces_client_ioctl(int family, unsigned long request, void *argument)
{
	struct ifaces ifaces;
	size_t len = iface_change_len(family, request);
	int result;

	if (!argument)
		return -EFAULT;
	if (len)
		return change(family, request, argument, len);
	result = ifaces_client_read(&ifaces);
	if (result < 0)
		return result;
	if (request == SIOCGARP)
		return get_neighbour(&ifaces, argument);
	return ifaces_ioctl(&ifaces, request, argument);
}
