/*
 * A stack lives as long as a program, its peers remember connections for a
 * minute. So what initial sequence numbers are made of is kept in the user's
 * keyring, where other users cannot read it. Where there is none (containers),
 * the machine's boot id must do: unknown to anybody on the network.
 */
#include "secret.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sha2.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#include "kernel.h"

#define KEY_TYPE "user"
#define KEY_NAME "pyt-secret"

static long find_key(void)
{
	return kernel_call(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING,
			   (long)KEY_TYPE, (long)KEY_NAME, 0, 0);
}

static long add_key(void)
{
	uint8_t fresh[SECRET_LEN];

	if (kernel_call(SYS_getrandom, (long)fresh, sizeof(fresh), 0, 0, 0,
			0) != sizeof(fresh))
		return -1;
	return kernel_call(SYS_add_key, (long)KEY_TYPE, (long)KEY_NAME,
			   (long)fresh, sizeof(fresh), KEY_SPEC_USER_KEYRING,
			   0);
}

static size_t read_key(uint8_t *bytes, size_t room)
{
	long key = find_key();
	long len;

	if (key < 0)
		key = add_key();
	if (key < 0)
		return 0;
	len = kernel_call(SYS_keyctl, KEYCTL_READ, key, (long)bytes, (long)room,
			  0, 0);
	return len == SECRET_LEN ? SECRET_LEN : 0;
}

static size_t read_boot_id(uint8_t *bytes, size_t room)
{
	int fd = kernel_open("/proc/sys/kernel/random/boot_id", O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return 0;
	len = kernel_read(fd, bytes, room);
	kernel_close(fd);
	return len > 0 ? (size_t)len : 0;
}

void secret_get(const char *link_name, uint8_t secret[SECRET_LEN])
{
	long uid = kernel_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
	uint8_t source[64] = { 0 };
	size_t len = read_key(source, sizeof(source));
	SHA2_CTX sha;

	if (!len)
		len = read_boot_id(source, sizeof(source));
	if (!len)
		kernel_call(SYS_getrandom, (long)source, sizeof(source), 0, 0,
			    0, 0);
	SHA256Init(&sha);
	SHA256Update(&sha, source, sizeof(source));
	SHA256Update(&sha, (const uint8_t *)&uid, sizeof(uid));
	SHA256Update(&sha, (const uint8_t *)link_name, strlen(link_name));
	SHA256Final(secret, &sha);
}
