/* Names of the ends of stream endpoints: PYT_PEER_NAME_FORMAT. */
#include "peer_name.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <pyt/control.h>

socklen_t peer_name_make(struct sockaddr_un *name, uint64_t token,
			 uint32_t slot, uint32_t generation)
{
	int len;

	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	len = snprintf(name->sun_path + 1, sizeof(name->sun_path) - 1,
		       PYT_PEER_NAME_FORMAT, (unsigned long long)token, slot,
		       generation);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)len);
}

/* "digits" of base up to the given end; false: none, or something else. */
static bool parse_number(const char **text, const char *end, unsigned base,
			 uint64_t *value)
{
	const char *begin = *text;

	*value = 0;
	for (; *text < end && **text != '.'; (*text)++) {
		unsigned char c = (unsigned char)**text;
		unsigned digit = c - (c <= '9' ? '0' : 'a' - 10u);

		if (digit >= base)
			return false;
		*value = *value * base + digit;
	}
	return *text > begin;
}

bool peer_name_parse(const char *name, unsigned len, uint64_t token,
		     uint32_t *number, uint32_t *generation)
{
	static const char prefix[] = "\0pyt.";
	const char *text = name + sizeof(prefix) - 1, *end = name + len;
	uint64_t value[3];

	if (len < sizeof(prefix) ||
	    memcmp(name, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (int i = 0; i < 3; i++) {
		if (i > 0 && text < end && *text == '.')
			text++;
		if (!parse_number(&text, end, i == 0 ? 16 : 10, &value[i]))
			return false;
	}
	if (text != end || value[0] != token || value[1] >= PYT_SLOTS)
		return false;
	*number = (uint32_t)value[1];
	*generation = (uint32_t)value[2];
	return true;
}
