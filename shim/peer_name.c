/* Names of the ends of stream endpoints: PYT_PEER_NAME_FORMAT. */
#include "peer_name.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/siphash.h"

_Static_assert(PYT_KEY_LEN == SIPHASH_KEY_LEN, "the key is SipHash's");

uint64_t peer_name_proof(const uint8_t key[PYT_KEY_LEN], uint32_t slot,
			 uint32_t generation, uint32_t attempt)
{
	const uint32_t whose[3] = { slot, generation, attempt };

	return siphash(key, whose, sizeof(whose));
}

socklen_t peer_name_make(struct sockaddr_un *name,
			 const uint8_t key[PYT_KEY_LEN], uint32_t slot,
			 uint32_t generation, uint32_t attempt)
{
	uint64_t proof = peer_name_proof(key, slot, generation, attempt);
	int len;

	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	len = snprintf(name->sun_path + 1, sizeof(name->sun_path) - 1,
		       PYT_PEER_NAME_FORMAT, (unsigned long long)proof, slot,
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

bool peer_name_parse(const struct sockaddr_un *name, socklen_t len,
		     struct peer_name *parsed)
{
	static const char prefix[] = "\0pyt.";
	const size_t path = offsetof(struct sockaddr_un, sun_path);
	const char *text = name->sun_path + sizeof(prefix) - 1;
	const char *end = (const char *)name + len;
	uint64_t value[3];

	if (len < path + sizeof(prefix) || len > sizeof(*name) ||
	    memcmp(name->sun_path, prefix, sizeof(prefix) - 1) != 0)
		return false;
	for (int i = 0; i < 3; i++) {
		if (i > 0 && text < end && *text == '.')
			text++;
		if (!parse_number(&text, end, i == 0 ? 16 : 10, &value[i]))
			return false;
	}
	if (text != end || value[1] >= PYT_SLOTS || value[2] > UINT32_MAX)
		return false;
	*parsed = (struct peer_name){ .slot = (uint32_t)value[1],
				      .generation = (uint32_t)value[2],
				      .proof = value[0] };
	return true;
}
