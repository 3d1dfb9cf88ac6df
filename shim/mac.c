/* A stable MAC address without a place to keep it. */
#include "mac.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "kernel.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

#define MACHINE_ID "/etc/machine-id"
#define MACHINE_ID_LEN 32 /* hexadecimal digits */
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

#define FIRST_COOKIE 1 /* of the namespace that the machine boots with */
#define FIRST_INODE 0xeffffff9 /* the same, of Linux 6.18 */

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len-- > 0)
		hash = (hash ^ *at++) * FNV_PRIME;
	return hash;
}

/* Bytes of the file that were read; 0: none. */
static size_t read_file(const char *path, char *text, size_t room)
{
	int fd = kernel_open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return 0;
	len = kernel_read(fd, text, room);
	kernel_close(fd);
	return len > 0 ? (size_t)len : 0;
}

static uint64_t hash_boot(uint64_t hash)
{
	char id[64] = { 0 };

	return hash_bytes(hash, id, read_file(BOOT_ID, id, sizeof(id)));
}

/*
 * So that two machines on one segment do not get the same address. An image's
 * id that is yet to be made tells nothing: machine-id(5), "uninitialized".
 */
static uint64_t hash_machine(uint64_t hash)
{
	char id[64] = { 0 };
	size_t len = read_file(MACHINE_ID, id, sizeof(id));

	return len >= MACHINE_ID_LEN ? hash_bytes(hash, id, len)
				     : hash_boot(hash);
}

/* 0: the kernel does not tell. */
static uint64_t namespace_cookie(void)
{
	int fd = kernel_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (fd < 0)
		return 0;
	if (kernel_getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) <
	    0)
		cookie = 0;
	kernel_close(fd);
	return cookie;
}

static bool is_first_namespace(uint64_t cookie)
{
	struct stat net;

	return cookie <= FIRST_COOKIE ||
	       (kernel_call(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/ns/net",
			    (long)&net, 0, 0, 0) == 0 &&
		net.st_ino == FIRST_INODE);
}

/*
 * Containers have links of the same name, and often the machine's id of one
 * image. No two namespaces of one boot have the same cookie; none outlives
 * the boot. That of the machine itself is as if there were none.
 */
static uint64_t hash_namespace(uint64_t hash)
{
	uint64_t cookie = namespace_cookie();

	if (is_first_namespace(cookie))
		return hash;
	return hash_bytes(hash_boot(hash), &cookie, sizeof(cookie));
}

void mac_from_name(const char *name, const uint8_t kernel_mac[6],
		   uint8_t mac[6])
{
	uint64_t hash = hash_bytes(FNV_BASIS, name, strlen(name));

	hash = hash_namespace(hash_machine(hash));
	hash ^= hash >> 32;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)(hash >> (8 * i));
	mac[0] = (uint8_t)((mac[0] & ~1) | 2); /* unicast, local */
	if (memcmp(mac, kernel_mac, 6) == 0)
		mac[5] ^= 1;
}
