/* net.pyt.*: what Linux has no name for, since it leaves it to programs. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autoconf/autoconf_internal.h"

#define SETTING(member) offsetof(struct autoconf_settings, member)

static const struct sysctl {
	const char *name;
	size_t offset;
	int min, max;
} sysctls[] = {
	{ "net.pyt.configure_timeout_ms", SETTING(configure_timeout_ms), 0,
	  3600000 },
	{ "net.pyt.dhcp_retry_ms", SETTING(dhcp_retry_ms), 100, 64000 },
	{ "net.pyt.abort_on_address_loss", SETTING(abort_on_address_loss), 0,
	  1 },
	{ "net.pyt.dhcp6_prefix_len", SETTING(dhcp6_prefix_len), 0, 128 },
	{ "net.pyt.linklocal_delay_ms", SETTING(linklocal_delay_ms), 0,
	  3600000 },
};

void autoconf_settings_init(struct autoconf_settings *settings)
{
	*settings = (struct autoconf_settings){
		.configure_timeout_ms = 10000,
		.dhcp_retry_ms = 1000,
		.linklocal_delay_ms = 2500,
	};
}

static const struct sysctl *find(const char *name)
{
	for (size_t i = 0; i < sizeof(sysctls) / sizeof(*sysctls); i++) {
		if (strcmp(sysctls[i].name, name) == 0)
			return &sysctls[i];
	}
	return NULL;
}

int autoconf_sysctl_set(struct autoconf *autoconf, const char *name,
			const char *value)
{
	const struct sysctl *sysctl = find(name);
	char *end;
	long number;

	if (!sysctl)
		return slaac_sysctl_set(autoconf->ip, autoconf->slaac, name,
					value);
	number = strtol(value, &end, 10);
	if (end == value || end[strspn(end, " \t\n")] != '\0')
		return -EINVAL;
	if (number < sysctl->min || number > sysctl->max)
		return -ERANGE;
	*(int *)(void *)((uint8_t *)&autoconf->settings + sysctl->offset) =
		(int)number;
	return 0;
}

int autoconf_sysctl_get(const struct autoconf *autoconf, const char *name,
			char *value, size_t value_len)
{
	const struct sysctl *sysctl = find(name);

	if (!sysctl)
		return slaac_sysctl_get(autoconf->ip, autoconf->slaac, name,
					value, value_len);
	return snprintf(value, value_len, "%d",
			*(const int *)(const void *)((const uint8_t *)&autoconf
							     ->settings +
						     sysctl->offset));
}
