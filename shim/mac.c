/* A stable MAC address without a place to keep it. */
#include "mac.h"

#include <fcntl.h>
#include <string.h>

#include "kernel.h"

#define MACHINE_ID "/etc/machine-id"

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len-- > 0)
		hash = (hash ^ *at++) * FNV_PRIME;
	return hash;
}

/* So that two machines on one segment do not get the same address. */
static uint64_t hash_machine(uint64_t hash)
{
	char id[64] = { 0 };
	int fd = kernel_open(MACHINE_ID, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return hash;
	len = kernel_read(fd, id, sizeof(id));
	kernel_close(fd);
	return len > 0 ? hash_bytes(hash, id, (size_t)len) : hash;
}

void mac_from_name(const char *name, const uint8_t kernel_mac[6],
		   uint8_t mac[6])
{
	uint64_t hash = hash_bytes(FNV_BASIS, name, strlen(name));

	hash = hash_machine(hash);
	hash ^= hash >> 32;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)(hash >> (8 * i));
	mac[0] = (uint8_t)((mac[0] & ~1) | 2); /* unicast, local */
	if (memcmp(mac, kernel_mac, 6) == 0)
		mac[5] ^= 1;
}
