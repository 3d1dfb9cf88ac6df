/* Interface identifiers. RFC 7217, 5; RFC 8981, 3.3.1; RFC 5453. */
#include "autoconf/interface_id.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sha2.h>
#include <string.h>

#define ID_LEN 8

bool interface_id_is_reserved(const struct pyt_ip *ip)
{
	static const uint8_t anycast[7] = { 0xfd, 0xff, 0xff, 0xff,
					    0xff, 0xff, 0xff };
	static const uint8_t ethernet[5] = { 0x02, 0x00, 0x5e, 0xff, 0xfe };
	static const uint8_t routers[ID_LEN] = { 0 };
	const uint8_t *id = ip->bytes + 8;

	return memcmp(id, routers, ID_LEN) == 0 ||
	       memcmp(id, ethernet, sizeof(ethernet)) == 0 ||
	       (memcmp(id, anycast, sizeof(anycast)) == 0 && id[7] >= 0x80);
}

/* F() of RFC 7217, 5: prefix, interface, conflicts and secret. */
static void hash(const struct engine *engine, const uint8_t mac[6],
		 unsigned conflicts, unsigned tries, struct pyt_ip *ip)
{
	static const char purpose[] = "stable interface identifier";
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint8_t counts[2] = { (uint8_t)conflicts, (uint8_t)tries };
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)purpose, sizeof(purpose));
	SHA256Update(&sha, ip->bytes, sizeof(ip->bytes) - ID_LEN);
	SHA256Update(&sha, mac, 6);
	SHA256Update(&sha, counts, sizeof(counts));
	SHA256Update(&sha, engine->secret, sizeof(engine->secret));
	SHA256Final(digest, &sha);
	memcpy(ip->bytes + 8, digest, ID_LEN);
}

void interface_id_stable(const struct engine *engine, const uint8_t mac[6],
			 unsigned conflicts, struct pyt_ip *ip)
{
	unsigned tries = 0;

	do
		hash(engine, mac, conflicts, tries++, ip);
	while (interface_id_is_reserved(ip) && tries < 256);
}

void interface_id_random(struct engine *engine, struct pyt_ip *ip)
{
	do
		random_bytes(&engine->random, ip->bytes + 8, ID_LEN);
	while (interface_id_is_reserved(ip));
}

void interface_id_of_mac(const uint8_t mac[6], struct pyt_ip *ip)
{
	const uint8_t id[ID_LEN] = { (uint8_t)(mac[0] ^ 2),
				     mac[1],
				     mac[2],
				     0xff,
				     0xfe,
				     mac[3],
				     mac[4],
				     mac[5] };

	memcpy(ip->bytes + 8, id, ID_LEN);
}
