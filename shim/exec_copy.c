/* A private copy of a program without its file capabilities. */
#include "exec_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libc_real.h"
#include "log.h"

#define NETWORK_CAPABILITIES                                    \
	(1u << CAP_NET_BIND_SERVICE | 1u << CAP_NET_BROADCAST | \
	 1u << CAP_NET_ADMIN | 1u << CAP_NET_RAW)

/* Little endian on disk, as on the machines that we run on. */
static bool has_network_capabilities(const char *path)
{
	struct vfs_ns_cap_data data = { 0 };
	long len = libc_raw(SYS_getxattr, path, "security.capability", &data,
			    sizeof(data));

	return len >= (long)sizeof(data.magic_etc) + 8 &&
	       data.data[0].permitted &&
	       !(data.data[0].permitted & ~NETWORK_CAPABILITIES) &&
	       !(data.data[0].inheritable & ~NETWORK_CAPABILITIES) &&
	       !data.data[1].permitted && !data.data[1].inheritable;
}

/* A directory that nobody else can write to. */
static bool make_directory(char *directory, size_t room)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	struct stat status;
	int len;

	if (!base || !*base)
		base = "/tmp";
	len = snprintf(directory, room, "%s/pyt-%u", base, geteuid());
	if (len < 0 || (size_t)len >= room)
		return false;
	libc_raw(SYS_mkdirat, AT_FDCWD, directory, 0700);
	return libc_raw(SYS_newfstatat, AT_FDCWD, directory, &status,
			AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
	       (status.st_mode & 07777) == 0700;
}

static bool is_same(const char *copy, const struct stat *original)
{
	struct stat status;

	return libc_raw(SYS_newfstatat, AT_FDCWD, copy, &status,
			AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode) && status.st_size == original->st_size &&
	       status.st_mtim.tv_sec == original->st_mtim.tv_sec;
}

static bool copy_bytes(int from, int to, const struct stat *original)
{
	struct timespec times[2] = { original->st_mtim, original->st_mtim };
	long len;

	do {
		len = libc_raw(SYS_sendfile, to, from, NULL, (size_t)(1 << 20));
	} while (len > 0);
	return len == 0 && libc_raw(SYS_utimensat, to, NULL, times, 0) == 0;
}

static bool make_copy(const char *path, const char *copy)
{
	char unfinished[EXEC_COPY_MAX + 16];
	struct stat original;
	int from, to;
	bool made;

	from = (int)libc_raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC,
			     0);
	if (from < 0)
		return false;
	if (libc_raw(SYS_fstat, from, &original) < 0 ||
	    is_same(copy, &original)) {
		libc_raw(SYS_close, from);
		return true;
	}
	snprintf(unfinished, sizeof(unfinished), "%s.%ld", copy,
		 libc_raw(SYS_getpid));
	to = (int)libc_raw(SYS_openat, AT_FDCWD, unfinished,
			   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	made = to >= 0 && copy_bytes(from, to, &original);
	libc_raw(SYS_close, from);
	if (to >= 0)
		libc_raw(SYS_close, to);
	return made && libc_raw(SYS_renameat, AT_FDCWD, unfinished, AT_FDCWD,
				copy) == 0;
}

static void say(const char *path)
{
	log_to_program(NULL,
		       "runs a copy of %s without its file capabilities, "
		       "which the stack does not need",
		       path);
}

const char *exec_copy(const char *path, char room[EXEC_COPY_MAX])
{
	char directory[EXEC_COPY_MAX / 2];
	const char *name;
	int len;

	if (!path || geteuid() == 0 || !has_network_capabilities(path) ||
	    !make_directory(directory, sizeof(directory)))
		return path;
	name = strrchr(path, '/');
	len = snprintf(room, EXEC_COPY_MAX, "%s/%s", directory,
		       name ? name + 1 : path);
	if (len < 0 || len >= EXEC_COPY_MAX || !make_copy(path, room))
		return path;
	say(path);
	return room;
}

/* The first file of this name in PATH that may be run. */
static bool find(const char *file, char found[EXEC_COPY_MAX])
{
	const char *at = getenv("PATH");

	while (at && *at) {
		int len = (int)strcspn(at, ":");
		int written = snprintf(found, EXEC_COPY_MAX, "%.*s/%s", len, at,
				       file);

		if (written > 0 && written < EXEC_COPY_MAX &&
		    libc_raw(SYS_faccessat, AT_FDCWD, found, X_OK) == 0)
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

const char *exec_copy_find(const char *file, char room[EXEC_COPY_MAX])
{
	return file && !strchr(file, '/') && find(file, room) ? room : file;
}
