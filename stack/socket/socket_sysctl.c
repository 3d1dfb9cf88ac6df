/* Limits of the sockets under Linux's sysctl names and with its defaults. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/setting.h"
#include "socket/socket.h"

struct sysctl {
	const char *name;
	uint16_t offset;
	uint8_t count; /* numbers */
	int min, max;
};

#define ENTRY(name, member, count, min, max)                                  \
	{                                                                     \
		name, offsetof(struct socket_limits, member), count, min, max \
	}

static const struct sysctl sysctls[] = {
	ENTRY("net.core.rmem_default", rmem_default, 1, 2304, INT_MAX),
	ENTRY("net.core.rmem_max", rmem_max, 1, 2304, INT_MAX),
	ENTRY("net.core.wmem_default", wmem_default, 1, 4608, INT_MAX),
	ENTRY("net.core.wmem_max", wmem_max, 1, 4608, INT_MAX),
	ENTRY("net.core.somaxconn", somaxconn, 1, 0, INT_MAX),
	ENTRY("net.ipv4.ip_local_port_range", port_range, 2, 1, 65535),
	ENTRY("net.ipv4.ip_unprivileged_port_start", unprivileged_port_start, 1,
	      0, 65535),
	ENTRY("net.ipv4.ip_default_ttl", default_ttl, 1, 1, 255),
	ENTRY("net.ipv4.igmp_max_memberships", memberships_max, 1, 0, 4096),
	ENTRY("net.ipv4.igmp_max_msf", sources4_max, 1, 0, SOCKET_SOURCES_MAX),
	ENTRY("net.ipv6.mld_max_msf", sources6_max, 1, 0, SOCKET_SOURCES_MAX),
	ENTRY("net.ipv4.udp_mem", udp_mem, 3, 0, INT_MAX),
};

void socket_limits_init(struct socket_limits *limits)
{
	*limits = (struct socket_limits){
		.rmem_default = 212992,
		.rmem_max = 212992,
		.wmem_default = 212992,
		.wmem_max = 212992,
		.somaxconn = 4096,
		.port_range = { 32768, 60999 },
		.unprivileged_port_start = 0, /* the host is the user's own */
		.default_ttl = 64,
		.memberships_max = 20,
		.sources4_max = 10,
		.sources6_max = 64,
		.udp_mem = { 98304, 131072, 196608 },
	};
}

const char *socket_sysctl_name(size_t number)
{
	return number < sizeof(sysctls) / sizeof(*sysctls)
		       ? sysctls[number].name
		       : NULL;
}

static const struct sysctl *find(const char *name)
{
	for (size_t i = 0; i < sizeof(sysctls) / sizeof(*sysctls); i++)
		if (strcmp(sysctls[i].name, name) == 0)
			return &sysctls[i];
	return NULL;
}

int socket_sysctl_set(struct sockets *room, const char *name, const char *value)
{
	const struct sysctl *sysctl = find(name);
	int number[SETTING_NUMBERS_MAX];
	int error;

	if (!sysctl)
		return -ENOENT;
	error = setting_parse(value, sysctl->count, sysctl->min, sysctl->max,
			      number);
	if (error)
		return error;
	if (sysctl->count == 2 && number[0] > number[1])
		return -EINVAL;
	memcpy((uint8_t *)&room->limits + sysctl->offset, number,
	       sysctl->count * sizeof(int));
	return 0;
}

int socket_sysctl_get(const struct sockets *room, const char *name, char *value,
		      size_t value_len)
{
	const struct sysctl *sysctl = find(name);
	int number[SETTING_NUMBERS_MAX];

	if (!sysctl)
		return -ENOENT;
	memcpy(number, (const uint8_t *)&room->limits + sysctl->offset,
	       sysctl->count * sizeof(int));
	return setting_format(number, sysctl->count, value, value_len);
}
