/* IPV6_ADDR_PREFERENCES. RFC 5014, 5; ipv6(7). */
#include "socket/socket_preference.h"

#include <errno.h>
#include <linux/in6.h>
#include <string.h>

/* of netinet/in.h, which quarrels with linux/in6.h */
#define LEVEL_IPV6 41

#include "socket/socket.h"

/* Of each only one: temporary or public, home or care-of, CGA or not. */
static const int sets[3][3] = {
	{ IPV6_PREFER_SRC_TMP, IPV6_PREFER_SRC_PUBLIC,
	  IPV6_PREFER_SRC_PUBTMP_DEFAULT },
	{ IPV6_PREFER_SRC_HOME, IPV6_PREFER_SRC_COA, 0 },
	{ IPV6_PREFER_SRC_CGA, IPV6_PREFER_SRC_NONCGA, 0 },
};

bool socket_preference_is(int level, int name)
{
	return level == LEVEL_IPV6 && name == IPV6_ADDR_PREFERENCES;
}

int socket_preference_set(struct socket *socket, const void *value,
			  uint32_t value_len)
{
	struct socket_options *own;
	int wishes;

	if (value_len < sizeof(wishes))
		return -EINVAL;
	memcpy(&wishes, value, sizeof(wishes));
	for (int i = 0; i < 3; i++) {
		int found = 0;

		for (int j = 0; j < 3; j++)
			found += (wishes & sets[i][j]) != 0;
		if (found > 1)
			return -EINVAL;
	}
	own = socket_options_own(socket);
	if (!own)
		return -ENOBUFS;
	/* Linux forgets what is not mentioned, which RFC 5014, 5 would keep */
	own->source_wishes =
		wishes & (IPV6_PREFER_SRC_TMP | IPV6_PREFER_SRC_PUBLIC);
	own->source_care_of = (wishes & IPV6_PREFER_SRC_COA) != 0;
	return 0;
}

int socket_preference_get(const struct socket *socket, void *value,
			  uint32_t value_len)
{
	const struct socket_options *o = socket->options;
	int wishes = o->source_wishes ? o->source_wishes
				      : IPV6_PREFER_SRC_PUBTMP_DEFAULT;

	wishes |=
		o->source_care_of ? IPV6_PREFER_SRC_COA : IPV6_PREFER_SRC_HOME;
	return socket_option_put(value, value_len, &wishes, sizeof(wishes));
}
